"""Lists read in pieces: the reader of whole documents is the oracle."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api import json_pieces
from api.errors import BadTable

elements = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 999), st.text('",\\[]{}a é\n汉', max_size=6)
)


def whole(body: bytes) -> Any:
    """The list of a body, None where it is not an object with it alone, or where it nests."""
    try:
        document = json.loads(body, parse_constant=lambda _: [])
    except ValueError:
        return None
    found = document.get("codes") if isinstance(document, dict) and len(document) == 1 else None
    nests = not isinstance(found, list) or any(isinstance(each, (list, dict)) for each in found)
    return None if nests else found


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(elements, max_size=12),
    st.integers(60, 120),
    st.integers(0, 200),
    st.sampled_from(["", "", '"', ",", "]", "}", "[", "\\", "x"]),
    st.booleans(),
)
def test_pieces_are_those_of_the_whole(
    monkeypatch: pytest.MonkeyPatch, codes: list[Any], size: int, at: int, put_in: str, wide: bool
) -> None:
    monkeypatch.setattr(json_pieces, "_PIECE", size)
    separators = (" , ", " : ") if wide else (",", ":")
    text = json.dumps({"codes": codes}, ensure_ascii=wide, separators=separators)
    body = (text[:at] + put_in + text[at:]).encode()
    assert in_pieces(body) == whole(body)


def in_pieces(body: bytes) -> Any:
    try:
        return list(json_pieces.elements(io.BytesIO(body), "codes"))
    except BadTable:
        return None
