"""The text box, where a name or a whole request is typed: what becomes criteria, what is said of the rest. Pure.

A sentence never overrides what the form asks already, nor asks what its viewer may not: its words are then left, with
those that were not understood (`unasked` in the link), and the page says why, with the links that would ask them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from models.codes import Viewer
from models.folding import fold
from relevance.interpretation import Interpretation, interpret
from relevance.lexicon import NEGATORS
from relevance.sentence import MOST_WORDS, Meaning, Understood
from relevance.times import BEYOND
from search_api.pages import fields, french, links, moments
from search_api.pages.asked import Asked
from search_api.pages.places import PlaceNames
from search_api.parameters import CRITERIA, MEMBERSHIP, PLACES, RADIUS_KM, Pairs, without_empty
from search_api.problems import is_control

LENGTH: Final = 100
"""Characters of words that were not understood, at most; and so many runs of them."""
RUNS: Final = 8
BEYOND_BOUND: Final = "… "
"""What the words after those that are read begin with, in a link."""

_WHERE: Final = PLACES | MEMBERSHIP
_GROUPS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(_WHERE, _WHERE),
    **dict.fromkeys(("from", "within_hours"), frozenset({"from", "within_hours", links.MOMENT})),
    "radius_km": frozenset({"radius_km"}) | MEMBERSHIP,
    "profession": frozenset({"profession", "specialty"}),
}
"""The parameters with which one would be another request; else itself alone."""


@dataclass(frozen=True, slots=True)
class Way:
    """What words may mean, and the request that asks it."""

    href: str
    text: str


@dataclass(frozen=True, slots=True)
class Unasked:
    """Words that are not asked: why, where it can be said, and what would ask them."""

    words: str
    why: str
    ways: tuple[Way, ...]


# From the box to the request ----------------------------------------------------------------------------------------


def heard(given: Pairs, at: int, viewer: Viewer, places: PlaceNames) -> Pairs:
    """The request with what its text box says; as it is when the box was not sent, or still has the name asked."""
    typed = links.values(given, links.SENTENCE)
    if not typed:
        return given
    others = [pair for pair in without_empty(given) if pair[0] not in {links.SENTENCE, links.UNASKED, "text"}]
    text = " ".join(typed[0].split())
    if not text:
        return others
    if text in links.values(given, "text") or any(map(is_control, text)):
        return [*others, ("text", text)]
    territory, text = _territory(text, others, places)
    others = [*others, *territory]
    read = _interpreted(text, others, at, places)
    asking = {name for name, _ in read.pairs} & CRITERIA
    return _applied(read, others, viewer) if asking else [*others, ("text", text), *_perhaps_a_place(read, text)]


def _territory(text: str, others: Pairs, places: PlaceNames) -> tuple[Pairs, str]:
    """The CPTS that words name, and the other words: those of a trade, else the CPTS itself is looked for."""
    words = text.split()
    first = next((index for index, word in enumerate(words) if fold(word) == _CPTS), len(words))
    for end in range(len(words), first + 1, -1):
        codes, rest = places.codes(_CPTS, " ".join(words[first:end])), " ".join([*words[:first], *words[end:]])
        if len(codes) == 1 and places.planner.knows(_CPTS, codes[0]):
            asks = {name for name, _ in _interpreted(rest, others, 0, places).pairs} if rest else set()
            free = not _WHERE & {name for name, _ in others}
            return ([(_CPTS, codes[0])], rest) if free and asks & _OF_SOMEBODY else ([], text)
    return [], text


_CPTS: Final = "cpts"
_OF_SOMEBODY: Final = frozenset({"profession", "specialty", "skill", "care", "equipment"})


def _perhaps_a_place(read: Interpretation, name: str) -> Pairs:
    """A name that may be a place's is said to be one that is not asked."""
    doubted = {read.written(each) for each in read.doubts if each.kind == "where"}
    return [(links.UNASKED, name)] if name in doubted else []


def _interpreted(text: str, others: Pairs, at: int, places: PlaceNames) -> Interpretation:
    """The sentence, its hours in the zone of the place that the form asks, else of the place that it names."""
    zone = places.zone(others)
    read = interpret(text, at, zone, places.planner.places)
    there = places.zone([*others, *read.pairs])
    return read if there == zone else interpret(text, at, there, places.planner.places)


def _applied(read: Interpretation, others: Pairs, viewer: Viewer) -> Pairs:
    """The form, what is understood where nothing else was asked, the name, and the words that are left."""
    taken: list[tuple[str, str]] = []
    left = list(map(read.written, read.doubts))
    for each in read.understood:
        if _may_ask(each, viewer) and _is_free(each, others, read):
            taken += [*each.pairs, *([(moments.CLICKED, each.moment)] if each.moment else [])]
        else:
            left.append(read.written(each))
    name = [("text", read.name)] if read.name else []
    rest = [f"{BEYOND_BOUND}{read.rest}"] if read.rest else []
    in_order = sorted([*left, *read.unread], key=read.said.text.find)
    runs = [*_few(in_order, RUNS - len(rest)), *rest]
    return [*others, *dict.fromkeys(taken), *name, *((links.UNASKED, _cut(words)) for words in runs)]


def _few(runs: Sequence[str], most: int) -> Sequence[str]:
    """So many runs of words at most: the last ones as one."""
    return runs if len(runs) <= most else [*runs[: most - 1], " … ".join(runs[most - 1 :])]


def _may_ask(each: Understood, viewer: Viewer) -> bool:
    return all(fields.drawn(name, viewer) for name, _ in each.pairs)


def _is_free(each: Understood, others: Pairs, read: Interpretation) -> bool:
    """Whether the form asks nothing else of the kind, and a radius has a place."""
    asked = [pair for pair in others if pair not in links.DEFAULTS]
    kinds = frozenset(kind for name, _ in each.pairs for kind in _group(name))
    free = all(pair in each.pairs for pair in asked if pair[0] in kinds)
    placed = any(name in PLACES for name, _ in [*asked, *read.pairs])
    return free and not _is_too_far(each.pairs) and (placed or all(name != "radius_km" for name, _ in each.pairs))


def _is_too_far(pairs: Pairs) -> bool:
    return any(name == "radius_km" and float(value) > RADIUS_KM for name, value in pairs)


def _group(name: str) -> frozenset[str]:
    return _GROUPS.get(name, frozenset({name}))


def _cut(words: str) -> str:
    return words if len(words) <= LENGTH else words[: LENGTH - 1].rstrip() + "…"


# What is said of the rest -------------------------------------------------------------------------------------------


def unasked(asked: Asked) -> tuple[Unasked, ...]:
    """What is said of the words that a link says were not understood."""
    runs = [words for words in asked.values(links.UNASKED) if _is_said(words)]
    return tuple(_unasked(words, asked) for words in runs[:RUNS])


def _is_said(words: str) -> bool:
    return any(map(str.isalnum, words)) and not any(map(is_control, words))


def _unasked(run: str, asked: Asked) -> Unasked:
    words, kept = _cut(run), links.without(asked.pairs, links.UNASKED, run)
    if run.startswith(BEYOND_BOUND):
        return Unasked(words, f"après les {MOST_WORDS} premiers mots, non lu", ())
    read = interpret(words, asked.at, asked.zone, asked.places.planner.places)
    if any(not _may_ask(each, asked.viewer) for each in read.understood):
        return Unasked(words, "réservé à la régulation", ())
    if run in asked.values("text"):
        why, kept = "cherché comme un nom", links.without(kept, "text")
    else:
        why = next((said for said, is_so in _WHY if is_so(words, read)), "")
    ways = (
        Way(links.href(_instead(kept, meaning)), _said(meaning))
        for each in (*read.understood, *read.doubts)
        for meaning in each.meanings
        if meaning.pairs and not _is_too_far(meaning.pairs)
    )
    return Unasked(words, why, (*dict.fromkeys(ways), *(() if why else _as_name(words, kept, asked))))


_WHY: Final[tuple[tuple[str, Callable[[str, Interpretation], bool]], ...]] = (
    ("une exclusion ne se demande pas", lambda words, _: fold(words).partition(" ")[0] in NEGATORS),
    (BEYOND, lambda _, read: any(each.kind == "when" and not each.meanings for each in read.doubts)),
    (f"{RADIUS_KM:g} km au plus", lambda _, read: _is_too_far(read.pairs)),
    ("la demande dit déjà autre chose", lambda _, read: any(each.pairs for each in read.understood)),
    ("plusieurs sens possibles", lambda _, read: any(len(each.meanings) > 1 for each in read.doubts)),
)
"""Why words are not asked, the first that is so."""


def _instead(pairs: Pairs, meaning: Meaning) -> Pairs:
    """The request that asks this, and nothing else of the kind."""
    names = {kind for name, _ in meaning.pairs for kind in _group(name)}
    said_with = {other for name, others in _SAID_WITH.items() if name in dict(meaning.pairs) for other in others}
    return sorted([*links.without_all(pairs, names | said_with), *meaning.pairs], key=links.rank)


_SAID_WITH: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(MEMBERSHIP, frozenset({"radius_km"})),
    "within_hours": frozenset({moments.CLICKED}),
}
"""What does not go with another value of these."""


def _said(meaning: Meaning) -> str:
    """`Lieu : Villeurbanne`."""
    name = meaning.pairs[0][0]
    return french.typeset(f"{_KINDS.get(name) or fields.LABELS[name]} : {meaning.label}")


_KINDS: Final[Mapping[str, str]] = {"address": "Lieu", "from": "Quand", "within_hours": "Quand"}
"""What these are called where they are offered; the others by their label."""


def _as_name(words: str, kept: Pairs, asked: Asked) -> Iterator[Way]:
    """The request that looks for these words as a name, where it looks for none."""
    if fold(words) and not asked.values("text") and not words.endswith("…"):
        yield Way(links.href(links.replacing(kept, "text", [words])), french.typeset(f"Chercher le nom « {words} »"))
