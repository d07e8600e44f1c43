"""The time of tiles (瓦片时间): `datetime`, or `subset=datetime(…)`, OGC API - Tiles 1.

>>> past({"subset": 'datetime("2024-05-01T00:00:00Z":*)'}) == past({"datetime": "2024-05-01/.."})
True
"""

import re
from collections.abc import Mapping

from api import asking
from api.errors import InvalidParameter
from cim.moments import Interval

PARAMETERS = ("datetime", "subset")

_TIME = r'"([^"]*)"|(\*)'
_AXIS = re.compile(rf"datetime\((?:{_TIME})(?::(?:{_TIME}))?\)")


def past(given: Mapping[str, str]) -> Interval | None:
    """The time that is asked for; without one the present. InvalidParameter."""
    return asking.past(_as_datetime(given))


def interval(given: Mapping[str, str]) -> Interval:
    """The time that is asked for; without one all of time. InvalidParameter."""
    return asking.interval(_as_datetime(given))


def _as_datetime(given: Mapping[str, str]) -> Mapping[str, str]:
    if "subset" not in given:
        return given
    if "datetime" in given:
        raise InvalidParameter("subset", "the time is given already, as datetime")
    return {"datetime": _read(given["subset"])}


def _read(text: str) -> str:
    """The text of a `datetime` that means the same."""
    found = _AXIS.fullmatch(text)
    if found is None:
        raise InvalidParameter("subset", f'{text!r} is not datetime("TIME") or datetime("A":"B")')
    first, open_first, last, open_last = found.groups()
    if last is None and open_last is None:
        return ".." if open_first else first
    return f"{'..' if open_first else first}/{'..' if open_last else last}"
