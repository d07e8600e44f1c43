"""CQL2, Temporal Functions: relations of instants and intervals (ISO 19107, Allen)."""

from collections.abc import Callable
from datetime import datetime

import pytest
from predicates import (
    LANGS,
    Known,
    Predicate,
    Selects,
    at,
    expected,
    ids,
    kind,
    logical,
    queryables,
    selected,
)
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/cql2/1.0/conf/temporal-functions"

_FAR_PAST, _FAR_FUTURE = at("0001-01-02T00:00:00Z"), at("9999-12-30T00:00:00Z")
Ends = tuple[datetime, datetime]
# What each relation is for two intervals that last.
RELATIONS: dict[str, Callable[[Ends, Ends], bool]] = {
    "T_AFTER": lambda a, b: a[0] > b[1],
    "T_BEFORE": lambda a, b: a[1] < b[0],
    "T_CONTAINS": lambda a, b: a[0] < b[0] and a[1] > b[1],
    "T_DISJOINT": lambda a, b: a[0] > b[1] or a[1] < b[0],
    "T_DURING": lambda a, b: a[0] > b[0] and a[1] < b[1],
    "T_EQUALS": lambda a, b: a == b,
    "T_FINISHEDBY": lambda a, b: a[0] < b[0] and a[1] == b[1],
    "T_FINISHES": lambda a, b: a[0] > b[0] and a[1] == b[1],
    "T_INTERSECTS": lambda a, b: a[0] <= b[1] and a[1] >= b[0],
    "T_MEETS": lambda a, b: a[1] == b[0],
    "T_METBY": lambda a, b: a[0] == b[1],
    "T_OVERLAPPEDBY": lambda a, b: b[0] < a[0] < b[1] < a[1],
    "T_OVERLAPS": lambda a, b: a[0] < b[0] < a[1] < b[1],
    "T_STARTEDBY": lambda a, b: a[0] == b[0] and a[1] > b[1],
    "T_STARTS": lambda a, b: a[0] == b[0] and a[1] < b[1],
}
INSTANTS = ("T_AFTER", "T_BEFORE", "T_DISJOINT", "T_EQUALS", "T_INTERSECTS")
YEAR = ("2021-01-01T00:00:00Z", "2021-12-31T23:59:59Z")
INTERVALS = (
    ("2022-04-05T10:13:19Z", "2022-05-15T00:00:00Z"),
    ("2022-04-02T10:13:19Z", "2022-06-01T00:00:00Z"),
    ("2022-04-02T10:13:19Z", "2022-06-15T00:00:00Z"),
    ("2022-04-02T10:13:19Z", "2022-05-15T00:00:00Z"),
    ("2022-04-01T00:00:00Z", "2022-06-01T00:00:00Z"),
    ("2022-05-01T00:00:00Z", "2022-06-01T00:00:00Z"),
    ("2022-03-01T00:00:00Z", "2022-04-11T10:13:19Z"),
    ("2022-05-01T00:00:00Z", "2022-05-02T00:00:00Z"),
    ("2022-03-01T00:00:00Z", "2022-12-31T00:00:00Z"),
    ("..", "2022-04-10T00:00:00Z"),
    ("2022-05-15T00:00:00Z", ".."),
)  # fmt: skip


def _ends(given: tuple[str, str]) -> Ends:
    first, last = given
    return (
        _FAR_PAST if first == ".." else at(first),
        _FAR_FUTURE if last == ".." else at(last),
    )


def _own(p: Known) -> Ends:
    return p.time("start"), p.time("end")


def _of_intervals(name: str, given: tuple[str, str]) -> Predicate:
    relation, ends = RELATIONS[name], _ends(given)
    text = f"{name}(INTERVAL(\"start\",\"end\"),INTERVAL('{given[0]}','{given[1]}'))"
    return text, lambda p: relation(_own(p), ends)


def _of_instants(name: str, given: str) -> Predicate:
    relation, moment = RELATIONS[name], at(given)
    text = f"{name}(\"start\",TIMESTAMP('{given}'))"
    return text, lambda p: relation((p.time("start"),) * 2, (moment, moment))


def _of_days(name: str, given: str) -> Predicate:
    relation = RELATIONS[name]
    text = f"{name}(founded,DATE('{given}'))"
    moment = at(f"{given}T00:00:00Z")
    return text, lambda p: relation((at(f"{p['founded']}T00:00:00Z"),) * 2, (moment, moment))


PREDICATES: list[Predicate] = [
    *(_of_intervals(name, given) for name in RELATIONS for given in INTERVALS),
    *(_of_instants(name, "2022-04-14T10:13:19Z") for name in INSTANTS),
    *(_of_days(name, "2022-04-16") for name in INSTANTS),
    ("T_AFTER(founded,INTERVAL('2021-01-01','2021-12-31'))", lambda p: p["founded"] > "2021-12-31"),
    ("T_BEFORE(founded,INTERVAL('2021-01-01','2021-12-31'))", lambda p: p["founded"] < "2021"),
    ("T_INTERSECTS(founded,INTERVAL('2021-01-01','2021-12-31'))",
     lambda p: "2021-01-01" <= p["founded"] <= "2021-12-31"),
    ("T_EQUALS(founded,INTERVAL('2022-04-16','2022-04-16'))",
     lambda p: p["founded"] == "2022-04-16"),
    ("T_DISJOINT(\"start\",INTERVAL('2022-04-10T10:13:19Z','2022-12-31T23:59:59Z'))",
     lambda p: p["start"] < "2022-04-10T10:13:19Z"),
]  # fmt: skip


def _times(model: TestClient, of: str) -> list[str]:
    return [name for name, schema in queryables(model, "places").items() if kind(schema) == of]


@pytest.mark.parametrize("lang", LANGS)
def test_temporal_functions_1(model: TestClient, lang: str) -> None:
    """/conf/temporal-functions/temporal-functions-1: instants with instants and intervals"""
    given: dict[str, tuple[str, str]] = {
        "date-time": ("TIMESTAMP('2022-04-24T07:59:57Z')", f"INTERVAL('{YEAR[0]}','{YEAR[1]}')"),
        "date": ("DATE('2022-04-24')", "INTERVAL('2021-01-01','2021-12-31')"),
    }
    for of, literals in given.items():
        for name in _times(model, of):
            for function in INSTANTS:
                for literal in literals:
                    selected(model, f'{function}("{name}",{literal})', lang)


@pytest.mark.parametrize("function", RELATIONS)
def test_temporal_functions_2(model: TestClient, function: str) -> None:
    """/conf/temporal-functions/temporal-functions-2: intervals of every pair of times"""
    literals: dict[str, str] = {
        "date-time": f"INTERVAL('{YEAR[0]}','{YEAR[1]}')",
        "date": "INTERVAL('2021-01-01','2021-12-31')",
    }
    for of, literal in literals.items():
        names = _times(model, of)
        for first in names:
            for second in names:
                for lang in LANGS if first == names[0] else LANGS[:1]:
                    selected(model, f'{function}(INTERVAL("{first}","{second}"),{literal})', lang)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("text", "selects"), PREDICATES, ids=ids(PREDICATES))
def test_data(model: TestClient, text: str, selects: Selects, lang: str) -> None:
    """/conf/temporal-functions/test-data"""
    assert selected(model, text, lang) == expected(selects)


def test_the_data_tells_relations_apart() -> None:
    """Each relation selects something for some interval."""
    for name in RELATIONS:
        assert any(expected(_of_intervals(name, given)[1]) for given in INTERVALS), name


@pytest.mark.parametrize("lang", LANGS)
def test_logical(model: TestClient, lang: str) -> None:
    """/conf/temporal-functions/logical"""
    logical(model, PREDICATES, lang)
