"""What may be sent (请求体), as pydantic models that also make the schemas of the description.

A member that is not known, or is of another kind, refuses the whole body with one problem that
names each place as a JSONPath (RFC 9535). What only the rules of codes can judge - a division, an
alias, a geometry - is judged entity by entity, so that it rejects its own row alone.

>>> path(("entities", 3, "source_id")), path(("aliases", "a b"))
('$.entities[3].source_id', "$.aliases['a b']")
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
    WithJsonSchema,
)
from starlette.requests import Request

from api.entities import geometry
from api.errors import BodyUnfit
from api.writing import json_object
from cim import entity_code, moments
from cim.actions import Action
from cim.assignment.reservations import MOST as MOST_RESERVED

LONGEST = 1_000
MOST_CODES = 10**15  # of a quota
_PLAIN = re.compile(r"[^\W\d]\w*", re.ASCII)


def is_blank(text: str) -> bool:
    """Whether a text says nothing, or has a NUL character, which the database cannot hold."""
    return not text.strip() or "\0" in text


def _text(given: str) -> str:
    if is_blank(given):
        raise ValueError("it is blank or has a NUL character")
    return given


def _moment(given: object) -> datetime:
    if not isinstance(given, str):
        raise ValueError("it should be an RFC 3339 time")
    return moments.parse_instant(given)


Text = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST), AfterValidator(_text)]
ClassCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Code = Annotated[str, AfterValidator(entity_code.validate)]
GeoJson = Annotated[Any, WithJsonSchema(geometry.SCHEMA)]
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NewEntity(Body):
    """What is said of a thing; coordinates are degrees of CGCS2000, longitude first."""

    source_id: str
    geometry: GeoJson
    name: str | None = None
    division: str | None = None
    aliases: dict[str, str] = {}
    properties: dict[str, Any] = {}
    code: str | None = None


class _Reasons(Body):
    """Since when it is so (now without it), and what the action rests on."""

    valid_from: Moment | None = None
    why: Text | None = None
    document: Text | None = None

    def action(self, who: str) -> Action:
        return Action(who, self.why, self.document)


class _Common(_Reasons):
    """What requests for codes have in common."""

    source_system: Text
    class_code: ClassCode = Field(validation_alias="class")
    layer: Text | None = None
    department: Text | None = None
    reservation: Id | None = None
    guard: bool = True
    repair: bool = False


class OneEntity(NewEntity, _Common):
    """A request for one code."""


class ManyEntities(_Common):
    """A request for many codes."""

    entities: list[NewEntity] = Field(min_length=1)


class EntityChange(_Reasons):
    """What is new of an entity: what is not named stays, and null takes a property away."""

    geometry: GeoJson | None = None
    name: Text | None = None
    properties: dict[str, Any] = {}


class EntityEnd(_Reasons):
    """Why a life ends."""

    why: Text


class _Succession(_Reasons):
    """A step with successors; `forced` is why a difference of areas is right."""

    source_system: Text | None = None
    forced: Text | None = None


class EntitySplit(_Succession):
    """What an entity is split into."""

    children: list[NewEntity] = Field(min_length=2)


def _kind(given: object) -> str:
    return _A_CODE if isinstance(given, str) else _AN_ENTITY


_A_CODE, _AN_ENTITY = "the code of what stays", "what is new"
_Into = Annotated[
    Annotated[Code, Tag(_A_CODE)] | Annotated[NewEntity, Tag(_AN_ENTITY)], Discriminator(_kind)
]


class EntityMerge(_Succession):
    """Which entities become one: a new one, or one that is there and stays."""

    codes: list[Code] = Field(min_length=1)
    into: _Into


class ReviewDecision(Body):
    """What a reviewer found."""

    decision: Literal["same", "different"]
    why: Text | None = None
    document: Text | None = None


class NewReservation(Body):
    """A block of codes to be kept for a project until a time."""

    project: Text
    division: str
    class_code: ClassCode = Field(validation_alias="class")
    size: int = Field(ge=1, le=MOST_RESERVED)
    expires_at: Moment
    department: Text | None = None
    why: Text | None = None
    document: Text | None = None


class QuotaSize(Body):
    """How many codes a department may have in all, of a class or of all classes."""

    class_code: ClassCode | None = Field(default=None, validation_alias="class")
    codes: int = Field(ge=0, le=MOST_CODES)


B = TypeVar("B", bound=Body)

_WORDS = {
    "missing": "it is missing",
    "extra_forbidden": "it is not known here",
    "model_type": "it should be a JSON object",
    "string_type": "it should be a text",
    "list_type": "it should be an array",
    "dict_type": "it should be a JSON object",
}


async def read(request: Request, model: type[B]) -> B:
    """The body of the request; UnsupportedTable, BodyTooLarge, InvalidBody, BodyUnfit."""
    return fit(model, await json_object(request))


def fit(model: type[B], document: object) -> B:
    """The document as the model; BodyUnfit."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise BodyUnfit([_fault(each) for each in error.errors(include_url=False)]) from None


def _fault(error: Any) -> tuple[str, str]:
    words = _WORDS.get(error["type"]) or error["msg"].removeprefix("Value error, ")
    return path(error["loc"]), words


def path(place: Sequence[str | int]) -> str:
    """The JSONPath of a place in the body."""
    return "$" + "".join(_step(step) for step in place if step not in {_A_CODE, _AN_ENTITY})


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    escaped = step.replace("\\", "\\\\").replace("'", "\\'")
    return f".{step}" if _PLAIN.fullmatch(step) else f"['{escaped}']"
