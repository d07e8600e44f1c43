"""What a caller names of a file (指定的字段、别名与区划): looked for before a row is read."""

from collections.abc import Collection, Iterable

from cim import divisions, schemes
from layers.errors import FieldMissing


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
