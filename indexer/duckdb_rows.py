"""From offers to the rows of a generation, on their way in files."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from io import TextIOWrapper
from itertools import zip_longest
from os import fsync
from pathlib import Path
from typing import Final, Self

import msgspec

from indexer.duckdb_codes import DENSE, SPARSE, Codes
from indexer.duckdb_dictionaries import Dictionaries, Profile
from indexer.duckdb_layout import NEVER, STAGED, reading
from indexer.duckdb_masks import ABOVE, BITS
from models.codes import VISIBLE, Viewer
from models.geo import Point, unit_vector
from models.offer import AudienceName, Availability, Offer, Place, tie
from relevance.criteria import Name
from relevance.plan import MODALITIES
from relevance.text import name_tokens

VIEWER_BITS: Final[dict[Viewer, int]] = {viewer: 1 << position for position, viewer in enumerate(Viewer)}
FIRSTS: Final = ("soonest", *MODALITIES)
"""The columns of `agenda` that hold starts; empty, which is read as NULL, when nothing can be taken."""
ENCODER: Final = msgspec.json.Encoder()
SILENT: Final = BITS["when"] | BITS["modality"]
"""What is unknown of an offer one of whose sources of slots did not answer."""


def agenda_rows(availabilities: Sequence[Availability]) -> Iterator[tuple[object, ...]]:
    """The columns of `agenda` between `doc` and `unseen`; viewers who see the same availabilities share their rows."""
    present = {one.audience for one in availabilities}
    seen: dict[frozenset[AudienceName], int] = {}
    for viewer, bit in VIEWER_BITS.items():
        audiences = VISIBLE[viewer] & present
        seen[audiences] = seen.get(audiences, 0) | bit
    for audiences, viewers in seen.items():
        visible = [one for one in availabilities if one.audience in audiences]
        yield from ((viewers, *row) for row in _takeable(visible))


def _takeable(availabilities: Iterable[Availability]) -> Iterator[tuple[object, ...]]:
    """Going back in time, each end adds what can be taken before it: `since`, `until`, then the first starts.

    An empty plage cannot be taken.
    """
    ends: dict[int, list[Availability]] = defaultdict(list)
    for one in availabilities:
        until = one.start + 1 if one.kind == "creneau" else one.end
        if one.start < until:
            ends[until].append(one)
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
        self._known: dict[Hashable, tuple[int, int]] = {}

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
        sparse = [(name, codes(offer)) for name, codes in SPARSE.items()]
        profile, undeclared = self._profile(offer)
        unknown = undeclared | _undeclared(sparse) | SILENT * (offer.slot_state == "unknown")
        named = tie(offer.id), offer.id, tie(offer.subject)
        row = self._located(offer.place), unknown | _sinks(offer), *named, *self._document(offer)
        self.profiles[profile] += 1
        self._write("offer", [(doc, profile, bool(offer.availabilities), *row)])
        unseen = "" if offer.unseen_since is None else offer.unseen_since
        self._write("agenda", [(doc, *one, unseen) for one in agenda_rows(offer.availabilities)])
        self._write("posting", [(term, doc, profile) for term in self._terms(sparse)])
        self._write("word", [(word, doc, profile) for word in name_tokens(offer.name)])

    def _profile(self, offer: Offer) -> tuple[int, int]:
        """The number of an offer's profile, and the dense criteria that it does not declare."""
        participates = offer.participation is not None and offer.participation.active
        dense = tuple(codes(offer) for codes in DENSE.values())
        key = offer.kind, participates, dense
        if key not in self._known:
            named = list(zip(DENSE, dense, strict=True))
            profile = Profile(offer.kind, participates, tuple(sorted(self._terms(named))))
            self._known[key] = self.dictionaries.profiles.number(profile), _undeclared(named)
        return self._known[key]

    def _terms(self, described: Iterable[tuple[Name, Codes]]) -> set[int]:
        term = self.dictionaries.term
        return {term(name, code.code, code.label) for name, codes in described for code in codes or ()}

    def _located(self, place: Place) -> str:
        """The zone and the unit vector, which is empty, and so NULL, without a point."""
        x, y, z = unit_vector(Point(place.point.lat, place.point.lon)) if place.point else ("", "", "")
        return f"{self.dictionaries.zone(place)}\t{x}\t{y}\t{z}"

    def _document(self, offer: Offer) -> tuple[int, int]:
        """Append the document to its file: where it starts, and its size."""
        document = ENCODER.encode(offer)
        start, self._end = self._end, self._end + len(document) + 1
        self._documents.write(document + b"\n")
        return start, len(document)

    def _write(self, table: str, rows: Iterable[tuple[object, ...]]) -> None:
        self._files[table].writelines(["\t".join(map(str, row)) + "\n" for row in rows])

    def reading(self, table: str) -> str:
        """The SQL that reads what is staged for a table."""
        return reading(self._path(table), table)


def _sinks(offer: Offer) -> int:
    """Until when a call sinks the offer, above the bits of criteria; 0 for most."""
    return offer.fruitless.until << ABOVE if offer.fruitless else 0


def _undeclared(described: Iterable[tuple[Name, Codes]]) -> int:
    """The criteria that nobody declared, as bits."""
    return sum(BITS[name.value] for name, codes in described if codes is None)
