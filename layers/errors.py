"""Errors of ingest (入库错误), as a tree.

::

    LayerError (CimError)
    ├── SourceUnreadable   not a file that can be read, or damaged part-way
    ├── LayerAmbiguous     the file has several layers, or none
    ├── CrsMissing         neither the file nor the caller names a CRS
    ├── CrsUnknown         the name of a CRS means nothing
    ├── CrsRefused         coordinates cannot be in the declared CRS, or its accuracy is not known
    ├── TransformationUnfit  a transformation that was asked for cannot be used
    ├── FieldMissing       a field that the caller named is not in the file
    ├── KeyMissing         a mode that knows features by their key, and no key
    ├── CoverageUndeclared  a tolerance or width of gaps, and the layer is no coverage
    ├── KindTaken          the name belongs to a layer of the other kind
    ├── ClassTaken         the layer is of another class
    ├── ClassUnknown       no such class in the class table
    ├── KeyTaken           the entities of the layer are known by another key
    ├── RowsRefused        rows broke a rule; it carries the first problems that were found
    ├── TableUnknown       no table or view of that name in the database
    ├── TableForbidden     the service's role may not read a table; it carries what to grant
    ├── TableUnfit         a table that cannot be a layer, or not without being told more
    ├── TableChanged       a registered table is gone, or other than it was
    ├── RowsVanished       most rows of a registered table are gone at once
    ├── LayerLoaded        a table cannot be registered as a layer that was loaded from files
    ├── LayerRegistered    a file cannot be loaded into a registered table
    ├── RunUnknown         no run of this number in the ingest log
    ├── RunKept            a run that cannot be undone, or not yet
    ├── UploadRefused      what was sent is not what it should be, or means harm
    ├── FormatMissing      a raster format that the GDAL here was built without
    ├── SensorUnknown      no sensor of that name in the table
    ├── RecipeUnfit        what was said of a raster does not fit it
    ├── SceneUnknown       the raster layer has no scene of that name
    ├── BatchStopped       a batch of requests that was answered only in part
    ├── ResultsUnfit       a file cannot hold the results of a batch
    ├── RasterUnplaced     a raster whose place on the earth is not told, or not as ours is
    ├── RasterUnfit        a raster that cannot be a scene: its size, its bands, its values
    ├── CogInvalid         what was made of a raster is no Cloud Optimised GeoTIFF
    ├── StoreUnwritable    the folder or bucket of the raster store cannot be written to
    ├── EditRefused        a feature that is written by itself breaks a rule; it carries which
    │   └── EditClashes    what it names belongs to another feature
    ├── LayerBusy          a file is being loaded into the layer
    ├── ValueUnfit         a value that is not of the type that its column was said to be
    ├── ZoneUnknown        a text names no time zone
    ├── LayoutUnclear      which column of observations is what cannot be told
    ├── EngineUnreachable  a scheduler or a worker that is not there, or cannot do what it is asked
    ├── SourceElsewhere    a file or folder that this machine does not have
    ├── FileUnwritable     a file of an export cannot be written
    └── DatumDiffers       a station's datum is known with another offset
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cim.errors import CimError

if TYPE_CHECKING:
    from cim.assignment.problems import Problem
    from cim.assignment.rules import Broken


class LayerError(CimError):
    """A file cannot become a layer."""


class SourceUnreadable(LayerError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be read: {reason}")


class LayerAmbiguous(LayerError):
    def __init__(self, path: Path, names: Sequence[str]) -> None:
        found = ", ".join(names) or "none"
        super().__init__(f"{path} must have one layer, or name one with --source-layer: {found}")


class CrsMissing(LayerError):
    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} names no CRS; say which with --crs, such as EPSG:4490")


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


class KeyMissing(LayerError):
    def __init__(self, mode: str) -> None:
        super().__init__(f"{mode} knows features by their key; name its field with --key")


class CoverageUndeclared(LayerError):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"--tolerance and --gap-width are for coverages; declare {name!r} one with --coverage"
        )


class KindTaken(LayerError):
    def __init__(self, name: str, kind: str) -> None:
        super().__init__(f"{name!r} is a {kind} layer already")


class ClassTaken(LayerError):
    def __init__(self, name: str, class_code: str) -> None:
        super().__init__(
            f"the layer {name!r} is of class {class_code}; the codes of its entities hold it"
        )


class ClassUnknown(LayerError):
    def __init__(self, class_code: str) -> None:
        super().__init__(f"no class {class_code!r} in the class table")


class KeyTaken(LayerError):
    """`held` is the key field of the layer, None where features are known by their content."""

    def __init__(self, name: str, held: str | None, wanted: str) -> None:
        known = f"the field {held!r}" if held else "their content"
        told = f"--key {held}" if held else "no --key"
        super().__init__(
            f"the entities of {name!r} are known by {known}; by {wanted!r} all would be new "
            f"ones; load it with {told}, or as another layer"
        )


class RowsRefused(LayerError):
    """`problems` holds the first ones found, `count` how many there were."""

    def __init__(self, path: Path, problems: "Sequence[Problem]", count: int) -> None:
        self.problems = tuple(problems)
        self.count = count
        more = "" if count == 1 else f" (and {count - 1} more)"
        super().__init__(f"{path} is refused: {self.problems[0]}{more}")


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


class LayerLoaded(LayerError):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"the layer {name!r} was loaded from files; choose another name, or remove it first"
        )


class LayerRegistered(LayerError):
    def __init__(self, name: str, what: str) -> None:
        super().__init__(
            f"{what}: the rows of {name!r} are those of a table that is registered where it stands;"
            f' change them there, and "cim layer refresh {name}" follows'
        )


class FormatMissing(LayerError):
    def __init__(self, path: Path, name: str, driver: str) -> None:
        super().__init__(f"{path} is {name}, which the GDAL here cannot read: it lacks {driver}")


class SensorUnknown(LayerError):
    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"no sensor {name!r}; known are {', '.join(known)}")


class RecipeUnfit(LayerError):
    """What was said of the bands, or left unsaid, does not fit them."""


class SceneUnknown(LayerError):
    def __init__(self, layer: str, scene: str) -> None:
        super().__init__(f"the raster layer {layer!r} has no scene {scene!r}")


class RunUnknown(LayerError, LookupError):
    def __init__(self, run: int) -> None:
        super().__init__(f"there is no run {run} in the ingest log")


class RunKept(LayerError):
    def __init__(self, run: int, reason: str) -> None:
        super().__init__(f"run {run} cannot be undone: {reason}")


class UploadRefused(LayerError):
    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} is refused: {reason}")


class BatchStopped(LayerError):
    """The rows up to `row` are answered, and what was assigned to them stays."""

    def __init__(self, row: int, reason: str) -> None:
        self.row = row
        super().__init__(
            f"stopped after row {row:,}: {reason}; the same command again finishes the rest"
        )


class ResultsUnfit(LayerError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot hold the results: {reason}")


class RasterUnplaced(LayerError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be placed on the earth: {reason}")


class RasterUnfit(LayerError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be a scene: {reason}")


class CogInvalid(LayerError):
    def __init__(self, path: Path, reasons: Sequence[str]) -> None:
        super().__init__(f"no valid COG could be made of {path}: {'; '.join(reasons)}")


class StoreUnwritable(LayerError):
    def __init__(self, place: object, reason: str) -> None:
        super().__init__(f"the raster store {place} cannot be written to: {reason}")


class ZoneUnknown(LayerError):
    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is no time zone: write +08:00 or a name such as Asia/Shanghai")


class LayoutUnclear(LayerError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be understood: {reason}")


class DatumDiffers(LayerError):
    def __init__(self, station: str, datum: str, held: float, told: float) -> None:
        super().__init__(
            f"the datum {datum!r} of station {station} is known to lie {held:g} m from the 1985"
            f" datum, not {told:g} m"
        )


class EngineUnreachable(LayerError):
    def __init__(self, what: str, address: str, reason: str) -> None:
        super().__init__(f"the {what} {address} cannot be used: {reason}")


class SourceElsewhere(LayerError):
    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not on this machine; all must have it under the same name")


class FileUnwritable(LayerError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path.name} cannot be written: {reason}")


class ValueUnfit(LayerError, ValueError):
    def __init__(self, row: int, value: str, kind: str) -> None:
        super().__init__(f"row {row}: {value!r} is no {kind}")


class EditRefused(LayerError):
    """`problems` tell of the features by their numbers, and of their properties by name."""

    def __init__(self, problems: Sequence["Problem"]) -> None:
        first = problems[0]
        place = f"{first.field}: " if first.field else ""
        super().__init__(f"{place}{first.reason}")
        self.problems = problems


class EditClashes(EditRefused):
    pass


class LayerBusy(LayerError):
    def __init__(self, layer: str) -> None:
        super().__init__(f"a file is being loaded into {layer!r}; try again when it is in")
