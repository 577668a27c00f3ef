"""The pages of a professional's place: the agenda of a week, its entries, absences, what the regulation is told.

Until there are accounts they answer in development only. Every page works without JavaScript.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec
from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from models.codes import MODALITIES, Viewer
from models.tables import AgendaEntry
from registry import absences, agenda, drafts
from registry.agenda import INFORMATION, Chosen, Scope
from registry.drafts import Draft
from registry.practice import Practice
from registry.recurrence import local_day, next_day
from search_api import agendas, parameters, problems
from search_api.agendas import Book
from search_api.answers import OneOfferJson, one_offer_json
from search_api.pages import (
    absence_form,
    agenda_out,
    cards,
    entry_form,
    framing,
    french,
    participating,
    render,
    sending,
)
from search_api.pages import week as weeks
from search_api.pages.faults import Wrong
from search_api.pages.sending import Box, Sheet
from search_api.pages.week import path
from search_api.posting import Posted, PostedDep
from search_api.problems import RETRY, SECURITY, Conflict, DatabaseDown, NotFound
from search_api.services import Services, ServicesDep
from search_api.tickets import Ticket, Tickets

router = APIRouter(prefix="/espace/{offer}", include_in_schema=False)

ADD: Final = "ajouter"
"""What a form of a new entry is about."""
WEEK: Final = "semaine"
DAY: Final = "jour"
DONE: Final = "fait"
UNDO: Final = "annuler"
ADVICE: Final = "conseil"
LONG: Final = 4_000
"""Characters of an undoing that an address still holds; a longer one is not offered."""
SAID: Final[Mapping[str, str]] = {
    "ajoutee": "Disponibilité ajoutée : la régulation la voit dans les secondes qui viennent.",
    "modifiee": "Disponibilité modifiée : la régulation la voit ainsi dans les secondes qui viennent.",
    "supprimee": "Disponibilité supprimée : la régulation ne la voit plus.",
    "retablie": "Suppression annulée : la disponibilité est de nouveau là.",
    "absences": "Absences enregistrées.",
    "information": "Information pour la régulation enregistrée.",
}
"""What a page says of what was just done."""
_INFORMATION: Final = Box("information", "Information pour la régulation", INFORMATION, required=False, lines=True)


GONE: Final = (
    "Cette disponibilité n’existe plus, ou n’a plus lieu ce jour-là : rien n’a été enregistré. Ce que vous avez écrit "
    "est ci-dessous ; envoyez-le pour l’ajouter."
)


class Held(msgspec.Struct, frozen=True):
    """What a form is about: a place, what of it (`ajouter`, an entry and a day…), the version that was read."""

    place: str
    about: str
    version: int = 0


class Removed(msgspec.Struct, frozen=True):
    """An entry as it was before it was removed, so that it can be put back; `day` is the one that was chosen."""

    place: str
    day: date
    entry: dict[str, Any]


class Sent(NamedTuple):
    """A form that was sent: what it is about as it was drawn and as it is now, what was typed, what is wrong."""

    held: Held
    current: Held
    values: Mapping[str, str]
    faults: tuple[Wrong, ...]
    reference: str


# The week -----------------------------------------------------------------------------------------------------------


@router.get("/agenda")
def week(offer: str, request: Request, services: ServicesDep) -> Response:
    """The week that is asked, this one otherwise; what the regulation sees in the 72 hours; the other places."""
    given = dict(parameters.pairs(request.scope["query_string"]))
    at = services.clock()
    book = agendas.read(services, offer, at)
    asked = agendas.day(given.get(WEEK, "")) or local_day(at, book.where.zone)
    undone = _removals(services).read(given.get(UNDO, ""))
    values = {
        "week": weeks.week(book, weeks.monday_of(asked), at),
        "said": SAID.get(given.get(DONE, "")),
        "advice": drafts.TOO_LONG if ADVICE in given else None,
        "undo": Sheet(given[UNDO]) if undone and undone.held.place == offer and not undone.is_old(at) else None,
        "absences": tuple(weeks.periods(book)),
        "changed": _changed(book, at),
        "others": tuple(_others(book, at)),
        "modalities": tuple(MODALITIES.items()),
        "add": path(offer, "/ajouter", **{DAY: str(max(asked, local_day(at, book.where.zone)))}),
        "calendar": f"/espace/{offer}/agenda.ics",
        "seen": _card(services, book),
    }
    return _page(services, book, "space.html", values)


@router.get("/agenda.ics")
def calendar(offer: str, services: ServicesDep) -> Response:
    """The agenda for a program that keeps one: what repeats as it repeats, without the days of absence."""
    at = services.clock()
    written = agenda_out.calendar(agendas.read(services, offer, at), at)
    about = {"Content-Disposition": f'inline; filename="agenda-{offer}.ics"', **sending.NO_STORE}
    return Response(written, headers={**SECURITY, **about, "Content-Type": agenda_out.MEDIA_TYPE})


def _as_seen(services: Services, book: Book) -> OneOfferJson | None:
    """The offer as the regulation has it, by the rule of the index; None for a place without an address."""
    frame = services.frame("", 0)
    return one_offer_json(book.offer, Viewer.REGULATION, services.clock(), frame) if book.offer else None


def _card(services: Services, book: Book) -> cards.Card | None:
    shown = _as_seen(services, book)
    return cards.card(shown, datetime.fromisoformat(shown.at)) if shown else None


class Other(NamedTuple):
    """Another place with an agenda, and when it last changed."""

    href: str
    address: str
    changed: str | None


def _others(book: Book, at: int) -> Iterator[Other]:
    for each in book.offers:
        if each.id != book.identifier and each.id in book.places:
            changed = book.places[each.id]
            yield Other(path(each.id), cards.address(each.place), french.ago(at - changed) if changed else None)


def _changed(book: Book, at: int) -> str | None:
    return french.ago(at - book.changed_at) if book.changed_at else None


# An entry -----------------------------------------------------------------------------------------------------------


@router.get("/agenda/ajouter")
def new_entry(offer: str, request: Request, services: ServicesDep) -> Response:
    """An empty form, on the day that is asked or today."""
    given = dict(parameters.pairs(request.scope["query_string"]))
    at = services.clock()
    book = agendas.read(services, offer, at)
    day = agendas.day(given.get(DAY, "")) or local_day(at, book.where.zone)
    held = Held(offer, ADD)
    return _entry_page(services, book, Sheet(_issued(services, held), entry_form.new(day)))


@router.post("/agenda/ajouter")
def create(offer: str, posted: PostedDep, services: ServicesDep) -> Response:
    """Write the entry once, then show its week; or draw the form again with what is wrong."""
    at = services.clock()
    book = agendas.read(services, offer, at)
    sent, draft = _entry_sent(services, posted, Held(offer, ADD), book)

    def created(connection: Connection, where: Practice) -> AgendaEntry:
        return agenda.create(connection, where, draft, at, sent.reference)

    again = partial(_entry_page, services, book)
    return _done(services, sent, created, again, lambda written: _written(offer, "ajoutee", written, draft.first_day))


@router.get("/agenda/absences")
def absences_form(offer: str, services: ServicesDep) -> Response:
    """What is declared of absences, to change."""
    book = agendas.read(services, offer, services.clock())
    values = absence_form.values_of(book.absences)
    return _absences_page(services, book, Sheet(_issued(services, Held(offer, "absences")), values))


@router.post("/agenda/absences")
def declare(offer: str, posted: PostedDep, services: ServicesDep) -> Response:
    """Write the absences in the place of those that were."""
    at = services.clock()
    book = agendas.read(services, offer, at)
    today = local_day(at, book.where.zone)
    numbered, unread = absence_form.read(sending.typed(absence_form.BOXES, posted), today)
    begun = {one.first_day for one in book.absences}
    broken = absences.faults([period for _, period in numbered], today, begun)
    wrong = unread or tuple(absence_form.said(broken, numbered))
    sent = _sent(services, posted, Held(offer, "absences"), absence_form.BOXES, wrong)

    def declared(connection: Connection, where: Practice) -> None:
        absences.declare(connection, where, [period for _, period in numbered], at)

    again = partial(_absences_page, services, book)
    return _done(services, sent, declared, again, lambda _: _after(offer, "absences", today))


@router.get("/agenda/information")
def information_form(offer: str, services: ServicesDep) -> Response:
    """What is written for the regulation, to change."""
    book = agendas.read(services, offer, services.clock())
    values = {"information": book.information or ""}
    return _information_page(services, book, Sheet(_issued(services, Held(offer, "information")), values))


@router.post("/agenda/information")
def inform(offer: str, posted: PostedDep, services: ServicesDep) -> Response:
    """Write what the regulation is told of the place."""
    at = services.clock()
    book = agendas.read(services, offer, at)
    sent = _sent(services, posted, Held(offer, "information"), (_INFORMATION,), sending.faults((_INFORMATION,), posted))

    def informed(connection: Connection, where: Practice) -> None:
        agenda.inform(connection, where, sent.values["information"], at)

    again = partial(_information_page, services, book)
    today = local_day(at, book.where.zone)
    return _done(services, sent, informed, again, lambda _: _after(offer, "information", today))


@router.post("/agenda/retablir")
def restore(offer: str, posted: PostedDep, services: ServicesDep) -> Response:
    """Put back what was just removed."""
    at = services.clock()
    ticket = _removals(services).read(posted.fields.get(sending.TICKET, ""))
    if ticket is None or ticket.held.place != offer or ticket.is_old(at):
        raise NotFound("Cette suppression ne s’annule plus : ajoutez la disponibilité de nouveau.")
    former = AgendaEntry.model_validate(ticket.held.entry)
    agendas.change(services, offer, lambda connection, where: agenda.restore(connection, where, former, at))
    return _after(offer, "retablie", ticket.held.day)


@router.get("/agenda/{entry}")
def entry_opened(offer: str, entry: str, request: Request, services: ServicesDep) -> Response:
    """An entry on the day that is asked: to change, or to remove."""
    book = agendas.read(services, offer, services.clock())
    found, day = _found(book, entry, request)
    held = Held(offer, f"{entry}:{day}", found.version)
    return _entry_page(
        services, book, Sheet(_issued(services, held), entry_form.values_of(found, day)), opened=(found, day)
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
    sent, typed = _entry_sent(services, posted, Held(offer, f"{entry}:{day}", found.version), book, found)
    scope = _scope(sent.values)
    draft = typed._replace(weekdays=(), last_day=None) if scope is Scope.ONE and found.weekdays else typed
    chosen = Chosen(entry, scope, day, sent.held.version)

    def edited(connection: Connection, where: Practice) -> AgendaEntry:
        agendas.own(connection, where, entry)
        return agenda.edit(connection, chosen, draft, at, sent.reference)

    again = partial(_entry_page, services, book, opened=(found, day))
    return _done(services, sent, edited, again, lambda written: _written(offer, "modifiee", written, day))


@router.post("/agenda/{entry}/supprimer")
def remove(offer: str, entry: str, request: Request, posted: PostedDep, services: ServicesDep) -> Response:
    """Remove the occurrences that were chosen, and offer to put them back."""
    at = services.clock()
    book = agendas.read(services, offer, at)
    try:
        found, day = _found(book, entry, request)
    except NotFound:
        return _removed_already(services, posted, offer, entry)
    sent = _sent(services, posted, Held(offer, f"{entry}:{day}", found.version), entry_form.BOXES, ())
    chosen = Chosen(entry, _scope(sent.values), day, sent.held.version)

    def removed(connection: Connection, where: Practice) -> None:
        agendas.own(connection, where, entry)
        agenda.remove(connection, chosen, at)

    undo = _removals(services).issue(Removed(offer, day, found.model_dump(mode="json")), at)
    more = {UNDO: undo} if len(undo) <= LONG else {}
    again = partial(_entry_page, services, book, opened=(found, day))
    drawn = sent._replace(values={**entry_form.values_of(found, day), **sent.values})
    return _done(services, drawn, removed, again, lambda _: _after(offer, "supprimee", day, **more))


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
    ticket = _tickets(services).read(posted.fields.get(sending.TICKET, ""))
    reference = _reference(ticket)
    written = next((one for one in book.entries if one.id == reference), None)
    return _written(book.identifier, "modifiee", written, written.first_day) if written else None


def _gone(services: Services, posted: Posted, book: Book, status: int) -> Response:
    """What was typed of an entry that is not there any more, to add."""
    values = sending.typed(entry_form.BOXES, posted)
    return _entry_page(services, book, Sheet(_issued(services, Held(book.identifier, ADD)), values), status, GONE)


def _removed_already(services: Services, posted: Posted, offer: str, entry: str) -> Response:
    """To the week where it was, when the form was drawn with it: the same form was sent twice.

    Raises:
        NotFound: no form of ours was drawn with it.

    """
    ticket = _tickets(services).read(posted.fields.get(sending.TICKET, ""))
    about, _, day = ticket.held.about.partition(":") if ticket and ticket.held.place == offer else ("", "", "")
    if about != entry:
        raise NotFound(f"{agendas.NO_ENTRY}.")
    return _after(offer, "supprimee", date.fromisoformat(day))


def _scope(values: Mapping[str, str]) -> Scope:
    """The scope that was chosen; the smallest where none was."""
    return Scope(values["scope"]) if values.get("scope") in set(Scope) else Scope.ONE


# What was sent ------------------------------------------------------------------------------------------------------


def _entry_sent(
    services: Services, posted: Posted, held: Held, book: Book, found: AgendaEntry | None = None
) -> tuple[Sent, Draft]:
    at = services.clock()
    values = sending.typed(entry_form.BOXES, posted)
    draft, broken = entry_form.read(values, at, local_day(at, book.where.zone), book.where.zone)
    series = found is not None and bool(found.weekdays) and _scope(values) is Scope.ALL
    kept = [fault for fault in broken if not (series and fault.field == "first_day")]
    return _sent(services, posted, held, entry_form.BOXES, entry_form.said(kept)), draft


def _sent(services: Services, posted: Posted, expected: Held, boxes: tuple[Box, ...], faults: Iterable[Wrong]) -> Sent:
    """What a form holds, with the version that it was drawn with while it is one of ours."""
    ticket = _tickets(services).read(posted.fields.get(sending.TICKET, ""))
    ours = ticket is not None and (ticket.held.place, ticket.held.about) == (expected.place, expected.about)
    fresh = ticket is not None and ours and not ticket.is_old(services.clock())
    refused = sending.refusals(services, posted, (), fresh=fresh, pace=services.own_pace)
    held = ticket.held if ticket is not None and fresh else expected
    reference = _reference(ticket) if fresh else ""
    return Sent(held, expected, sending.typed(boxes, posted), (*faults, *refused), reference)


def _reference(ticket: Ticket[Held] | None) -> str:
    """The identifier of what a form writes, so that the same form writes it once."""
    return ticket.reference.replace("-", "") if ticket else ""


def _done(
    services: Services,
    sent: Sent,
    operation: Callable[[Connection, Practice], Any],
    again: Callable[[Sheet, int, str | None], Response],
    after: Callable[[Any], Response],
) -> Response:
    """Do what a form asks, then go on; or draw it again, with everything that was typed."""
    if sent.faults:
        return again(_again(services, sent, sent.faults), sending.status_of(sent.faults), None)
    try:
        written = agendas.change(services, sent.held.place, operation)
    except problems.Refused as refusal:
        return again(_again(services, sent, _of_the_registry(refusal)), refusal.status, None)
    except (Conflict, DatabaseDown) as failure:
        now = sent._replace(held=sent.current)
        return again(_again(services, now, ()), failure.status, _NOTICES[type(failure)])
    return after(written)


_NOTICES: Final[Mapping[type[Exception], str]] = {
    Conflict: (
        "Cette disponibilité a été modifiée entre-temps, rien n’a été enregistré. Ce que vous avez écrit est "
        "ci-dessous : envoyez de nouveau pour l’écrire quand même, ou revenez à la semaine pour la voir."
    ),
    DatabaseDown: sending.UNKEPT,
}


def _of_the_registry(refusal: problems.Refused) -> tuple[Wrong, ...]:
    """What the registry refuses that the form could not know: an editor's slots, an agenda that is full."""
    labels = {**entry_form.LABELS, **absence_form.LABELS, "information": _INFORMATION.label}
    return entry_form.said(refusal.faults, labels)


def _again(services: Services, sent: Sent, wrong: tuple[Wrong, ...]) -> Sheet:
    return Sheet(_issued(services, sent.held), sent.values, wrong)


def _tickets(services: Services) -> Tickets[Held]:
    return Tickets(services.secret, "agenda", Held)


def _removals(services: Services) -> Tickets[Removed]:
    return Tickets(services.secret, "agenda-removed", Removed)


def _issued(services: Services, held: Held) -> str:
    return _tickets(services).issue(held, services.clock())


def _after(offer: str, done: str, day: date, **more: str) -> Response:
    """To the week of what was done: a page that can be read again without sending anything again."""
    to = path(offer, **{WEEK: str(weeks.monday_of(day)), DONE: done, **more})
    return RedirectResponse(to, 303, {**SECURITY, **sending.NO_STORE})


def _written(offer: str, done: str, entry: AgendaEntry, day: date) -> Response:
    """To the week where an entry next takes place, with a word of advice where one helps."""
    more = {ADVICE: "1"} if drafts.advice(agendas.draft_of(entry)) else {}
    return _after(offer, done, next_day(entry, max(day, entry.first_day)) or day, **more)


# Pages --------------------------------------------------------------------------------------------------------------


def _page(services: Services, book: Book, template: str, values: Mapping[str, object], status: int = 200) -> Response:
    shown = _as_seen(services, book)
    head = {
        "name": cards.name(shown) if shown else "Un lieu sans adresse",
        "address": cards.address(shown.place) if shown else "la recherche ne le montre pas",
        "offer": path(book.identifier),
        "card": f"/offres/{book.identifier}",
        "reason": book.reason,
        "participation": participating.path(book.where.subject),
    }
    headers = {**sending.NO_STORE, **(RETRY if status == DatabaseDown.status else {})}
    return render.page(template, {**framing.frame(services), **head, **values}, status, headers)


def _form_values(sheet: Sheet, notice: str | None) -> dict[str, object]:
    heading = "À corriger : rien n’a été enregistré"
    return {"form": sheet, "faults": sheet.faults, "heading": heading, "notice": notice}


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
        "back": path(book.identifier, **({WEEK: str(weeks.monday_of(day))} if day else {})),
        "kinds": entry_form.KINDS,
        "scopes": entry_form.SCOPES,
        "starts": entry_form.STARTS,
        "ends": entry_form.ENDS,
        "modalities": tuple(MODALITIES.items()),
        "weekdays": tuple(enumerate(weeks.WEEKDAYS)),
        "capacity": drafts.CAPACITY,
    }
    return _page(services, book, "space-entry.html", _form_values(sheet, notice) | values, status)


def _absences_page(
    services: Services, book: Book, sheet: Sheet, status: int = 200, notice: str | None = None
) -> Response:
    today = local_day(services.clock(), book.where.zone)
    since = agendas.day(sheet.values.get(absence_form.NOW, "")) or today
    values = {"rows": absence_form.ROWS, "since": since, "from_today": since == today, "back": path(book.identifier)}
    return _page(services, book, "space-absences.html", _form_values(sheet, notice) | values, status)


def _information_page(
    services: Services, book: Book, sheet: Sheet, status: int = 200, notice: str | None = None
) -> Response:
    values = {"most": INFORMATION, "back": path(book.identifier), "count": len(sheet.values.get("information", ""))}
    return _page(services, book, "space-information.html", _form_values(sheet, notice) | values, status)
