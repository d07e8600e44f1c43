"""Errors of tiles and of reading rasters (瓦片与栅格读取错误), as a tree.

::

    TilesError (CimError)
    ├── NothingThere     what is asked for lies outside the scenes
    ├── PartTooLarge     more values are asked for than one answer can hold
    ├── TooManyScenes    more scenes are asked for than one answer reads
    ├── TooManyTiles     more tiles are asked for than one archive has
    ├── NoTiles          an archive would have no tile at all
    ├── FormulaInvalid   a text is no index and no arithmetic over bands
    ├── BandMissing      a scene has no band of that name
    ├── DrawingUnfit     bands, colours and stretch that make no picture
    ├── MapTooLarge           a map of more pixels, or of more features, than one answer draws
    ├── StyleUnfit            a style has something that is not drawn
    ├── TileOutside           a tile matrix set has no such tile
    │   └── TileBeyondLimits  nothing is there, and the limits of the tileset say so
    ├── TileMatrixSetUnknown  no tile matrix set has that name
    └── TileMatrixSetInvalid  a document is no tile matrix set that can be served
"""

from collections.abc import Sequence

from cim.errors import CimError


class TilesError(CimError):
    """A tile or a raster cannot be given as it is asked for."""


class NothingThere(TilesError):
    def __init__(self, where: str) -> None:
        super().__init__(f"the scene has nothing in {where}")


class PartTooLarge(TilesError):
    def __init__(self, asked: int, most: int) -> None:
        super().__init__(f"{asked:,} values are asked for; one answer has at most {most:,}")


class TooManyScenes(TilesError):
    def __init__(self, asked: int, most: int) -> None:
        super().__init__(
            f"{asked:,} scenes lie there; one answer reads at most {most}: ask for a smaller box"
            " or a shorter time"
        )


class TooManyTiles(TilesError):
    def __init__(self, most: int) -> None:
        super().__init__(
            f"more than {most:,} tiles are asked for: ask for fewer levels, or a smaller box"
        )


class NoTiles(TilesError):
    def __init__(self, layer: str) -> None:
        super().__init__(f"the layer {layer!r} has nothing there that tiles of these levels show")


class FormulaInvalid(TilesError):
    """A text is no index and no arithmetic over bands."""


class BandMissing(TilesError):
    def __init__(self, name: str, scene: str, bands: Sequence[str]) -> None:
        super().__init__(f"no band {name!r}; the scene {scene} has {', '.join(bands)}")


class DrawingUnfit(TilesError):
    """Bands, colours and stretch that make no picture."""


class MapTooLarge(TilesError):
    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"parameter {name!r}: {reason}")


class StyleUnfit(TilesError):
    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"style layer {where!r}: {reason}")


class TileOutside(TilesError):
    def __init__(self, matrix_set: str, z: int, x: int, y: int) -> None:
        super().__init__(f"{matrix_set} has no tile {z}/{y}/{x}")


class TileBeyondLimits(TileOutside):
    def __init__(self, matrix_set: str, z: int, x: int, y: int) -> None:
        TilesError.__init__(
            self, f"tile {z}/{y}/{x} of {matrix_set} is outside the limits that the tileset tells"
        )


class TileMatrixSetUnknown(TilesError):
    def __init__(self, name: str, known: Sequence[str]) -> None:
        there = f"; there are {', '.join(known)}" if known else ""
        super().__init__(f"no tile matrix set {name!r}{there}")


class TileMatrixSetInvalid(TilesError):
    """A document is no tile matrix set that can be served."""
