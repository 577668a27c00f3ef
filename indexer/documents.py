"""From the database to offers: one professional, or one structure, at one place.

`offers_of` is the rule, a pure function of a subject's rows. `all_offers` streams every offer for a rebuild,
`offers_for` builds those of some subjects for the follower. Both read the same way, so they cannot differ.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, Final, NamedTuple, cast

import msgspec
from sqlalchemy import CompoundSelect, Connection, Select, and_, exists, func, or_, select

from indexer import reading, settled
from indexer.addresses import Addressed, has_address, postal_lines
from indexer.reading import Listed
from indexer.rows import (
    ActivityRow,
    PersonRow,
    PlaceRow,
    SkillRow,
    StructureRow,
    SubjectRows,
)
from indexer.sinking import sinking
from models import slots
from models.clock import zone_of
from models.codes import PROFESSIONS, SPECIALTIES, TERMINOLOGIES, specialty_head, structure_type_of_sector
from models.gazetteer import gazetteer
from models.offer import (
    AnsweredSource,
    Availability,
    Code,
    CommuneRef,
    Offer,
    Participation,
    Person,
    Place,
    PlacePoint,
    Precision,
    SilentSource,
    SlotSource,
    SlotState,
    StructureRef,
    offer_id,
)
from models.slot_rows import AvailabilityRow, FeedRow, indexed

LISTED: Final = 1_000
"""Subjects read at once when they are named one by one."""

SITES: Final = 20_000
"""Places remembered: people share them."""

PRACTICES: Final = 20_000
"""Sets of activities and *savoir-faire* remembered: most people do what others do."""

LISTS: Final[Mapping[str, tuple[str, ...]]] = {"specialty": ("specialty", "skill"), "skill": ("skill", "specialty")}
"""Where a *savoir-faire* may be named: its file does not tell the two lists apart."""

SPECIALTY_PROFESSIONS: Final[tuple[tuple[str, str], ...]] = (("SM", "10"), ("SCD", "40"), ("SI", "60"), ("SP", "21"))
"""Whose specialty it is, by how its code begins: a slot names specialties, the profession goes without saying."""


Done = tuple[str, str | None, str | None]
"""What someone does: a profession, the type (TRE_R04) and the code of a *savoir-faire*."""


class Practice(NamedTuple):
    """What is practised by someone or somewhere; `skills` are codes. None or empty: nothing is registered."""

    professions: tuple[Code, ...]
    specialties: tuple[Code, ...] | None
    skills: frozenset[str]


@dataclass(frozen=True, slots=True)
class Site:
    """A place as offers show it, the structure there, and the number of the place itself."""

    place: Place
    structure: StructureRef
    phone: str | None = None


class Words:
    """What offers of one state of the database are worded with: labels, communes, places; each made once."""

    def __init__(self, unknown: Mapping[tuple[str, str], str]) -> None:
        self._unknown = unknown
        self._codes: dict[tuple[str, str], Code] = {}
        self._lists: dict[tuple[str, frozenset[str]], tuple[Code, ...]] = {}
        self._practices: dict[frozenset[Done], Practice] = {}
        self._sites: dict[str, Site | None] = {}

    def code(self, terminology: str, code: str) -> Code:
        """A code with its French label: the list's, else the file's, else the code itself."""
        key = (terminology, code)
        if (known := self._codes.get(key)) is None:
            known = self._codes[key] = Code(code, self._label(LISTS.get(terminology, (terminology,)), code))
        return known

    def _label(self, lists: Sequence[str], code: str) -> str:
        official = (TERMINOLOGIES[name].get(code) for name in lists)
        given = (self._unknown.get((name, code)) for name in lists)
        return next((label for label in chain(official, given) if label), code)

    def codes(self, terminology: str, codes: Iterable[str]) -> tuple[Code, ...]:
        """Codes with their labels, once each, in the order of the codes."""
        key = (terminology, frozenset(codes))
        if (known := self._lists.get(key)) is None:
            known = self._lists[key] = tuple(self.code(terminology, code) for code in sorted(key[1]))
        return known

    def practice(self, done: frozenset[Done]) -> Practice:
        """What these activities and *savoir-faire* are, said once for all who do the same."""
        if (known := self._practices.get(done)) is None:
            if len(self._practices) >= PRACTICES:
                self._practices.clear()
            known = self._practices[done] = practice_of(done, self)
        return known

    def site(self, key: str, place: PlaceRow | None, structure: StructureRow | None) -> Site | None:
        """What is at a place key; None without any address."""
        if key not in self._sites:
            if len(self._sites) >= SITES:
                self._sites.clear()
            self._sites[key] = site_of(place, structure, self)
        return self._sites[key]


# A subject's offers --------------------------------------------------------------------------------------------------


def offers_of(rows: SubjectRows, words: Words) -> tuple[Offer, ...]:
    """The offers of a professional or of a structure, ordered by their identifiers."""
    shown = slots.unmixed(rows)
    if isinstance(shown.identity, StructureRow):
        offers = _structure_offers(shown, shown.identity, words)
    else:
        offers = _professional_offers(shown, shown.identity, words)
    return tuple(sorted(offers, key=lambda offer: offer.id))


def _professional_offers(rows: SubjectRows, row: PersonRow, words: Words) -> Iterator[Offer]:
    """One offer per place of the live activities, and per place of an editor with slots, that has an address."""
    person = Person(row.number, row.civility, row.given_name, row.family_name)
    at_places: dict[str, Sequence[ActivityRow]] = {}
    for activity in rows.activities:
        key = activity.place_key or ""
        at_places[key] = (*at_places.get(key, ()), activity)
    for place in _places_of_slots(rows) if rows.activities else ():
        if place.key not in at_places and place.source != "rpps":
            at_places[place.key] = [_moved(activity, place) for activity in rows.activities]
    for key, activities in at_places.items():
        site = words.site(key, rows.places.get(key), structure_at(key, rows.structures))
        if site is not None:
            yield _present(_professional_offer(rows, person, key, site, activities=activities, words=words), rows, key)


def _present(offer: Offer, rows: SubjectRows, key: str) -> Offer:
    """The same offer; while nobody is received at its place, without patients beyond what is open."""
    said = offer.participation
    if not (said and said.overbooking and slots.is_away(rows, key, offer.place.time_zone, rows.now)):
        return offer
    return msgspec.structs.replace(offer, participation=msgspec.structs.replace(said, overbooking=False))


def _places_of_slots(rows: SubjectRows) -> list[PlaceRow]:
    """The places that the subject's availabilities name."""
    keys = dict.fromkeys(slot.place_key for slot in rows.availabilities if slot.place_key)
    return [rows.places[key] for key in keys if key in rows.places]


def _moved(activity: ActivityRow, place: PlaceRow) -> ActivityRow:
    """The same activity at a place that only an editor knows: of what is said of it, what is done there stays."""
    return activity._replace(place_key=place.key, sector=None, phone=place.phone, phone2=None)


def _professional_offer(
    rows: SubjectRows, person: Person, key: str, site: Site, *, activities: Sequence[ActivityRow], words: Words
) -> Offer:
    practice = words.practice(_done(activities, rows.skills))
    declared = merged(rows, key)
    structure = site.structure if site.structure.type else _of_sector(site.structure, activities, words)
    return Offer(
        id=offer_id(rows.subject, key),
        subject=rows.subject,
        kind="professional",
        person=person,
        professions=practice.professions,
        specialties=practice.specialties,
        structure=structure,
        place=site.place,
        phones=phones([phone for activity in activities for phone in (activity.phone, activity.phone2)]),
        skills=skills_of(practice.skills, declared, words),
        slot_state=slot_state(rows),
        silent_sources=silent_sources(rows.feeds),
        answered_sources=answered_sources(rows.feeds),
        availabilities=availabilities(slots.at_place(rows, key, site.place.time_zone)),
        **sinking(rows, key),
        **declared_values(declared, words) | settled.of_person(rows.participation, key, structure),
    )


def _done(activities: Sequence[ActivityRow], skills: Sequence[SkillRow]) -> frozenset[Done]:
    """What is done by these activities; a *savoir-faire* counts where its profession is practised."""
    done: list[Done] = [(activity.profession, activity.skill_type, activity.skill) for activity in activities]
    if skills:
        professions = {profession for profession, _, _ in done}
        done += [(skill.profession, skill.type, skill.code) for skill in skills if skill.profession in professions]
    return frozenset(done)


def _of_sector(structure: StructureRef, activities: Iterable[ActivityRow], words: Words) -> StructureRef:
    """The structure with the type that the sector of activity tells, where FINESS tells none."""
    sectors = sorted({activity.sector for activity in activities if activity.sector})
    kind = next((kind for sector in sectors if (kind := structure_type_of_sector(sector))), None)
    return msgspec.structs.replace(structure, type=words.code("structure_type", kind)) if kind else structure


def _structure_offers(rows: SubjectRows, row: StructureRow, words: Words) -> Iterator[Offer]:
    """The offer of a structure at its place, and at each of its other points, that has an address."""
    own = reading.structure_key(row.id)
    sites = {own: words.site(own, rows.places.get(own), row)}
    for point in (*rows.fixed_points, *_places_of_slots(rows)):
        if point.key not in sites and has_address(point):
            sites[point.key] = _fixed_point(point, row, words)
    for key, site in sites.items():
        if site is not None:
            yield _present(_structure_offer(rows, row, key, site, words), rows, key)


def _fixed_point(point: PlaceRow, row: StructureRow, words: Words) -> Site:
    """A place of a structure away from its own, whose name begins the address."""
    named = point._replace(recipient=point.name or point.recipient)
    return Site(_place(named, named), _structure_ref(None, row, words), point.phone)


def _structure_offer(rows: SubjectRows, row: StructureRow, key: str, site: Site, words: Words) -> Offer:
    done: set[Done] = {(practice.profession, practice.skill_type, practice.skill) for practice in rows.practices}
    shown = (slot for slot in rows.availabilities if slot.audience == "public")  # these codes are shown to everyone
    done |= {asked_of(code) for slot in shown for code in decoded(slot.specialties)}
    practice = words.practice(frozenset(done))
    declared = merged(rows, key)
    values = declared_values(declared, words)
    return Offer(
        id=offer_id(rows.subject, key),
        subject=rows.subject,
        kind="structure",
        person=None,
        professions=practice.professions or None,
        specialties=practice.specialties,
        structure=site.structure,
        place=site.place,
        phones=phones((site.phone, row.phone)),
        skills=skills_of((), declared, words),
        slot_state=slot_state(rows),
        silent_sources=silent_sources(rows.feeds),
        answered_sources=answered_sources(rows.feeds),
        availabilities=availabilities(slots.at_place(rows, key, site.place.time_zone)),
        **sinking(rows, key),
        **values | settled.of_structure(rows, values.get("participation")),
    )


# Where ---------------------------------------------------------------------------------------------------------------


def structure_at(key: str, structures: Mapping[str, StructureRow]) -> StructureRow | None:
    """The open structure whose place key this is."""
    prefix, _, identifier = key.partition(":")
    return structures.get(identifier) if f"{prefix}:" in reading.PREFIXES else None


def site_of(place: PlaceRow | None, structure: StructureRow | None, words: Words) -> Site | None:
    """The place and its structure, whose own address and point win; None without any address."""
    rows: tuple[Addressed, ...] = tuple(row for row in (structure, place) if row is not None)
    address = next((row for row in rows if has_address(row)), None)
    if address is None:
        return None
    located = next((row for row in rows if row.lat is not None and row.lon is not None), address)
    return Site(_place(address, located), _structure_ref(place, structure, words))


def _place(address: Addressed, located: Addressed) -> Place:
    point = None
    if located.lat is not None and located.lon is not None:
        point = PlacePoint(located.lat, located.lon, cast("Precision", located.precision or "commune"))
    commune = None
    if address.insee:
        known = gazetteer().commune(address.insee)
        commune = CommuneRef(address.insee, known.name if known else address.commune or address.insee)
    departement = address.departement or None
    zone = zone_of(departement)
    return Place(postal_lines(address), address.postal_code or None, commune, departement, point, zone)


def _structure_ref(place: PlaceRow | None, structure: StructureRow | None, words: Words) -> StructureRef:
    """The structure at a place: as FINESS knows it, else as the RPPS names it."""
    if structure is not None:
        kind = words.code("structure_type", structure.category) if structure.category else None
        finess, siret = numbers_of(structure)
        return StructureRef(finess, siret, structure.long_name or structure.name, kind)
    if place is not None:
        return StructureRef(place.finess, place.siret, place.sign or place.name)
    return StructureRef()


def numbers_of(structure: StructureRow) -> tuple[str | None, str | None]:
    """The FINESS number and the SIRET of a structure."""
    if reading.structure_key(structure.id).startswith("siret:"):
        return None, structure.id
    return structure.id, structure.siret


# What they do --------------------------------------------------------------------------------------------------------

ORDINAL: Final = "S"


def is_specialty(kind: str | None, code: str) -> bool:
    """Whether a *savoir-faire* is a specialty: of the ordinal type, or of no type and in their list."""
    return kind == ORDINAL or (not kind and code in SPECIALTIES)


def practice_of(done: frozenset[Done], words: Words) -> Practice:
    """Professions, specialties each by the head of its group, and the codes of other *savoir-faire*."""
    known = [(kind, code) for _, kind, code in done if code]
    heads = {specialty_head(code) for kind, code in known if is_specialty(kind, code)}
    return Practice(
        professions=words.codes("profession", {profession for profession, _, _ in done if profession}),
        specialties=words.codes("specialty", heads) or None,
        skills=frozenset(code for kind, code in known if not is_specialty(kind, code)),
    )


def skills_of(registered: Iterable[str], declared: Mapping[str, Any], words: Words) -> tuple[Code, ...] | None:
    """The registered and the declared skills; None when there is nothing and nobody said so."""
    named = declared.get("skills")
    return None if named is None and not registered else words.codes("skill", {*registered, *decoded(named)})


def asked_of(code: str) -> Done:
    """What a slot's code tells: a profession, or a specialty and whose it is (empty when it does not tell)."""
    if code in PROFESSIONS:
        return code, None, None
    profession = next((whose for prefix, whose in SPECIALTY_PROFESSIONS if code.startswith(prefix)), "")
    return profession, ORDINAL, code


def phones(numbers: Iterable[str | None]) -> tuple[str, ...]:
    """The numbers, once each, in their order. What is no number (a mailbox) is left out."""
    return tuple(dict.fromkeys(number for number in numbers if number and "@" not in number))


# What is declared ----------------------------------------------------------------------------------------------------


def merged(rows: SubjectRows, key: str) -> dict[str, Any]:
    """What is declared for this place, else in general, field by field; what nobody declared is absent.

    What somebody writes here of the place has the last word.
    """
    values: dict[str, Any] = {}
    for wanted in ("", key):
        for declaration in rows.declarations:
            if declaration.place_key == wanted:
                values |= {name: value for name, value in declaration._asdict().items() if value is not None}
    for agenda in rows.agendas:
        if agenda.place_key == key and agenda.information:
            values |= {"information": agenda.information, "written_on": settled.day(agenda.changed_at)}
    return values


def declared_values(declared: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """The declared fields of an offer."""
    if not declared:
        return {}
    lists = {"care": "care", "equipment": "equipment", "languages": "language"}
    found: dict[str, Any] = {
        name: words.codes(terminology, decoded(declared[name]))
        for name, terminology in lists.items()
        if name in declared
    }
    found |= {name: declared[name] for name in ("information", "written_on") if name in declared}
    found |= {name: bool(declared[name]) for name in ("accessible", "new_patients") if name in declared}
    sector = declared.get("sector")
    return found | {"sector": sector and words.code("sector", sector), "participation": participation(declared)}


def participation(declared: Mapping[str, Any]) -> Participation | None:
    """The declared participation; None when nothing about it was declared."""
    if not declared.keys() & {"participation", "overbooking", "reorientation"}:
        return None
    active, overbooking, reorientation = (
        bool(declared.get(name)) for name in ("participation", "overbooking", "reorientation")
    )
    return Participation(active, declared.get("via"), overbooking, reorientation)


# When ----------------------------------------------------------------------------------------------------------------


def availabilities(rows: Sequence[AvailabilityRow]) -> tuple[Availability, ...]:
    """What can be taken, ordered by start, then end."""
    return tuple(map(_availability, sorted(slots.told_once(rows), key=_chronology))) if rows else ()


def _chronology(row: AvailabilityRow) -> tuple[int, int, str, str, str]:
    return row.start, row.end, row.kind, row.source_name, row.modalities


def _availability(row: AvailabilityRow) -> Availability:
    return Availability(
        row.kind,  # type: ignore[arg-type] # the table holds the API's words
        row.start,
        row.end,
        decoded(row.modalities),  # type: ignore[arg-type] # same
        row.audience,  # type: ignore[arg-type] # same
        source(row.source_kind, row.source_name),
        row.capacity,
        row.checked_at,
        row.booking_url,
        decoded(row.motives) if row.motives else (),
    )


def slot_state(rows: SubjectRows) -> SlotState:
    """Unknown when a source could not be asked; none without any source."""
    if not rows.feeds:
        return "known" if rows.availabilities else "none"
    return "known" if all(feed.answered for feed in rows.feeds) else "unknown"


def silent_sources(feeds: Iterable[FeedRow]) -> tuple[SilentSource, ...]:
    """The sources that did not answer when they were last asked, by name; one that nobody asked yet is not silent."""
    silent = (
        SilentSource(feed.source_kind, feed.source_name, feed.asked_at)  # type: ignore[arg-type] # the API's words
        for feed in feeds
        if feed.asked_at and not feed.answered
    )
    return tuple(sorted(silent, key=lambda each: (each.name, each.kind)))


def answered_sources(feeds: Iterable[FeedRow]) -> tuple[AnsweredSource, ...]:
    """The sources that answered when they were last asked, by name."""
    answered = (
        AnsweredSource(feed.source_kind, feed.source_name, feed.asked_at)  # type: ignore[arg-type] # the API's words
        for feed in feeds
        if feed.answered
    )
    return tuple(sorted(answered, key=lambda each: (each.name, each.kind)))


@lru_cache(maxsize=4_096)
def source(kind: str, name: str) -> SlotSource:
    """A source of availabilities, made once."""
    return SlotSource(kind, name)  # type: ignore[arg-type] # the table holds the API's words


@lru_cache(maxsize=4_096)
def decoded(text: str | None) -> tuple[str, ...]:
    """The strings of a JSON list; none of nothing."""
    return tuple(msgspec.json.decode(text, type=list[str] | None) or ()) if text else ()


# From the database ---------------------------------------------------------------------------------------------------


def all_offers(connection: Connection, now: int) -> Iterator[Offer]:
    """Every offer of the database, people first; memory for one batch of subjects.

    Read it in one transaction that sees one state (`rebuild.snapshot`).
    """
    words = Words(reading.unknown_labels(connection))
    for table, read in ((reading.PROFESSIONAL, reading.people), (reading.STRUCTURE, reading.structures)):
        for some in reading.ranges(connection, table):
            for rows in read(connection, some, now):
                yield from offers_of(rows, words)


def offers_for(connection: Connection, subjects: Iterable[str], now: int) -> dict[str, tuple[Offer, ...]]:
    """The offers of these subjects; an empty tuple for one that has none (any more)."""
    words = Words(reading.unknown_labels(connection))
    found: dict[str, tuple[Offer, ...]] = dict.fromkeys(subjects, ())
    for kind, read in (("p:", reading.people), ("s:", reading.structures)):
        identifiers = [subject[2:] for subject in found if subject.startswith(kind)]
        for start in range(0, len(identifiers), LISTED):
            some = Listed(tuple(identifiers[start : start + LISTED]))
            found |= {rows.subject: offers_of(rows, words) for rows in read(connection, some, now)}
    return found


def count_offers(connection: Connection, now: int) -> int:
    """How many offers the database holds, counted by the database itself: what a rebuild must find."""
    return sum(connection.scalars(count(now)).one() for count in (_count_of_people, _count_of_structures))


def _count_of_people(now: int) -> Select[int]:
    """The professionals at the places of their live activities, and of editors' slots, that have an address."""
    who, activity, slot, place = reading.PROFESSIONAL, reading.ACTIVITY, reading.AVAILABILITY, reading.PLACE
    present = and_(who.c.departed_on.is_(None), ~reading.suppressed(reading.person_subject(who.c.id)))
    of_activities = (
        select(who.c.id, activity.c.place_key)
        .join(activity, activity.c.professional_id == who.c.id)
        .where(reading.LIVE, present)
    )
    active = exists().where(activity.c.professional_id == who.c.id, reading.LIVE)
    shown = ~reading.refuses_editors(reading.person_subject(who.c.id))
    of_slots = (
        select(who.c.id, slot.c.place_key)
        .join(slot, slot.c.subject == reading.person_subject(who.c.id))
        .join(place, place.c.key == slot.c.place_key)
        .where(reading.EDITORS, indexed(now), present, active, shown)
    )
    return _count_of_addressed(of_activities.union(of_slots))


def _count_of_structures(now: int) -> Select[int]:
    """The open structures at their own place, at their fixed points, and where their slots are."""
    structure, slot, place = reading.STRUCTURE, reading.AVAILABILITY, reading.PLACE
    present = and_(reading.OPEN, ~reading.suppressed(reading.structure_subject(structure.c.id)))
    key = reading.key_of(structure.c.id)
    own = select(structure.c.id, key.label("place_key")).where(present)
    points = (
        select(structure.c.id, place.c.key)
        .join(place, place.c.siret == structure.c.id)
        .where(reading.EDITORS, present, key.like("siret:%"))
    )
    of_slots = (
        select(structure.c.id, slot.c.place_key)
        .join(slot, slot.c.subject == reading.structure_subject(structure.c.id))
        .where(slot.c.place_key.is_not(None), indexed(now), present)
    )
    return _count_of_addressed(own.union(points, of_slots))


def _count_of_addressed(pairs: CompoundSelect[Any]) -> Select[int]:
    """How many pairs of a subject and a place key have an address: the structure's there, or the place's."""
    place, structure = reading.PLACE, reading.STRUCTURE
    who, key = pairs.subquery().c
    here = and_(structure.c.id == reading.identifier_of(key), reading.OPEN)
    joined = key.table.outerjoin(place, place.c.key == key).outerjoin(structure, here)
    addressed = or_(reading.addressed(place), reading.addressed(structure))
    return select(func.count(who)).select_from(joined).where(addressed)
