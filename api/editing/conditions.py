"""Entity tags of items, and requests that depend on them (实体标签与条件请求): RFC 9110.

A tag is strong. It has the version of the row, the shape of the layer, the CRS of the coordinates,
and of a station a digest of its readings. What is more than a row of ours has a digest of all of
it. Whoever writes is asked for the version and the shape alone, so that a tag that came with any
CRS will do, and readings that come meanwhile are in nobody's way.

>>> named('"7-3fa2b1c4d5e6-CRS84", W/"2-a"')
[Tag(opaque='7-3fa2b1c4d5e6-CRS84', weak=False), Tag(opaque='2-a', weak=True)]
>>> named('"7-a-CRS84-gzip"'), named("*"), named("1986bf5c")
([Tag(opaque='7-a-CRS84', weak=False)], [], [])
"""

import re
from hashlib import blake2b
from typing import NamedTuple

from starlette.requests import Request

from api.errors import PreconditionFailed
from cim import items
from cim.crs import CRS84, Crs
from cim.layer import Layer
from cim.lifecycle.change import Present

ANY = "*"
PACKED = "-gzip"  # `api.edge` adds it: what is packed is another representation
_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


class Tag(NamedTuple):
    opaque: str
    weak: bool


def named(header: str) -> list[Tag]:
    """The tags of a header, as they were before the answer was packed."""
    return [Tag(opaque.removesuffix(PACKED), bool(weak)) for weak, opaque in _TAG.findall(header)]


def tag(state: str | None, body: bytes, crs: Crs = CRS84) -> str:
    """The tag of an item; `state` as `cim.items.one` has it."""
    said = state or blake2b(body, digest_size=12).hexdigest()
    return f'"{said}-{crs.uri.rpartition("/")[2]}"'


def is_known(request: Request, current: str) -> bool:
    """Whether who reads has the representation of this tag (304)."""
    header = request.headers.get("if-none-match")
    if header is None:
        return False
    opaque = current.removeprefix("W/").strip('"')
    return header.strip() == ANY or any(t.opaque == opaque for t in named(header))


class Conditions(NamedTuple):
    """What a write depends on; None where the request does not say."""

    match: str | None
    none_match: str | None

    @classmethod
    def of(cls, request: Request) -> "Conditions":
        headers = request.headers
        return cls(*(_joined(headers.getlist(name)) for name in ("if-match", "if-none-match")))

    def check(self, layer: Layer, now: Present) -> None:
        """PreconditionFailed where the item is not as the request has it."""
        state = f"{now.version}-{items.shape(layer)}"
        if self.match is not None and not _has(self.match, state, weak=False):
            raise PreconditionFailed("If-Match", tag(state, b""))
        if self.none_match is not None and _has(self.none_match, state, weak=True):
            raise PreconditionFailed("If-None-Match", tag(state, b""))


def _joined(lines: list[str]) -> str | None:
    return ",".join(lines) if lines else None


def _has(header: str, state: str, *, weak: bool) -> bool:
    """Whether one of the tags is of this state; a weak one only where weak ones count."""
    if header.strip() == ANY:
        return True
    of_state = (t for t in named(header) if t.opaque.startswith(f"{state}-"))
    return any(weak or not t.weak for t in of_state)
