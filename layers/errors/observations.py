"""Observations (观测数据)."""

from pathlib import Path

from layers.errors.root import LayerError


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
