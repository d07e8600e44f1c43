"""Requests that fit the description of the service, and that do not: it answers as it says.

Schemathesis makes them from `/api`, in an order that is the same each time, until a time is over.
``CIM_SCHEMATHESIS_SECONDS`` is how long each part goes on; the suite has time for a first look.

Whether data that fits is taken is not asked: a text that is no code fits a schema of texts.
"""

from __future__ import annotations

import os
import random
import re
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import APIOperation, Case, GenerationMode, Response
from schemathesis import checks as known
from schemathesis.core.failures import Failure, FailureGroup

from cim.settings import Settings

SECONDS = float(os.environ.get("CIM_SCHEMATHESIS_SECONDS", "22"))
SEED = 20261125
READING = {"get"}
# One layer of each kind stands for those that are described alike.
ALIKE = re.compile(r"/collections/(?!catalog|parcels|hydro_stations|imagery|\{)")
CHECKS = [
    known.not_a_server_error,
    known.status_code_conformance,
    known.content_type_conformance,
    known.response_schema_conformance,
    known.response_headers_conformance,
    known.negative_data_rejection,
]
CALM = settings(
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def empty_url(
    serve: Callable[[Settings, int], str], new_database: Callable[[], str], open_folder: Any
) -> str:
    """A service without layers, that may be written to from here."""
    return serve(Settings(home=open_folder / "fuzzed", database_url=new_database()), 1)


def test_reads_answer_as_described(city_url: str) -> None:
    _fuzz(city_url, lambda operation: operation.method in READING)


def test_writes_answer_as_described(empty_url: str) -> None:
    _fuzz(empty_url, lambda operation: operation.method not in READING)


def test_what_follows_answers_as_described(empty_url: str) -> None:
    """Steps that follow links: what one answer has made or told is what the next asks."""
    schema = _schema(empty_url)
    wrong: dict[str, str] = {}

    class Steps(schema.as_state_machine()):  # type: ignore[misc]
        def validate_response(self, response: Response, case: Case, **_: Any) -> None:
            _check(response, case, wrong)

    begun, number = time.monotonic(), SEED
    while time.monotonic() - begun < SECONDS:
        few = settings(CALM, max_examples=5, stateful_step_count=6)
        run_state_machine_as_test(seed(number)(Steps), settings=few)
        number += 1
    assert not wrong, "\n\n".join(wrong.values())


def _schema(url: str) -> Any:
    return schemathesis.openapi.from_url(f"{url}/api?lang=en")


def _fuzz(url: str, wanted: Callable[[APIOperation], bool]) -> None:
    """A few requests to each operation, round after round, in time."""
    session, wrong = requests.Session(), {}
    begun, number = time.monotonic(), SEED
    while time.monotonic() - begun < SECONDS:
        for operation, mode in _shuffled(url, wanted, number):
            _ask(operation, mode, number, session, wrong)
            if time.monotonic() - begun > SECONDS:
                break
        number += 1
    assert not wrong, "\n\n".join(wrong.values())


def _shuffled(
    url: str, wanted: Callable[[APIOperation], bool], number: int
) -> Iterator[tuple[APIOperation, GenerationMode]]:
    found = [each.ok() for each in _schema(url).get_all_operations()]
    found = [each for each in found if wanted(each) and not ALIKE.match(each.path)]
    random.Random(number).shuffle(found)
    return ((each, mode) for each in found for mode in GenerationMode)


def _ask(
    operation: APIOperation,
    mode: GenerationMode,
    number: int,
    session: requests.Session,
    wrong: dict[str, str],
) -> None:
    if mode is GenerationMode.NEGATIVE and not operation.query and not operation.path_parameters:
        return  # nothing of it can be wrong

    def run(case: Case) -> None:
        _check(case.call(session=session, allow_redirects=False, timeout=60), case, wrong)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        test = given(operation.as_strategy(generation_mode=mode))(run)
        seed(number)(settings(CALM, max_examples=3)(test))()


def _check(response: Response, case: Case, wrong: dict[str, str]) -> None:
    """Keep what is wrong with an answer: the first of its kind of an operation."""
    if b"Invalid HTTP request received" in response.content:
        return  # the address is longer than the parser of HTTP reads
    where, status = case.operation.label, str(response.status_code)
    if status not in case.operation.definition.raw["responses"]:
        wrong.setdefault(f"{where} {status}", f"{where}: {status} is not told: {response.text}")
    if response.status_code >= 400 and "problem+json" not in str(response.headers["content-type"]):
        wrong.setdefault(f"{where} problem", f"{where}: {status} is no problem: {response.text}")
    for check in CHECKS:
        if check is known.negative_data_rejection and _may_be_taken(case, response):
            continue
        try:
            case.validate_response(response, checks=[check])
        except (Failure, FailureGroup) as failure:
            wrong.setdefault(f"{where} {check.__name__}", f"{where}: {failure}")


def _may_be_taken(case: Case, response: Response) -> bool:
    """More than the most is the most, and an empty parameter is none, where standards say so:
    OGC API - Features 1 clause 7.15.2, STAC API, OGC API - Records. A range that is none is passed
    over (RFC 9110). Any 4xx refuses; Schemathesis does not know 412 and 413."""
    query, body = case.query or {}, case.body if isinstance(case.body, dict) else {}
    if 400 <= response.status_code < 500 or {"Range", "If-Range"} & set(case.headers or {}):
        return True
    return "limit" in {*query, *body} or "" in query.values()
