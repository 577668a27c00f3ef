"""Whatever a body is, it is an answer or has one named cause; nothing else comes out of reading it."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annuaire.demo.bundles import searchset
from ingestion.feeds.client import CAUSES, Failed, deeper, read_page, understood
from ingestion.feeds.requests import Request, window
from ingestion.fhir import Answer
from tests.ingestion.feeds.world import agenda, rpps, slot
from tests.ingestion.given import AT

REQUEST = Request("ps", (f"p:{rpps(1)}",), window(AT))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
ANYTHING = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


def sound() -> dict[str, Any]:
    return searchset([(agenda(1), [slot("a"), slot("b")])], "ps", "https://x.example/fhir/Slot?a", AT)


def ended(status: int, body: bytes) -> Answer | str:
    """The answer that a body is, or the cause of its failure."""
    try:
        return understood(read_page(status, body), REQUEST)
    except Failed as failure:
        return failure.cause


def paths(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value inside a value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(path for key, child in inside for path in paths(child, (*way, key)))]


PATHS = paths(sound())[1:]


def test_a_sound_body_is_an_answer():
    found = ended(200, json.dumps(sound()).encode())
    assert isinstance(found, Answer)
    assert len(found.slots) == 2


@given(st.binary())
def test_any_bytes(body: bytes):
    assert ended(200, body) in CAUSES


@given(ANYTHING, st.sampled_from([200, 201, 204, 206, 400, 404, 500, 503]))
def test_any_json(value: Any, status: int):
    assert ended(status, json.dumps(value).encode()) in CAUSES


@given(st.sampled_from(PATHS), ANYTHING)
def test_a_sound_body_with_anything_anywhere(path: tuple[Any, ...], value: Any):
    told = deepcopy(sound())
    inside = told
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    found = ended(200, json.dumps(told).encode())
    assert isinstance(found, Answer) or found in CAUSES


@given(st.integers(0, 3_000))
def test_a_body_that_is_cut_is_no_answer(length: int):
    assert ended(200, json.dumps(sound()).encode()[:length]) == "malformed"


@pytest.mark.parametrize(("levels", "found"), [(1, False), (39, False), (40, False), (41, True), (500, True)])
def test_the_depth_of_a_body_is_bounded(levels: int, found: bool):  # noqa: FBT001 - a column of the table
    assert deeper(json.loads("[" * levels + "]" * levels), 40) is found
