"""Layers that files are brought into, runs and batches (图层、批次与入库日志)."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from layers.errors.root import LayerError

if TYPE_CHECKING:
    from cim.assignment.problems import Problem


class KeyMissing(LayerError):
    def __init__(self, mode: str) -> None:
        super().__init__(f"{mode} knows features by their key; name its field with key (--key)")


class CoverageUndeclared(LayerError):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"tolerance and gap_width (--gap-width) are for coverages; declare {name!r} one with "
            "coverage (--coverage)"
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
        told = f"key (--key) {held}" if held else "no key (--key)"
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


class RunUnknown(LayerError, LookupError):
    def __init__(self, run: int) -> None:
        super().__init__(f"there is no run {run} in the ingest log")


class RunKept(LayerError):
    def __init__(self, run: int, reason: str) -> None:
        super().__init__(f"run {run} cannot be undone: {reason}")


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


class EngineUnreachable(LayerError):
    def __init__(self, what: str, address: str, reason: str) -> None:
        super().__init__(f"the {what} {address} cannot be used: {reason}")


class SourceElsewhere(LayerError):
    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not on this machine; all must have it under the same name")


class FileUnwritable(LayerError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path.name} cannot be written: {reason}")
