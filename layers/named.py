"""What a caller names of a file (指定的字段、别名与区划): looked for before a row is read."""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from cim import divisions, schemes
from cim.names import MAX_BYTES
from layers.errors import FieldMissing, SourceUnreadable


def check_fields(path: Path, fields: Sequence[str], properties: Sequence[str]) -> None:
    """SourceUnreadable where a field of a file can be none of the `properties` that they become."""
    for number, (field, name) in enumerate(zip(fields, properties, strict=True), 1):
        size = len(name.encode(errors="replace"))
        if not field or "\0" in field or size > MAX_BYTES:
            what = f"is called {field!r}" if field else "has no name"
            said = f"its name must have 1 to {MAX_BYTES} bytes in UTF-8, and no NUL"
            raise SourceUnreadable(path, f"field {number} of the file {what}; {said}")


def check(
    named: Iterable[str | None],
    fields: Collection[str],
    aliases: Iterable[str],
    division: str | None,
) -> None:
    """FieldMissing, UnknownScheme, UnknownDivision; None among the names is no name."""
    for name in filter(None, named):
        if name not in fields:
            raise FieldMissing(name, list(fields))
    for scheme in aliases:
        schemes.get(scheme)
    if division is not None:
        divisions.name(division)
