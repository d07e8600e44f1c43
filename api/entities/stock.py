"""How many codes there may be, and what became of serials (配额、号段): `/quotas`, `/leases`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from api import asking
from api.entities import bodies
from api.entities.answers import CLASS, Answer, Links, Utc, answer
from api.entities.bodies import QuotaSize
from api.entities.parameters import number, of_json
from api.errors import BodyUnfit, InvalidParameter
from api.links import link, url
from api.writing import write, writer
from cim import class_rules, divisions, leases, quotas
from cim.errors import UnknownClass
from cim.leases import Block
from cim.quotas import ALL_CLASSES, Quota

DEFAULT_LIMIT, MAX_LIMIT = 1000, 10_000


class QuotaAnswer(Answer):
    """A quota; the class is null where it is for codes of all classes together."""

    department: str
    class_code: str | None = CLASS
    codes: int
    used: int


class Quotas(Answer):
    """Every quota, by department and class."""

    quotas: list[QuotaAnswer]


class Count(Answer):
    """What became of leased serials.

    `used` codes name something, or named it; `reserved` ones wait for their things; `void` ones
    were reserved and never used; `lost` ones were leased by a writer who did not use them.
    """

    size: int
    used: int
    reserved: int
    void: int
    lost: int


class LeaseAnswer(Count):
    """A block of serials that was leased at once."""

    id: int
    first: int
    last: int
    first_code: str
    last_code: str
    purpose: str
    department: str | None
    leased_at: Utc


class Leases(Answer):
    """The blocks of a division and class as they were leased, and all of them together."""

    division: str
    class_code: str = CLASS
    total: Count
    leases: list[LeaseAnswer]
    links: Links


async def all_quotas(request: Request) -> Response:
    of_json(request)
    rows = await asking.service(request).rows(lambda _: quotas.EVERY)
    return answer(Quotas(quotas=[_quota(Quota(*row)) for row in rows]))


async def allow(request: Request) -> Response:
    """The quota as it is now."""
    writer(request)
    asking.only(request, ())
    body = await bodies.read(request, QuotaSize)
    department = request.path_params["department"]
    if bodies.is_blank(department):
        raise InvalidParameter("department", "it is blank or has a NUL character")
    registry = await asking.service(request).newest()
    if body.class_code is not None and body.class_code not in registry.classes:
        raise BodyUnfit([("$.class", str(UnknownClass(body.class_code)))])
    class_code = body.class_code or ALL_CLASSES
    made = await write(request, lambda c, _: quotas.allow(c, department, class_code, body.codes))
    return answer(_quota(made))


def _quota(held: Quota) -> QuotaAnswer:
    return QuotaAnswer(
        department=held.department,
        class_code=held.class_code or None,
        codes=held.codes,
        used=held.used,
    )


async def leased(request: Request) -> Response:
    """The leases of a division and class, a page of them, so that every gap is explained."""
    given = of_json(request, ("division", "class", "after", "limit"))
    division, class_code = given.get("division", ""), given.get("class", "")
    if not divisions.exists(division):
        raise InvalidParameter("division", f"there is no division {division!r} (GB/T 2260)")
    if not class_rules.is_code(class_code):
        raise InvalidParameter("class", f"{class_code!r} is not six digits")
    limit = number(given, "limit", DEFAULT_LIMIT, MAX_LIMIT)
    asked = (division, class_code, number(given, "after", 0), limit)
    rows = await asking.service(request).rows(lambda _: leases.using(*asked))
    use = leases.read_use(rows, limit)
    links = [link("self", url(asking.base_url(request), "leases", **given), asking.JSON)]
    if use.more:
        following = {**given, "after": str(use.blocks[-1].id)}
        links.append(
            link("next", url(asking.base_url(request), "leases", **following), asking.JSON)
        )
    body = Leases(
        division=division,
        class_code=class_code,
        total=Count(**_counted(use.total)),
        leases=[_lease(block, division + class_code) for block in use.blocks],
        links=links,
    )
    return answer(body)


def _lease(block: Block, prefix: str) -> LeaseAnswer:
    return LeaseAnswer(
        id=block.id,
        first=block.first,
        last=block.last,
        first_code=f"{prefix}{block.first:09d}",
        last_code=f"{prefix}{block.last:09d}",
        purpose=block.purpose,
        department=block.department,
        leased_at=block.leased_at,
        **_counted(block.counted),
    )


def _counted(count: leases.Count) -> dict[str, int]:
    return {name: getattr(count, name) for name in Count.model_fields}
