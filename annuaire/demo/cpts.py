"""Territories: a CPTS around each large enough town, over the communes nearest to it."""

from collections.abc import Iterator
from math import cos, hypot, radians
from typing import NamedTuple

from annuaire.demo.communes import Commune, Territory
from annuaire.demo.draws import draw
from annuaire.demo.figures import CPTS_COVER, CPTS_INHABITANTS
from annuaire.demo.structures import Establishments

_NAMES = ("CPTS {}", "CPTS {} et environs", "CPTS du Pays de {}", "CPTS du Bassin de {}", "CPTS {} Santé")
_APART_KM = 7.0


class Cpts(NamedTuple):
    """A CPTS: the FINESS number of its seat, its name."""

    finess: str
    name: str


def cover(seed: int, territory: Territory, establishments: Establishments) -> dict[str, Cpts]:
    """The CPTS of each commune that has one, by INSEE code; the seats become establishments."""
    rng = draw(seed, "cpts", territory.departement)
    towns = _towns(territory)
    made: dict[str, Cpts] = {}
    for town in towns:
        if rng.random() < CPTS_COVER:
            name = rng.choice(_NAMES).format(town.name.replace(" Arrondissement", ""))
            seat = establishments.add("604", name.upper(), town)
            made[town.insee] = Cpts(seat.finess, name)
    nearest = {commune.insee: min(towns, key=lambda town: _km(commune, town)) for commune in territory.communes}
    return {insee: made[town.insee] for insee, town in nearest.items() if town.insee in made}


def lines(covered: dict[str, Cpts]) -> Iterator[str]:
    """The lines of `cpts.csv`."""
    for insee, cpts in covered.items():
        yield f"{insee};{cpts.finess};{cpts.name}\n"


def _towns(territory: Territory) -> list[Commune]:
    """As many towns as there are CPTS: the largest ones that are not next to one another."""
    wanted = max(1, round(territory.population / CPTS_INHABITANTS))
    chosen: list[Commune] = []
    for commune in sorted(territory.communes, key=lambda one: (-one.population, one.insee)):
        apart = 1.0 if commune.whole != commune.insee else _APART_KM
        if all(_km(commune, other) > apart for other in chosen):
            chosen.append(commune)
        if len(chosen) == wanted:
            break
    return chosen


def _km(a: Commune, b: Commune) -> float:
    """A flat distance, good enough to choose the nearest."""
    return hypot(a.lat - b.lat, (a.lon - b.lon) * cos(radians(a.lat))) * 111.2
