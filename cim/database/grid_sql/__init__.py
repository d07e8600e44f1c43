"""SQL functions of the grids, schema `grid` (数据库网格编码函数), equal to the package `gridcode`.

    grid.beidou(geometry, level = 10) -> text        grid.geosot(geometry, level = 32) -> text
    grid.beidou(lon, lat, level = 10) -> text        grid.geosot(lon, lat, level = 32) -> text
    grid.beidou_cell(text) -> geometry, EPSG:4490    grid.geosot_cell(text) -> geometry, EPSG:4490
    grid.beidou_integer(…as above) -> bigint         grid.geosot_integer(…as above) -> bigint
    grid.beidou_span(text) -> bigint[]               grid.geosot_span(text) -> bigint[]

All are immutable and parallel safe, so that they may stand in an index. A geometry is in degrees
(EPSG:4490, 4326 or none said); a line or an area is taken at its point on surface. A coordinate x
means floor(|x| * 7372800) in IEEE double, whole numbers from there on, as in Python. A span is the
first and the last number of a cell and its descendants. What the standards leave open raises an
error: levels that do not exist, places off the earth, caps below the levels that they have.

The cap tables and the sizes come from the package's own; the rest of the arithmetic is written
anew.
"""

from cim.database.grid_sql import beidou, common, geosot


def statements() -> str:
    """All of them, for a migration."""
    return common.STATEMENTS + beidou.statements() + geosot.statements()
