"""The dictionaries of a generation: profiles, zones and terms are numbered in the order in which they are met."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Final, Generic, NamedTuple, Self, TypeVar

from duckdb import DuckDBPyConnection

from models.offer import Kind, Place
from relevance.criteria import Name

Key = TypeVar("Key", bound=Hashable)

_GRID: Final = 16
"""Bits of each coordinate of a neighbourhood: cells of about 600 m by 300 m."""
_NOWHERE: Final = 1 << 63
"""Where a zone without any point stands: after all the others."""


class Profile(NamedTuple):
    """A combination of dense values: what most of a judgement depends on. `terms` are numbers, sorted."""

    kind: Kind
    participates: bool
    terms: tuple[int, ...]


class Zone(NamedTuple):
    """The codes of a place."""

    postal_code: str | None
    commune: str | None
    departement: str | None


class Term(NamedTuple):
    """A code of a criterion."""

    criterion: Name
    code: str


class Numbering(Generic[Key]):
    """Keys numbered from 0 in the order in which they are met."""

    def __init__(self, known: Iterable[Key] = ()) -> None:
        self._numbers = {key: number for number, key in enumerate(known)}
        self._written = len(self._numbers)

    def number(self, key: Key) -> int:
        """The key's number, a new one for a new key."""
        return self._numbers.setdefault(key, len(self._numbers))

    def find(self, key: Key) -> int | None:
        """The key's number, if it has one."""
        return self._numbers.get(key)

    def fresh(self) -> list[tuple[int, Key]]:
        """What was met since the last call, in order."""
        added = list(self._numbers)[self._written :] if self._written < len(self._numbers) else []
        first, self._written = self._written, len(self._numbers)
        return list(enumerate(added, first))


class Dictionaries:
    """The numbers of profiles, zones and terms of one generation, with what goes beside the keys."""

    def __init__(
        self, profiles: Iterable[Profile] = (), zones: Iterable[Zone] = (), terms: Iterable[Term] = ()
    ) -> None:
        self.profiles = Numbering(profiles)
        self.zones = Numbering(zones)
        self.terms = Numbering(terms)
        self._labels: dict[Term, str] = {}
        self._cells: dict[int, int] = {}

    @classmethod
    def read(cls, connection: DuckDBPyConnection) -> Self:
        """Those of a generation already written."""
        profiles = connection.execute("SELECT kind, participates, terms FROM profile ORDER BY profile").fetchall()
        zones = connection.execute("SELECT postal_code, commune, departement FROM zone ORDER BY zone").fetchall()
        terms = connection.execute("SELECT criterion, code FROM term ORDER BY term").fetchall()
        return cls(
            (Profile(kind, participates, tuple(numbers)) for kind, participates, numbers in profiles),
            (Zone(*row) for row in zones),
            (Term(Name(criterion), code) for criterion, code in terms),
        )

    def term(self, criterion: Name, code: str, label: str) -> int:
        """The number of a code; the first label met is kept."""
        key = Term(criterion, code)
        self._labels.setdefault(key, label)
        return self.terms.number(key)

    def zone(self, place: Place) -> int:
        """The number of a place's codes; the first point met tells its neighbourhood."""
        zone = Zone(place.postal_code, place.commune.insee if place.commune else None, place.departement)
        number = self.zones.number(zone)
        if place.point is not None and number not in self._cells:
            self._cells[number] = cell(place.point.lat, place.point.lon)
        return number

    def write(self, connection: DuckDBPyConnection) -> None:
        """Append what was met since the last time. The counts of new profiles start from 0."""
        profiles, zones, terms = self.profiles.fresh(), self.zones.fresh(), self.terms.fresh()
        append(connection, "profile", [(number, *profile, 0) for number, profile in profiles])
        append(connection, "zone", [(number, *zone, self._cells.get(number, _NOWHERE)) for number, zone in zones])
        append(connection, "term", [(number, *term, self._labels[term]) for number, term in terms])


def append(connection: DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows of Python values: one list per column, bound; for thousands of rows, not millions."""
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        lists = ", ".join("unnest(?)" for _ in columns)
        connection.execute(f"INSERT INTO {table} SELECT {lists}", columns)


def cell(lat: float, lon: float) -> int:
    """Where a point stands on a Hilbert curve over the globe: neighbours on the curve are neighbours on the ground."""
    x, y = int((lon + 180) / 360 * ((1 << _GRID) - 1)), int((lat + 90) / 180 * ((1 << _GRID) - 1))
    along = 0
    for level in reversed(range(_GRID)):
        right, up = x >> level & 1, y >> level & 1
        along = along << 2 | (3 * right) ^ up
        if not up:
            x, y = (~y, ~x) if right else (y, x)
    return along
