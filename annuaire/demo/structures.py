"""Establishments as FINESS knows them: drawn per département, with people who work in them."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from annuaire.demo.addresses import STREETS, Street, phone, street
from annuaire.demo.communes import Commune, Territory, scattered
from annuaire.demo.draws import Weighted, draw, rounded
from annuaire.demo.figures import CATEGORIES, INACTIVE, SETTINGS, Category
from annuaire.demo.names import person, without_accents
from annuaire.demo.numbers import finess, siren, siret
from annuaire.demo.workplaces import Front, Identity, Practice, Town, Workplace, cedex, town, workplace

_PLANTS = "TILLEULS CEDRES ACACIAS GLYCINES MAGNOLIAS PEUPLIERS CHARMES BLEUETS JONQUILLES ORCHIDEES LAURIERS".split()
_SAINTS = (
    "SAINT-JOSEPH SAINTE-ANNE SAINT-LUC SAINTE-MARIE SAINT-ROCH SAINT-VINCENT SAINT-FRANCOIS SAINT-ANTOINE".split()
)
_ALWAYS = {"355", "365", "124", "603", "620", "500", "611", "mmg"}
_INSTITUTIONS = {"101", "355", "292", "106", "131", "365", "128", "109"}


class Site(NamedTuple):
    """An establishment: everything that both FINESS+ and RPPS say of it."""

    finess: str
    category: str
    name: str
    commune: Commune
    lat: float
    lon: float
    address: Street
    town: Town
    siret: str
    legal: str
    phone: str
    active: bool
    opened: date
    closed: date | None

    def door(self, distribution: str = "") -> Practice:
        """The site as an address where people practise."""
        front = Front(self.name, distribution=distribution)
        return Practice(front, self.address, self.town, self.commune, self.phone)


class Establishments:
    """The establishments of a département, and where to work in them."""

    def __init__(self, seed: int, territory: Territory, scale: float, today: date, companies: Iterator[int]) -> None:
        self._territory, self._scale, self._today, self._companies = territory, scale, today, companies
        self._rng = draw(seed, "structures", territory.departement)
        self._serial = 0
        self.sites = list(self._draw())
        self._places: dict[str, Workplace] = {}
        self._employers = self._by_category()

    def employers(self, categories: tuple[str, ...], commune: Commune) -> Weighted[Site]:
        """Where somebody of this commune may work: the commune's own establishments, else the département's."""
        local = self._employers.get((categories, commune.insee))
        return local or self._employers.get((categories, ""), Weighted([]))

    def place(self, rng: Random, site: Site) -> Workplace:
        """The establishment as RPPS rows carry it: all the people of a site share its columns."""
        if site.finess not in self._places:
            self._places[site.finess] = _as_workplace(rng, site)
        return self._places[site.finess]

    def add(self, category: str, name: str, commune: Commune) -> Site:
        """One more active establishment: the seat of a CPTS for instance."""
        site = self._site(category, name, commune, active=True)
        self.sites.append(site)
        return site

    def _draw(self) -> Iterator[Site]:
        for code, category in CATEGORIES.items():
            communes = self._territory.above(category.smallest)
            expected = self._territory.expected(category.active, self._scale)
            count = max(rounded(self._rng, expected), int(code in _ALWAYS))
            for rank in range(count + rounded(self._rng, count * INACTIVE)):
                commune = communes.pick(self._rng)
                name = _name(self._rng, category, commune)
                yield self._site(code, name, commune, active=rank < count)

    def _site(self, category: str, name: str, commune: Commune, *, active: bool) -> Site:
        rng, self._serial = self._rng, self._serial + 2
        number, legal = (finess(commune.departement, self._serial + offset) for offset in (-2, -1))
        lat, lon = scattered(rng, commune)
        company = siret(siren(next(self._companies))) if rng.random() < 0.87 else ""
        postal = (
            cedex(rng, commune)
            if category in _INSTITUTIONS and rng.random() < 0.5
            else town(rng, commune, self_employed=False)
        )
        opened = self._today - timedelta(days=rng.randint(200, 20_000))
        closed = None if active else self._today - timedelta(days=rng.randint(1, 199))
        number_shown = phone(rng, commune.departement) if rng.random() < 0.84 else ""
        return Site(
            number,
            category,
            name,
            commune,
            lat,
            lon,
            street(rng),
            postal,
            company,
            legal,
            number_shown,
            active,
            opened,
            closed,
        )

    def _by_category(self) -> dict[tuple[tuple[str, ...], str], Weighted[Site]]:
        """Active sites by the categories that employ together, in each commune and in the département."""
        found: dict[tuple[tuple[str, ...], str], list[tuple[Site, float]]] = defaultdict(list)
        groups = {setting.categories for setting in SETTINGS.values() if setting.categories}
        for site in filter(lambda site: site.active, self.sites):
            for group in (group for group in groups if site.category in group):
                for where in (site.commune.insee, ""):
                    found[group, where].append((site, CATEGORIES[site.category].size))
        return {key: Weighted(pairs) for key, pairs in found.items()}


def _name(rng: Random, category: Category, commune: Commune) -> str:
    family = person(rng, female=True).family
    street_name = without_accents(rng.choice(STREETS)).upper()
    words = {"plants": rng.choice(_PLANTS), "saint": rng.choice(_SAINTS), "town": commune.town}
    return rng.choice(category.names).format(street=street_name, family=family, **words)


def _as_workplace(rng: Random, site: Site) -> Workplace:
    identity = Identity(site.siret, site.finess, site.legal, f"F{site.finess}")
    distribution = f"CS {rng.randint(10_000, 99_999)}" if "CEDEX" in site.town.line else ""
    return workplace(rng, identity, site.door(distribution))
