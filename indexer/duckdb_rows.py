"""From offers to the rows of a generation: numbered dictionaries, and files of rows for everything else."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from io import TextIOWrapper
from itertools import zip_longest
from os import fsync
from pathlib import Path
from typing import Final, Generic, NamedTuple, Self, TypeVar

import msgspec
from duckdb import DuckDBPyConnection

from indexer.duckdb_codes import DENSE, SPARSE, Codes
from indexer.duckdb_layout import NEVER, STAGED, reading
from indexer.duckdb_masks import BITS
from models.codes import VISIBLE, Viewer
from models.geo import Point, unit_vector
from models.offer import Availability, Kind, Offer, Place, tie
from relevance.criteria import Name
from relevance.plan import MODALITIES
from relevance.text import name_tokens

Key = TypeVar("Key", bound=Hashable)

VIEWER_BITS: Final[dict[Viewer, int]] = {viewer: 1 << position for position, viewer in enumerate(Viewer)}
FIRSTS: Final = ("soonest", *MODALITIES)
"""The columns of `agenda` that hold starts; empty, which is read as NULL, when nothing can be taken."""
ENCODER: Final = msgspec.json.Encoder()
SILENT: Final = BITS["when"] | BITS["modality"]
"""What is unknown of an offer one of whose sources of slots did not answer."""
_GRID: Final = 16
"""Bits of each coordinate of a neighbourhood: cells of about 600 m by 300 m."""


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
        self._cells: dict[Zone, int] = {}

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
        if place.point is not None and zone not in self._cells:
            self._cells[zone] = cell(place.point.lat, place.point.lon)
        return self.zones.number(zone)

    def write(self, connection: DuckDBPyConnection) -> None:
        """Append what was met since the last time. The counts of new profiles start from 0."""
        profiles, zones, terms = self.profiles.fresh(), self.zones.fresh(), self.terms.fresh()
        append(connection, "profile", [(number, *profile, 0) for number, profile in profiles])
        append(connection, "zone", [(number, *zone, self._cells.get(zone, 1 << 63)) for number, zone in zones])
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


def unknowns(offer: Offer) -> int:
    """The criteria that are unknown of this offer when it does not meet them, as bits; the area is not among them."""
    undeclared = [name.value for name, codes in (*DENSE.items(), *SPARSE.items()) if codes(offer) is None]
    return sum(BITS[name] for name in undeclared) | SILENT * (offer.slot_state == "unknown")


def agenda_rows(availabilities: Sequence[Availability]) -> Iterator[tuple[object, ...]]:
    """The columns of `agenda` after `doc`; viewers who see the same availabilities share their rows."""
    seen: dict[tuple[Availability, ...], int] = {}
    for viewer, bit in VIEWER_BITS.items():
        visible = tuple(one for one in availabilities if one.audience in VISIBLE[viewer])
        seen[visible] = seen.get(visible, 0) | bit
    for visible, viewers in seen.items():
        yield from ((viewers, *row) for row in _takeable(visible))


def _takeable(availabilities: Iterable[Availability]) -> Iterator[tuple[object, ...]]:
    """Going back in time, each end adds what can be taken before it: `since`, `until`, then the first starts."""
    ends: dict[int, list[Availability]] = defaultdict(list)
    for one in availabilities:
        ends[one.start + 1 if one.kind == "creneau" else one.end].append(one)
    latest_first = sorted(ends, reverse=True)
    firsts: dict[str, int] = {}
    for until, since in zip_longest(latest_first, latest_first[1:], fillvalue=NEVER):
        for one in ends[until]:
            for column in ("soonest", *one.modalities):
                firsts[column] = min(one.start, firsts.get(column, one.start))
        yield since, until, *(firsts.get(column, "") for column in FIRSTS)


class Staging:
    """Offers on their way to the tables: one file of rows per table, in a directory of its own, then one load.

    `documents` is the file of the offers themselves, which grows; its end is where the next one starts.
    """

    def __init__(self, directory: Path, documents: Path, dictionaries: Dictionaries) -> None:
        self.dictionaries = dictionaries
        self.profiles: Counter[int] = Counter()
        self._directory = directory
        self._stack = ExitStack()
        self._files = {table: self._open(table) for table in STAGED}
        self._documents = self._stack.enter_context(documents.open("ab"))
        self._end = self._documents.tell()

    def _open(self, table: str) -> TextIOWrapper:
        return self._stack.enter_context(self._path(table).open("w", encoding="utf-8", newline="\n"))

    def _path(self, table: str) -> Path:
        return self._directory / f"{table}.tsv"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Make what was staged readable, and the documents durable."""
        if not self._documents.closed:
            self._documents.flush()
            fsync(self._documents.fileno())
        self._stack.close()

    def add(self, doc: int, offer: Offer) -> None:
        """Stage an offer under this number."""
        profile = self._profile(offer)
        self.profiles[profile] += 1
        start, size = self._document(offer)
        values = (
            doc,
            profile,
            self.dictionaries.zone(offer.place),
            bool(offer.availabilities),
            *_vector(offer.place),
            unknowns(offer),
            tie(offer.id),
            offer.id,
            tie(offer.subject),
            start,
            size,
        )
        self._write("offer", [values])
        self._write("agenda", [(doc, *row) for row in agenda_rows(offer.availabilities)])
        self._write("posting", [(term, doc, profile) for term in self._terms(offer, SPARSE)])
        self._write("word", [(word, doc, profile) for word in name_tokens(offer.name)])

    def _profile(self, offer: Offer) -> int:
        participates = offer.participation is not None and offer.participation.active
        terms = tuple(sorted(self._terms(offer, DENSE)))
        return self.dictionaries.profiles.number(Profile(offer.kind, participates, terms))

    def _terms(self, offer: Offer, layout: Mapping[Name, Callable[[Offer], Codes]]) -> set[int]:
        term = self.dictionaries.term
        found = ((criterion, codes(offer)) for criterion, codes in layout.items())
        return {term(criterion, code.code, code.label) for criterion, known in found for code in known or ()}

    def _document(self, offer: Offer) -> tuple[int, int]:
        """Append the document to its file: where it starts, and its size."""
        document = ENCODER.encode(offer)
        start, self._end = self._end, self._end + len(document) + 1
        self._documents.write(document + b"\n")
        return start, len(document)

    def _write(self, table: str, rows: Iterable[tuple[object, ...]]) -> None:
        self._files[table].writelines("\t".join(map(str, row)) + "\n" for row in rows)

    def reading(self, table: str) -> str:
        """The SQL that reads what is staged for a table."""
        return reading(self._path(table), table)


def _vector(place: Place) -> tuple[float | str, float | str, float | str]:
    """The unit vector of the place's point; empty, which is read as NULL, without one."""
    if place.point is None:
        return "", "", ""
    return unit_vector(Point(place.point.lat, place.point.lon))
