"""Layers as the registry has them, for tests of styles without a database."""

from datetime import UTC, datetime

from cim.layer import Column, Layer, Text


def layer(
    name: str,
    class_code: str | None = None,
    geometry: str | None = "MultiPolygon",
    columns: tuple[str, ...] = ("name",),
) -> Layer:
    """A vector layer of text columns; `name:type` gives a column another type."""
    typed = [column.partition(":") for column in columns]
    return Layer(
        id=1,
        name=name,
        kind="vector",
        title=Text(f"{name}图层", name.title()),
        description=Text("", ""),
        class_code=class_code,
        key_field=None,
        geometry_type=geometry,
        columns=tuple(Column(column, kind or "text") for column, _, kind in typed),
        feature_count=3,
        extent=(112.0, 31.9, 112.3, 32.1),
        version=1,
        updated_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


PARCELS = layer("parcels", "990101", "MultiPolygon", ("name", "landuse"))
RIVERS = layer("rivers", "990201", "LineString", ("name", "name_en"))
STATIONS = layer("stations", "990203", "Point")
ANYTHING = layer("anything", None, None)
LAYERS = (PARCELS, RIVERS, STATIONS, ANYTHING)
