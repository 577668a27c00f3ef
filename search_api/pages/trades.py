"""The words by which people call trades, typed where a name is expected: what they may have meant. Pure."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from models.folding import fold
from search_api.pages.chips import TABLES
from search_api.suggestions import of_codes

_SPECIALTIES: Final = {
    "SM54": "generaliste; medecin generaliste; medecin traitant; medecin de famille; medecine generale",
    "SM40": "pediatre",
    "SM38": "ophtalmo; ophtalmologue; ophtalmologiste",
    "SM04": "cardiologue; cardio",
    "SM15": "dermato; dermatologue",
    "SM20": "gyneco; gynecologue",
    "SM42": "psychiatre",
    "SM34": "orl",
    "SM74": "radiologue",
    "SM59": "urgentiste",
}
_PROFESSIONS: Final = {
    "10": "medecin; docteur",
    "70": "kine; kinesitherapeute; masseur kinesitherapeute",
    "60": "infirmier; infirmiere; ide; idel",
    "40": "dentiste; chirurgien dentiste",
    "50": "sage femme",
    "91": "orthophoniste",
    "80": "podologue; pedicure; pedicure podologue",
    "93": "psychologue",
}
_STRUCTURE_TYPES: Final = {
    "620": "pharmacie; pharmacie de garde",
    "611": "labo; laboratoire; prise de sang",
    "619": "radio; radiologie; scanner; irm; imagerie",
    "603": "msp; maison de sante",
    "124": "centre de sante",
    "355": "hopital; urgences; centre hospitalier",
    "sos": "sos; sos medecin",
    "mmg": "mmg; maison medicale; maison medicale de garde",
}
EVERYDAY: Final[Mapping[str, tuple[str, str]]] = {
    word: (parameter, code)
    for parameter, table in (
        ("specialty", _SPECIALTIES),
        ("profession", _PROFESSIONS),
        ("structure_type", _STRUCTURE_TYPES),
    )
    for code, words in table.items()
    for word in words.split("; ")
}
"""Folded words, in the singular, to a parameter and its code."""
KINDS: Final[Mapping[str, str]] = {
    "specialty": "la spécialité",
    "profession": "la profession",
    "structure_type": "le type de structure",
    "care": "la prise en charge",
    "equipment": "l’équipement",
}
"""What each list is called, and the lists that are looked through."""
_SHORTEST: Final = 4
"""Letters of a word that may be a plural, or the beginning of a label."""
_EACH: Final = 2
_SEVERAL: Final = 4


def everyday(text: str) -> tuple[tuple[str, str], ...]:
    """The parameter and the code of a word that names a trade; none for anything else."""
    words = fold(text)
    singular = " ".join(word.removesuffix("s") if len(word) >= _SHORTEST else word for word in words.split())
    known = EVERYDAY.get(words) or EVERYDAY.get(singular)
    return (known,) if known else ()


def meant(text: str) -> tuple[tuple[str, str], ...]:
    """The parameters and the codes that a text may mean: of an everyday word, else of what labels begin with it."""
    return everyday(text) or tuple(islice(_of_labels(text), _SEVERAL))


def _of_labels(text: str) -> Iterator[tuple[str, str]]:
    if len(fold(text)) >= _SHORTEST:
        yield from ((each.parameter, each.value) for each in of_codes(text, _EACH) if each.parameter in KINDS)


def words(parameter: str, code: str) -> str:
    """`Chercher la spécialité « Médecine générale »`."""
    return f"Chercher {KINDS[parameter]} « {TABLES[parameter][code]} »"
