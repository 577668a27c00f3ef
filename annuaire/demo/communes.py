"""The real communes, where the demo's fictional people live, and how they are drawn among them."""

from collections.abc import Iterator, Sequence
from math import cos, radians, sqrt
from random import Random
from typing import NamedTuple

from annuaire.demo.draws import Weighted
from annuaire.demo.figures import FRANCE, SPREADS
from annuaire.demo.names import without_accents
from models.gazetteer import gazetteer

_KM_PER_DEGREE = 111.195


class Commune(NamedTuple):
    """A commune, or an arrondissement of Paris, Lyon or Marseille; `whole` is the INSEE code of the entire commune."""

    insee: str
    name: str
    departement: str
    population: int
    postal_codes: tuple[str, ...]
    lat: float
    lon: float
    whole: str

    @property
    def label(self) -> str:
        """The name of the entire commune: `Lyon 3e Arrondissement` → `Lyon`."""
        return self.name.split(" ")[0] if self.whole != self.insee else self.name

    @property
    def town(self) -> str:
        """The name as La Poste writes it: `Saint-Étienne` → `ST ETIENNE`, an arrondissement without its number."""
        words = without_accents(self.label).upper().replace("-", " ").replace("'", " ").split()
        return " ".join({"SAINT": "ST", "SAINTE": "STE"}.get(word, word) for word in words)


class Territory:
    """The communes of one département, drawn by population."""

    def __init__(self, departement: str, communes: list[Commune]) -> None:
        self.departement = departement
        self.communes = communes
        self.population = sum(commune.population for commune in communes)
        self._spreads = {name: self._spread(*rule) for name, rule in SPREADS.items()}
        self._above: dict[int, Weighted[Commune]] = {}

    def expected(self, nationally: float, scale: float) -> float:
        """How many of something this département has, at this scale."""
        return nationally * self.population / FRANCE * scale

    def pick(self, rng: Random, spread: str) -> Commune:
        """A commune for somebody of this spread."""
        return self._spreads[spread].pick(rng)

    def above(self, smallest: int) -> Weighted[Commune]:
        """The communes of at least this population, or all when there is none."""
        if smallest not in self._above:
            self._above[smallest] = self._spread(smallest, 1.0)
        return self._above[smallest]

    def _spread(self, smallest: int, power: float) -> Weighted[Commune]:
        big = [commune for commune in self.communes if commune.population >= smallest] or self.communes
        return Weighted((commune, commune.population**power) for commune in big)


def scattered(rng: Random, commune: Commune) -> tuple[float, float]:
    """A point (latitude, longitude) around the commune's, denser towards it, within a plausible radius."""
    sigma = 0.6 if commune.whole != commune.insee else min(0.25 + 0.08 * sqrt(commune.population / 1000), 1.5)
    north, east = (max(-2.2, min(2.2, rng.gauss(0, 1))) * sigma for _ in range(2))
    lat = commune.lat + north / _KM_PER_DEGREE
    return round(lat, 6), round(commune.lon + east / (_KM_PER_DEGREE * cos(radians(lat))), 6)


def _communes() -> Iterator[Commune]:
    """The inhabited communes that have a point; arrondissements instead of the communes they make up."""
    gazette = gazetteer()
    for one in gazette.communes:
        if one.point and one.population and one.postal_codes and not gazette.arrondissements(one.insee):
            whole = one.parent or one.insee
            where = one.point
            yield Commune(
                one.insee, one.name, one.departement, one.population, one.postal_codes, where.lat, where.lon, whole
            )


def territories(departements: Sequence[str] | None) -> list[Territory]:
    """The chosen départements in the order of their codes, or all of France.

    Raises:
        ValueError: no commune has this département.

    """
    by_departement: dict[str, list[Commune]] = {}
    for commune in _communes():
        by_departement.setdefault(commune.departement, []).append(commune)
    unknown = set(departements or ()) - by_departement.keys()
    if unknown:
        raise ValueError(f"département inconnu : {', '.join(sorted(unknown))}")
    wanted = sorted(departements or by_departement)
    return [Territory(code, by_departement[code]) for code in wanted]
