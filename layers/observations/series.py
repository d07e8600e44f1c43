"""Finds the stations and the series that readings belong to (测站与序列).

A station is known by its key in the layer, its entity code or another live code of it. A series is
one parameter at one station above one datum, and is made when its first value comes. What a `Key`
means is looked for once in a load.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from cim import observed, units
from cim.assignment.rules import Broken, broken
from cim.database.sql import run
from cim.errors import UnitUnfit, UnknownParameter, UnknownUnit
from cim.layer import Layer
from cim.names import quoted
from cim.observed import Parameter
from cim.units import Conversion, Unit
from layers.errors import DatumDiffers, FieldMissing
from layers.observations.file import UNKNOWN_DATUM, Datum, ObservationFile
from layers.observations.readings import Key

_STATIONS = """
    WITH wanted AS (SELECT DISTINCT text FROM unnest($1::text[]) AS w (text))
    SELECT found.text, e.code
    FROM (
        SELECT w.text, k.code FROM wanted w
        JOIN cim.entity k ON k.source_system = $2 AND k.source_id = w.text
        UNION SELECT w.text, k.code FROM wanted w JOIN cim.entity k ON k.code = w.text
        UNION SELECT w.text, a.code FROM wanted w
        JOIN cim.alias a ON a.value = w.text AND a.valid_to IS NULL) found
    JOIN cim.entity e ON e.code = found.code
    WHERE (e.source_system = $2 OR e.layer_id = $3) AND e.state IN ('active', 'retired')
"""

_SERIES = """
    INSERT INTO cim.datastream (station, parameter, datum, datum_offset, unit)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (station, parameter, datum) DO UPDATE
    SET datum_offset = coalesce(cim.datastream.datum_offset, excluded.datum_offset)
    RETURNING id, unit, datum_offset, xmax = 0 AS new
"""


class Series(NamedTuple):
    """A series, and how a reading of it becomes a value; `given_unit` is None for its own unit."""

    id: int
    parameter: Parameter
    conversion: Conversion
    given_unit: str | None


class SeriesBook:
    """The series of a layer of stations, as far as a load has met them."""

    def __init__(self, connection: Connection, layer: Layer, file: ObservationFile) -> None:
        self._connection = connection
        self._layer = layer
        self._file = file
        self._stations: dict[str, str | None] = {}
        self._known: dict[Key, Series | Broken] = {}
        self._datums = self._told_datums()
        self.parameters: dict[int, Parameter] = {}
        self.new = 0

    def find(self, keys: Iterable[Key]) -> list[Series | Broken]:
        """The series of each key, or why there is none; DatumDiffers."""
        keys = list(keys)
        unknown = [key for key in dict.fromkeys(keys) if key not in self._known]
        self._look_for({key.station for key in unknown} - self._stations.keys())
        for key in unknown:
            self._known[key] = self._series(key)
        return [self._known[key] for key in keys]

    def _look_for(self, texts: set[str]) -> None:
        values = (sorted(texts), self._layer.name, self._layer.id)
        rows = run(self._connection, _STATIONS, *values) if texts else []
        found: dict[str, set[str]] = {text: set() for text in texts}
        for row in rows:
            found[row.text].add(row.code)
        for text, codes in found.items():
            self._stations[text] = codes.pop() if len(codes) == 1 else None

    def _series(self, key: Key) -> Series | Broken:
        station = self._stations[key.station]
        if station is None:
            return broken("observation.station", key.station, layer=self._layer.name)
        understood = _understood(key)
        if isinstance(understood, Broken):
            return understood
        parameter, given = understood
        datum = self._datum(key, station) if parameter.above_datum else UNKNOWN_DATUM
        values = (station, parameter.code, datum.name, datum.offset, parameter.unit)
        [row] = run(self._connection, _SERIES, *values)
        if datum.offset is not None and row.datum_offset != datum.offset:
            raise DatumDiffers(key.station, datum.name, row.datum_offset, datum.offset)
        self.new += row.new
        self.parameters[row.id] = parameter
        conversion = units.conversion(given.code, row.unit)
        return Series(row.id, parameter, conversion, None if given.code == row.unit else given.code)

    def _datum(self, key: Key, station: str) -> Datum:
        told = self._file.datum or self._datums.get(station, UNKNOWN_DATUM)
        if key.datum is None or key.datum == told.name:
            return told
        return Datum(key.datum)

    def _told_datums(self) -> dict[str, Datum]:
        """The datum of each station that the layer says it of."""
        fields = (self._file.datum_field, self._file.offset_field)
        _check_fields(self._layer, [field for field in fields if field is not None])
        if fields[0] is None:
            return {}
        offset = f"({quoted(fields[1])})::text::float8" if fields[1] else "NULL::float8"
        rows = run(
            self._connection,
            f"""
            SELECT code, trim({quoted(fields[0])}::text) AS datum, {offset} AS metres
            FROM item.{quoted(self._layer.name)} WHERE trim({quoted(fields[0])}::text) <> ''
            """,
        )
        return {row.code: Datum(row.datum, row.metres) for row in rows}


def _understood(key: Key) -> tuple[Parameter, Unit] | Broken:
    """The parameter, and a unit that fits it."""
    try:
        parameter = observed.get(key.parameter)
    except UnknownParameter as error:
        return broken("observation.parameter", key.parameter, detail=str(error))
    try:
        given = units.get(key.unit or parameter.unit)
        units.conversion(given.code, parameter.unit)
    except UnknownUnit as error:
        return broken("observation.unit", key.unit, detail=str(error))
    except UnitUnfit as error:
        words = {"parameter": parameter.name_zh, "wanted": parameter.unit, "detail": str(error)}
        return broken("observation.unfit", key.unit, **words)
    return parameter, given


def _check_fields(layer: Layer, fields: Sequence[str]) -> None:
    for field in fields:
        if layer.column(field) is None:
            raise FieldMissing(field, [column.name for column in layer.columns])
