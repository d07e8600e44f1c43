"""Times of readings as UTC (观测时间): microseconds since 1970, of whole columns.

ISO 8601 as files write it, also `2024/1/1 8:00`, `202401010800`, `2024年1月1日8时` and the 24th
hour of a day. A time without a zone is in the zone that is told: `+08:00`, or a name such as
Asia/Shanghai, whose clock was changed in 1986-1991. Where the clock was set back, a time came twice
or not at all, and cannot be read without its zone.

>>> read(pa.array(["2024-01-01 08:00", "2024/1/1 24:00", "8 o'clock"]), "+08:00").micros.tolist()
[1704067200000000, 1704124800000000, 0]
>>> found = read(pa.array(["1991-09-15 01:30", "1991-04-14 02:30", "?"]), "Asia/Shanghai")
>>> found.wrong.tolist(), (found.clock == TWICE).tolist(), (found.clock == NEVER).tolist()
([True, True, True], [True, False, False], [False, True, False])
>>> zone("Beijing")
Traceback (most recent call last):
layers.errors.ZoneUnknown: 'Beijing' is no time zone: write +08:00 or a name such as Asia/Shanghai
"""

import re
import zoneinfo
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from layers.errors import ZoneUnknown

FIRST_YEAR, LAST_YEAR = 1800, 2200
"""Years that an observation may be of; another one is a mistake in the file."""

_OFFSET = re.compile(r"[+-](0\d|1[0-4]):[0-5]\d")  # from -14 to +14 hours, as places on earth have
_ZONED = r"[T\d ](Z|z|[+-]\d\d(:?\d\d)?)$"
_DATE_ALONE = r"^\d{4}-\d\d-\d\d$"
_PARTS = re.compile(
    r"(\d{4})(?:[-/.年]\s?(\d{1,2})[-/.月]\s?(\d{1,2})日?|(\d\d)(\d\d))"
    r"(?:[T ]?\s*(\d{1,2})(?:[:时](?:(\d{1,2})(?::(\d{1,2})(\.\d+)?)?分?)?|(\d\d)(\d\d)?)?)?"
    r"\s*(Z|z|[+-]\d\d(?::?\d\d)?)?"
)
_EPOCH = datetime(1970, 1, 1)
_FIRST = (datetime(FIRST_YEAR, 1, 1) - _EPOCH) // timedelta(microseconds=1)
_LAST = (datetime(LAST_YEAR, 1, 1) - _EPOCH) // timedelta(microseconds=1)


TWICE, NEVER = 1, 2
"""What a change of the clock made of a time: two of them, or none."""


class Times(NamedTuple):
    """Microseconds of UTC, and which of them could not be read (0 there).

    `clock` tells TWICE or NEVER of those that a change of the clock made unreadable.
    """

    micros: NDArray[np.int64]
    wrong: NDArray[np.bool_]
    clock: NDArray[np.int8]


def zone(text: str) -> str:
    """The zone as Arrow knows it; ZoneUnknown."""
    if text in {"UTC", "Z", "z"}:
        return "+00:00"
    if not _OFFSET.fullmatch(text) and text not in zoneinfo.available_timezones():
        raise ZoneUnknown(text)
    return text


def read(column: pa.Array, told: str) -> Times:
    """Times of text, timestamps or dates; `told` is the zone of those without one."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return _within(_texts(column, told))
    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("s"))
    if not pa.types.is_timestamp(column.type):  # a whole number may count anything
        return _none(len(column))
    kind = pa.timestamp("us", column.type.tz)
    return _within(_stamps(column.cast(kind, safe=False), told))


def _within(times: Times) -> Times:
    """Without those of years that no observation is of."""
    wrong = times.wrong | (times.micros < _FIRST) | (times.micros >= _LAST)
    return Times(np.where(wrong, 0, times.micros), wrong, times.clock)


def _none(size: int) -> Times:
    return Times(np.zeros(size, np.int64), np.ones(size, bool), np.zeros(size, np.int8))


def _stamps(column: pa.Array, told: str) -> Times:
    """Of an Arrow column of timestamps in microseconds."""
    if column.type.tz is not None:
        return _plain(column.cast(pa.int64()))
    if _OFFSET.fullmatch(told):
        found = _plain(column.cast(pa.int64()))
        return found._replace(micros=found.micros - _offset(told))
    early, late = (
        pc.assume_timezone(column, told, ambiguous=which, nonexistent=which)
        for which in ("earliest", "latest")
    )
    found = _plain(early.cast(pa.int64()))
    doubtful = found.micros != _plain(late.cast(pa.int64())).micros
    if not doubtful.any():
        return found
    there = np.asarray(pc.equal(pc.local_timestamp(early), column).fill_null(fill_value=False))
    clock = np.where(doubtful, np.where(there, TWICE, NEVER), 0).astype(np.int8)
    return Times(found.micros, found.wrong | doubtful, clock)


def _plain(numbers: pa.Array) -> Times:
    wrong = np.array(numbers.is_null())
    return Times(np.array(numbers.fill_null(0)), wrong, np.zeros(len(wrong), np.int8))


def _offset(text: str) -> int:
    """Microseconds east of UTC."""
    minutes = int(text[1:3]) * 60 + int(text[-2:] if len(text) > 3 else 0)
    return minutes * 60_000_000 * (-1 if text[0] == "-" else 1)


def _texts(column: pa.Array, told: str) -> Times:
    texts = pc.utf8_trim_whitespace(column)
    zoned = pc.match_substring_regex(texts, _ZONED)
    zoned = pc.and_not(zoned, pc.match_substring_regex(texts, _DATE_ALONE))
    try:
        if not pc.any(zoned).as_py():
            return _stamps(texts.cast(pa.timestamp("us")), told)
        if pc.all(zoned).as_py():
            return _stamps(texts.cast(pa.timestamp("us", "UTC")), told)
    except pa.ArrowInvalid:
        pass
    return _one_by_one(texts, told)


def _one_by_one(texts: pa.Array, told: str) -> Times:
    """As `_texts`, whatever way they are written in."""
    found = texts.dictionary_encode()
    moments = [_moment(text) for text in found.dictionary.to_pylist()]
    naive = pa.array(
        [m if m and m.tzinfo is None else None for m in moments], type=pa.timestamp("us")
    )
    micros, wrong, clock = _stamps(naive, told)
    for i, moment in enumerate(moments):
        if moment is not None and moment.tzinfo is not None:
            micros[i : i + 1] = _since(moment)
            wrong[i : i + 1] = False
    there = np.asarray(found.indices.fill_null(0))
    if not len(micros):
        return _none(len(texts))
    none = np.asarray(texts.is_null())
    return Times(micros[there], wrong[there] | none, np.where(none, 0, clock[there]))


def _since(moment: datetime) -> int:
    return (moment.astimezone(UTC).replace(tzinfo=None) - _EPOCH) // timedelta(microseconds=1)


def _moment(text: str | None) -> datetime | None:
    """The moment that a text means, with its zone where it has one; None where it means none."""
    found = _PARTS.fullmatch(text or "")
    if found is None:
        return None
    year, month, day, month2, day2, hour, minute, second, part, minute2, second2, east = (
        found.groups()
    )
    hours = int(hour or 0)
    try:
        moment = datetime(
            int(year),
            int(month or month2),
            int(day or day2),
            hours % 24 if hours == 24 else hours,
            int(minute or minute2 or 0),
            int(second or second2 or 0),
            round(float(part or 0) * 1e6) % 1_000_000,
            _fixed(east),
        )
        if hours == 24 and (moment.minute or moment.second):
            return None
        return moment + timedelta(days=hours == 24)
    except (ValueError, OverflowError):
        return None


def _fixed(east: str | None) -> timezone | None:
    if east is None:
        return None
    return UTC if east in "Zz" else timezone(timedelta(microseconds=_offset(east)))
