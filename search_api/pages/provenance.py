"""Where each thing that is said of an offer comes from, and of when it is. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from indexer.shape import ShapedOffer
from models.gazetteer import YEAR
from search_api.answers import SourceJson
from search_api.pages import french
from search_api.pages.cards import FORFAIT, POSITION, TYPE, UNKNOWN, Fact, sas

RPPS: Final = "Activités du RPPS"
SKILLS: Final = "Savoir-faire du RPPS"
FINESS: Final = "Établissements de FINESS+"
DECLARED: Final = "Déclarations"
PART: Final = "Participation"
REORIENTATION: Final = "Réorientation"
INFORMATION: Final = "Pour la régulation"
_GAZETTEER: Final = f"référentiel des communes, {YEAR}"
_GEOCODER: Final = "calculé depuis l’adresse ({address})"
_SETTLED: Final = "réglé dans l’annuaire, {}"
_WRITTEN: Final = "écrit dans l’agenda, modifié le {}"

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
    "site": "{finess}",
    "housenumber": _GEOCODER,
    "street": _GEOCODER,
    "commune": _GAZETTEER,
}
"""What gives a point of each precision."""


def sourced(facts: Iterable[Fact], offer: ShapedOffer, sources: Sequence[SourceJson]) -> tuple[Fact, ...]:
    """The facts with their sources; what nobody said has none."""
    said = _saying(sources)
    return tuple(
        fact if fact.text == UNKNOWN else replace(fact, source=_source(fact.name, offer, said)) for fact in facts
    )


def reserved(offer: ShapedOffer, sources: Sequence[SourceJson]) -> tuple[Fact, ...]:
    """What is said to the regulation alone, with its sources; nothing for whoever may not see it."""
    part, said = offer.participation, _saying(sources)
    lines, settled = list(sas(part)), _on(_SETTLED, part.settled_on if part else None)
    through_its_doctors = offer.person is None and part is not None and part.via == "msp"  # its forfait is not theirs
    known = (
        (PART, " · ".join(line for line in lines if line != FORFAIT), settled),
        (REORIENTATION, FORFAIT if FORFAIT in lines else "", "" if through_its_doctors else settled),
        (INFORMATION, offer.information, _on(_WRITTEN, offer.written_on)),
    )
    return tuple(Fact(name, text, source or said(DECLARED)) for name, text, source in known if text)


def _on(words: str, day: str | None) -> str:
    """The words with the day; nothing without one."""
    return words.format(french.date(date.fromisoformat(day))) if day else ""


def _saying(sources: Iterable[SourceJson]) -> Callable[[str], str]:
    """How a source is written: its title, and its date where it is known."""
    dates = {source.name: french.date(source.date) for source in sources if source.date}
    return lambda title: f"{title}, {dates[title]}" if title in dates else title


def _source(name: str, offer: ShapedOffer, said: Callable[[str], str]) -> str:
    """Where a fact comes from; a point that is computed, from what."""
    if name != POSITION:
        return " ; ".join(map(said, _of(name, offer)))
    words = OF_POINTS[offer.place.point.precision] if offer.place.point else ""
    return words.format(finess=said(FINESS), address=_source("Adresse", offer, said))


def _of(name: str, offer: ShapedOffer) -> tuple[str, ...]:
    if name in {"Structure", TYPE} and offer.structure.type and offer.structure.finess:
        return (FINESS,)
    return {**OF_ALL, **(OF_PEOPLE if offer.person else OF_STRUCTURES)}.get(name, ())
