"""Resolution of one code: by any of its names, and what is not found."""

import pytest
from starlette.testclient import TestClient

from cim import entity_code


@pytest.fixture(scope="module")
def feature(client: TestClient) -> dict[str, object]:
    return client.get("/collections/parcels/items?limit=1").json()["features"][0]  # type: ignore[no-any-return]


def test_every_name_of_a_parcel_finds_it(client: TestClient, feature: dict[str, object]) -> None:
    code = str(feature["id"])
    parcel = feature["properties"]["parcel_code"]  # type: ignore[index]
    external = entity_code.format(code)
    for text in (code, external, external.lower(), parcel, f"{code[:6]} {code[6:]}"):
        found = client.get("/resolve", params={"code": text}).raise_for_status().json()
        assert found["code"] == code
        assert found["external_code"] == external
        assert found["state"] == "active"
        assert found["layer"] == "parcels"


def test_resolve_says_what_the_item_says(client: TestClient, feature: dict[str, object]) -> None:
    found = client.get("/resolve", params={"code": feature["id"]}).json()
    assert found["feature"] == feature
    item = next(link["href"] for link in found["links"] if link["rel"] == "item")
    assert client.get(item).json()["id"] == feature["id"]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("420606990101999999999", 404),
        ("420606123456000000001", 404),  # well formed, of a class that no table has
        ("420606001001GB99999", 404),
        ("襄阳", 422),
        ("4206069901019999999990", 422),  # its check character is another
        ("", 400),
    ],
)
def test_what_is_not_found(client: TestClient, text: str, status: int) -> None:
    answer = client.get("/resolve", params={"code": text})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_is_no_code_says_which_rule_it_breaks(client: TestClient) -> None:
    answer = client.get("/resolve", params={"code": "420602990101000000001X"})
    assert answer.status_code == 422
    assert "the check character must be 7 (MOD 37,36), at position 21" in answer.json()["detail"]
