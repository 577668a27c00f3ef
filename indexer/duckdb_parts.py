"""The subqueries that judge a plan's criteria: pure functions from a plan to SQL, no connection in sight.

Bound values come from the request; numbers written in the text come from our own tables and from the plan's instants.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import pi, sin
from typing import Any, Final

from indexer.duckdb_codes import ASKED, DENSE, SPARSE
from indexer.duckdb_dictionaries import Term
from indexer.duckdb_masks import AREA, BEYOND, BITS
from indexer.duckdb_rows import VIEWER_BITS
from models.geo import EARTH_RADIUS_M, unit_vector
from relevance import signals
from relevance.criteria import ROWS, Name, asked
from relevance.plan import BANDS_H, Membership, Plan
from relevance.text import EQUAL, PREFIX, TYPO, TYPO_FROM, Asked, readings

Find = Callable[[Term], int | None]
"""The number of a term in the generation, if it has one."""

_LAST: Final = "{"
"""After every letter and digit: what starts with `abc` stands from `abc` to `abc{`."""
_SLACK: Final = 1e-9
"""What is added to a bounding box, on the unit sphere: 6 mm."""


@dataclass(frozen=True, slots=True)
class Query:
    """A statement and what is bound to it."""

    sql: str
    values: dict[str, Any]


def among(values: Iterable[int]) -> str:
    """A list for `IN (…)`; NULL, which nothing equals, when it is empty."""
    return ", ".join(map(str, values)) or "NULL"


# Names --------------------------------------------------------------------------------------------------------------


def typos(token: str) -> Query | None:
    """The tokens one typo away from this one, if a typo is forgiven. None is left out.

    An edit leaves the first half or the second one as it is, but for a transposition across the middle.
    At one edit, DuckDB's distance is the one of `relevance.text.one_typo`.
    """
    if len(token) < TYPO_FROM:
        return None
    half = len(token) // 2
    start, end = token[:half], token[half:][::-1]
    swapped = token[: half - 1] + token[half] + token[half - 1] + token[half + 1 :]
    sql = (
        f"SELECT word FROM vocabulary WHERE {_one_typo('word', 'start', '$token')} "
        f"UNION SELECT reverse(word) FROM backwards WHERE {_one_typo('word', 'end', '$reversed')} "
        "UNION SELECT $swapped WHERE $swapped <> $token"
    )
    bounds = {"start": start, "start_last": start + _LAST, "end": end, "end_last": end + _LAST}
    lengths = {"shortest": len(token) - 1, "longest": len(token) + 1}
    return Query(sql, {"token": token, "reversed": token[::-1], "swapped": swapped, **bounds, **lengths})


def _one_typo(column: str, prefix: str, token: str) -> str:
    """The CASE keeps the distance, which is slow, for the few words that pass the other tests."""
    alike = f"letters BETWEEN $shortest AND $longest AND {column} >= ${prefix} AND {column} < ${prefix}_last"
    return f"{alike} AND CASE WHEN {alike} THEN damerau_levenshtein({column}, {token}) = 1 ELSE false END"


def _spellings(asked: int, token: str, growing: bool, near: Sequence[str]) -> tuple[str, dict[str, Any]]:  # noqa: FBT001
    """The offers that one asked token meets, with the quality: a row for each token of theirs.

    Few selections: planning each takes longer than reading what it selects.
    """
    name = f"token{asked}"
    names = [f"{name}_{number}" for number in range(len(near))]
    values = {name: token} | dict(zip(names, near, strict=True))
    quality, where = f"{EQUAL}", f"word = ${name}"
    if growing:
        values[f"{name}_end"] = token + _LAST
        quality = f"CASE WHEN word = ${name} THEN {EQUAL} ELSE {PREFIX} END"
        where = f"word >= ${name} AND word < ${name}_end"
    parts = [f"SELECT doc, profile, {asked} AS asked, {quality} AS quality FROM word WHERE {where}"]
    if near:
        among = ", ".join(f"${one}" for one in names)
        parts.append(f"SELECT doc, profile, {asked}, {TYPO} FROM word WHERE word IN ({among})")
    return " UNION ALL ".join(parts), values


def named(plan: Plan, near: Mapping[str, Sequence[str]]) -> tuple[str, dict[str, Any]]:
    """The offers whose name meets a reading of the text, with the quality of its weakest token: a row for each reading.

    `near` are the tokens one typo away, by asked token. What readings share is looked for once.
    """
    if plan.text is None:
        return "", {}
    every = readings(plan.text)
    numbers = _numbered(every)
    spelt = [_spellings(asked, *key, near.get(key[0], ())) for key, asked in numbers.items()]
    met = " UNION ALL ".join(sql for sql, _ in spelt)
    best = f"SELECT doc, profile, asked, max(quality) AS quality FROM ({met}) GROUP BY doc, profile, asked"
    wanted = ", ".join(
        f"({reading}, {numbers[one[:2]]}, {0 if one.forgiven else TYPO}, {len(tokens)})"
        for reading, tokens in enumerate(every)
        for one in tokens
    )
    sql = (
        f"SELECT doc, profile, min(quality) AS quality FROM ({best}) "
        f"JOIN (VALUES {wanted}) wanted(reading, asked, above, size) USING (asked) WHERE quality > above "
        "GROUP BY doc, profile, reading, size HAVING count(*) = size"
    )
    return sql, {key: value for _, values in spelt for key, value in values.items()}


def _numbered(every: Iterable[Sequence[Asked]]) -> dict[tuple[str, bool], int]:
    """The tokens to look for and whether they are growing, numbered."""
    keys = dict.fromkeys(asked[:2] for reading in every for asked in reading)
    return {key: number for number, key in enumerate(keys)}


# Codes --------------------------------------------------------------------------------------------------------------


def _terms(plan: Plan, layout: Iterable[Name], find: Find) -> dict[int, list[int]]:
    """The numbers of the asked codes, by the bit of their criterion."""
    names = [name for name in asked(plan) if name in layout]
    found = {BITS[name.value]: [find(Term(name, code)) for code in sorted(ASKED[name](plan))] for name in names}
    return {bit: [number for number in numbers if number is not None] for bit, numbers in found.items()}


def profiles(plan: Plan, find: Find) -> str:
    """Each profile of the asked kind with the dense criteria that it gives up."""
    kind = "" if plan.kind is None else " WHERE kind = $kind"
    given = " | ".join(_given(bit, numbers) for bit, numbers in _terms(plan, DENSE, find).items()) or "0"
    return f"SELECT profile, participates, offers, {given} AS given FROM profile{kind}"


def _given(bit: int, terms: Iterable[int]) -> str:
    met = " OR ".join(f"list_contains(terms, {number})" for number in terms) or "false"
    return f"CASE WHEN {met} THEN 0 ELSE {bit} END"


def _postings(plan: Plan, find: Find) -> str:
    """The offers that have an asked sparse code, with the bit of its criterion: a row for each code."""
    terms = _terms(plan, SPARSE, find)
    cases = " ".join(f"WHEN term IN ({among(numbers)}) THEN {bit}" for bit, numbers in terms.items())
    every = among(number for numbers in terms.values() for number in numbers)
    return (
        f"SELECT doc, profile, CASE {cases} END AS bit, NULL::DOUBLE AS quality FROM posting WHERE term IN ({every})"
        * bool(terms)
    )


def matched(plan: Plan, find: Find, named: str) -> str:
    """The offers of an asked name or of an asked sparse code: the bits that they meet, and the name's quality."""
    names = f"SELECT doc, profile, {BITS['text']} AS bit, quality FROM ({named})" * bool(named)
    rows = " UNION ALL ".join(part for part in (names, _postings(plan, find)) if part)
    return (
        f"SELECT doc, profile, bit_or(bit) AS met, max(quality) AS quality FROM ({rows}) GROUP BY doc, profile"
        * bool(rows)
    )


# When and modality --------------------------------------------------------------------------------------------------


def _agenda(plan: Plan, instant: int) -> str:
    """What the viewer may take from this instant on."""
    bit = VIEWER_BITS[plan.viewer]
    return f"SELECT * FROM agenda WHERE since <= {instant} AND until > {instant} AND viewers & {bit} <> 0"


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to meet `when` or `modality`: from the first start of these columns, if it is before `end`."""

    given: int
    table: str
    columns: Sequence[str]
    start: int
    end: int

    @property
    def met(self) -> str:
        """Something can be taken that way."""
        return f"{self.first} < {self.end}"

    @property
    def first(self) -> str:
        """The first start."""
        return f"least({', '.join(f'{self.table}.{column}' for column in self.columns)})"

    @property
    def rank(self) -> str:
        """The rank of the best column; how many there are when none is met."""
        cases = " ".join(f"WHEN {self.table}.{one} < {self.end} THEN {rank}" for rank, one in enumerate(self.columns))
        return f"CASE {cases} ELSE {len(self.columns)} END"


def _ways(plan: Plan) -> tuple[_Way, ...]:
    """Both met; the modality in the 72 hours; the window alone. The first one that is met judges an offer."""
    at, horizon = plan.horizon.start, plan.horizon.end
    window, columns = plan.searched, plan.modalities or ("soonest",)
    end, later = min(window.end, horizon), "late" if window.start > at else "early"
    both = _Way(0, later, columns, window.start, end)
    without_when = _Way(BITS["when"], "early", columns, at, horizon)
    without_modality = _Way(BITS["modality"], later, ("soonest",), window.start, end)
    return both, *(without_when,) * bool(plan.window), *(without_modality,) * bool(plan.modalities)


def _first_met(ways: Iterable[_Way], value: Callable[[_Way], object], otherwise: object) -> str:
    return f"CASE {' '.join(f'WHEN {way.met} THEN {value(way)}' for way in ways)} ELSE {otherwise} END"


def times(plan: Plan) -> str:
    """For each offer with something to take: the bits of time given up, `lead` and `rank` of what is judged, `aged`."""
    ways = _ways(plan)
    given = _first_met(ways, lambda way: way.given, time_asked(plan))
    lead = _first_met(ways, lambda way: f"greatest({way.first}, {way.start})", "NULL")
    rank = _first_met(ways, lambda way: way.rank if way.columns == plan.modalities else len(plan.modalities), "NULL")
    late = f"LEFT JOIN ({_agenda(plan, plan.searched.start)}) late USING (doc)" * (plan.searched.start > plan.at)
    columns = f"doc, {given} AS time, {lead} AS lead, {rank} AS rank, {_aged(plan.at)} AS aged"
    return f"SELECT {columns} FROM ({_agenda(plan, plan.at)}) early {late}"


def _aged(at: int) -> str:
    """What the age of slots that no source confirms leaves of their freshness; NULL when one does."""
    since = [at - hours * 3600 for hours in sorted(signals.AGES_H, reverse=True)]
    ages = " ".join(
        f"WHEN early.unseen <= {instant} THEN {signals.freshness_value(at - instant)!r}" for instant in since
    )
    return f"CASE {ages} END"


FRESHNESS: Final = "CASE WHEN lead IS NULL THEN 1 ELSE coalesce(aged, 1) END"
"""The freshness of what is judged; 1 where nothing is."""


def time_asked(plan: Plan) -> int:
    """The bits of the criteria of time that are asked."""
    return BITS["when"] * bool(plan.window) | BITS["modality"] * bool(plan.modalities)


def band(at: int) -> str:
    """The value of the time band of `lead`, the instant from which what is judged counts; 0 without it."""
    bands = [
        f"WHEN lead < {at + end * 3600} THEN {signals.band_value(band)!r}" for band, (_, end) in enumerate(BANDS_H)
    ]
    return f"CASE {' '.join(bands)} ELSE 0 END"


def preference(plan: Plan) -> str:
    """The value of the best asked modality that is judged."""
    asked = len(plan.modalities)
    ranks = [f"WHEN {rank} THEN {signals.modality_value(rank, asked)!r}" for rank in range(asked)]
    return f"CASE rank {' '.join(ranks)} ELSE 0 END"


# Area ---------------------------------------------------------------------------------------------------------------

CHORD2: Final = "(x - $x) * (x - $x) + (y - $y) * (y - $y) + (z - $z) * (z - $z)"
METRES: Final = f"round({2 * EARTH_RADIUS_M!r} * asin(CASE WHEN chord2 > 4 THEN 1.0 ELSE sqrt(chord2) / 2 END), 3)"
"""The haversine distance, from the chord; to the millimetre, so that equal distances are equal numbers."""


def _chord2(metres: float) -> float:
    """The square of the chord, on the unit sphere, of an arc of this length."""
    return (2 * sin(min(metres / EARTH_RADIUS_M, pi) / 2)) ** 2


def origin(plan: Plan) -> dict[str, float]:
    """The unit vector of the origin, as bound values."""
    return {} if plan.origin is None else dict(zip("xyz", unit_vector(plan.origin), strict=True))


def members(plan: Plan) -> tuple[str, dict[str, Any]]:
    """The zones of an area by membership, and those without any code, of which it is unknown."""
    if not isinstance(plan.area, Membership):
        return "", {}
    area = plan.area
    among = {"postal_code": area.postal_codes, "commune": area.communes, "departement": area.departements}
    met = " OR ".join(f"coalesce(list_contains(${column}s, {column}), false)" for column in among)
    sql = f"SELECT zone, {met} AS member FROM zone WHERE member OR coalesce({', '.join(among)}) IS NULL"
    return sql, {f"{column}s": sorted(codes) for column, codes in among.items()}


def area_mask(plan: Plan) -> str:
    """Which row of the area is given up."""
    if plan.area is None:
        return "0"
    radius = plan.area.radius_m
    cases = ["WHEN member THEN 0"] if isinstance(plan.area, Membership) else []
    if plan.origin:
        steps = [(0, 1.0)] * (not cases) + [(BITS[row.key], row.factor) for row in ROWS[Name.AREA] if row.factor]
        cases += [f"WHEN chord2 <= {_chord2(factor * radius)!r} THEN {bit}" for bit, factor in steps]
    return f"CASE {' '.join(cases)} ELSE {BEYOND} END" if cases else str(BEYOND)


def area_unknown(plan: Plan) -> str:
    """The bits of the area where it is unknown."""
    if isinstance(plan.area, Membership):
        return f"CASE WHEN NOT member THEN {AREA} ELSE 0 END"
    return f"CASE WHEN chord2 IS NULL THEN {AREA} ELSE 0 END"


def box(plan: Plan, factor: float) -> str:
    """A box around everything within this many R of the origin: DuckDB skips what its minima and maxima exclude."""
    if plan.area is None or plan.origin is None:
        return ""
    reach = _chord2(factor * plan.area.radius_m) ** 0.5 + _SLACK
    sides = origin(plan).items()
    return " AND ".join(f"{axis} BETWEEN {value - reach!r} AND {value + reach!r}" for axis, value in sides)
