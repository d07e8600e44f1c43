"""Rows as Shapefiles in a zip (Shapefile 导出), with a note of what did not fit into them.

A name of a DBF field has 10 bytes and a text 254, in UTF-8, where a Chinese character takes three;
there is neither a time of day nor a number of more than 18 digits, and a Shapefile holds points,
lines or areas and never two of them. So names and texts are cut between characters, times and long
numbers become texts, and each kind of geometry has a Shapefile of its own. `<layer>.fields.json`
tells all of that.

>>> short_names(["landuse_name", "landuse_note", "土地利用类型", "CODE", "code"])
['landuse_na', 'landuse_no', '土地利', 'CODE', 'code_2']
>>> cut(pa.array(["襄阳古城墙", None, "ab"]), 7).to_pylist()
['襄阳', None, 'ab']
"""

import json
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from layers.writing.by_gdal import Reading
from layers.writing.content import Content

__all__ = ["cut", "shapefile", "short_names"]

_NAME_BYTES, _TEXT_BYTES = 10, 254
# The kinds of Shapefiles, and the types of geometries (GEOS) that each of them holds.
_KINDS = {"points": (0,), "multipoints": (4,), "lines": (1, 2, 5), "areas": (3, 6)}
_TYPES = {"points": "Point", "multipoints": "MultiPoint", "lines": "LineString", "areas": "Polygon"}


_HEIGHTS = {"none": "none", "some": "0 where there was none", "all": "as they are"}


@dataclass(slots=True)
class _Field:
    """A field of the DBF: its name, and what became of the values."""

    name: str
    source: str
    type: str
    cut: int = 0


def shapefile(content: Content, path: Path) -> None:
    """Write the zip; FileUnwritable, also where a part would have more than 2 GB."""
    names = short_names([each.name for each in content.properties])
    fields = [_Field(n, p.name, p.type) for n, p in zip(names, content.properties, strict=True)]
    left_out = 0
    with tempfile.TemporaryDirectory(prefix="shp-", dir=path.parent) as folder:
        if content.geometry_type is not None:
            _write(content, fields, Path(folder) / f"{content.layer.name}.shp", lambda batch: batch)
        else:
            left_out = _write_kinds(content, fields, Path(folder))
        note = Path(folder) / f"{content.layer.name}.fields.json"
        note.write_text(_note(content, fields, left_out), encoding="utf-8")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(Path(folder).iterdir()):
                archive.write(part, part.name)


def _write_kinds(content: Content, fields: list[_Field], folder: Path) -> int:
    """A Shapefile for each kind of geometry, in a pass over the rows each; how many rows have none.

    Collections of geometries of several kinds have none.
    """
    counts = dict.fromkeys(_KINDS, 0)
    for batch in content.table_batches():
        for kind, types in _KINDS.items():
            counts[kind] += _of_types(types)(batch).num_rows
    for kind, types in _KINDS.items():
        if counts[kind]:
            _write(content, fields, folder / f"{content.layer.name}_{kind}.shp", _of_types(types))
    return content.tally.rows - sum(counts.values())


def _of_types(types: Sequence[int]) -> Callable[[pa.RecordBatch], pa.RecordBatch]:
    def only(batch: pa.RecordBatch) -> pa.RecordBatch:
        shapes = shapely.from_wkb(batch.column(batch.num_columns - 1).to_numpy(False))
        return batch.filter(pa.array(np.isin(shapely.get_type_id(shapes), types)))

    return only


def _write(
    content: Content,
    fields: list[_Field],
    path: Path,
    wanted: Callable[[pa.RecordBatch], pa.RecordBatch],
) -> None:
    schema = pa.schema([*(_schema_field(each) for each in fields), content.schema.field(-1)])
    batches = (_fitted(wanted(batch), fields, schema) for batch in content.table_batches())
    crs = content.authority
    Reading(batches, schema).write(
        path,
        driver="ESRI Shapefile",
        geometry_name=schema.names[-1],
        geometry_type=_type(content, path),
        crs="EPSG:4326" if crs == "OGC:CRS84" else crs,
        encoding="UTF-8",
        layer_options={"2GB_LIMIT": "YES", "RESIZE": "YES"},
    )


def _type(content: Content, path: Path) -> str:
    kind = content.geometry_type or _TYPES[path.stem.rpartition("_")[2]]
    return kind if content.heights == "none" else f"{kind} Z"


def _schema_field(each: _Field) -> pa.Field:
    types = {
        "boolean": pa.bool_(),
        "integer": pa.int32(),
        "bigint": pa.int64(),
        "double precision": pa.float64(),
        "date": pa.date32(),
    }
    return pa.field(each.name, types.get(each.type, pa.string()))


def _fitted(batch: pa.RecordBatch, fields: Sequence[_Field], schema: pa.Schema) -> pa.RecordBatch:
    columns = [_fit(batch.column(n), each) for n, each in enumerate(fields)]
    return pa.RecordBatch.from_arrays([*columns, batch.column(len(fields))], schema=schema)


def _fit(values: pa.Array, each: _Field) -> pa.Array:
    """The values of a column as a DBF can hold them; counts those that are cut."""
    if each.type in {"timestamptz", "timestamp"}:
        form = "%Y-%m-%dT%H:%M:%SZ" if each.type == "timestamptz" else "%Y-%m-%dT%H:%M:%S"
        return pc.strftime(values, format=form)
    if each.type != "text":
        return values
    short = cut(values, _TEXT_BYTES)
    each.cut += pc.sum(pc.not_equal(values, short)).as_py() or 0
    return short


def cut(values: pa.Array, most: int) -> pa.Array:
    """Texts of so many bytes at the most, cut between characters."""
    if (pc.max(pc.binary_length(values)).as_py() or 0) <= most:
        return values
    texts = [None if v is None else _cut(v, most) for v in values.to_pylist()]
    return pa.array(texts, pa.string())


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")


def short_names(names: Sequence[str]) -> list[str]:
    """Names of 10 bytes at the most that differ even where case does not count."""
    made: list[str] = []
    taken: set[str] = set()
    for name in names:
        free, number = _cut(name, _NAME_BYTES), 2
        while free.lower() in taken:
            end = f"_{number}"
            free, number = _cut(name, _NAME_BYTES - len(end)) + end, number + 1
        taken.add(free.lower())
        made.append(free)
    return made


def _note(content: Content, fields: Sequence[_Field], left_out: int) -> str:
    told = [
        {
            "field": each.name,
            "property": each.source,
            "shortened": each.name != each.source,
            "type": each.type,
            "written_as": "text" if each.type in {"timestamptz", "timestamp"} else each.type,
            "texts_cut": each.cut,
        }
        for each in fields
    ]
    document = {
        "layer": content.layer.name,
        "rows": content.tally.rows,
        "collections_left_out": left_out,
        "heights": _HEIGHTS[content.heights],
        "crs": content.authority,
        "encoding": "UTF-8",
        "texts_have_at_most": f"{_TEXT_BYTES} bytes",
        "fields": told,
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
