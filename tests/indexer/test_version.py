"""The version of an index changes with what is stored, and with nothing else."""

import msgspec

from indexer.version import bare, version_of


class Said(msgspec.Struct):
    """One way to say it."""

    name: str


class SaidOtherwise(msgspec.Struct):
    """Another way."""

    name: str


class More(msgspec.Struct):
    """One way to say it."""

    name: str
    age: int


def shape(kind: type[msgspec.Struct]) -> str:
    return str(bare(msgspec.json.schema(kind))).replace(kind.__name__, "")


def test_a_docstring_is_no_part_of_what_is_stored():
    assert shape(Said) == shape(SaidOtherwise) != shape(More)


def test_what_an_engine_keeps_makes_its_version():
    assert version_of(["a"]) == version_of(["a"]) != version_of(["a", "b"])
