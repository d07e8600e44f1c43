"""Loads a file of observations (观测入库): its values become series of the stations of a layer.

    with engine.begin() as connection:
        report = load(connection, ObservationFile(path, "hydro_stations"))

See the package for what is read, refused and flagged.
"""

from collections.abc import Callable

import numpy as np
from sqlalchemy import Connection, text

from cim import actions, registry
from cim.access import ANONYMOUS
from cim.actions import Action
from cim.assignment.problems import Problems
from cim.assignment.rules import Broken
from layers.errors import RowsRefused
from layers.observations import checking, latest, layout, times
from layers.observations.batch import Values, micros, moment
from layers.observations.file import ObservationFile
from layers.observations.readings import Reader, Readings
from layers.observations.report import ObservationReport
from layers.observations.series import Series, SeriesBook
from layers.observations.source import Source, open_source
from layers.observations.store import Store, united
from layers.reading.encodings import shown


def _silent(rows: int) -> None:
    """Progress that nobody watches."""


def load(
    connection: Connection,
    file: ObservationFile,
    progress: Callable[[int], None] = _silent,
) -> ObservationReport:
    """Bring the values of a file into the series of its stations.

    Raises a LayerError or CimError and then the caller must roll back; `progress` gets the values
    read so far. RowsRefused where the file is `strict` and a row is refused, or nothing is left.
    """
    zone = times.zone(file.timezone)
    lock = {"n": f"observations {file.stations}"}
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:n))"), lock)
    layer = registry.read(connection).own(file.stations, ANONYMOUS)
    problems = Problems()
    book = SeriesBook(connection, layer, file)
    store = Store(connection, book.parameters, micros(actions.now(connection)))
    with open_source(file.path, file.encoding, problems) as source:
        reader = Reader(source, layout.read(file, source.names), zone, problems)
        for readings in reader.readings():
            store.add(_values(readings, book, store, source, problems))
            progress(store.taken)
    store.finish()
    if problems.count and (file.strict or not store.extents):
        raise RowsRefused(file.path, problems.kept, problems.count)
    checking.mark(connection, united(store.unsure), book.parameters)
    latest.remember(connection, store.extents)
    flagged = checking.count(connection, store.extents.values())
    if book.new:
        registry.publish(connection)
    actions.record(connection, Action(file.who, file.why or _why(file), file.document))
    counts = (book.new, reader.empty, flagged)
    return _report(file, store, counts, problems, source.encoding)


def _why(file: ObservationFile) -> str:
    return f"observations of {file.stations} loaded from {file.path.name}"


def _values(
    readings: Readings, book: SeriesBook, store: Store, source: Source, problems: Problems
) -> Values:
    """Readings as values of their series; those that have none are noted as problems."""
    used = np.unique(readings.key)
    found = dict(zip(used.tolist(), book.find(readings.keys[i] for i in used), strict=True))
    known = {key: one for key, one in found.items() if isinstance(one, Series)}
    if len(known) < len(found):
        for place, key in zip(readings.place.tolist(), readings.key.tolist(), strict=True):
            if key not in known:
                number = source.numbers(np.array([place], np.int64))[0]
                said = found[key]
                assert isinstance(said, Broken)
                problems.add(int(number), None, said)
        readings = readings.only(np.isin(readings.key, list(known)))
    return _of_series(readings, known, store)


def _of_series(readings: Readings, known: dict[int, Series], store: Store) -> Values:
    size = len(readings.keys)
    ids, units = np.zeros(size, np.int64), np.zeros(size, np.int64)
    value = readings.raw.copy()
    for key, series in known.items():
        ids[key], units[key] = series.id, store.words.number(series.given_unit)
        if series.given_unit is not None:
            mine = readings.key == key
            value[mine] = series.conversion(readings.raw[mine])
    words = np.array([store.words.number(flag) for flag in readings.flags], np.int64)
    return Values(
        readings.place,
        ids[readings.key],
        readings.micros,
        value,
        readings.raw,
        units[readings.key],
        words[readings.flag],
    )


def _report(
    file: ObservationFile,
    store: Store,
    counts: tuple[int, int, dict[str, int]],
    problems: Problems,
    encoding: str | None,
) -> ObservationReport:
    """`counts` are those of new series, empty cells, and flagged values."""
    (new, empty, flagged), spans = counts, store.extents.values()
    return ObservationReport(
        stations=file.stations,
        added=store.added,
        changed=store.changed,
        unchanged=store.unchanged,
        repeated=store.repeated,
        empty=empty,
        refused=problems.count,
        flagged=flagged,
        series=len(spans),
        new_series=new,
        first_at=moment(min(span.low for span in spans)) if spans else None,
        last_at=moment(max(span.high for span in spans)) if spans else None,
        problems=tuple(problems.kept),
        encoding=shown(encoding) if encoding else "",
    )
