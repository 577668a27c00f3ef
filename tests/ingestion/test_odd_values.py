"""Whatever a JSON file holds where something else is expected, it is refused or rejected in French, or read."""

import contextlib
import copy
import functools
import io
import json
import operator
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ingestion.answers import read_answers
from ingestion.declarations import read_declarations
from ingestion.establishments import structure_row
from ingestion.files import Part
from ingestion.finess_plus import generated_on, read_establishments
from ingestion.report import LoadRefused, Rejected
from models.gazetteer import gazetteer
from tests.ingestion.bundles import association, bundle, practice, slot
from tests.ingestion.given import ege

ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**53,
    2**70,
    1.5,
    "",
    "x",
    " ",
    "a\0b",
    "\ud800",
    "²",
    "2026-13-45",
    "9999-12-31T23:59:59Z",
    "x" * 70_000,
    [],
    [None],
    ["x"],
    [5],
    [[]],
    {},
    {"code": {}},
    {"code": ["x"]},
    {"reference": []},
)
DECLARATION = {
    "subject": "p:810000000001", "place_key": "finess:690000001", "participation": True, "via": "cpts",
    "sector": "1", "skills": ["CAPA02"], "care": [], "information": "Appeler.", "declared_at": "2026-11-20T10:00:00Z",
}  # fmt: skip
FINESS = {"generatedAt": "2026-11-22", "pmej": [{"informationsGeneralesPMEJ": {"numFinessPm": "1"}, "ege": [ege()]}]}


def variants(document: Any) -> Iterator[bytes]:
    """The document, then with each of its values in turn replaced by each odd one."""
    whole = {"": copy.deepcopy(document)}
    yield json.dumps(document).encode()
    for path in list(paths(document)):
        *way, last = ("", *path)
        parent: Any = functools.reduce(operator.getitem, way, whole)
        former = parent[last]
        for odd in ODD:
            parent[last] = odd
            yield json.dumps(whole[""]).encode()
        parent[last] = former


def paths(value: Any) -> Iterator[tuple[Any, ...]]:
    """The way to each value of a JSON, itself included."""
    yield ()
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in inside:
        yield from ((step, *way) for way in paths(inner))


def read_answer(path: Path, contents: Iterable[bytes]) -> Iterator[Any]:
    path.write_bytes(b"".join(content + b"\n" for content in contents))
    return read_answers(Part(path))


def read_declaration(_path: Path, contents: Iterable[bytes]) -> Iterator[Any]:
    return read_declarations(io.BytesIO(b"".join(content + b"\n" for content in contents)))


def read_finess(_path: Path, contents: Iterable[bytes]) -> Iterator[Any]:
    """The rows of each document in turn; one that is refused has none."""
    for content in contents:
        generated_on(content)
        with contextlib.suppress(LoadRefused):
            for one in read_establishments(io.BytesIO(content)):
                yield one if isinstance(one, Rejected) else structure_row(one, None, gazetteer())


Read = Callable[[Path, Iterable[bytes]], Iterator[Any]]
DOCUMENTS: dict[str, tuple[Read, Any]] = {
    "declaration": (read_declaration, DECLARATION),
    "finess": (read_finess, FINESS),
    "practice": (read_answer, bundle(slot(), *practice(), asked=["810000000001"])),
    "association": (read_answer, bundle(slot(), *association())),
    "failure": (read_answer, {"asked": ["810000000001"], "outcome": {"resourceType": "OperationOutcome"}}),
}


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_an_odd_value_anywhere_is_refused_or_rejected_or_read(tmp_path: Path, kind: str):
    read, document = DOCUMENTS[kind]
    assert not any(isinstance(one, Rejected) for one in read(tmp_path / "a.json", [json.dumps(document).encode()]))
    check(tmp_path, read, document)


@pytest.mark.parametrize(
    ("read", "name"),
    [
        (read_finess, "finess/finess_plus_structures_extrait.json"),
        (read_answer, "fhir_sas/Bundle-ExampleBundleAgregateurSOS.json"),
    ],
)
def test_an_odd_value_in_an_official_sample_is_no_worse(tmp_path: Path, shared_data: Path, read: Read, name: str):
    document = json.loads((shared_data / name).read_bytes())
    check(tmp_path, read, thinned(document))


def check(tmp_path: Path, read: Read, document: Any) -> None:
    """Read every variant: nothing but a refusal may be raised, and nothing that cannot be stored comes out."""
    found = list(read(tmp_path / "creneaux-azur-202611230755.ndjson", variants(document)))
    assert found
    assert not [one for one in found if not isinstance(one, Rejected) and unstorable(repr(one))]


def unstorable(written: str) -> bool:
    return "\\x00" in written or "\\ud800" in written or "x" * 65_537 in written


def thinned(value: Any) -> Any:
    """The document with one item of each list, and without its narratives."""
    if isinstance(value, dict):
        return {name: thinned(inner) for name, inner in value.items() if name not in {"text", "div"}}
    return [thinned(inner) for inner in value[:1]] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"[" * 2_000, b"[" * 200_000, b'{"a":' * 2_000, b"9" * 5_000, b"1e999", b"\0"]
)
@pytest.mark.parametrize("read", [read_finess, read_answer, read_declaration])
def test_what_is_no_json_is_refused_or_rejected(tmp_path: Path, read: Read, content: bytes):
    try:
        found = list(read(tmp_path / "a.json", [content]))
    except LoadRefused:
        return
    assert all(isinstance(one, Rejected) for one in found)
