"""What a few letters may mean: codes of the lists, places, territories, people and structures."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Final, NamedTuple, TypeVar

import msgspec

from models import codes
from models.folding import fold
from models.gazetteer import Departement
from models.offer import Offer
from relevance.text import NOISE
from relevance.vocabulary import mend
from search_api.planning import Planner
from search_api.territories import Territory

_Place = TypeVar("_Place", Departement, Territory)


class Suggestion(msgspec.Struct, frozen=True):
    """What may be asked: the parameter and its value, and how a person reads it."""

    kind: str
    label: str
    parameter: str
    value: str
    detail: str | None = None


_LISTS: Final[Mapping[str, codes.Table]] = {
    "profession": codes.PROFESSIONS,
    "specialty": {code: label for code, label in codes.SPECIALTIES.items() if codes.specialty_head(code) == code},
    "care": codes.CARE,
    "equipment": codes.EQUIPMENT,
    "structure_type": codes.STRUCTURE_TYPES,
    "skill": codes.SKILLS,
    "language": codes.LANGUAGES,
}
"""By the name of their parameter."""


class _Written(NamedTuple):
    """A way to write a code: its label, or an everyday word for it."""

    parameter: str
    code: str
    label: str
    words: tuple[str, ...]


@cache
def _written() -> tuple[_Written, ...]:
    """Every way to write every code of every list."""
    labels = (
        _Written(parameter, code, label, tuple(fold(label).split()))
        for parameter, table in _LISTS.items()
        for code, label in table.items()
    )
    everyday = (
        _Written(parameter, code, _LISTS[parameter][code], tuple(word.split()))
        for word, meant in codes.EVERYDAY_WORDS.items()
        for parameter, code in meant
    )
    return (*labels, *everyday)


def begins(words: Iterable[str], asked: Iterable[str]) -> bool:
    """Every asked word begins a word of the label."""
    known = tuple(words)
    return all(any(word.startswith(each) for word in known) for each in asked)


def asked_words(text: str) -> tuple[str, ...]:
    """The words of a question; little words are dropped unless there are no others."""
    words = tuple(fold(text).split())
    return tuple(word for word in words if word not in NOISE) or words


def closeness(words: Sequence[str], asked: Sequence[str]) -> int:
    """0 for the very words asked, 1 for words that begin so, 2 for the others: the closest come first."""
    written, wanted = " ".join(words), " ".join(asked)
    return 0 if written == wanted else 1 if written.startswith(wanted) else 2


def of_codes(text: str, limit: int) -> Iterator[Suggestion]:
    """Codes written with these words, at most `limit` of each list: the very words, the most asked, the closest.

    Where none is, those of the words one typo away.
    """
    asked = asked_words(text)
    met = _met(asked) or _met(asked := tuple(mend(word) or word for word in asked))
    for parameter in _LISTS:
        own = sorted((each for each in met if each.parameter == parameter), key=lambda each: _rank(each, asked))
        for code, label in islice(dict.fromkeys((each.code, each.label) for each in own), limit):
            yield Suggestion(parameter, label, parameter, code)


def _met(asked: Sequence[str]) -> list[_Written]:
    return [each for each in _written() if begins(each.words, asked)] if asked else []


def _rank(written: _Written, asked: Sequence[str]) -> tuple[bool, int, int, str]:
    common, close = codes.COMMON.get(written.parameter, ()), closeness(written.words, asked)
    asked_most = common.index(written.code) if written.code in common else len(common)
    return close > 0, asked_most, close, written.label


def of_places(text: str, limit: int, planner: Planner) -> Iterator[Suggestion]:
    """Communes, then départements, the closest name first; of those that only begin so, the most populous commune."""
    for commune in planner.places.suggest(text, limit):
        label = planner.places.label(commune)
        yield Suggestion("commune", label, "address", label, commune.insee)
    asked = asked_words(text)
    for departement in islice(_named(planner.gazetteer.departements, asked), limit):
        yield Suggestion("departement", f"{departement.name} ({departement.code})", "departement", departement.code)


def _named(places: Iterable[_Place], asked: Sequence[str]) -> Iterator[_Place]:
    """Those whose name has these words, the closest first."""
    met = [(place, words) for place in places if begins(words := fold(place.name).split(), asked)]
    met.sort(key=lambda one: (closeness(one[1], asked), one[1]))
    return (place for place, _ in met)


def of_addresses(text: str, planner: Planner) -> Iterator[Suggestion]:
    """The address that a geocoder reads in a number and a street; nothing is asked of it before that."""
    found = planner.geocoded(text) if _NUMBER_AND_STREET.search(text) else None
    if found:
        yield Suggestion("address", found[1], "address", found[1])


_NUMBER_AND_STREET: Final = re.compile(r"^\s*\d{1,4}\b.*[^\W\d_]{3}")


def of_territories(text: str, limit: int, territories: Mapping[str, Territory]) -> Iterator[Suggestion]:
    """CPTS by their name."""
    asked = asked_words(text)
    for territory in islice(_named(territories.values(), asked), limit):
        codes_of_it = len(territory.postal_codes)
        detail = f"{codes_of_it} {'codes postaux' if codes_of_it > 1 else 'code postal'}"
        yield Suggestion("cpts", territory.name, "cpts", territory.id, detail)


def of_names(offers: Iterable[Offer], text: str) -> Iterator[Suggestion]:
    """People and structures by their name, each once; those with the words asked before those one typo away."""
    asked, found = asked_words(text), dict[str, Offer]()
    for offer in offers:
        found.setdefault(offer.name, offer)
    found.pop("", None)
    for name, offer in sorted(found.items(), key=lambda one: not begins(fold(one[0]).split(), asked)):
        commune = offer.place.commune.name if offer.place.commune else None
        yield Suggestion(offer.kind, name, "text", name, commune)
