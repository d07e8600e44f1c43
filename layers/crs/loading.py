"""Places the file of a load (入库坐标系核定), and compares what it brings with a layer."""

from sqlalchemy import Connection

from cim import registry
from cim.access import Caller
from cim.assignment.counties import COUNTY_CLASS
from cim.assignment.geometry import Frame
from cim.database.sql import run
from cim.layer import Layer
from cim.names import quoted
from layers import runs
from layers.crs import reference
from layers.crs.area import CHINA, Area, around
from layers.crs.placing import place
from layers.errors import CrsRefused
from layers.findings import Findings
from layers.source import Source
from layers.vector_file import VectorFile


def begin(
    connection: Connection, file: VectorFile, source: Source, findings: Findings
) -> tuple[Source, Frame]:
    """Place the file by its first rows; the source from its beginning, and its frame.

    CrsRefused, which is noted as a finding; TransformationUnfit; LayerNotFound where there is no
    layer to compare it with.
    """
    _reference(connection, file, None)
    geometries, whole = source.looked_into()
    said = source.declared, source.said_by
    try:
        placement = place(
            file.came_as,
            said,
            geometries,
            file.placing,
            _area(connection, file),
            division_given=file.division is not None,
        )
    except CrsRefused as refusal:
        findings.problems.add(1, None, refusal.said)
        raise
    findings.placement = placement
    return whole, placement.frame


def compare(
    connection: Connection, file: VectorFile, held: Layer | None, findings: Findings
) -> None:
    """Compare the staged rows with the layer that was asked for, or with what the layer has; see
    that all of them lie where the transformation holds.

    CrsRefused where they have the offset of GCJ-02 or BD-09 and that was not accepted.
    """
    placement, asked = findings.placement, file.placing
    check_area(connection, findings, "stage", "cim_geom")
    layer = _reference(connection, file, held)
    if placement is None or layer is None:
        return
    found = reference.compare(connection, layer, outlines=asked.reference is not None)
    if found is None:
        return
    placement.reference = found.describe(layer.name)
    said = reference.judge(found, layer.name, placement.declared.name)
    if said is None:
        return
    if said.rule == "crs.offset" and said.rule not in asked.accept:
        findings.problems.add(1, None, said)
        raise CrsRefused(file.came_as, said)
    placement.notes.append(said)


def _reference(connection: Connection, file: VectorFile, held: Layer | None) -> Layer | None:
    """The layer that was asked for, else the one that is there; LayerNotFound."""
    name = file.placing.reference
    if name is None:
        return held
    return registry.read(connection).layer(name, Caller(file.who), "vector")


def check_area(connection: Connection, findings: Findings, rows: str, column: str) -> None:
    """See that geometries in rows of a table lie where the transformation holds."""
    placement = findings.placement
    if placement is None or placement.operation.area is None:
        return
    extent = runs.extent(connection, rows, column)
    if extent is not None:
        west, south, east, north = extent
        placement.check_area((west, south, east, north))


def _area(connection: Connection, file: VectorFile) -> Area:
    """Where the file is expected: in the loaded counties, but for a file of counties."""
    if file.class_code == COUNTY_CLASS:
        return CHINA
    layers = run(connection, "SELECT name FROM cim.layer WHERE class_code = $1", COUNTY_CLASS)
    if not layers:
        return CHINA
    rows = " UNION ALL ".join(f"SELECT geom FROM layer.{quoted(each.name)}" for each in layers)
    (box,) = run(
        connection,
        "SELECT min(ST_XMin(geom)) AS west, min(ST_YMin(geom)) AS south,"
        f" max(ST_XMax(geom)) AS east, max(ST_YMax(geom)) AS north FROM ({rows}) c",
    )
    return CHINA if box.west is None else around(tuple(box))
