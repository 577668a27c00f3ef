"""Agendas: who has one, at which editor, and the slots of each day, drawn from the agenda and the date alone.

Topping up a later day therefore never changes an earlier one.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from annuaire.demo.cpts import Cpts
from annuaire.demo.draws import Weighted, draw, rounded, some
from annuaire.demo.people import DOCTOR, GENERALISTS, Activity, Professional
from annuaire.demo.sos import Association
from models.clock import zone_of

Flow = Literal["ps", "cpts", "sos"]
Kind = Literal["creneau", "plage"]

HORIZON = 72 * 3600
_MOST_A_DAY = 15
UNREACHABLE = "dune"
SOS_EDITOR = "echo"
EDITORS = ("azur", "brume", "cedre", UNREACHABLE, SOS_EDITOR)
_EDITORS = Weighted({"azur": 45.0, "brume": 24.0, "cedre": 28.0, UNREACHABLE: 1.7}.items())
_FLOWS: dict[str, Flow] = {"cedre": "cpts"}
_WITHOUT_CPTS = "azur"
_ALSO_UNREACHABLE = 0.015
_RECEIVING = {"solo", "group", "society", "msp", "cds", "mmg"}


class Session(NamedTuple):
    """A stretch of the day: local hours, kind and length of a slot, FHIR modality, chances on weekdays and weekends."""

    start: float
    end: float
    kind: Kind
    minutes: int
    modality: str
    weekday: float
    saturday: float
    sunday: float


STYLES = {
    "cabinet": (
        Session(8.5, 12, "creneau", 15, "AMB", 0.9, 0.4, 0),
        Session(14, 18.5, "creneau", 15, "AMB", 0.85, 0.08, 0),
    ),
    "long": (
        Session(9, 12.5, "creneau", 30, "AMB", 0.8, 0.15, 0),
        Session(14, 18, "creneau", 30, "AMB", 0.75, 0, 0),
    ),
    "evening": (Session(18.5, 21, "creneau", 15, "AMB", 0.5, 0.1, 0.03),),
    "tele": (
        Session(8, 13, "creneau", 10, "VR", 0.6, 0.3, 0.15),
        Session(17, 22, "creneau", 10, "VR", 0.6, 0.2, 0.2),
    ),
    "visits": (
        Session(12, 14, "plage", 120, "HH", 0.5, 0.2, 0.05),
        Session(17, 20, "plage", 180, "HH", 0.4, 0.15, 0.05),
        Session(19, 23, "plage", 240, "HH", 0.35, 0.25, 0.2),
    ),
    "walkin": (Session(8, 10.5, "plage", 150, "AMB", 0.7, 0.35, 0),),
    "nurse": (
        Session(7, 12, "plage", 300, "HH", 0.8, 0.6, 0.45),
        Session(16, 19.5, "plage", 210, "HH", 0.75, 0.5, 0.4),
    ),
    "guard": (
        Session(20, 24, "plage", 240, "AMB", 0.45, 0.5, 0.5),
        Session(9, 13, "plage", 240, "AMB", 0, 0.3, 0.5),
        Session(14, 20, "creneau", 15, "AMB", 0, 0.4, 0.4),
    ),
    "sos": (
        Session(8, 13, "creneau", 20, "AMB", 0.9, 0.8, 0.7),
        Session(14, 23.5, "creneau", 20, "AMB", 0.95, 0.85, 0.8),
        Session(8, 20, "plage", 720, "HH", 0.6, 0.7, 0.7),
        Session(20, 32, "plage", 720, "HH", 1, 1, 1),
        Session(19, 23, "creneau", 15, "VR", 0.4, 0.4, 0.4),
    ),
}
_GP_EXTRAS = {"evening": 0.15, "tele": 0.25, "visits": 0.25, "walkin": 0.15}
_EXTRAS = {"93": {"tele": 0.5}, "50": {"visits": 0.3, "tele": 0.15}, "70": {"visits": 0.2}, DOCTOR: {"tele": 0.3}}
_LONG = {"40", "93", "91", "50", "70", "71", "95"}
_LABELS = {
    "open": Weighted({("PUBLIC",): 50.0, ("PUBLIC", "SNP"): 40.0, ("SNP",): 10.0}.items()),
    "shared": Weighted(
        {("PUBLIC", "SNP"): 40.0, ("SNP",): 30.0, ("PRO", "SNP"): 15.0, ("PUBLIC", "PRO", "SNP"): 15.0}.items()
    ),
    "closed": Weighted({("SNP",): 70.0, ("PRO",): 15.0, ("PRO", "SNP"): 15.0}.items()),
    "cpts": Weighted(
        {
            ("CPTS", "SNP"): 35.0,
            ("CPTS",): 20.0,
            ("PUBLIC", "CPTS"): 20.0,
            ("PUBLIC", "SNP"): 15.0,
            ("SNP",): 10.0,
        }.items()
    ),
    "sos": Weighted({("PUBLIC", "SNP"): 45.0, ("SNP",): 35.0, ("PUBLIC",): 20.0}.items()),
}
_PROFILES = Weighted({"open": 45.0, "shared": 30.0, "closed": 25.0}.items())
_RATES = Weighted({0.5: 15.0, 2.0: 35.0, 4.0: 30.0, 8.0: 20.0}.items())


class AgendaPlace(msgspec.Struct, frozen=True):
    """Where an agenda receives: what the editor knows of the place. `idnst` is empty for an SOS point."""

    idnst: str
    name: str
    line: str
    city: str
    postal_code: str
    phone: str
    zone: str
    guard: bool = False


class Agenda(msgspec.Struct, frozen=True):
    """One agenda at one editor. `id`: the prefixed identifier that the editor is asked with."""

    id: str
    editor: str
    flow: Flow
    family: str
    given: str
    specialty: str
    styles: tuple[str, ...]
    rate: float
    labels: str
    places: tuple[AgendaPlace, ...]
    cpts: tuple[tuple[str, str], ...] = ()


class Slot(NamedTuple):
    """One availability as the editor tells it; `place` is the rank of the place in its agenda."""

    id: str
    start: int
    end: int
    place: int
    kind: Kind
    modalities: tuple[str, ...]
    labels: tuple[str, ...]


def agendas_of(rng: Random, someone: Professional, covered: dict[str, Cpts]) -> Iterator[Agenda]:
    """The agendas of a professional: most have none, some have one, a few have a second one elsewhere."""
    receiving = [activity for activity in someone.activities if activity.setting in _RECEIVING][:3]
    if not receiving or someone.kind != "8" or rng.random() >= someone.trade.agendas:
        return
    communes = {activity.place.door.commune.insee for activity in receiving}
    communities = tuple(sorted({covered[insee] for insee in communes & covered.keys()}))[:2]
    agenda = _agenda(rng, someone, tuple(map(_place, receiving)), communities)
    yield agenda
    if agenda.editor != UNREACHABLE and rng.random() < _ALSO_UNREACHABLE:
        yield msgspec.structs.replace(agenda, editor=UNREACHABLE, flow="ps", cpts=())


def _agenda(rng: Random, who: Professional, places: tuple[AgendaPlace, ...], communities: tuple[Cpts, ...]) -> Agenda:
    editor = _EDITORS.pick(rng)
    editor = _WITHOUT_CPTS if editor in _FLOWS and not communities else editor
    flow = _FLOWS.get(editor, "ps")
    labels = "cpts" if flow == "cpts" else _PROFILES.pick(rng)
    name, styles = who.name, _styles(rng, who, places)
    skill = who.trade.skill if who.trade.profession == DOCTOR else ""
    told = tuple((cpts.finess, cpts.name) for cpts in communities) if flow == "cpts" else ()
    return Agenda(
        who.national_id, editor, flow, name.family, name.given, skill, styles, _RATES.pick(rng), labels, places, told
    )


def _place(activity: Activity) -> AgendaPlace:
    door, guard = activity.place.door, activity.setting == "mmg"
    zone = zone_of(door.commune.departement)
    city, code = door.commune.town, door.town.postal_code
    return AgendaPlace(activity.place.idnst, door.front.name, door.address.line, city, code, door.phone, zone, guard)


def _styles(rng: Random, who: Professional, places: tuple[AgendaPlace, ...]) -> tuple[str, ...]:
    """How somebody receives: the habit of the trade, extras, and duty at a maison médicale de garde."""
    if who.trade.profession == "60":
        return ("nurse",)
    if all(place.guard for place in places):
        return ("guard",)
    extras = _GP_EXTRAS if who.trade.skill in GENERALISTS else _EXTRAS.get(who.trade.profession, {})
    habit = "long" if who.trade.profession in _LONG else "cabinet"
    chosen = [style for style, share in extras.items() if rng.random() < share]
    duty = ["guard"] if any(place.guard for place in places) else []
    return (habit, *chosen, *duty)


def agenda_of_association(association: Association, departement: str) -> Agenda:
    """The agenda of an SOS Médecins association, with its on-call points."""
    zone = zone_of(departement)
    points = tuple(
        AgendaPlace("", point.name, point.line, point.city, point.postal_code, point.phone, zone)
        for point in association.points
    )
    identifier = f"3{association.siret}"
    return Agenda(identifier, SOS_EDITOR, "sos", association.name, "", "SM54", ("sos",), 5.0, "sos", points)


def slots_of(seed: int, agenda: Agenda, now: int) -> list[Slot]:
    """What the editor answers now: free créneaux to come and plages not ended, that start within 72 hours."""
    zone = ZoneInfo(agenda.places[0].zone)
    today = datetime.fromtimestamp(now, zone).date()
    days = (today + timedelta(days=offset) for offset in range(-1, 4))
    found = (slot for day in days for slot in slots_of_day(seed, agenda, day))
    return [
        slot
        for slot in found
        if slot.start < now + HORIZON and (slot.start if slot.kind == "creneau" else slot.end - 1) >= now
    ]


def slots_of_day(seed: int, agenda: Agenda, day: date) -> list[Slot]:
    """The slots of a calendar day, whatever the moment they are asked."""
    rng = draw(seed, "agenda", agenda.editor, agenda.id, day)
    sessions = [session for style in agenda.styles for session in STYLES[style]]
    spans = [span for session in sessions for span in _spans(rng, agenda, session, day)][:_MOST_A_DAY]
    return [
        Slot(f"{agenda.id}-{day:%Y%m%d}-{rank}", start, start + session.minutes * 60, place, session.kind, how, labels)
        for rank, (session, start, place, how, labels) in enumerate(spans, 1)
    ]


class _Span(NamedTuple):
    session: Session
    start: int
    place: int
    modalities: tuple[str, ...]
    labels: tuple[str, ...]


def _spans(rng: Random, agenda: Agenda, session: Session, day: date) -> Iterator[_Span]:
    """The free slots of one session: none when it is not held that day."""
    held = (session.weekday,) * 5 + (session.saturday, session.sunday)
    if rng.random() >= held[day.weekday()]:
        return
    place = _where(rng, agenda, session)
    also = ("VR",) if "tele" in agenda.styles and session.modality == "AMB" and rng.random() < 0.2 else ()
    for hour in _hours(rng, session, agenda.rate):
        start = _instant(day, hour, agenda.places[place].zone)
        yield _Span(session, start, place, (session.modality, *also), _LABELS[agenda.labels].pick(rng))


def _hours(rng: Random, session: Session, rate: float) -> list[float]:
    """When the slots start, in local hours: the plage itself, or some free créneaux of the session."""
    if session.kind == "plage":
        return [session.start]
    length = session.minutes / 60
    grid = [session.start + rank * length for rank in range(int((session.end - session.start) / length))]
    count = rounded(rng, rng.expovariate(1 / rate))
    return some(rng, grid, count, count)


def _where(rng: Random, agenda: Agenda, session: Session) -> int:
    """The rank of the place: duty is held at the maison médicale de garde, everything else elsewhere."""
    duty = session in STYLES["guard"]
    ranks = [rank for rank, place in enumerate(agenda.places) if place.guard == duty]
    return rng.choice(ranks or range(len(agenda.places)))


def _instant(day: date, hour: float, zone: str) -> int:
    """The instant of a local time, given in hours after midnight; past 24, the next day's."""
    minutes = round(hour * 60)
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    return int(wall.replace(tzinfo=ZoneInfo(zone)).timestamp())
