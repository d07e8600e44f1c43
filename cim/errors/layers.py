"""Errors of the registry: layers, scenes, times, names, jobs (图层与任务错误)."""

from __future__ import annotations

from cim.errors.root import CimError, UnknownEntry


class LayerNotFound(CimError, LookupError):
    """The registry has no such layer, or none that this caller may know of."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no layer {name!r}")


class LayerOfOtherKind(LayerNotFound):
    """There is a layer of that name, but it has pictures where features are asked for, or so."""

    def __init__(self, name: str, kind: str, wanted: str) -> None:
        CimError.__init__(self, f"{name!r} is a {kind} layer, and this is of {wanted} layers")
        self.name, self.kind = name, kind


class LayerUnreadable(CimError):
    """The table behind a registered layer cannot be read now: it is gone, or other than it was."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the table behind the layer {name!r} cannot be read now; "
            f'"cim layer status {name}" tells its keepers why'
        )


class RowsElsewhere(CimError):
    """The things of a registered layer are rows that others write; nothing else changes them."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the things of the layer {name!r} are rows of a table that is registered where it "
            f'stands; change them there, and "cim layer refresh {name}" follows'
        )


class SceneNotFound(CimError, LookupError):
    """The layer has no scene of the time that is asked for."""

    def __init__(self, layer: str, when: str) -> None:
        super().__init__(f"{layer!r} has no scene of {when}")


class SceneUnreadable(CimError):
    """The file of a registered scene is gone or damaged, or its store is away.

    Where files are is for the log alone, and so is what is said of them.
    """

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(f"the scene {path} cannot be read: {reason}")


class UnknownCrs(UnknownEntry):
    """The service does not offer this coordinate reference system."""

    table = "coordinate reference system"


class UnknownParameter(UnknownEntry):
    """There is no such observed parameter in the table."""

    table = "observed parameter"


class UnknownUnit(UnknownEntry):
    """There is no such unit of measure in the table."""

    table = "unit of measure"


class UnitUnfit(CimError, ValueError):
    """Values in a unit of one quantity cannot become values of another quantity."""

    def __init__(self, given: str, quantity: str, wanted: str, other: str) -> None:
        super().__init__(f"{given} measures {quantity}, and {wanted} {other}")


class InvalidMoment(CimError, ValueError):
    """A text is no RFC 3339 time or interval."""

    def __init__(self, text: str, rule: str) -> None:
        super().__init__(f"{text!r} {rule}")


class BadName(CimError, ValueError):
    """A text cannot name a layer or a property."""

    def __init__(self, name: str, rule: str) -> None:
        super().__init__(f"{name!r} cannot be a name: {rule}")


class JobUnknown(UnknownEntry):
    """There is no such job."""

    table = "job"


class JobLost(CimError):
    """A job was taken for dead while it was worked on; its work must not be committed."""

    def __init__(self, job: int) -> None:
        super().__init__(f"job {job} was taken for dead while it was worked on")
