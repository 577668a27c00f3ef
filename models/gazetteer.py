"""The bundled gazetteer: communes, arrondissements and départements of France, with their points and postal codes.

`gazetteer()` reads two files of the package once; what it returns never changes and is safe to share. The files are
made by `scripts/build_gazetteer.py`. Communes are those of the *Code officiel géographique* of 2026.
"""

import csv
import gzip
import io
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from heapq import merge
from importlib.resources import files
from typing import Final, Literal, get_args

import msgspec

from models.clock import zone_of
from models.folding import fold
from models.geo import EARTH_RADIUS_M, Point, distance_m, mean_point

YEAR: Final = 2026
"""Of the *Code officiel géographique*."""
ATTRIBUTION: Final = (
    f"Communes, codes postaux et points : INSEE (Code officiel géographique {YEAR}), IGN (Admin Express), La Poste "
    "(codes postaux) et DILA (mairies), sous Licence Ouverte 2.0."
)

METRES_PER_DEGREE: Final = EARTH_RADIUS_M * 3.141592653589793 / 180

CEDEX_DEPARTEMENTS: Final[Mapping[str, str]] = {
    **{f"20{digit}": "2A" for digit in "013789"},
    **{f"20{digit}": "2B" for digit in "2456"},
    **{code: code for code in ("971", "972", "973", "974", "975", "976", "986", "987", "988")},
    "977": "974",
    "978": "974",
}
"""The département of a postal code that no commune has, by its first three digits; else the first two say it.

Corsica's CEDEX follow the post office. La Réunion's CEDEX are 977xx and 978xx: Saint-Barthélemy and Saint-Martin,
whose INSEE codes start so, have postal codes in 971xx.
"""

Kind = Literal["COM", "ARM"]
PointSource = Literal["townhall", "outline", "centroid", "constant"]
POINT_SOURCES: Final[Mapping[str, PointSource]] = {source: source for source in get_args(PointSource)}


class Commune(msgspec.Struct, frozen=True, gc=False):
    """A commune (COM), or an arrondissement of Paris, Lyon or Marseille (ARM, whose `parent` is the commune).

    `point` is the town hall, else a point inside the outline, the centroid of an arrondissement, or the chief place
    of an overseas commune; None for 68 communes that nobody located. `population` is INSEE's; 0 when not counted.
    """

    insee: str
    name: str
    kind: Kind
    parent: str | None
    departement: str
    region: str
    population: int
    postal_codes: tuple[str, ...]
    point: Point | None
    point_source: PointSource | None


class Departement(msgspec.Struct, frozen=True):
    """A département or an overseas collectivity ("01", "2A", "974", "988").

    `radius_km` is the radius usually searched there (SAS_Rayons_zones_de_recherche_2025, ansforge); `phone_region`
    the country code under which its telephone numbers are written without a prefix.
    """

    code: str
    name: str
    region: str
    region_name: str
    radius_km: int
    phone_region: str

    @property
    def time_zone(self) -> str:
        """The IANA name of its time zone."""
        return zone_of(self.code)


class Gazetteer:
    """Look-ups over communes and départements. Answers are in the order of INSEE codes unless said."""

    def __init__(self, communes: Iterable[Commune], departements: Iterable[Departement]) -> None:
        self.communes = tuple(communes)
        self.departements = tuple(departements)
        self._by_insee = {commune.insee: commune for commune in self.communes}
        self._by_code = {departement.code: departement for departement in self.departements}
        self._arrondissements = grouped(self.communes, lambda commune: (commune.parent,) if commune.parent else ())

    def commune(self, insee: str) -> Commune | None:
        """The commune or arrondissement that has this INSEE code."""
        return self._by_insee.get(insee)

    def departement(self, code: str) -> Departement | None:
        """The département that has this code."""
        return self._by_code.get(code)

    def arrondissements(self, insee: str) -> tuple[Commune, ...]:
        """The arrondissements of a commune; empty for all but Paris, Lyon and Marseille."""
        return self._arrondissements.get(insee, ())

    def in_departement(self, code: str) -> tuple[Commune, ...]:
        """The communes of a département, without arrondissements."""
        return self._by_departement.get(code, ())

    def with_postal_code(self, postal_code: str) -> tuple[Commune, ...]:
        """The communes that have this postal code: the arrondissement, not the commune that it belongs to."""
        return self._by_postal_code.get(postal_code, ())

    def named(self, name: str) -> tuple[Commune, ...]:
        """The communes and arrondissements of this name, whatever its case, accents and hyphens; largest first."""
        return self.by_name.get(fold(name), ())

    def point_of_postal_code(self, postal_code: str) -> Point | None:
        """The mean of the points of the communes that have this postal code; None when there is none."""
        points = [commune.point for commune in self.with_postal_code(postal_code) if commune.point]
        return mean_point(points) if points else None

    def departement_of(self, insee: str | None = None, postal_code: str | None = None) -> Departement | None:
        """The département of an INSEE code, former communes included; else of a postal code, CEDEX included.

        A postal code shared by two départements is that of the larger commune's. None for Monaco, the military
        post, an address abroad and what is no code at all.
        """
        codes = self._code_of_insee(insee or ""), self._code_of_postal_code(postal_code or "")
        return next((self._by_code[code] for code in codes if code in self._by_code), None)

    def _code_of_insee(self, insee: str) -> str:
        if commune := self.commune(insee):
            return commune.departement
        return insee[:3] if insee.startswith(("97", "98")) else insee[:2]

    def _code_of_postal_code(self, postal_code: str) -> str:
        communes = self.with_postal_code(postal_code)
        if not communes:
            return cedex_departement(postal_code)
        return max(communes, key=lambda commune: commune.population).departement

    def nearest(self, point: Point) -> Commune:
        """The commune (the arrondissement, where there are some) whose point is the nearest to this one."""
        best, best_distance = self._northward[0][1], float("inf")
        for there, commune in self._by_latitude_gap(point.lat):
            if abs(there.lat - point.lat) * METRES_PER_DEGREE > best_distance:
                break
            if (distance := distance_m(point, there)) < best_distance:
                best, best_distance = commune, distance
        return best

    def within(self, south: float, west: float, north: float, east: float) -> list[Commune]:
        """The communes whose point is in these degrees, the most populous first; an arrondissement is its own place.

        `west` and `east` may go past 180 degrees, on either side.
        """
        first = bisect_left(self._northward, south, key=_latitude)
        last = bisect_right(self._northward, north, key=_latitude)
        met = (one for point, one in self._northward[first:last] if (point.lon - west) % 360 <= east - west)
        return sorted(met, key=lambda commune: -commune.population)

    def _by_latitude_gap(self, lat: float) -> Iterator[tuple[Point, Commune]]:
        """Located communes from the nearest parallel to the farthest, on both sides."""
        middle = bisect_left(self._northward, lat, key=_latitude)
        south, north = reversed(self._northward[:middle]), self._northward[middle:]
        return merge(south, north, key=lambda located: abs(_latitude(located) - lat))

    @cached_property
    def _by_departement(self) -> dict[str, tuple[Commune, ...]]:
        return grouped(self.communes, lambda commune: (commune.departement,) if commune.kind == "COM" else ())

    @cached_property
    def _by_postal_code(self) -> dict[str, tuple[Commune, ...]]:
        whole = (commune for commune in self.communes if commune.insee not in self._arrondissements)
        return grouped(whole, lambda commune: commune.postal_codes)

    @cached_property
    def by_name(self) -> Mapping[str, tuple[Commune, ...]]:
        """The communes and arrondissements of each folded name, largest first."""
        largest_first = sorted(self.communes, key=lambda commune: -commune.population)
        return grouped(largest_first, lambda commune: (fold(commune.name),))

    @cached_property
    def _northward(self) -> list[tuple[Point, Commune]]:
        """Communes that have a point and no arrondissements, from south to north."""
        whole = (commune for commune in self.communes if commune.insee not in self._arrondissements)
        return sorted(((one.point, one) for one in whole if one.point), key=_latitude)


def _latitude(located: tuple[Point, Commune]) -> float:
    return located[0].lat


def cedex_departement(postal_code: str) -> str:
    """The code of the département that the digits of a postal code tell; "" for what is no postal code."""
    if len(postal_code) != 5 or not (postal_code.isascii() and postal_code.isdigit()):  # noqa: PLR2004 - its length
        return ""
    return CEDEX_DEPARTEMENTS.get(postal_code[:3], postal_code[:2])


def grouped(communes: Iterable[Commune], keys: Callable[[Commune], tuple[str, ...]]) -> dict[str, tuple[Commune, ...]]:
    """Communes under each of their keys, in the order given."""
    groups: dict[str, list[Commune]] = {}
    for commune in communes:
        for key in keys(commune):
            groups.setdefault(key, []).append(commune)
    return {key: tuple(group) for key, group in groups.items()}


@lru_cache(maxsize=1)
def gazetteer() -> Gazetteer:
    """The gazetteer of the package, read on the first call."""
    data = files("models") / "data"
    communes = gzip.decompress((data / "communes.csv.gz").read_bytes()).decode()
    departements = (data / "departements.csv").read_text(encoding="utf-8")
    return Gazetteer(map(_commune, _lines(communes)), map(_departement, _lines(departements)))


def _lines(text: str) -> Iterator[list[str]]:
    """The values of each line of a CSV text, after its header."""
    lines = csv.reader(io.StringIO(text))
    next(lines)
    return lines


def _commune(values: list[str]) -> Commune:
    insee, name, kind, parent, departement, region, population, postal_codes, lat, lon, source = values
    return Commune(
        insee,
        name,
        "ARM" if kind == "ARM" else "COM",
        parent or None,
        departement,
        region,
        int(population),
        tuple(postal_codes.split()),
        Point(float(lat), float(lon)) if lat else None,
        POINT_SOURCES.get(source),
    )


def _departement(values: list[str]) -> Departement:
    code, name, region, region_name, radius_km, phone_region = values
    return Departement(code, name, region, region_name, int(radius_km), phone_region)
