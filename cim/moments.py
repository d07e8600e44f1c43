"""Moments and intervals (时刻与时段): what a `datetime` of the OGC APIs selects.

RFC 3339 with the intervals of OGC API - Features 1 clause 7.15.4; a day is a day of UTC, and so
is a time without a zone. An open end is `..` or nothing; one end may be told by how long it lasts
(ISO 8601), as the test suite of the OGC asks.

>>> parse("2024-05-01").start.isoformat()
'2024-05-01T00:00:00+00:00'
>>> parse("2024-05-01T11:05:00+08:00").instant.isoformat()
'2024-05-01T03:05:00+00:00'
>>> parse("../2024-05-01").start is None
True
>>> str(parse("2024-01-31/P1M2DT12H"))
'2024-01-31T00:00:00+00:00/2024-03-02T12:00:00+00:00'
>>> parse("yesterday")
Traceback (most recent call last):
cim.errors.InvalidMoment: 'yesterday' is not an RFC 3339 time or interval
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from cim.errors import InvalidMoment

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_LASTING = re.compile(
    r"P(?=.)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,7})D)?"
    r"(?:T(?=.)(?:(\d{1,8})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?"
)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?")


@dataclass(frozen=True, slots=True)
class Interval:
    """From `start` to `end`, both included; None is without end.

    An interval that an instant gave is the day of that `instant`.
    """

    start: datetime | None
    end: datetime | None
    instant: datetime | None = None

    def __str__(self) -> str:
        if self.instant is not None:
            return self.instant.isoformat()
        return "/".join(end.isoformat() if end else ".." for end in (self.start, self.end))

    @property
    def ends(self) -> tuple[str, str]:
        """First and last moment as PostgreSQL reads them; an instant is both.

        >>> parse("2024-05-01T00:00:00Z").ends
        ('2024-05-01T00:00:00+00:00', '2024-05-01T00:00:00+00:00')
        >>> parse("2024-05-01/..").ends
        ('2024-05-01T00:00:00+00:00', 'infinity')
        """
        start, end = (self.instant, self.instant) if self.instant else (self.start, self.end)
        return (
            start.isoformat() if start else "-infinity",
            end.isoformat() if end else "infinity",
        )

    def holds(self, moment: datetime) -> bool:
        """Whether a moment is inside."""
        return (self.start is None or self.start <= moment) and (
            self.end is None or moment <= self.end
        )


EVER = Interval(None, None)


def parse(text: str) -> Interval:
    """The interval that a text names; InvalidMoment."""
    parts = text.split("/")
    if len(parts) > 2 or all(part in {"", ".."} for part in parts):
        raise InvalidMoment(text, "is not an RFC 3339 time or interval")
    if len(parts) == 1:
        return _alone(text)
    start, end = _ends(text, *parts)
    if start is not None and end is not None and start > end:
        raise InvalidMoment(text, "ends before it begins")
    return Interval(start, end)


def parse_instant(text: str) -> datetime:
    """One moment, a day being its first; InvalidMoment."""
    return _read(text, text, time.min)


def _alone(text: str) -> Interval:
    start = _read(text, text, time.min)
    if _DAY.fullmatch(text):
        return Interval(start, _read(text, text, time.max))
    day = start.date()
    return Interval(
        datetime.combine(day, time.min, UTC), datetime.combine(day, time.max, UTC), start
    )


def _ends(text: str, first: str, last: str) -> tuple[datetime | None, datetime | None]:
    if lasting := _LASTING.fullmatch(last):
        start = _read(text, first, time.min)
        return start, _after(text, start, lasting, 1)
    if lasting := _LASTING.fullmatch(first):
        end = _read(text, last, time.max)
        return _after(text, end, lasting, -1), end
    return _end(text, first, last=False), _end(text, last, last=True)


def _after(text: str, moment: datetime, lasting: re.Match[str], sign: int) -> datetime:
    """So long after a moment, or before it; the last day of a month that has no such day."""
    years, months, weeks, days, hours, minutes, seconds = (int(n or 0) for n in lasting.groups())
    month = moment.year * 12 + moment.month - 1 + sign * (years * 12 + months)
    try:
        last = monthrange(month // 12, month % 12 + 1)[1]
        there = moment.replace(year=month // 12, month=month % 12 + 1, day=min(moment.day, last))
        return there + sign * timedelta(
            weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds
        )
    except (ValueError, OverflowError) as error:
        raise InvalidMoment(text, f"is not a time: {error}") from None


def _end(text: str, part: str, *, last: bool) -> datetime | None:
    return None if part in {"", ".."} else _read(text, part, time.max if last else time.min)


def _read(text: str, part: str, time_of_day: time) -> datetime:
    try:
        if _DAY.fullmatch(part):
            return datetime.combine(datetime.fromisoformat(part), time_of_day, UTC)
        if _TIME.fullmatch(part):
            moment = datetime.fromisoformat(part.upper())
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidMoment(text, f"is not a time: {error}") from None
    raise InvalidMoment(text, "is not an RFC 3339 time or interval")
