"""Errors of business tables and their fusion with layers (业务表与融合错误)."""

from __future__ import annotations

from collections.abc import Sequence

from cim.errors.root import CimError, UnknownEntry


class UnknownTable(UnknownEntry):
    """There is no such business table."""

    table = "business table"


class UnknownFusion(UnknownEntry):
    """There is no such fused collection."""

    table = "fusion"


class UnknownLink(UnknownEntry):
    """The table of a fusion has no such row, as far as it was refreshed."""

    table = "row of the fusion"


class FusionError(CimError):
    """Tables and layers cannot be put together like this."""


class TableInvalid(FusionError, ValueError):
    """A business table cannot be like this; `name` is what is wrong of it."""

    def __init__(self, name: str, rule: str) -> None:
        super().__init__(f"{name} {rule}")


class FusionInvalid(FusionError, ValueError):
    """A fusion cannot be like this; `name` is what is wrong of it."""

    def __init__(self, name: str, rule: str) -> None:
        super().__init__(f"{name} {rule}")


class FusionExists(FusionError):
    """The name is taken, or the table is in the fusion already."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"{name!r} {what}")


class FusedUpon(FusionError):
    """Fused collections rest on it, so that it must stay."""

    def __init__(self, what: str, fusions: Sequence[str]) -> None:
        super().__init__(
            f"{what}: fused collections rest on it: {', '.join(fusions)}; "
            "drop them first (cim fusion drop)"
        )


class LayerFused(FusionError):
    """A fused collection has no rows of its own: nothing is written into it."""

    def __init__(self, name: str, base: str) -> None:
        super().__init__(
            f"{name!r} is a fused collection and has no rows of its own; its features are those "
            f"of the layer {base!r}"
        )


class LinkDecided(FusionError):
    """A link that waits for no decision."""

    def __init__(self, row: str, state: str) -> None:
        super().__init__(
            f"row {row!r} is {state} and waits for no decision; to link it all the same, name "
            "the code of a feature"
        )
