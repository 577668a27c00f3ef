"""Fictional people: given names and family names of every origin that France has, drawn apart from one another."""

import unicodedata
from importlib.resources import files
from random import Random
from typing import NamedTuple

from annuaire.demo.draws import Weighted


def _groups(name: str) -> dict[str, list[str]]:
    """A data file's names by group: `[group]` opens one, `~` stands for the space inside a name."""
    text = (files("annuaire.demo") / "data" / name).read_text("utf-8")
    blocks = (block.partition("]") for block in text.split("[")[1:])
    return {group: [word.replace("~", " ") for word in words.split()] for group, _, words in blocks}


_ORIGINS = Weighted(
    {
        "france": 70.0,
        "west": 8.0,
        "noble": 1.2,
        "maghreb": 7.5,
        "south": 5.5,
        "africa": 2.6,
        "asia": 2.2,
        "east": 2.0,
        "levant": 1.0,
    }.items()
)
_FAMILIES = _groups("family_names.txt")
_GIVEN = _groups("given_names.txt")


class Name(NamedTuple):
    """A name as the files write it: the family name in capitals."""

    given: str
    family: str


def without_accents(text: str) -> str:
    """The same letters, bare: `Noël` → `Noel`."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).replace("ı", "i")


def _family(rng: Random) -> tuple[str, str]:
    """A family name and where it comes from: one in twenty-five is double."""
    origin = _ORIGINS.pick(rng)
    name = rng.choice(_FAMILIES[origin])
    if rng.random() < 0.04:
        joint = "-" if rng.random() < 0.7 else " "
        name += joint + rng.choice(_FAMILIES[_ORIGINS.pick(rng)])
    return name, origin


def person(rng: Random, *, female: bool) -> Name:
    """A name drawn whole: most lose their accents in the family name, some are all in capitals."""
    family, origin = _family(rng)
    culture = origin if f"{origin} women" in _GIVEN and rng.random() < 0.6 else "france"
    given = rng.choice(_GIVEN[f"{culture} {'women' if female else 'men'}"])
    family = family if rng.random() < 0.25 else without_accents(family)
    return Name(given if rng.random() < 0.65 else without_accents(given).upper(), family.upper())
