"""`/conformance` names exactly the classes that the modules here prove.

A class is proved where its module ran in this session, with every test passed: none skipped, none
expected to fail. Run the folder; of modules that did not run, nothing is told.
"""

import claims
import pytest
from claims import Outcomes
from starlette.testclient import TestClient


def test_the_file_names_the_classes_of_the_modules() -> None:
    listed = claims.listed()
    assert len(listed) == len(set(listed))
    assert set(listed) == set(claims.modules().values())


@pytest.mark.parametrize("name", claims.modules())
def test_modules_are_named_after_their_class(name: str) -> None:
    assert name == claims.module_of(claims.modules()[name])


@pytest.mark.parametrize("uri", claims.listed())
def test_what_is_listed_is_proved(outcomes: Outcomes, uri: str) -> None:
    ran = outcomes.get(claims.module_of(uri))
    if ran is None:
        pytest.skip("its module did not run; run the folder")
    assert [(name, outcome) for name, outcome in ran if outcome != "passed"] == []
    assert len(ran) >= claims.AT_LEAST


def test_the_service_tells_what_the_file_says(client: TestClient) -> None:
    for path in ("/conformance", "/"):
        assert client.get(path).json()["conformsTo"] == claims.listed()
