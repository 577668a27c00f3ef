"""The canonical link of a request, and its neighbours: with a value less, with another value. Pure.

A form sends what people type: empty fields, labels instead of codes, several codes in one box, a named moment. The
canonical link says the same with the names and the codes of the API; a page is only ever shown at a canonical link.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol, get_args
from urllib.parse import urlencode

from models import codes
from models.folding import fold
from models.offer import Kind
from search_api.pages import moments
from search_api.pages.places import point
from search_api.parameters import CRITERIA, FIELDS, MEMBERSHIP, Pairs, without_empty

HOME: Final = "/"
SEARCH: Final = "/recherche"
FACETS: Final = "/api/v1/facets"
SHEET: Final = "/api/v1/search.csv"
MOMENT: Final = "when"
"""The name under which a form says a named moment; a canonical link does not have it."""
SENTENCE: Final = "sentence"
"""The text box of the form: a name, or a whole request; a canonical link does not have it."""
UNASKED: Final = "unasked"
"""Words of a sentence that the request does not ask: the page says them."""
PREFILL: Final = "prefill"
"""The CPTS whose postal codes a request started from: it asks nothing, it lets "Réinitialiser" bring them back."""
SEEN: Final = "seen"
"""How many offers of the same part the pages before this one showed."""
DOCTOR: Final = "doctor"
"""The patient's doctor, shown before the answer: an RPPS number, or a name. It asks nothing."""
UNREAD: Final = "unread"
"""What another program sent and was not understood, said once: a change of the request leaves it."""
PICKED: Final = "picked"
"""A card that was picked, by its offer's id: it stays while the request changes."""
MOST_PICKED: Final = 50
"""Cards that can be picked: as many as a page of results has."""
VIEW: Final = "view"
"""How the answer is drawn: as a list, unless it says a table or a map."""
LIST: Final = "list"
TABLE: Final = "table"
MAP: Final = "map"
OF_PAGES: Final = frozenset({PREFILL, SEEN, VIEW, moments.CLICKED, DOCTOR, UNREAD, UNASKED, PICKED})

_ONE_VALUE: Final = frozenset({MOMENT, moments.CLICKED, PREFILL, SEEN, VIEW})
"""Names of pages that have one value: of several, the first is meant. A doctor has one name, or several numbers."""
_HOURS: Final = frozenset({"from", "within_hours"})
_SEVERAL_IN_ONE_BOX: Final = frozenset({"postal_code"})
_SEPARATORS: Final = re.compile(r"[\s,;]+")
DEFAULTS: Final = frozenset({("order", "relevance"), ("exact_limit", "50"), ("approximate_limit", "20")})
"""What is asked where nothing is said."""
_OFFER: Final = re.compile(r"[ps][0-9A-Za-z]{1,40}-[0-9a-f]{12}", re.ASCII)
"""How an offer is named (`models.offer.offer_id`)."""
_SEEN: Final = re.compile(r"[1-9]\d{0,6}", re.ASCII)
_BOTH_KINDS: Final = frozenset(("kind", kind) for kind in get_args(Kind))
_ASKING_NOTHING: Final = (frozenset(FIELDS) - CRITERIA) | {VIEW, DOCTOR, UNREAD, UNASKED, PICKED}
_RANKS: Final = {name: rank for rank, name in enumerate(FIELDS)}
_COMPANIONS: Final[Mapping[str, frozenset[str]]] = {
    "address": frozenset({"address", "radius_km"}),
    "near": frozenset({"near", "radius_km"}),
    "from": _HOURS | {moments.CLICKED},
    "within_hours": _HOURS | {moments.CLICKED},
    "cursor": frozenset({"cursor", SEEN, UNREAD}),
}
"""What goes with a parameter that is removed."""

LABELLED: Final[Mapping[str, codes.Table]] = {
    "profession": codes.PROFESSIONS,
    "specialty": codes.SPECIALTIES,
    "structure_type": codes.STRUCTURE_TYPES,
    "skill": codes.SKILLS,
    "care": codes.CARE,
    "equipment": codes.EQUIPMENT,
    "language": codes.LANGUAGES,
    "sector": codes.CONVENTION_SECTORS,
}
"""The lists whose labels may be typed instead of their codes."""


def _by_label(table: codes.Table) -> dict[str, tuple[str, ...]]:
    """Every code of each folded label; a label may have several, alternatives of one another."""
    found: dict[str, tuple[str, ...]] = {}
    for code, label in table.items():
        found[fold(label)] = (*found.get(fold(label), ()), code)
    return found


_LABELS: Final = {name: _by_label(table) for name, table in LABELLED.items()}


# Cleaning -----------------------------------------------------------------------------------------------------------


class Codes(Protocol):
    """The codes of places that a text means."""

    def codes(self, parameter: str, text: str) -> tuple[str, ...]:
        """The codes; the text itself when it names nothing."""


def canonical(given: Pairs, at: int, zone: str, places: Codes) -> Pairs:
    """What the form means, as the API names it. Values that mean nothing are left for the API to refuse.

    `zone` is the time zone of the place asked, in which a form says hours.
    """
    sent = _once([(name, value.strip()) for name, value in without_empty(given)])
    clicked = next((value for name, value in sent if name == MOMENT), None)
    window = moments.asked(clicked, at, zone) if clicked else None
    if clicked and window:
        unsaid = _without_names(sent, {MOMENT, *_COMPANIONS["from"]})
        sent = [*unsaid, *window, (moments.CLICKED, clicked)]
    if any(name == "address" for name, _ in sent):
        sent = _without_names(sent, {"near"})
    cleaned = list(dict.fromkeys(pair for each in sent for pair in _cleaned(*each, zone, places)))
    settled = _remembered(_begun(cleaned, at, zone), at, zone)
    return sorted((pair for pair in settled if not _idle(pair, settled)), key=rank)


def _once(pairs: Pairs) -> Pairs:
    """What has one value, once."""
    firsts = {name: value for name, value in reversed(pairs) if _is_one(name, value)}
    return [(name, value) for name, value in pairs if not _is_one(name, value) or firsts[name] == value]


def _is_one(name: str, value: str) -> bool:
    return name in _ONE_VALUE or (name == DOCTOR and not value.isdigit())


def _begun(pairs: Pairs, at: int, zone: str) -> Pairs:
    """The request with what is left of a window that has begun; a page that goes on keeps its own clock."""
    left = None if values(pairs, "cursor") else moments.remaining(pairs, at, zone)
    return pairs if left is None else [*_without_names(pairs, _COMPANIONS["from"]), *left]


def _remembered(pairs: Pairs, at: int, zone: str) -> Pairs:
    """Without the moment that was clicked where the hours are enough to tell it."""
    bare = _without_names(pairs, {moments.CLICKED})
    return bare if moments.named(bare, at, zone) is moments.named(pairs, at, zone) else pairs


def _idle(pair: tuple[str, str], among: Pairs) -> bool:
    """Whether this says nothing: a default, every kind, how much was seen of nothing, no view, no card."""
    if pair[0] == VIEW:
        return pair[1] not in {TABLE, MAP}
    if pair[0] == PICKED:
        return pair[1] not in picked(among)
    if pair[0] == SEEN:
        return not (values(among, "cursor") and _SEEN.fullmatch(pair[1]))
    return pair in DEFAULTS or (pair in _BOTH_KINDS and _BOTH_KINDS.issubset(among))


def rank(pair: tuple[str, str]) -> int:
    """The order of the API's parameters; the values of one keep theirs."""
    return _RANKS.get(pair[0], len(_RANKS))


def _cleaned(name: str, value: str, zone: str, places: Codes) -> Iterator[tuple[str, str]]:
    """One field of the form: none, one or several values of the API."""
    if name in _SEVERAL_IN_ONE_BOX:
        return ((name, code) for code in _SEPARATORS.split(value) if code)
    if name in LABELLED:
        return ((name, code) for code in _codes(name, value))
    if name in MEMBERSHIP:
        return ((name, code) for code in places.codes(name, value))
    return iter([(name, _WRITTEN[name](value, zone) if name in _WRITTEN else value)])


def _codes(name: str, value: str) -> Iterator[str]:
    """The codes that are asked: a specialty is searched with its group, and asked by the head of it."""
    found = (value,) if value in LABELLED[name] else _LABELS[name].get(fold(value), (value,))
    return map(codes.specialty_head, found) if name == "specialty" else iter(found)


def _hundred_metres(value: str, _: str) -> str:
    """A point that may be a patient's, rounded to some 100 m: links are shared."""
    near = point(value)
    return f"{near.lat:.3f},{near.lon:.3f}" if near else value


_WRITTEN: Final[Mapping[str, Callable[[str, str], str]]] = {
    "from": moments.with_offset,
    "radius_km": lambda value, _: value.replace(",", "."),
    "near": _hundred_metres,
}
"""How a value of these parameters is written in a link, given the time zone."""


def kilometres(radius: float) -> str:
    """A radius as a link says it, to the millimetre: `7.5`, never `2e-05`."""
    return f"{radius:.6f}".rstrip("0").rstrip(".")


# Neighbours ---------------------------------------------------------------------------------------------------------


def href(pairs: Iterable[tuple[str, str]], path: str = SEARCH) -> str:
    """The link of a request; the home page when it asks nothing."""
    listed = list(pairs)
    if path == SEARCH and all(name in _ASKING_NOTHING for name, _ in listed):
        listed = [(name, value) for name, value in listed if name in {"at", UNASKED}]
        path = HOME
    return path + ("?" + urlencode(listed, safe=":,") if listed else "")


def without(pairs: Pairs, name: str, value: str | None = None) -> Pairs:
    """The request without this value, or without this parameter and what goes with it; from its first page."""
    names = _COMPANIONS.get(name, frozenset({name}))
    first = _first_page(pairs)
    if value is None:
        return _without_names(first, names)
    return [pair for pair in first if pair != (name, value)]


def replacing(pairs: Pairs, name: str, values: Sequence[str]) -> Pairs:
    """The request with these values of a parameter instead of its own; from its first page."""
    others = _without_names(_first_page(pairs), {name})
    return sorted([*others, *((name, value) for value in values)], key=rank)


def preferring(pairs: Pairs, name: str, value: str) -> Pairs:
    """The request with this value before the others of its parameter."""
    others = [each for key, each in pairs if key == name and each != value]
    return replacing(pairs, name, [value, *others])


def exchanging(pairs: Pairs, name: str, value: str, other: str) -> Pairs:
    """The request with another value in the place of this one."""
    return replacing(pairs, name, [other if each == value else each for each in values(pairs, name)])


def without_all(pairs: Pairs, names: Iterable[str]) -> Pairs:
    """The request without any of these parameters; from its first page."""
    return _without_names(_first_page(pairs), names)


def criterion(name: str) -> frozenset[str]:
    """The parameters that are one criterion with this one."""
    return MEMBERSHIP if name in MEMBERSHIP else _COMPANIONS.get(name, frozenset({name}))


def following(pairs: Pairs, cursor: str, seen: int) -> Pairs:
    """The next page of a request, after so many offers of the same part."""
    return [*replacing(pairs, "cursor", [cursor]), (SEEN, str(seen))]


def viewed(pairs: Pairs, view: str) -> Pairs:
    """The same page of the same request, drawn as this view."""
    others = _without_names(pairs, {VIEW})
    return others if view == LIST else [*others, (VIEW, view)]


def picked(pairs: Pairs) -> tuple[str, ...]:
    """The cards that a request holds, in the order they were picked, each once; the first fifty."""
    named = (value for name, value in pairs if name == PICKED and _OFFER.fullmatch(value))
    return tuple(dict.fromkeys(named))[:MOST_PICKED]


def of_api(pairs: Pairs) -> Pairs:
    """What the API reads: without what only pages know."""
    return _without_names(pairs, OF_PAGES)


def counts(pairs: Pairs) -> str | None:
    """Where the API counts the values of the criteria within a request; None where it asks nothing."""
    first = of_api(_first_page(pairs))
    return href(first, FACETS) if any(name in CRITERIA for name, _ in first) else None


def sheet(pairs: Pairs) -> str:
    """Where the API gives the exact results of a request as a file: all of them, whatever a page shows."""
    return href(without_all(of_api(pairs), {"exact_limit", "approximate_limit"}), SHEET)


def values(pairs: Pairs, name: str) -> list[str]:
    """Every value of a parameter, in order."""
    return [value for key, value in pairs if key == name]


def _first_page(pairs: Pairs) -> Pairs:
    return _without_names(pairs, _COMPANIONS["cursor"])


def _without_names(pairs: Pairs, names: Iterable[str]) -> list[tuple[str, str]]:
    unwanted = frozenset(names)
    return [pair for pair in pairs if pair[0] not in unwanted]
