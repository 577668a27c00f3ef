"""The words of the query language: small pure functions, in, dicts out. Nothing here knows a plan."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from models.geo import Point
from relevance.plan import Window

Clause = dict[str, Any]

EVERYTHING: Final[Clause] = {"match_all": {}}
NOTHING: Final[Clause] = {"match_none": {}}
_MS: Final = 1000


def term(field: str, value: str) -> Clause:
    """One value."""
    return {"term": {field: value}}


def terms(field: str, values: Iterable[str]) -> Clause:
    """One of these values."""
    listed = sorted(values)
    return term(field, listed[0]) if len(listed) == 1 else {"terms": {field: listed}}


def one_of(clauses: Sequence[Clause]) -> Clause:
    """At least one of these."""
    return clauses[0] if len(clauses) == 1 else {"bool": {"should": list(clauses)}}


def all_of(clauses: Sequence[Clause], without: Sequence[Clause] = ()) -> Clause:
    """All of these and none of those."""
    if len(clauses) == 1 and not without:
        return clauses[0]
    conjunction: dict[str, Any] = {"filter": list(clauses or (EVERYTHING,))}
    return {"bool": conjunction | ({"must_not": list(without)} if without else {})}


def constant(clause: Clause, boost: float) -> Clause:
    """Worth `boost` when it matches."""
    return {"constant_score": {"filter": clause, "boost": boost}}


def within(field: str, origin: Point, metres: float) -> Clause:
    """At most this far."""
    return {"geo_distance": {"distance": f"{metres!r}m", field: [origin.lon, origin.lat]}}


def between(field: str, ranges: Sequence[tuple[int, int]]) -> Clause:
    """In one of these ranges, both ends included."""
    return one_of([{"range": {field: {"gte": start, "lte": end}}} for start, end in ranges])


def after(field: str, instant: int) -> Clause:
    """An instant after this one."""
    return {"range": {field: {"gt": instant}}}


def until(field: str, instant: int) -> Clause:
    """An instant up to this one."""
    return {"range": {field: {"lte": instant}}}


def nearness(field: str, origin: Point, pivot_m: float, boost: float) -> Clause:
    """Worth `boost * pivot / (pivot + distance)`."""
    return {
        "distance_feature": {
            "field": field,
            "origin": [origin.lon, origin.lat],
            "pivot": f"{pivot_m!r}m",
            "boost": boost,
        }
    }


def overlap(fields: Sequence[str], window: Window) -> Clause:
    """An interval of one of these fields meets the window. A number is read as epoch milliseconds."""
    bounds = {"gte": window.start * _MS, "lt": window.end * _MS}
    return one_of([{"range": {field: bounds}} for field in fields])


def prefix(field: str, value: str) -> Clause:
    """A token that begins so; never truncated."""
    return {"prefix": {field: value}}


def one_typo(field: str, value: str) -> Clause:
    """A token one typo apart, transposition included; the constant-score rewrite keeps every expansion."""
    return {
        "fuzzy": {
            field: {
                "value": value,
                "fuzziness": 1,
                "prefix_length": 0,
                "transpositions": True,
                "max_expansions": 1024,
                "rewrite": "constant_score",
            }
        }
    }


def identified(identifiers: Iterable[str]) -> Clause:
    """These documents."""
    return {"ids": {"values": sorted(identifiers)}}


def only(clause: Clause, matching: Clause) -> Clause:
    """A constant, or the best of several, worth something to those that match alone."""
    if "dis_max" in clause:
        return {"dis_max": {"queries": [only(each, matching) for each in clause["dis_max"]["queries"]]}}
    worth = clause["constant_score"]
    return constant(all_of([matching, worth["filter"]]), worth["boost"])
