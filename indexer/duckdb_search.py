"""Searching one generation: statements run on a cursor of their own, ranked by their masks, documents read at the end.

Each call is one read transaction, so that what it counts and what it shows are of the same instant whatever is being
applied. Documents are read from the file beside the database, at the places that the rows name: it only grows, so a
place that was once committed stays what it was.
"""

import os
import weakref
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import duckdb
import msgspec

from indexer import duckdb_sql as sql
from indexer.duckdb_dictionaries import Term
from indexer.duckdb_files import Home
from indexer.duckdb_layout import VERSION
from indexer.duckdb_masks import BITS, EXACT, mask_of, order, rung_of
from indexer.duckdb_parts import Query, typos
from indexer.duckdb_sql import Compiled
from indexer.protocol import EngineDown, GenerationGone, Outdated, Status
from models.offer import Code, Offer, tie
from relevance import rungs
from relevance.criteria import Name, asked
from relevance.found import After, Count, Found, Hit, Part, Position, RungCount
from relevance.plan import Circle, Plan

DECODER: Final = msgspec.json.Decoder(Offer)
_EXPORTED: Final = 5_000
"""Offers read at a time by the export."""
_FAILURES: Final = (
    duckdb.ConnectionException,
    duckdb.FatalException,
    duckdb.IOException,
    duckdb.InternalException,
    duckdb.OutOfMemoryException,
)
"""What DuckDB raises when it cannot go on, rather than when it is asked nonsense."""


@contextmanager
def failing() -> Iterator[None]:
    """Say that the engine is down when DuckDB cannot go on."""
    try:
        yield
    except _FAILURES as failure:
        raise EngineDown(str(failure)) from failure


class Reader:
    """One call's view of a generation."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, opened: "Opened") -> None:
        self.cursor = cursor
        self.opened = opened

    def rows(self, query: Query) -> list[Any]:
        """Run a statement."""
        return self.cursor.execute(query.sql, query.values).fetchall()

    def compile(self, plan: Plan) -> Compiled:
        """Compile a plan, once the tokens near the asked ones are known."""
        near = {
            token: [word for (word,) in self.rows(query)]
            for token in (plan.text.tokens if plan.text else ())
            if (query := typos(token))
        }
        return sql.compiled(plan, self.opened.terms.get, near)


_NEEDLESS: Final = "projection_pullup, join_order, build_side_probe_side"
"""Optimizers that are switched off: what joins probe is written first, and they would judge profiles offer by offer."""


class Opened:
    """A generation whose files this process holds, until `close` or until nothing refers to it.

    Raises:
        EngineDown: another process holds the database.
        Outdated: it was built by another version.

    """

    def __init__(self, home: Home) -> None:
        self.home = home
        self.terms: dict[Term, int] = {}
        self.codes: dict[int, tuple[Name, Code]] = {}
        try:
            self.connection = duckdb.connect(home.database, config={"disabled_optimizers": _NEEDLESS})
        except duckdb.IOException as failure:
            raise EngineDown(f"L’index ne s’ouvre pas, un autre processus le tient peut-être : {failure}") from failure
        self.name, version = _said(self.connection)
        if version != VERSION:
            self.connection.close()
            raise Outdated(self.name)
        self._documents = os.open(home.documents, os.O_RDONLY)
        weakref.finalize(self, os.close, self._documents)
        self.read_terms(self.connection)

    def read_terms(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Read the codes again: changes may have brought new ones."""
        rows = connection.execute("SELECT term, criterion, code, label FROM term").fetchall()
        self.codes = {term: (Name(criterion), Code(code, label)) for term, criterion, code, label in rows}
        self.terms = {Term(criterion, code.code): term for term, (criterion, code) in self.codes.items()}

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """One read transaction, on a cursor of its own."""
        with failing(), self.connection.cursor() as cursor:
            cursor.begin()
            yield Reader(cursor, self)
            cursor.rollback()

    def document(self, start: int, size: int) -> Offer:
        """The offer whose document is there."""
        return DECODER.decode(os.pread(self._documents, size, start))

    def close(self) -> None:
        """Free the database; the documents are freed when nobody reads them any more."""
        self.connection.close()


def _said(connection: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    """What a file says it is: its generation, and the version that built it ("" for one before there were any)."""
    try:
        rows = connection.execute("SELECT generation, version FROM meta").fetchall()
    except duckdb.BinderException:
        rows = [(str(*name), "") for name in connection.execute("SELECT generation FROM meta").fetchall()]
    return rows[0]


# The ladder ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ladder:
    """How many offers have each mask, and the masks of the approximate part in order."""

    counts: Mapping[int, int]
    masks: tuple[int, ...]

    @property
    def exact(self) -> int:
        """How many offers give nothing up."""
        return self.counts.get(EXACT, 0)

    @property
    def approximate(self) -> int:
        """How many give something up and meet something."""
        return sum(self.counts[mask] for mask in self.masks)

    def walked(self, limit: int, after: Position | None) -> list[int]:
        """The masks that hold the first `limit` offers after this position, and one more if there is."""
        start = order(mask_of(after.rung)) if after else (0.0, 0)
        walked, held = [], 0
        for mask in self.masks:
            if held <= limit and order(mask) >= start:
                walked.append(mask)
                held += self.counts[mask] if not after or order(mask) > start else 0
        return walked


def ladder(rows: Iterable[tuple[int | None, int, int]], compiled: Compiled) -> Ladder:
    """Put the counts of `duckdb_sql.histogram` together: every offer as if it were passive, but the active ones."""
    passive: dict[int, int] = defaultdict(int)
    counts: dict[int, int] = defaultdict(int)
    for mask, base, count in rows:
        if mask is not None:
            counts[mask] += count
            passive[base] -= count
            continue
        passive[base] += count
        if base | compiled.listed != base:
            passive[base | compiled.listed] -= count
    for base, count in passive.items():
        counts[base | compiled.far] += count
    criteria = len(asked(compiled.plan))
    masks = (mask for mask, count in counts.items() if count and 0 < mask.bit_count() < criteria)
    return Ladder(counts, tuple(sorted(masks, key=order)))


# The searcher -------------------------------------------------------------------------------------------------------


class DuckDBSearcher:
    """Searches one generation. See `indexer.protocol.Searcher`."""

    def __init__(self, opened: Opened) -> None:
        self._only = opened

    def _opened(self, generation: str | None = None) -> Opened:
        """The generation to search."""
        if generation not in {None, self._only.name}:
            raise GenerationGone(generation)
        return self._only

    def search(self, plan: Plan, after: After | None = None, generation: str | None = None) -> Found:
        """Exact and approximate parts, in the oracle's order."""
        with self._opened(generation).reading() as reader:
            compiled = reader.compile(plan)
            steps = ladder(reader.rows(sql.histogram(compiled)), compiled)
            exact, approximate = _parts(reader, compiled, steps, after)
        counted = {rung: steps.counts.get(mask_of(rung), 0) for rung in rungs.concessions(plan)}
        shown = {hit.position.rung: steps.counts[mask_of(hit.position.rung)] for hit in approximate.hits}
        listed = {rung: count for rung, count in (counted | shown).items() if count}
        return Found(
            exact,
            approximate,
            tuple(RungCount(rung, Count.of(listed[rung])) for rung in sorted(listed, key=rungs.order)),
        )

    def counts(self, plans: Sequence[Plan], enough: int) -> tuple[int, ...]:
        """Exact matches of each plan. A plan that only widens one that has enough is given the same count."""
        counts: list[int] = []
        with self._opened().reading() as reader:
            for plan in plans:
                narrower = zip(plans, counts, strict=False)
                known = (count for other, count in narrower if count >= enough and _widens(plan, other))
                counts.append(next(known, None) or _exact(reader, plan))
        return tuple(counts)

    def facets(self, plan: Plan, names: Sequence[Name]) -> dict[Name, tuple[tuple[Code, int], ...]]:
        """For each criterion named, its values and how many offers meet all the others, most first."""
        opened = self._opened()
        with opened.reading() as reader:
            rows = reader.rows(sql.values(reader.compile(plan), names))
        found: dict[Name, dict[Code, int]] = {name: defaultdict(int) for name in names}
        for term, mask, count in rows:
            name, code = opened.codes[term]
            if name in found and mask in {EXACT, BITS[name.value]}:
                found[name][code] += count
        return {name: _most_first(counts) for name, counts in found.items()}

    def exact(self, plan: Plan, limit: int) -> Iterator[Offer]:
        """The exact matches in order, up to `limit`."""
        opened = self._opened()
        with opened.reading() as reader:
            places = reader.rows(sql.page(reader.compile(plan), [EXACT], limit, 0))
        yield from (opened.document(start, size) for start, size, *_ in places)

    def offer(self, identifier: str) -> Offer | None:
        """One offer by its id."""
        opened = self._opened()
        with opened.reading() as reader:
            rows = reader.rows(Query("SELECT start, size FROM offer WHERE tie = $tie AND id = $id", _key(identifier)))
        return next((opened.document(*place) for place in rows), None)

    def offers(self, identifiers: Sequence[str]) -> dict[str, Offer]:
        """Those of these offers that are there, by their ids, in the order asked."""
        opened = self._opened()
        keys = {"ties": [tie(each) for each in identifiers], "ids": list(identifiers)}
        with opened.reading() as reader:
            found = {identifier: place for identifier, *place in reader.rows(Query(_THOSE, keys))}
        return {each: opened.document(*found[each]) for each in dict.fromkeys(identifiers) if each in found}

    def named(self, plan: Plan, limit: int) -> tuple[Offer, ...]:
        """The best offers for the plan's text alone, for suggestions."""
        return tuple(self.exact(plan.text_alone, limit))

    def all_offers(self) -> Iterator[Offer]:
        """Every offer, ordered by id."""
        opened = self._opened()
        with opened.reading() as reader:
            reader.cursor.execute("SELECT start, size FROM offer ORDER BY id")
            while places := reader.cursor.fetchmany(_EXPORTED):
                yield from (opened.document(start, size) for start, size in places)

    def status(self) -> Status:
        """What answers now."""
        with self._opened().reading() as reader:
            offers = "(SELECT coalesce(sum(offers), 0) FROM profile)"
            (row,) = reader.rows(Query(f"SELECT generation, {offers}, position, stamp FROM meta", {}))
        return Status(*row)


_THOSE: Final = "SELECT id, start, size FROM offer WHERE tie IN (SELECT unnest($ties)) AND id IN (SELECT unnest($ids))"


def _key(identifier: str) -> dict[str, object]:
    return {"tie": tie(identifier), "id": identifier}


def _widens(plan: Plan, other: Plan) -> bool:
    """The same plan but for a radius at least as long."""
    if not isinstance(plan.area, Circle) or not isinstance(other.area, Circle):
        return False
    same = replace(plan, area=other.area, widened_from_m=other.widened_from_m) == other
    return same and plan.area.radius_m >= other.area.radius_m


def _exact(reader: Reader, plan: Plan) -> int:
    compiled = reader.compile(plan)
    if not plan.area:
        return ladder(reader.rows(sql.histogram(compiled)), compiled).exact
    ((count,),) = reader.rows(sql.tally(compiled))
    return int(count)


def _most_first(counts: Mapping[Code, int]) -> tuple[tuple[Code, int], ...]:
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0].code)))


def _parts(reader: Reader, compiled: Compiled, steps: Ladder, after: After | None) -> tuple[Part, Part]:
    """Both parts, with the page of each that is asked."""
    plan, start = compiled.plan, after or After()
    exact = plan.exact_limit if after is None or after.exact else None
    approximate = plan.approximate_limit if after is None or after.approximate else None
    masks = [EXACT] * (exact is not None and steps.exact > 0)
    masks += steps.walked(approximate, start.approximate) if approximate is not None else []
    limits = _taken(exact), _taken(approximate)
    rows = reader.rows(sql.page(compiled, masks, *limits, start)) if masks else []
    return (
        _part(reader, steps.exact, [row for row in rows if row[2] == EXACT], exact),
        _part(reader, steps.approximate, [row for row in rows if row[2] != EXACT], approximate),
    )


def _taken(limit: int | None) -> int:
    """One more than the page, which tells whether there is more; nothing of a part that is not asked."""
    return 0 if limit is None else limit + 1


def _part(reader: Reader, total: int, rows: Sequence[Any], limit: int | None) -> Part:
    shown = rows[: limit or 0]
    hits = [
        Hit(offer := reader.opened.document(start, size), Position(rung_of(mask), score, tie_, offer.id))
        for start, size, mask, score, tie_ in shown
    ]
    return Part(Count.of(total), tuple(hits), more=len(rows) > len(shown))
