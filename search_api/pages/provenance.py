"""Where each thing that is said of an offer comes from, and of when it is. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from indexer.shape import ShapedOffer
from search_api.answers import SourceJson
from search_api.pages import french
from search_api.pages.cards import TYPE, UNKNOWN, Fact

RPPS: Final = "Activités du RPPS"
SKILLS: Final = "Savoir-faire du RPPS"
FINESS: Final = "Établissements de FINESS+"
DECLARED: Final = "Déclarations"
_GAZETTEER: Final = "référentiel des communes"
_GEOCODER: Final = "calculé depuis l’adresse"

OF_PEOPLE: Final[Mapping[str, tuple[str, ...]]] = {
    "Adresse": (RPPS,),
    "Téléphone": (RPPS,),
    "Structure": (RPPS,),
    TYPE: (RPPS,),
    "Spécialité": (RPPS, SKILLS),
    "Compétences": (SKILLS, DECLARED),
}
OF_STRUCTURES: Final[Mapping[str, tuple[str, ...]]] = {
    "Adresse": (FINESS,),
    "Téléphone": (FINESS,),
    TYPE: (FINESS,),
    "Spécialité": (RPPS,),
    "Compétences": (DECLARED,),
}
OF_ALL: Final[Mapping[str, tuple[str, ...]]] = {
    "Profession": (RPPS,),
    **dict.fromkeys(
        ("Convention", "Nouveaux patients", "Accès de plain-pied", "Langues", "Prises en charge", "Équipements"),
        (DECLARED,),
    ),
}
"""The sources of each fact, by their titles in the journal of loads (`ingestion.loads.KINDS`)."""
OF_POINTS: Final[Mapping[str, str]] = {
    "site": FINESS,
    "housenumber": _GEOCODER,
    "street": _GEOCODER,
    "commune": _GAZETTEER,
}
"""What gives a point of each precision."""


def sourced(facts: Iterable[Fact], offer: ShapedOffer, sources: Sequence[SourceJson]) -> tuple[Fact, ...]:
    """The facts with their sources; what nobody said has none."""
    dates = {source.name: source.date for source in sources}

    def said(title: str) -> str:
        date = dates.get(title)
        return f"{title}, {french.date(date)}" if date else title

    return tuple(
        fact if fact.text == UNKNOWN else replace(fact, source=" ; ".join(map(said, _of(fact.name, offer))))
        for fact in facts
    )


def _of(name: str, offer: ShapedOffer) -> tuple[str, ...]:
    if name == "Position":
        return (OF_POINTS[offer.place.point.precision],) if offer.place.point else ()
    if name in {"Structure", TYPE} and offer.structure.type and offer.structure.finess:
        return (FINESS,)
    return {**OF_ALL, **(OF_PEOPLE if offer.person else OF_STRUCTURES)}.get(name, ())
