"""Files and tables that are read (来源文件与登记表)."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from layers.errors.root import LayerError

if TYPE_CHECKING:
    from cim.assignment.rules import Broken


class SourceUnreadable(LayerError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be read: {reason}")


class LayerAmbiguous(LayerError):
    def __init__(self, path: Path, names: Sequence[str]) -> None:
        found = ", ".join(names) or "none"
        super().__init__(
            f"{path} must have one layer, or name one with source_layer (--source-layer): {found}"
        )


class CrsMissing(LayerError):
    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} names no CRS; say which with crs (--crs), such as EPSG:4490")


class CrsUnknown(LayerError):
    def __init__(self, text: str, reason: str | None = None) -> None:
        said = f"cannot be read: {reason}" if reason else "is not a CRS that PROJ knows"
        super().__init__(f"{text!r} {said}")


class CrsRefused(LayerError):
    """`said` is the rule, in two languages."""

    def __init__(self, path: Path, said: "Broken") -> None:
        self.said = said
        super().__init__(f"{path} is refused ({said.rule}): {said.en}")


class TransformationUnfit(LayerError):
    def __init__(self, reason: str) -> None:
        super().__init__(f"the transformation cannot be used: {reason}")


class FieldMissing(LayerError):
    def __init__(self, field: str, fields: Sequence[str]) -> None:
        super().__init__(f"there is no field {field!r}; the file has {', '.join(fields) or 'none'}")


class ValueUnfit(LayerError, ValueError):
    def __init__(self, row: int, value: str, kind: str) -> None:
        super().__init__(f"row {row}: {value!r} is no {kind}")


class UploadRefused(LayerError):
    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} is refused: {reason}")


class TableUnknown(LayerError):
    def __init__(self, table: object, like: Sequence[str]) -> None:
        near = f"; is it {' or '.join(like)}?" if like else ""
        super().__init__(f"the database has no table or view {table}{near}")


class TableForbidden(LayerError):
    """`grants` are the statements with which the owner lets the role read it."""

    def __init__(self, table: object, role: str, grants: Sequence[str]) -> None:
        self.grants = tuple(grants)
        told = " ".join(f"{grant};" for grant in grants)
        super().__init__(f"the role {role} may not read {table}; its owner lets it: {told}")


class TableUnfit(LayerError):
    def __init__(self, table: object, reason: str) -> None:
        super().__init__(f"{table} cannot be a layer: {reason}")


class TableChanged(LayerError):
    def __init__(self, layer: str, reason: str) -> None:
        super().__init__(f"the table behind the layer {layer!r} is not what it was: {reason}")


class RowsVanished(LayerError):
    def __init__(self, layer: str, gone: int, had: int) -> None:
        super().__init__(
            f"{gone:,} of the {had:,} rows of {layer!r} are gone from its table, and nothing was"
            " done; if they are meant to be, refresh it with --gone"
        )
