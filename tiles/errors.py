"""Errors of reading rasters (栅格读取错误), as a tree.

::

    TilesError (CimError)
    ├── NothingThere   what is asked for lies outside the scene
    └── PartTooLarge   more values are asked for than one answer can hold
"""

from cim.errors import CimError


class TilesError(CimError):
    """A raster cannot be read as it is asked for."""


class NothingThere(TilesError):
    def __init__(self, where: str) -> None:
        super().__init__(f"the scene has nothing in {where}")


class PartTooLarge(TilesError):
    def __init__(self, asked: int, most: int) -> None:
        super().__init__(f"{asked:,} values are asked for; one answer has at most {most:,}")
