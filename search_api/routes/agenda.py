"""`/api/v1/agenda/{offer}`: the agenda that somebody keeps of one place, absences, complementary information."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Annotated, Final, TypeVar

import msgspec
from fastapi import APIRouter, Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic import WithJsonSchema as Schema
from sqlalchemy import Connection
from starlette.responses import Response

from models.clock import iso
from models.tables import AgendaEntry
from registry import absences, agenda, drafts
from registry.absences import Period
from registry.agenda import Chosen, Scope
from registry.drafts import Draft
from registry.practice import Practice
from registry.recurrence import local_day
from search_api import agendas, openapi
from search_api.bodies import BodyDep, OursDep, read_body
from search_api.caching import PairsDep, json
from search_api.parameters import OfferId, read_as, refuse
from search_api.problems import is_control
from search_api.searching import asks_nothing, context
from search_api.services import ServicesDep

router = APIRouter(prefix="/api/v1/agenda", tags=["Agenda"])

NO_STORE: Final = {"Cache-Control": "no-store"}
ENTRIES: Final = "/{offer}/entries"
ENTRY: Final = ENTRIES + "/{entry}"
_LISTED: Final = 50
"""Values of a list, at most."""

EntryId = Annotated[str, Path(description="Identifiant d’une disponibilité de cet agenda.", examples=["4f0c5e"])]


# What is answered ---------------------------------------------------------------------------------------------------


class EntryJson(msgspec.Struct, frozen=True):
    """A créneau or a plage, once or every week, on the clock of its place. `weekdays`: 0 is Monday."""

    id: str
    kind: str
    capacity: int | None
    modalities: tuple[str, ...]
    first_day: date
    starts: str
    ends: str
    weekdays: tuple[int, ...]
    last_day: date | None
    skipped: tuple[str, ...]
    version: int
    changed_at: str
    advice: str | None


class OccurrenceJson(msgspec.Struct, frozen=True):
    """An entry on one day; `hidden` while nobody is received at the place, `expected` when a patient is."""

    entry: str
    day: date
    start: str
    end: str
    hidden: bool
    expected: bool


class PeriodJson(msgspec.Struct, frozen=True):
    """Whole days without anybody, both included; until further notice without the last."""

    first_day: date
    last_day: date | None


class AgendaJson(msgspec.Struct, frozen=True):
    """The agenda of one place, and its occurrences of one week. `shown`: it, or an `editor`, or an `association`."""

    offer: str
    time_zone: str
    shown: str
    editors: tuple[str, ...]
    reason: str | None
    changed_at: str | None
    information: str | None
    absences: tuple[PeriodJson, ...]
    entries: tuple[EntryJson, ...]
    week: date
    occurrences: tuple[OccurrenceJson, ...]


AGENDA: Final = AgendaJson(
    offer="p810100000001-0123456789ab",
    time_zone="Europe/Paris",
    shown="agenda",
    editors=(),
    reason=None,
    changed_at="2026-11-23T17:42:00+01:00",
    information="Visites après 19 h dans Villeurbanne.",
    absences=(PeriodJson(date(2026, 12, 24), date(2027, 1, 3)),),
    entries=(
        EntryJson(
            id="4f0c5e",
            kind="plage",
            capacity=5,
            modalities=("cabinet", "teleconsultation"),
            first_day=date(2026, 11, 23),
            starts="18:00",
            ends="20:00",
            weekdays=(0, 3),
            last_day=None,
            skipped=("2026-11-26",),
            version=2,
            changed_at="2026-11-23T17:42:00+01:00",
            advice=None,
        ),
    ),
    week=date(2026, 11, 23),
    occurrences=(
        OccurrenceJson(
            entry="4f0c5e",
            day=date(2026, 11, 23),
            start="2026-11-23T18:00:00+01:00",
            end="2026-11-23T20:00:00+01:00",
            hidden=False,
            expected=False,
        ),
    ),
)
"""An example of it all."""


def entry_json(entry: AgendaEntry, zone: str) -> EntryJson:
    """An entry as it is answered."""
    return EntryJson(
        id=entry.id,
        kind=entry.kind,
        capacity=entry.capacity,
        modalities=tuple(entry.modalities),
        first_day=entry.first_day,
        starts=agendas.hour(entry.starts),
        ends=agendas.hour(entry.ends),
        weekdays=tuple(entry.weekdays),
        last_day=entry.last_day,
        skipped=tuple(entry.skipped),
        version=entry.version,
        changed_at=iso(entry.changed_at, zone),
        advice=drafts.advice(agendas.draft_of(entry)),
    )


def agenda_json(book: agendas.Book, monday: date) -> AgendaJson:
    """An agenda and its occurrences of the week of this Monday."""
    zone = book.where.zone
    return AgendaJson(
        offer=book.identifier,
        time_zone=zone,
        shown="agenda" if book.reason is None else "editor" if book.editors else "association",
        editors=book.editors,
        reason=book.reason,
        changed_at=iso(book.changed_at, zone) if book.changed_at else None,
        information=book.information,
        absences=tuple(PeriodJson(*period) for period in book.absences),
        entries=tuple(entry_json(entry, zone) for entry in book.entries),
        week=monday,
        occurrences=tuple(
            OccurrenceJson(
                entry.id,
                day,
                iso(when.start, zone),
                iso(when.end, zone),
                book.is_away(day),
                book.patients_at(entry, when) > 0,
            )
            for entry, day, when in book.week(monday)
        ),
    )


# What is sent -------------------------------------------------------------------------------------------------------

_Read = TypeVar("_Read")


def _reading(read: Callable[[str], _Read | None], rule: str) -> BeforeValidator:
    """A value that is written as a text."""

    def check(value: object) -> _Read:
        found = read(value) if isinstance(value, str) else None
        if found is None:
            raise refuse(rule)
        return found

    return BeforeValidator(check)


def _without_controls(text: object) -> object:
    if isinstance(text, str) and any(is_control(each) and each not in "\n\t" for each in text.replace("\r\n", "\n")):
        raise refuse("sans caractère de contrôle")
    return text.replace("\r\n", "\n") if isinstance(text, str) else text


Day = Annotated[date, _reading(agendas.day, "un jour comme 2026-11-30"), Schema({"type": "string", "format": "date"})]
Hour = Annotated[
    int, _reading(agendas.minute, "une heure comme 08:30"), Schema({"type": "string", "pattern": r"\d\d:\d\d"})
]
Modalities = Annotated[
    tuple[str, ...], Field(max_length=_LISTED), Schema({"type": "array", "items": {"type": "string"}})
]
Weekdays = Annotated[
    tuple[int, ...], Field(max_length=_LISTED), Schema({"type": "array", "items": {"type": "integer"}})
]


AboutWhich = Annotated[Scope, Field(strict=False), Schema({"type": "string", "enum": [str(each) for each in Scope]})]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class NewEntry(_Body):
    """An entry to write. Without `weekdays` it is on its first day alone."""

    model_config = openapi.example(
        kind="plage",
        first_day="2026-11-23",
        starts="18:00",
        ends="20:00",
        modalities=["cabinet", "teleconsultation"],
        capacity=5,
        weekdays=[0, 3],
    )

    kind: str
    first_day: Day
    starts: Hour
    ends: Hour
    modalities: Modalities
    capacity: int | None = None
    weekdays: Weekdays = ()
    last_day: Day | None = None


class EditedEntry(_Body):
    """What occurrences become: what is left out stays. `version` is the entry's as it was read."""

    model_config = openapi.example(scope="following", day="2026-11-30", version=1, ends="21:00", capacity=8)

    scope: AboutWhich
    day: Day
    version: int
    kind: str = ""
    first_day: Day = date.min
    starts: Hour = 0
    ends: Hour = 0
    modalities: Modalities = ()
    capacity: int | None = None
    weekdays: Weekdays = ()
    last_day: Day | None = None


class OnePeriod(_Body):
    """Whole days, both included."""

    first_day: Day
    last_day: Day | None = None


class Absences(_Body):
    """Every period, in the place of those that were; none to be there again. `former`: those that were, as read.

    `everywhere`: the same at the other places of this person or structure.
    """

    model_config = openapi.example(periods=[{"first_day": "2026-12-24", "last_day": "2027-01-03"}], former=[])

    periods: Annotated[tuple[OnePeriod, ...], Field(max_length=_LISTED)]
    former: Annotated[tuple[OnePeriod, ...], Field(max_length=_LISTED)] | None = None
    everywhere: bool = False


class Information(_Body):
    """The complementary information for the regulation; empty to remove it. `former`: the one that was, as read."""

    model_config = openapi.example(text=AGENDA.information, former="")

    text: Annotated[str, Field(max_length=agenda.INFORMATION), BeforeValidator(_without_controls)]
    former: str | None = None


class WeekParameters(BaseModel):
    """Which week is asked: that of any of its days, this one without."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    week: Annotated[Day | None, Field(description="un jour de la semaine demandée", examples=["2026-11-23"])] = None


class ChosenParameters(BaseModel):
    """The occurrences to remove."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scope: Annotated[AboutWhich, Field(description="`one`, `following` ou `all`", examples=["one"])]
    day: Annotated[Day, Field(description="le jour choisi", examples=["2026-11-23"])]
    version: Annotated[int, Field(description="celle de la disponibilité telle qu’elle a été lue", examples=[1])]


# Routes -------------------------------------------------------------------------------------------------------------


@router.get(
    "/{offer}",
    summary="L’agenda d’un lieu, et une de ses semaines",
    response_class=Response,
    **openapi.documented(AgendaJson, WeekParameters, (404, 414, 422, 503)),
)
def read_agenda(offer: OfferId, services: ServicesDep, pairs: PairsDep) -> Response:
    """Ce qui se répète, les occurrences de la semaine, les absences, l’information complémentaire, qui est montré."""
    at = services.clock()
    asked = read_as(WeekParameters, pairs, context(services, at))
    book = agendas.read(services, offer, at)
    day = asked.week or local_day(at, book.where.zone)
    return json(agenda_json(book, day - timedelta(days=day.weekday())), NO_STORE)


@router.post(
    ENTRIES,
    summary="Ajouter une disponibilité",
    response_class=Response,
    status_code=201,
    **openapi.documented(EntryJson, None, openapi.WRITES, body=NewEntry, status=201),
)
def create(offer: OfferId, services: ServicesDep, pairs: PairsDep, body: BodyDep) -> Response:
    """Un créneau ou une plage, une fois ou chaque semaine."""
    asks_nothing(services, pairs)
    draft = Draft(**read_body(NewEntry, body).model_dump())
    at = services.clock()
    zone, written = agendas.change(
        services, offer, lambda connection, where: (where.zone, agenda.create(connection, where, draft, at))
    )
    about = NO_STORE | {"Location": f"/api/v1/agenda/{offer}/entries/{written.id}"}
    return Response(msgspec.json.encode(entry_json(written, zone)), 201, about, "application/json")


@router.get(
    ENTRY,
    summary="Une disponibilité",
    response_class=Response,
    **openapi.documented(EntryJson, None, (404, 414, 422, 503)),
)
def read_entry(offer: OfferId, entry: EntryId, services: ServicesDep, pairs: PairsDep) -> Response:
    """Un créneau ou une plage, avec sa version."""
    asks_nothing(services, pairs)
    book = agendas.read(services, offer, services.clock())
    return json(entry_json(agendas.one_of(book, entry), book.where.zone), NO_STORE)


@router.patch(
    ENTRY,
    summary="Modifier une disponibilité : une fois, celle-ci et les suivantes, ou toutes",
    response_class=Response,
    **openapi.documented(EntryJson, None, openapi.WRITES, body=EditedEntry),
)
def edit(offer: OfferId, entry: EntryId, services: ServicesDep, pairs: PairsDep, body: BodyDep) -> Response:
    """Ce qui n’est pas donné ne change pas."""
    asks_nothing(services, pairs)
    given = read_body(EditedEntry, body)
    chosen = Chosen(entry, given.scope, given.day, given.version)
    values = given.model_dump(exclude_unset=True, exclude={"scope", "day", "version"})
    at = services.clock()

    def edited(connection: Connection, where: Practice) -> EntryJson:
        draft = agendas.edited(agendas.own(connection, where, entry), chosen, values)
        return entry_json(agenda.edit(connection, chosen, draft, at), where.zone)

    return json(agendas.change(services, offer, edited), NO_STORE)


@router.delete(
    ENTRY,
    summary="Supprimer une disponibilité : une fois, celle-ci et les suivantes, ou toutes",
    response_class=Response,
    status_code=204,
    dependencies=[OursDep],
    **openapi.documented(None, ChosenParameters, openapi.WRITES, status=204),
)
def remove(offer: OfferId, entry: EntryId, services: ServicesDep, pairs: PairsDep) -> Response:
    """Elles quittent les recherches aussitôt."""
    at = services.clock()
    chosen = Chosen(entry, *read_as(ChosenParameters, pairs, context(services, at)).model_dump().values())

    def removed(connection: Connection, where: Practice) -> None:
        agendas.own(connection, where, entry)
        agenda.remove(connection, chosen, at)

    agendas.change(services, offer, removed)
    return Response(status_code=204, headers=NO_STORE)


@router.put(
    "/{offer}/absences",
    summary="Dire quand personne n’est reçu à ce lieu",
    response_class=Response,
    status_code=204,
    **openapi.documented(None, None, openapi.WRITES, body=Absences, status=204),
)
def declare_absences(offer: OfferId, services: ServicesDep, pairs: PairsDep, body: BodyDep) -> Response:
    """Jusqu’à nouvel ordre, ou jusqu’à trois périodes ; aucune pour être là de nouveau. Ici, ou dans tous ses lieux."""
    asks_nothing(services, pairs)
    said, at = read_body(Absences, body), services.clock()
    periods = _periods(said.periods)
    former = None if said.former is None else _periods(said.former)

    def declared(connection: Connection, where: Practice) -> None:
        if said.everywhere:
            read = absences.everywhere(connection, where.subject, at)
            known = None if former is None else read | {where.place_key: former}
            absences.declare_everywhere(connection, where, periods, at, known)
        else:
            absences.declare(connection, where, periods, at, former)

    agendas.change(services, offer, declared)
    return Response(status_code=204, headers=NO_STORE)


@router.put(
    "/{offer}/information",
    summary="Écrire l’information complémentaire pour la régulation",
    response_class=Response,
    status_code=204,
    **openapi.documented(None, None, openapi.WRITES, body=Information, status=204),
)
def inform(offer: OfferId, services: ServicesDep, pairs: PairsDep, body: BodyDep) -> Response:
    """1 000 caractères au plus ; un texte vide la retire."""
    asks_nothing(services, pairs)
    said, at = read_body(Information, body), services.clock()

    def informed(connection: Connection, where: Practice) -> None:
        agenda.inform(connection, where, said.text, at, said.former)

    agendas.change(services, offer, informed)
    return Response(status_code=204, headers=NO_STORE)


def _periods(given: Sequence[OnePeriod]) -> list[Period]:
    return [Period(one.first_day, one.last_day) for one in given]
