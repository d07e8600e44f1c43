"""Times in filters (过滤条件中的时间): literals and the 15 relations, OGC 21-065r2 clause 7.11.

An interval has both of its ends; `..` is no end, and with two of them it is all time. A time of the
day that meets a whole day is looked at as the day that it lies in, by UTC.
"""

from datetime import UTC, date, datetime

from cim.cql2.terms import INSTANTS, KINDS, Bound, Term, same_instant
from cim.cql2.tree import Place
from cim.errors import FilterInvalid, InvalidMoment
from cim.moments import parse_instant

__all__ = ["RELATIONS", "instant", "interval", "relation"]

# s and e are the ends of the first, S and E of the second operand.
RELATIONS = {
    "t_after": "{s} > {E}",
    "t_before": "{e} < {S}",
    "t_contains": "({s} < {S} AND {e} > {E})",
    "t_disjoint": "({e} < {S} OR {s} > {E})",
    "t_during": "({s} > {S} AND {e} < {E})",
    "t_equals": "({s} = {S} AND {e} = {E})",
    "t_finishedby": "({s} < {S} AND {e} = {E})",
    "t_finishes": "({s} > {S} AND {e} = {E})",
    "t_intersects": "({s} <= {E} AND {e} >= {S})",
    "t_meets": "{e} = {S}",
    "t_metby": "{s} = {E}",
    "t_overlappedby": "({s} > {S} AND {s} < {E} AND {e} > {E})",
    "t_overlaps": "({s} < {S} AND {e} > {S} AND {e} < {E})",
    "t_startedby": "({s} = {S} AND {e} > {E})",
    "t_starts": "({s} = {S} AND {e} < {E})",
}
_OF_INSTANTS = {"t_after", "t_before", "t_disjoint", "t_equals", "t_intersects"}


def instant(op: str, term: Term) -> Term:
    """The literal DATE(text) or TIMESTAMP(text)."""
    text, place = term.value, term.place
    if not isinstance(text, str):
        raise FilterInvalid(place, f"{op.upper()} takes a text, and {term.said} is none")
    value = _day(text, place) if op == "date" else _moment(text, place)
    said = f"{op.upper()}('{text}')"
    return Term("", "date" if op == "date" else "moment", place, said, value=value)


def interval(terms: list[Term], place: Place) -> Term:
    """The literal INTERVAL(start, end)."""
    if len(terms) != 2:
        raise FilterInvalid(place, "INTERVAL takes a start and an end")
    start, end = (_end(term, last) for term, last in zip(terms, (False, True), strict=True))
    kinds = {term.kind for term in (start, end) if not term.open}
    if "date" in kinds and len(kinds) > 1:
        raise FilterInvalid(place, "the ends of an interval are both days or both times")
    if start.value is not None and end.value is not None and start.value > end.value:
        raise FilterInvalid(place, f"the interval ends at {end.said} before it begins")
    return Term("", "interval", place, "INTERVAL(…)", ends=(start, end))


def _end(term: Term, last: bool) -> Term:
    text = term.value
    if text == "..":
        sql = f"'{'' if last else '-'}infinity'::timestamptz"
        return Term(sql, "moment", term.place, "..", open=True)
    if isinstance(text, str):
        return instant("date" if len(text) == 10 else "timestamp", term)
    if term.kind not in INSTANTS:
        raise FilterInvalid(term.place, f"{term.said} is {KINDS[term.kind]}, not a time")
    return term


def relation(op: str, terms: list[Term], bound: Bound) -> str:
    """SQL of a temporal relation of two instants or intervals."""
    first, second = (_ends(op, term) for term in terms)
    ends = {"s": first[0], "e": first[-1], "S": second[0], "E": second[-1]}
    days = any(end.kind == "date" for end in ends.values())
    # Only the ends that the relation looks at: a value that is bound and unused has no type.
    used = {name: end for name, end in ends.items() if f"{{{name}}}" in RELATIONS[op]}
    return RELATIONS[op].format(**{name: _written(end, bound, days) for name, end in used.items()})


def _written(end: Term, bound: Bound, days: bool) -> str:
    return f"{end.sql}::date" if end.open and days else same_instant(end, bound, days=days)


def _ends(op: str, term: Term) -> tuple[Term, ...]:
    if term.ends is not None:
        return term.ends
    if term.kind not in INSTANTS:
        raise FilterInvalid(term.place, f"{term.said} is {KINDS[term.kind]}, not a time")
    if op not in _OF_INSTANTS:
        reason = f"{op.upper()} compares intervals, and {term.said} is one instant"
        raise FilterInvalid(term.place, reason)
    return (term,)


def _day(text: str, place: Place) -> date:
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise FilterInvalid(place, f"{text!r} is not a day as 2024-05-31")


def _moment(text: str, place: Place) -> datetime:
    try:
        if len(text) > 10 and text[10] in "Tt":
            return parse_instant(text).astimezone(UTC)
    except InvalidMoment:
        pass
    raise FilterInvalid(place, f"{text!r} is not a time as 2024-05-31T08:00:00Z")
