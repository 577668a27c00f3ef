"""SOS Médecins associations: known by their SIRET, with fixed on-call points that only their editor tells."""

from collections import defaultdict
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from annuaire.demo.addresses import phone, street
from annuaire.demo.communes import Commune, Territory
from annuaire.demo.draws import draw
from annuaire.demo.figures import SOS_INHABITANTS
from annuaire.demo.numbers import siren, siret
from annuaire.demo.workplaces import Front, Identity, Practice, Town, Workplace, workplace

_BIG, _METROPOLIS = 20_000, 90_000


class Point(NamedTuple):
    """A fixed on-call point (PFG): where the association receives patients."""

    name: str
    line: str
    city: str
    postal_code: str
    phone: str


class Association(NamedTuple):
    """An SOS Médecins association, its points, and the place that RPPS knows for its doctors."""

    siret: str
    name: str
    points: tuple[Point, ...]
    place: Workplace


def associations(seed: int, territory: Territory, companies: Iterator[int]) -> list[Association]:
    """The associations of a département: one in each of its largest cities."""
    rng = draw(seed, "sos", territory.departement)
    cities = _cities(territory)
    inhabitants = sum(commune.population for commune in territory.communes if commune.population >= _BIG)
    count = max(round(inhabitants / SOS_INHABITANTS), int(any(c.population >= _METROPOLIS for c in cities)))
    return [_association(rng, siret(siren(next(companies))), city) for city in cities[:count]]


def _cities(territory: Territory) -> list[Commune]:
    """The largest city first; of one with arrondissements, the largest of them stands for all."""
    cities: dict[str, list[Commune]] = defaultdict(list)
    for commune in territory.communes:
        cities[commune.whole].append(commune)
    by_size = sorted(cities.values(), key=lambda parts: -sum(part.population for part in parts))
    return [max(parts, key=lambda part: part.population) for parts in by_size]


def _association(rng: Random, number: str, city: Commune) -> Association:
    points = tuple(_point(rng, city, label) for label in ("Centre", "Nord", "Sud")[: rng.randint(1, 3)])
    seat = Town(city.postal_codes[0], f"{city.postal_codes[0]} {city.town}", "", "")
    door = Practice(Front(f"SOS MEDECINS {city.town}"), street(rng), seat, city, points[0].phone)
    place = workplace(rng, Identity(siret=number, technical=f"C{number}"), door)
    return Association(number, f"SOS Médecins {city.label}", points, place)


def _point(rng: Random, city: Commune, label: str) -> Point:
    line = street(rng).line
    return Point(
        f"Point de garde {label}", line, city.town, rng.choice(city.postal_codes), phone(rng, city.departement)
    )
