"""What is wrong with a request, in the words of the form: labels, units, names of places, ways to put it right. Pure.

The rules are the API's (`search_api.parameters`, `search_api.planning`); their sentences name parameters and codes,
which a person never typed.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from search_api.pages import fields, links, moments
from search_api.pages.asked import Asked
from search_api.pages.fields import FLAGS
from search_api.problems import VALUE_LENGTH, Fault


@dataclass(frozen=True, slots=True)
class Way:
    """A way to put a fault right: the request that it gives, in words."""

    href: str
    text: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """A fault as the page says it: beside its field (`field`, `rule`), and in the summary with the ways out."""

    field: str
    rule: str
    label: str
    href: str | None
    value: str
    remove: str | None
    ways: tuple[Way, ...]


def wrong(fault: Fault, asked: Asked) -> Wrong:
    """A fault with the link to its field, the values that would be right, and the request without it."""
    return Wrong(
        field=fault.field,
        rule=_rule(fault, asked),
        label=(fields.LABELS | fields.WITHOUT_FIELD).get(fault.field, fault.field or "Demande"),
        href=f"#f-{fault.field}" if fields.drawn(fault.field, asked.viewer) else None,
        value=moments.BY_NAME[fault.value].label if fault.value in moments.BY_NAME else fault.value,
        remove=links.href(links.without(asked.pairs, fault.field)) if asked.values(fault.field) else None,
        ways=tuple(_ways(fault, asked)),
    )


# Rules --------------------------------------------------------------------------------------------------------------


def _rule(fault: Fault, asked: Asked) -> str:
    """The rule in the words of the form; as it is where it has them already."""
    if fault.field in _OF_A_NAME and re.fullmatch(_UNKNOWN, fault.rule):
        return _OF_A_NAME[fault.field](fault.value, asked)
    for names, said, words in _WORDS:
        if fault.field in names and (met := re.fullmatch(said, fault.rule)):
            return met.expand(words)
    return fault.rule


_WORDS: Final[tuple[tuple[frozenset[str], str, str], ...]] = tuple(
    (frozenset(names.split()), said, words)
    for names, said, words in (
        ("address", "lieu introuvable.*", "lieu introuvable"),
        ("radius_km", "un rayon demande .*", "un rayon demande une adresse ou une commune"),
        ("radius_km", r"(\d+) au plus", r"\1 km au plus"),
        ("radius_km", "un nombre .*", "un nombre de kilomètres, plus grand que zéro, par exemple 7,5"),
        ("from", "un instant ISO .*", "une date et une heure"),
        ("within_hours", r"(\d+) au plus", r"\1 heures au plus"),
        ("within_hours", "1 au moins|un nombre entier d’heures", "un nombre entier d’heures, une au moins"),
        ("near", "deux nombres .*|une latitude .*", "un point que l’on ne sait pas lire"),
        ("kind modality order participation", "une des valeurs .*", "un des choix de la liste"),
        (" ".join(FLAGS), "la seule valeur possible .*", "coché, ou non"),
        ("cursor", "ce curseur .*", "la suite demandée n’est pas celle de cette réponse"),
        ("exact_limit approximate_limit", r"un nombre entier|\d+ au .*", "un nombre entier, de 0 à 50"),
    )
)
"""The parameters, the rule as the API says it, and as a page does. The first that fits."""

_UNKNOWN: Final = "un code .*|.* inconnu du référentiel|.* caractères au plus|paramètre inconnu"
"""How the API refuses a name, where it takes codes only."""


def _of_commune(text: str, asked: Asked) -> str:
    several = asked.places.communes_named(text) > 1
    return "plusieurs communes portent ce nom" if several else "aucune commune de ce nom"


def _of_cpts(text: str, asked: Asked) -> str:
    several = len(asked.places.alike("cpts", text)) > 1
    return "plusieurs CPTS ont ces mots dans leur nom" if several else "aucune CPTS n’a ces mots dans son nom"


def _of_moment(text: str, _: Asked) -> str:
    return "ce moment est passé, choisissez-en un autre" if text in moments.BY_NAME else "ce moment n’existe pas"


_OF_A_NAME: Final[Mapping[str, Callable[[str, Asked], str]]] = {
    "commune": _of_commune,
    "departement": lambda *_: "aucun département de ce nom ou de ce numéro",
    "cpts": _of_cpts,
    "postal_code": lambda *_: "aucun code postal de ce numéro (cinq chiffres)",
    "when": _of_moment,
}
"""What is said of a name that means nothing, or too much."""


# Ways out -----------------------------------------------------------------------------------------------------------


def _ways(fault: Fault, asked: Asked) -> Iterator[Way]:
    """The request with each of the values that this one may have meant."""
    value = next((each for each in asked.values(fault.field) if each[:VALUE_LENGTH] == fault.value), fault.value)
    for code, name in asked.places.alike(fault.field, value):
        yield Way(links.href(links.exchanging(asked.pairs, fault.field, value, code)), name)
    if fault.field == "address":
        yield from _whole_departements(value, asked)
    for suggestion in fault.suggestions:
        yield Way(links.href(links.replacing(asked.pairs, fault.field, [suggestion])), suggestion)


def _whole_departements(address: str, asked: Asked) -> Iterator[Way]:
    """A département is no point to search around: it is searched whole."""
    kept = links.without(asked.pairs, "address")
    for code, name in asked.places.departements_named(address):
        departements = [*links.values(kept, "departement"), code]
        yield Way(links.href(links.replacing(kept, "departement", departements)), f"tout le département {name}")
