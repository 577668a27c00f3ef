"""One offer as a card: who, where, how to reach them, when, why here, what is missed, what nobody said. Pure.

It renders the offers of the API's answer, already cut to what the viewer may see: nothing is decided here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import groupby
from typing import Final, NamedTuple

from indexer.shape import ShapedAnswer, ShapedAvailability, ShapedOffer, ShapedSilence
from models import codes
from models.clock import PARIS
from models.offer import AudienceName, Code, ModalityName, Participation, Person, Place, SlotSource
from models.slots import EDITOR
from relevance.explain import both
from relevance.signals import tells
from search_api.answers import CriterionJson, OfferJson, SignalJson
from search_api.pages import french

SLOT: Final = "slot"
"""Under which name the link of a card says to which slot a patient is sent."""
BEYOND: Final = "en_sus"
"""The choice of an hour beyond what is open."""

SHOWN: Final = 3
"""Availabilities shown for each modality before the fold."""

NO_SLOT: Final[Mapping[str, str]] = {
    "known": "Aucun créneau connu dans les 72 heures.",
    "unknown": "Créneaux inconnus : {}.",
    "none": "Aucun agenda connu.",
}
MAYBE_MORE: Final = "D’autres créneaux sont peut-être ouverts : {}."
RESERVED: Final[Mapping[AudienceName, str]] = {
    "professional": "professionnels",
    "regulation": "régulation",
    "cpts": "CPTS",
}
"""What is said of an availability that is not for everybody."""

_SILENT: Final = {"editor": "{}", "agenda": "le professionnel", "structure": "la structure"}
_SOURCES: Final = {
    "editor": "{}",
    "agenda": "agenda tenu par le professionnel",
    "structure": "plages déclarées par la structure",
}
NONE: Final = "aucun créneau connu, "
"""What is said of a source that answered and has none, where the card does not say it of all."""
SILENT: Final = "n’a pas répondu"
_AGED: Final = {"editor": "vérifié", "agenda": "écrit", "structure": "écrit"}
_LINKABLE: Final = ("https://", "http://")


class Slot(NamedTuple):
    """An availability as it is read: its day and hours at the place, what is left of it, for whom it is."""

    day: str
    iso: str
    hours: str
    begun: bool
    left: str | None
    reserved: str | None
    booking: str | None
    modalities: tuple[ModalityName, ...]
    motives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """A modality and its first availabilities; `asked`, or none is."""

    modality: ModalityName
    label: str
    slots: tuple[Slot, ...]
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the agenda, its availabilities by modality."""

    label: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """A source of availabilities, and how long ago it was asked, or written by hand: `vérifié il y a 5 min`.

    `editor`: its name, when it can be asked again. `none`: what precedes the age of a source that has no slot.
    """

    age: str | None
    source: str
    editor: str | None = None
    none: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """A criterion: met, unmet or unknown, in words."""

    state: str
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the score: its sentence, its value and its weight."""

    text: str
    value: str
    weight: str


@dataclass(frozen=True, slots=True)
class Card:
    """What a card shows of an offer, ready to be written."""

    href: str
    name: str
    what: str
    structure: str | None
    address: str
    local_time: str | None
    phones: tuple[tuple[str, str], ...]
    ways: tuple[Way, ...]
    hidden: int
    days: tuple[Day, ...]
    checked: tuple[Checked, ...]
    unanswered: tuple[Checked, ...]
    no_slot: str | None
    sas: tuple[str, ...]
    information: str | None


@dataclass(frozen=True, slots=True)
class Result:
    """A card with what the search says of it. `km` is None without an origin; not `located`, it says so.

    `point` is where it is on the map ("45.7667,4.88"), `loose` when that is only the centre of its commune.
    It can be picked, or, in a selection, removed by a link. `mark` says who this is for the patient, where it is known.
    `call` is what the last call gave, empty when that tells nothing, None for who may not know. `orient` is where a
    patient is sent to the first slot that it shows, for who may.
    """

    id: str
    card: Card
    anchor: str
    km: str | None
    located: bool
    point: str | None
    loose: bool
    wide: bool
    missed: tuple[str, ...]
    to_ask: tuple[str, ...]
    why: str
    states: tuple[State, ...]
    parts: tuple[Part, ...]
    score: str
    picked: bool = False
    remove: str | None = None
    mark: str | None = None
    call: str | None = None
    orient: str | None = None


# The offer alone ----------------------------------------------------------------------------------------------------


def card(offer: ShapedOffer, at: datetime, preferred: Sequence[ModalityName] = (), query: str = "") -> Card:
    """The card of an offer at the clock `at`; the preferred modalities first. `query` is what its link holds."""
    order = tuple(dict.fromkeys([*preferred, *codes.MODALITIES]))
    slots = tuple(_slots(offer.availabilities, at))
    ways = tuple(_ways(slots, order, preferred, SHOWN))
    hidden = len(slots) - len({slot for way in ways for slot in way.slots})
    return Card(
        href=f"/offres/{offer.id}{query}",
        name=name(offer),
        what=_what(offer),
        structure=_structure(offer),
        address=address(offer.place),
        local_time=None if offer.place.time_zone == PARIS else "heures locales",
        phones=tuple((number, french.phone(number)) for number in offer.phones or ()),
        ways=ways,
        hidden=hidden,
        days=tuple(_days(slots, order)),
        checked=(*_checked(offer.availabilities, at), *_without_slot(offer, at)),
        unanswered=tuple(_unanswered(offer)),
        no_slot=_no_slot(offer, at),
        sas=tuple(sas(offer.participation)),
        information=offer.information,
    )


def _no_slot(offer: ShapedOffer, at: datetime) -> str | None:
    """What is said of the slots that are missing, or that may be."""
    said = silent(offer.silent_sources, at)
    if offer.availabilities:
        return MAYBE_MORE.format(said) if offer.slot_state == "unknown" else None
    return NO_SLOT[offer.slot_state].format(said)


def silent(sources: Iterable[ShapedSilence], at: datetime) -> str:
    """Who did not answer, and when they were last asked: `Azur n’a pas répondu (interrogé il y a 4 min)`."""
    asked: dict[str, datetime] = {}
    for source in sources:
        name, instant = _SILENT[source.kind].format(source.name), _instant(source.asked_at)
        asked[name] = max(instant, asked.get(name, instant))
    ages = {name: french.ago((at - instant).total_seconds()) for name, instant in sorted(asked.items())}
    verb = french.plural(len(ages), "n’a pas répondu", "n’ont pas répondu")
    if len(set(ages.values())) == 1:
        asked_once = french.plural(len(ages), "interrogé", "interrogés")
        return f"{both(tuple(ages))} {verb} ({asked_once} {next(iter(ages.values()))})"
    return f"{both([f'{name} (interrogé {age})' for name, age in ages.items()]) or 'une source'} {verb}"


def name(offer: ShapedOffer) -> str:
    """`Dr Claire MARTEL`, or the structure's name."""
    if offer.person is None:
        return offer.structure.name or _type(offer) or "Structure sans nom"
    return called(offer.person)


def called(person: Person) -> str:
    """A person as everybody calls them."""
    return " ".join(part for part in (person.civility, french.capitals(person.given_name), person.family_name) if part)


def _type(offer: ShapedOffer) -> str | None:
    return offer.structure.type.label if offer.structure.type else None


def _what(offer: ShapedOffer) -> str:
    """Professions, specialties and sector; for a structure its type first."""
    kind = [_type(offer)] if offer.person is None and offer.structure.name else []
    coded = [code.label for code in (*(offer.professions or ()), *(offer.specialties or ()))]
    sector = [offer.sector.label] if offer.sector else []
    return french.typeset(" · ".join(dict.fromkeys(part for part in (*kind, *coded, *sector) if part)))


def _structure(offer: ShapedOffer) -> str | None:
    """Where a person practises, when it has a name."""
    return offer.structure.name if offer.person else None


def address(place: Place) -> str:
    """The address on one line; "adresse inconnue" without any."""
    commune = french.town(place.commune.name) if place.commune else None
    town = " ".join(part for part in (place.postal_code, commune) if part)
    street = french.capitals(place.address or "")
    if town and street.endswith(town):
        return street
    return ", ".join(part for part in (street, town) if part) or "adresse inconnue"


FORFAIT: Final = "Forfait de réorientation"


def sas(declared: Participation | None) -> Iterator[str]:
    """Participation as declared; nothing when the viewer may not see it, since the answer then has none."""
    if declared is None:
        return
    via = f" {codes.VIAS[declared.via]}" if declared.via else ""
    if declared.active:
        yield f"Participe au SAS{via}"
    if declared.overbooking:
        yield "Reçoit en sus de ses disponibilités"
    if declared.reorientation:
        yield FORFAIT


# Availabilities -----------------------------------------------------------------------------------------------------


def _ways(
    slots: Sequence[Slot],
    order: Sequence[ModalityName],
    preferred: Sequence[ModalityName] = (),
    limit: int | None = None,
) -> Iterator[Way]:
    """The modalities that have availabilities, in order, each with the first of them."""
    for modality in order:
        those = tuple(slot for slot in slots if modality in slot.modalities)
        if those:
            asked = not preferred or modality in preferred
            yield Way(modality, codes.MODALITIES[modality], those[:limit], asked)


def _days(slots: Sequence[Slot], order: Sequence[ModalityName]) -> Iterator[Day]:
    """The whole agenda by day of the place."""
    for label, those in groupby(slots, lambda slot: slot.day):
        yield Day(label, tuple(_ways(tuple(those), order)))


def _slots(each: Iterable[ShapedAvailability], at: datetime) -> Iterator[Slot]:
    """Availabilities in order. Those of one place have at most two offsets, so "now" is converted once for each."""
    here: dict[tzinfo | None, datetime] = {}
    for availability in each:
        start, end = _instant(availability.start), _instant(availability.end)
        now = here.setdefault(start.tzinfo, at.astimezone(start.tzinfo))
        yield Slot(
            day=french.day(max(start, now).date(), now.date()),
            iso=availability.start,
            hours=_hours(availability.kind, start, end, now),
            begun=start <= now,
            left=left(availability.kind, availability.capacity),
            reserved=RESERVED.get(availability.audience),
            booking=safe(availability.booking_url),
            modalities=availability.modalities,
            motives=availability.motives,
        )


def _instant(iso: str) -> datetime:
    return datetime.fromisoformat(iso)


def _hours(kind: str, start: datetime, end: datetime, at: datetime) -> str:
    """The hour of a créneau, the hours of a plage; one that has begun says until when."""
    if kind == "creneau":
        return french.hour(start)
    if start <= at:
        return f"en cours, jusqu’à {french.said_hour(end)}"
    return f"{french.hour(start)}–{french.hour(end)}"


def left(kind: str, capacity: int | None) -> str | None:
    """The patients that a plage can still take."""
    if kind == "creneau" or capacity is None:
        return None
    return f"{capacity}{french.NBSP}{french.plural(capacity, 'place', 'places')}"


def safe(url: str | None) -> str | None:
    """An address that a browser may follow: a feed could say anything."""
    return url if url and url.lower().startswith(_LINKABLE) else None


def said_of(source: SlotSource) -> str:
    """A source of availabilities, in words."""
    return _SOURCES[source.kind].format(source.name)


def _checked(each: Iterable[ShapedAvailability], at: datetime) -> Iterator[Checked]:
    """Each source with the age of its oldest availability; those of a source with no date have none."""
    known: dict[SlotSource, list[str]] = {}
    for availability in each:
        dates = known.setdefault(availability.source, [])
        if availability.checked_at:
            dates.append(availability.checked_at)
    for source, dates in known.items():
        oldest = min(map(_instant, set(dates)), default=None)
        age = f"{_AGED[source.kind]} {french.ago((at - oldest).total_seconds())}" if oldest else None
        yield Checked(age, said_of(source), _editor(source))


def _without_slot(offer: ShapedOffer, at: datetime) -> Iterator[Checked]:
    """Each source that answered, and of which nothing is shown, with how long ago."""
    shown = {(each.source.kind, each.source.name) for each in offer.availabilities}
    none = "" if offer.slot_state == "known" and not shown else NONE
    for each in offer.answered_sources or ():
        if (each.kind, each.name) not in shown:
            age = f"{_AGED[each.kind]} {french.ago((at - _instant(each.answered_at)).total_seconds())}"
            yield Checked(age, _SOURCES[each.kind].format(each.name), _editor(each), none)


def _unanswered(offer: ShapedOffer) -> Iterator[Checked]:
    """Each source that did not answer, and of which nothing is shown."""
    shown = {(each.source.kind, each.source.name) for each in offer.availabilities}
    for each in offer.silent_sources:
        if (each.kind, each.name) not in shown:
            yield Checked(SILENT, _SOURCES[each.kind].format(each.name), _editor(each))


def _editor(source: SlotSource | ShapedAnswer | ShapedSilence) -> str | None:
    return source.name if source.kind == EDITOR else None


# What the search says of it -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Search:
    """What the cards of one answer have in common.

    `query` is the request as their links hold it, so that an offer's page leads back to it. `measured`: distances have
    an origin. `first_radius_m` is the radius before the area was widened, when it was. `picked` are ids. `orients`:
    patients may be sent from here.
    """

    at: datetime
    preferred: tuple[ModalityName, ...] = ()
    query: str = ""
    measured: bool = False
    first_radius_m: float | None = None
    picked: frozenset[str] = frozenset()
    orients: bool = False


def result(offer: OfferJson, search: Search) -> Result:
    """The card of a result."""
    distance, radius = offer.distance_m, search.first_radius_m
    shown = card(offer, search.at, search.preferred, search.query)
    return Result(
        id=offer.id,
        card=shown,
        anchor=anchor(offer),
        km=_distance(distance) if search.measured else None,
        located=distance is not None,
        point=_degrees(offer.place),
        loose=is_loose(offer.place),
        wide=radius is not None and distance is not None and distance > radius,
        missed=_told(offer.criteria, "unmet"),
        to_ask=_told(offer.criteria, "unknown"),
        why=french.typeset(" · ".join(signal.reason for signal in offer.signals if tells(signal.name, signal.value))),
        states=tuple(State(criterion.state, french.typeset(criterion.label)) for criterion in offer.criteria),
        parts=tuple(_part(signal) for signal in offer.signals if signal.value or tells(signal.name, signal.value)),
        score=french.number(offer.score),
        picked=offer.id in search.picked,
        orient=_orient(offer, shown) if search.orients else None,
    )


def _orient(offer: OfferJson, shown: Card) -> str | None:
    """Where a patient is sent to the first slot that a card shows, else beyond those; None where nobody is taken."""
    first = next(((way.slots[0], way.modality) for way in shown.ways), None)
    beyond = BEYOND if offer.participation is not None and offer.participation.overbooking else None
    slot = slot_named(int(_instant(first[0].iso).timestamp()), first[1]) if first else beyond
    path, _, query = shown.href.partition("?")
    return f"{path}/orienter?{f'{query}&' if query else ''}{SLOT}={slot}" if slot else None


def slot_named(start: int, modality: str) -> str:
    """How the link of a card names a slot: its start in epoch seconds, and the modality it is shown for."""
    return f"{start}-{modality}"


def anchor(offer: ShapedOffer) -> str:
    """The identifier of an offer's card in the page."""
    return f"fiche-{offer.id}"


def _degrees(place: Place) -> str | None:
    """To the metre."""
    return f"{place.point.lat:.5f},{place.point.lon:.5f}" if place.point else None


def is_loose(place: Place) -> bool:
    """Whether the point is only that of the commune."""
    return place.point is not None and place.point.precision == "commune"


def _distance(metres: float | None) -> str:
    return "distance inconnue" if metres is None else french.distance(metres)


def _told(criteria: Iterable[CriterionJson], state: str) -> tuple[str, ...]:
    return tuple(french.typeset(criterion.label) for criterion in criteria if criterion.state == state)


def _part(signal: SignalJson) -> Part:
    return Part(french.typeset(signal.reason), french.number(signal.value), french.number(signal.weight, 3))


# Everything known of one offer --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fact:
    """Something known of an offer, or that nobody said; `source` and its date, where they are known."""

    name: str
    text: str
    source: str = ""


UNKNOWN: Final = "non renseigné"
_YES: Final[Mapping[bool | None, str]] = {True: "oui", False: "non", None: UNKNOWN}
_PRECISIONS: Final = {
    "site": "point de l’établissement",
    "housenumber": "point du numéro",
    "street": "point de la rue",
    "commune": "point de la commune",
}


def facts(offer: ShapedOffer) -> tuple[Fact, ...]:
    """What is known, and what nobody declared; who has no specialty has none to declare."""
    known = (
        ("Profession", _joined(offer.professions)),
        ("Spécialité", _joined(offer.specialties)),
        ("Structure", _structure(offer)),
        (TYPE, _type(offer)),
    )
    return (
        *(Fact(name, text) for name, text in known if text),
        Fact("Adresse", address(offer.place)),
        Fact("Téléphone", ", ".join(map(french.phone, offer.phones or ())) or UNKNOWN),
        Fact(POSITION, _PRECISIONS[offer.place.point.precision] if offer.place.point else "inconnue"),
        Fact("Convention", offer.sector.label if offer.sector else UNKNOWN),
        Fact("Nouveaux patients", _YES[offer.new_patients]),
        Fact("Accès de plain-pied", _YES[offer.accessible]),
        Fact("Langues", _listed(offer.languages)),
        Fact("Prises en charge", _listed(offer.care)),
        Fact("Équipements", _listed(offer.equipment, "aucun déclaré")),
        Fact("Compétences", _listed(offer.skills)),
    )


def identifiers(offer: ShapedOffer) -> tuple[Fact, ...]:
    """The numbers by which others know the same offer."""
    known = (
        ("RPPS", offer.person.rpps if offer.person else None),
        ("FINESS", offer.structure.finess),
        ("SIRET", offer.structure.siret),
        ("Fiche", offer.id),
    )
    return tuple(Fact(name, text) for name, text in known if text)


TYPE: Final = "Type de structure"
POSITION: Final = "Position"


def _joined(values: Sequence[Code] | None) -> str:
    return ", ".join(value.label for value in values or ())


def _listed(values: Sequence[Code] | None, nothing: str = "aucune déclarée") -> str:
    """The labels; `nothing` is what was declared, "non renseigné" what was not."""
    if values is None:
        return UNKNOWN
    return _joined(values) or nothing
