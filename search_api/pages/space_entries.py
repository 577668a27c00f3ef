"""The pages of one entry of an agenda: to add, to change, to remove and to put back."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any, Final

import msgspec
from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from models.codes import MODALITIES
from models.tables import AgendaEntry
from registry import agenda, drafts
from registry.agenda import Chosen, Scope
from registry.drafts import Draft
from registry.practice import Practice
from registry.recurrence import interval, local_day, next_day
from search_api import agendas, parameters
from search_api.agendas import Book
from search_api.pages import entry_form, french, sending
from search_api.pages import space_forms as forms
from search_api.pages import week as weeks
from search_api.pages.sending import Sheet
from search_api.pages.week import path
from search_api.posting import Posted, PostedDep
from search_api.problems import NotFound
from search_api.services import Services, ServicesDep
from search_api.tickets import Tickets

router = APIRouter(prefix="/espace/{offer}", include_in_schema=False)

DAY: Final = "jour"
ADD: Final = "ajouter"
"""What a form of a new entry is about."""
UNDO: Final = "annuler"
LONG: Final = 4_000
"""Characters of an undoing that an address still holds; a longer one is not offered."""
GONE: Final = (
    "Cette disponibilité n’existe plus, ou n’a plus lieu ce jour-là : rien n’a été enregistré. Ce que vous avez écrit "
    "est ci-dessous ; envoyez-le pour l’ajouter."
)


class Removed(msgspec.Struct, frozen=True):
    """An entry as it was before it was removed, so that it can be put back; `day` is the one that was chosen."""

    place: str
    day: date
    entry: dict[str, Any]


@router.get("/agenda/ajouter")
def new_entry(offer: str, request: Request, services: ServicesDep) -> Response:
    """An empty form, on the day that is asked or today."""
    given = dict(parameters.pairs(request.scope["query_string"]))
    at = services.clock()
    book = agendas.read(services, offer, at)
    day = agendas.day(given.get(DAY, "")) or local_day(at, book.where.zone)
    held = forms.Held(offer, ADD)
    return _entry_page(services, book, Sheet(forms.issued(services, held), entry_form.new(day)))


@router.post("/agenda/ajouter")
def create(offer: str, posted: PostedDep, services: ServicesDep) -> Response:
    """Write the entry once, then show its week; or draw the form again with what is wrong."""
    at = services.clock()
    book = agendas.read(services, offer, at)
    sent, draft = _entry_sent(services, posted, forms.Held(offer, ADD), book)

    def created(connection: Connection, where: Practice) -> AgendaEntry:
        return agenda.create(connection, where, draft, at, sent.reference)

    again = partial(_entry_page, services, book)
    return forms.done(
        services, sent, created, again, lambda written: _written(offer, "ajoutee", written, draft.first_day)
    )


@router.post("/agenda/retablir")
def restore(offer: str, posted: PostedDep, services: ServicesDep) -> Response:
    """Put back what was just removed."""
    at = services.clock()
    removed = _removed(services, posted.fields.get(sending.TICKET, ""), offer)
    if removed is None:
        raise NotFound("Cette suppression ne s’annule plus : ajoutez la disponibilité de nouveau.")
    former = AgendaEntry.model_validate(removed.entry)
    agendas.change(services, offer, lambda connection, where: agenda.restore(connection, where, former, at))
    return forms.after(offer, "retablie", removed.day)


@router.get("/agenda/{entry}")
def entry_opened(offer: str, entry: str, request: Request, services: ServicesDep) -> Response:
    """An entry on the day that is asked: to change, or to remove."""
    book = agendas.read(services, offer, services.clock())
    found, day = _found(book, entry, request)
    held = forms.Held(offer, f"{entry}:{day}", found.version)
    return _entry_page(
        services, book, Sheet(forms.issued(services, held), entry_form.values_of(found, day)), opened=(found, day)
    )


@router.post("/agenda/{entry}")
def edit(offer: str, entry: str, request: Request, posted: PostedDep, services: ServicesDep) -> Response:
    """Change the occurrences that were chosen, as they were read; or draw the form again with what is wrong."""
    at = services.clock()
    book = agendas.read(services, offer, at)
    try:
        found, day = _found(book, entry, request)
    except NotFound as gone:
        return _edited_already(services, posted, book) or _gone(services, posted, book, gone.status)
    sent, typed = _entry_sent(services, posted, forms.Held(offer, f"{entry}:{day}", found.version), book, (found, day))
    scope = _scope(sent.values)
    draft = typed._replace(weekdays=(), last_day=None) if scope is Scope.ONE and found.weekdays else typed
    chosen = Chosen(entry, scope, day, sent.held.version)

    def edited(connection: Connection, where: Practice) -> AgendaEntry:
        agendas.own(connection, where, entry)
        return agenda.edit(connection, chosen, draft, at, sent.reference)

    again = partial(_entry_page, services, book, opened=(found, day))
    return forms.done(services, sent, edited, again, lambda written: _written(offer, "modifiee", written, day))


@router.post("/agenda/{entry}/supprimer")
def remove(offer: str, entry: str, request: Request, posted: PostedDep, services: ServicesDep) -> Response:
    """Remove the occurrences that were chosen, and offer to put them back."""
    at = services.clock()
    book = agendas.read(services, offer, at)
    try:
        found, day = _found(book, entry, request)
    except NotFound:
        return _removed_already(services, posted, offer, entry)
    sent = forms.sent(services, posted, forms.Held(offer, f"{entry}:{day}", found.version), entry_form.BOXES, ())
    chosen = Chosen(entry, _scope(sent.values), day, sent.held.version)

    def removed(connection: Connection, where: Practice) -> None:
        agendas.own(connection, where, entry)
        agenda.remove(connection, chosen, at)

    undo = _removals(services).issue(Removed(offer, day, found.model_dump(mode="json")), at)
    more = {UNDO: undo} if len(undo) <= LONG else {}
    again = partial(_entry_page, services, book, opened=(found, day))
    drawn = sent._replace(values={**entry_form.values_of(found, day), **sent.values})
    return forms.done(services, drawn, removed, again, lambda _: forms.after(offer, "supprimee", day, **more))


def _found(book: Book, entry: str, request: Request) -> tuple[AgendaEntry, date]:
    """The entry of an address, and the day that it was opened on: its next one where the address names none.

    Raises:
        NotFound: it is not there, or not on this day.

    """
    given = dict(parameters.pairs(request.scope["query_string"]))
    found = agendas.one_of(book, entry)
    asked = agendas.day(given.get(DAY, "")) or found.first_day
    day = next_day(found, asked)
    if day is None or (DAY in given and day != asked):
        raise NotFound(agendas.NO_ENTRY)
    return found, day


def _edited_already(services: Services, posted: Posted, book: Book) -> Response | None:
    """To the week of what the same form wrote before, when it is sent twice; None when it wrote nothing."""
    ticket = forms.tickets(services).read(posted.fields.get(sending.TICKET, ""))
    reference = forms.reference(ticket)
    written = next((one for one in book.entries if one.id == reference), None)
    return _written(book.identifier, "modifiee", written, written.first_day) if written else None


def _gone(services: Services, posted: Posted, book: Book, status: int) -> Response:
    """What was typed of an entry that is not there any more, to add."""
    values = sending.typed(entry_form.BOXES, posted)
    return _entry_page(
        services, book, Sheet(forms.issued(services, forms.Held(book.identifier, ADD)), values), status, GONE
    )


def _removed_already(services: Services, posted: Posted, offer: str, entry: str) -> Response:
    """To the week where it was, when the form was drawn with it: the same form was sent twice.

    Raises:
        NotFound: no form of ours was drawn with it.

    """
    ticket = forms.tickets(services).read(posted.fields.get(sending.TICKET, ""))
    about, _, written = ticket.held.about.partition(":") if ticket and ticket.held.place == offer else ("", "", "")
    day = agendas.day(written)  # a form of something else is about no day
    if about != entry or day is None:
        raise NotFound(f"{agendas.NO_ENTRY}.")
    return forms.after(offer, "supprimee", day)


def _scope(values: Mapping[str, str]) -> Scope:
    """The scope that was chosen; the smallest where none was."""
    return Scope(values["scope"]) if values.get("scope") in set(Scope) else Scope.ONE


def _entry_sent(
    services: Services, posted: Posted, held: forms.Held, book: Book, opened: tuple[AgendaEntry, date] | None = None
) -> tuple[forms.Sent, Draft]:
    at, zone = services.clock(), book.where.zone
    values = sending.typed(entry_form.BOXES, posted)
    draft, broken = entry_form.read(values, at, zone, interval(*opened, zone) if opened else None)
    series = opened is not None and bool(opened[0].weekdays) and _scope(values) is Scope.ALL
    kept = [fault for fault in broken if not (series and fault.field == "first_day")]
    return forms.sent(services, posted, held, entry_form.BOXES, entry_form.said(kept)), draft


def undoing(services: Services, given: Mapping[str, str], offer: str) -> str:
    """The ticket in an address that puts back what was removed at this place; empty for anything else."""
    ticket = _removed(services, given.get(UNDO, ""), offer)
    return given[UNDO] if ticket else ""


def _removed(services: Services, written: str, offer: str) -> Removed | None:
    """What was removed at this place, while it can be put back."""
    ticket = _removals(services).read(written)
    kept = ticket is not None and ticket.held.place == offer and not ticket.is_old(services.clock())
    return ticket.held if ticket and kept else None


def _removals(services: Services) -> Tickets[Removed]:
    """The tickets of what was removed, to put it back."""
    return Tickets(services.secret, "agenda-removed", Removed)


def _written(offer: str, done: str, entry: AgendaEntry, day: date) -> Response:
    """To the week where an entry next takes place, with a word of advice where one helps."""
    more = {forms.ADVICE: "1"} if drafts.advice(agendas.draft_of(entry)) else {}
    return forms.after(offer, done, next_day(entry, max(day, entry.first_day)) or day, **more)


def _entry_page(
    services: Services,
    book: Book,
    sheet: Sheet,
    status: int = 200,
    notice: str | None = None,
    *,
    opened: tuple[AgendaEntry, date] | None = None,
) -> Response:
    entry, day = opened or (None, None)
    about = {DAY: str(day)} if day else {}
    values = {
        "entry": entry,
        "when": f"{french.calendar_day(day)}, {weeks.hours(entry)}" if entry and day else None,
        "repeats": weeks.repeats(entry) if entry else None,
        "action": path(book.identifier, f"/{entry.id}" if entry else "/ajouter", **about),
        "removal": path(book.identifier, f"/{entry.id}/supprimer", **about) if entry else None,
        "back": path(book.identifier, **({forms.WEEK: str(weeks.monday_of(day))} if day else {})),
        "kinds": entry_form.KINDS,
        "scopes": entry_form.SCOPES,
        "starts": entry_form.STARTS,
        "ends": entry_form.ENDS,
        "modalities": tuple(MODALITIES.items()),
        "weekdays": tuple(enumerate(weeks.WEEKDAYS)),
        "capacity": drafts.CAPACITY,
    }
    return forms.page(services, book, "space-entry.html", forms.form_values(sheet, notice) | values, status)
