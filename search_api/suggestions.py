"""What a few letters may mean: codes of the lists, places, territories, people and structures."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Final

import msgspec

from models import codes
from models.folding import fold
from models.offer import Offer
from relevance.text import NOISE
from search_api.planning import Planner
from search_api.territories import Territory


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


@cache
def _folded() -> tuple[tuple[str, str, str, tuple[str, ...]], ...]:
    """Every code of every list, with the words of its label."""
    return tuple(
        (parameter, code, label, tuple(fold(label).split()))
        for parameter, table in _LISTS.items()
        for code, label in table.items()
    )


def begins(words: Iterable[str], asked: Iterable[str]) -> bool:
    """Every asked word begins a word of the label."""
    known = tuple(words)
    return all(any(word.startswith(each) for word in known) for each in asked)


def asked_words(text: str) -> tuple[str, ...]:
    """The words of a question; little words are dropped unless there are no others."""
    words = tuple(fold(text).split())
    return tuple(word for word in words if word not in NOISE) or words


def of_codes(text: str, limit: int) -> Iterator[Suggestion]:
    """Codes whose label holds these words, at most `limit` of each list; those that begin so come first."""
    asked = asked_words(text)
    met = [each for each in _folded() if begins(each[3], asked)] if asked else []
    for parameter in _LISTS:
        own = sorted((each for each in met if each[0] == parameter), key=lambda each: (each[3][0] != asked[0], each[2]))
        yield from (Suggestion(parameter, label, parameter, code) for _, code, label, _ in own[:limit])


def of_places(text: str, limit: int, planner: Planner) -> Iterator[Suggestion]:
    """Communes, the most populous first, then départements."""
    for commune in planner.places.suggest(text, limit):
        label = planner.places.label(commune)
        yield Suggestion("commune", label, "address", label, commune.insee)
    asked = asked_words(text)
    departements = (each for each in planner.gazetteer.departements if begins(fold(each.name).split(), asked))
    for departement in islice(departements, limit):
        yield Suggestion("departement", f"{departement.name} ({departement.code})", "departement", departement.code)


def of_territories(text: str, limit: int, territories: Mapping[str, Territory]) -> Iterator[Suggestion]:
    """CPTS by their name."""
    asked = asked_words(text)
    met = (each for each in territories.values() if begins(fold(each.name).split(), asked))
    for territory in islice(met, limit):
        yield Suggestion("cpts", territory.name, "cpts", territory.id, f"{len(territory.postal_codes)} codes postaux")


def of_names(offers: Iterable[Offer]) -> Iterator[Suggestion]:
    """People and structures by their name, each once."""
    for name, offer in {offer.name: offer for offer in reversed(tuple(offers)) if offer.name}.items():
        commune = offer.place.commune.name if offer.place.commune else None
        yield Suggestion(offer.kind, name, "text", name, commune)
