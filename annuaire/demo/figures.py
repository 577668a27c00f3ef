"""How many of each, nationally, and where they practise: the proportions that the demo imitates.

The two tables are `data/trades.csv` and `data/categories.csv`. Sources: DREES (1 January 2025: doctors, pharmacists,
dentists, midwives, podiatrists, technicians), CNOMK (2024), FINESS (September 2026: structures by category), *Annuaire
santé Ameli* (August 2026: places per doctor, sectors). Where no figure is published it is an order of magnitude.
"""

import csv
from collections.abc import Iterator
from importlib.resources import files
from typing import NamedTuple

FRANCE = 68_950_000
"""Inhabitants of all of France (INSEE, geography of 2026)."""

STUDENTS = 520_000
"""Students nationally: an identity, a profession, no place."""

INACTIVE = 0.67
"""Closed establishments for one in activity: 70,000 for 104,800."""

CPTS_INHABITANTS = 82_000
CPTS_COVER = 0.84
"""A CPTS has 82,000 inhabitants on average; together they cover 84 % of the country (FCPTS, 2024)."""

SOS_INHABITANTS = 700_000
"""There are some 64 SOS Médecins associations, in cities: one for this many inhabitants of communes above 20,000."""


class Trade(NamedTuple):
    """One profession, or one specialty of a profession.

    `people`: nationally, in activity. `women`: share. `spread`: a key of `SPREADS`. `places`: mean number of places of
    those who are self-employed. `agendas`: share with an agenda at an editor. `settings`: where they practise, keys of
    `SETTINGS` and shares; what is missing to 1 has no place in the file.
    """

    profession: str
    skill: str
    people: int
    women: float
    spread: str
    places: float
    agendas: float
    settings: dict[str, float]


class Setting(NamedTuple):
    """Where one practises: TRE_R02 sector, TRE_R23 mode, FINESS categories of the employer if there is one."""

    sector: str
    mode: str
    categories: tuple[str, ...] = ()


class Category(NamedTuple):
    """A FINESS category: establishments in activity nationally, smallest commune, size as an employer, names."""

    active: int
    smallest: int
    size: float
    names: tuple[str, ...]


SPREADS = {"near": (0, 1.0), "town": (2_000, 1.15), "city": (8_000, 1.3)}
"""Name → smallest commune, and the power of its population that weighs it."""

SETTINGS = {
    "solo": Setting("SA07", "L"),
    "group": Setting("SA08", "L"),
    "society": Setting("SA09", "L"),
    "msp": Setting("SA52", "L", ("603",)),
    "cds": Setting("SA05", "S", ("124",)),
    "hospital": Setting("SA01", "S", ("101", "355", "292", "106", "131")),
    "private": Setting("SA04", "S", ("365", "128", "129", "109")),
    "ehpad": Setting("SA17", "S", ("500",)),
    "pharmacy": Setting("SA33", "L", ("620",)),
    "lab": Setting("SA25", "L", ("611",)),
    "ssiad": Setting("SA41", "S", ("354", "209")),
    "pmi": Setting("SA15", "S", ("223",)),
    "cmp": Setting("SA12", "S", ("156", "189")),
    "mmg": Setting("SA67", "L", ("mmg",)),
    "shop": Setting("SA42", "S"),
    "company": Setting("SA66", "S"),
    "sos": Setting("SA50", "L"),
}

SECTORS = {
    "SM40": (0.42, 0.58),
    "SM42": (0.49, 0.5),
    "SM43": (0.49, 0.5),
    "SM15": (0.41, 0.57),
    "SM19": (0.16, 0.84),
    "SM20": (0.16, 0.84),
    "SM38": (0.18, 0.82),
    "SM54": (0.94, 0.04),
}
OTHER_DOCTORS = (0.5, 0.48)
OTHER_TRADES = (0.97, 0.0)
"""Head of a group of specialties → shares of sector 1 and sector 2 (with and without OPTAM); others in what follows."""


def _rows(name: str) -> Iterator[dict[str, str]]:
    lines = (files("annuaire.demo") / "data" / name).read_text("utf-8").splitlines()
    return csv.DictReader(lines, delimiter=";")


def _settings(text: str) -> dict[str, float]:
    return {name: float(share) for name, _, share in (word.partition(":") for word in text.split())}


def _trade(row: dict[str, str]) -> Trade:
    people, women, places, agendas = (float(row[name]) for name in ("people", "women", "places", "agendas"))
    skill, settings = row["skill"], _settings(row["settings"])
    return Trade(row["profession"], skill, int(people), women, row["spread"], places, agendas, settings)


def _category(row: dict[str, str]) -> Category:
    active, smallest = int(row["active"]), int(row["smallest_commune"])
    return Category(active, smallest, float(row["size"]), tuple(row["names"].split("|")))


TRADES = tuple(map(_trade, _rows("trades.csv")))
"""97 is closed since 2024 and in no list of ours: an unknown code, as real files have."""

CATEGORIES = {row["category"]: _category(row) for row in _rows("categories.csv")}
"""`mmg`: FINESS+ has maisons médicales de garde, under a code that no published list gives; the demo writes our own."""
