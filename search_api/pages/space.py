"""The pages of a professional's place: the agenda of a week, its entries, absences, what the regulation is told.

Until there are accounts they answer in development only. Every page works without JavaScript.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from models.codes import MODALITIES
from registry import absences, agenda, drafts
from registry.agenda import INFORMATION
from registry.practice import Practice
from registry.recurrence import local_day
from search_api import agendas, parameters
from search_api.agendas import Book
from search_api.pages import absence_form, agenda_out, cards, framing, french, oriented, sending, space_entries
from search_api.pages import space_forms as forms
from search_api.pages import week as weeks
from search_api.pages.sending import Sheet
from search_api.pages.week import path
from search_api.posting import PostedDep
from search_api.problems import SECURITY
from search_api.services import Services, ServicesDep

router = APIRouter(prefix="/espace/{offer}", include_in_schema=False)

_SEEN: Final = "la régulation la voit dès qu’elle tombe dans les 72 heures, hors de vos absences"
SAID: Final[Mapping[str, str]] = {
    "ajoutee": f"Disponibilité ajoutée : {_SEEN}.",
    "modifiee": f"Disponibilité modifiée : {_SEEN}.",
    "supprimee": "Disponibilité supprimée : la régulation ne la voit plus.",
    "retablie": "Suppression annulée : la disponibilité est de nouveau là.",
    "absences": "Absences enregistrées.",
    "presences": "Plus aucune absence n’est prévue dans ce lieu.",
    "presences-partout": "Plus aucune absence n’est prévue, dans tous vos lieux.",
    "absences-partout": "Absences enregistrées dans tous vos lieux.",
    "information": "Information pour la régulation enregistrée.",
}
"""What a page says of what was just done."""


@router.get("/agenda")
def week(offer: str, request: Request, services: ServicesDep) -> Response:
    """A week, and what the regulation sees in the 72 hours. Unless one is asked, the first with something to come."""
    given = dict(parameters.pairs(request.scope["query_string"]))
    at = services.clock()
    book = agendas.read(services, offer, at)
    asked = agendas.day(given.get(forms.WEEK, "")) or weeks.opening(book, at)
    values = {
        "week": weeks.week(book, weeks.monday_of(asked), at),
        "said": SAID.get(given.get(forms.DONE, "")),
        "advice": drafts.TOO_LONG if forms.ADVICE in given else None,
        "undo": Sheet(space_entries.undoing(services, given, offer)),
        "absences": tuple(weeks.periods(book)),
        "awaited": _awaited(book, at),
        "unpaid": _is_unpaid(book),
        "changed": _changed(book, at),
        "others": tuple(_others(book, at)),
        "sent": tuple(_sent(book, at)),
        "modalities": tuple(MODALITIES.items()),
        "add": path(offer, "/ajouter", **{space_entries.DAY: str(max(asked, local_day(at, book.where.zone)))}),
        "calendar": f"{framing.site(request)}/espace/{offer}/agenda.ics",
        "seen": _card(services, book),
        "report": f"/offres/{book.identifier}/signaler",
    }
    return forms.page(services, book, "space.html", values)


@router.get("/agenda.ics")
def calendar(offer: str, services: ServicesDep) -> Response:
    """The agenda for a program that keeps one: what repeats as it repeats, without the days of absence."""
    at = services.clock()
    written = agenda_out.calendar(agendas.read(services, offer, at), at)
    about = {"Content-Disposition": f'inline; filename="agenda-{offer}.ics"', **sending.NO_STORE}
    return Response(written, headers={**SECURITY, **about, "Content-Type": agenda_out.MEDIA_TYPE})


def _awaited(book: Book, at: int) -> int:
    """How many patients are expected on a day when nobody is received."""
    waited = (each.slot_start for each in book.sent if each.state == "made" and each.slot_end >= at)
    return sum(book.is_away(local_day(start, book.where.zone)) for start in waited)


def _is_unpaid(book: Book) -> bool:
    """Whether somebody keeps an agenda for the regulation and takes part nowhere: nothing is due for it."""
    takes_part = any(each.participation and each.participation.active for each in book.offers)
    return bool(book.entries) and book.where.subject.startswith("p:") and not takes_part


def _card(services: Services, book: Book) -> cards.Card | None:
    shown = forms.as_seen(services, book)
    return cards.card(shown, datetime.fromisoformat(shown.at)) if shown else None


class Sent(NamedTuple):
    """A patient whom the regulation sent to a place; `waited`: who is still expected there."""

    when: str
    how: str
    state: str
    reference: str
    over: bool
    waited: bool


def _sent(book: Book, at: int) -> Iterator[Sent]:
    for each in book.sent:
        over = max(each.slot_start, each.slot_end - 1) < at
        told = (oriented.when(each, book.where.zone, at), oriented.how(each), oriented.STATES[each.state], each.id)
        yield Sent(*told, over=over, waited=each.state == "made" and not over)


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


@router.get("/agenda/absences")
def absences_form(offer: str, services: ServicesDep) -> Response:
    """What is declared of absences, to change."""
    book = agendas.read(services, offer, services.clock())
    values = absence_form.values_of(book.absences)
    return _absences_page(services, book, Sheet(forms.issued(services, _of_absences(book)), values))


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
    sent = forms.sent(services, posted, _of_absences(book), absence_form.BOXES, wrong)

    everywhere = bool(sent.values.get(absence_form.EVERYWHERE))
    periods, read = [period for _, period in numbered], sent.held.absences

    def declared(connection: Connection, where: Practice) -> None:
        if everywhere:
            absences.declare_everywhere(connection, where, periods, at, read)
        else:
            absences.declare(connection, where, periods, at, read.get(where.place_key, ()))

    again = partial(_absences_page, services, book)
    told = ("absences" if periods else "presences") + "-partout" * everywhere
    return forms.done(services, sent, declared, again, lambda _: forms.after(offer, told, today))


@router.get("/agenda/information")
def information_form(offer: str, services: ServicesDep) -> Response:
    """What is written for the regulation, to change."""
    book = agendas.read(services, offer, services.clock())
    values = {"information": book.information or ""}
    return _information_page(services, book, Sheet(forms.issued(services, _of_information(book)), values))


@router.post("/agenda/information")
def inform(offer: str, posted: PostedDep, services: ServicesDep) -> Response:
    """Write what the regulation is told of the place."""
    at = services.clock()
    book = agendas.read(services, offer, at)
    boxes = (forms.TOLD,)
    sent = forms.sent(services, posted, _of_information(book), boxes, sending.faults(boxes, posted))

    def informed(connection: Connection, where: Practice) -> None:
        agenda.inform(connection, where, sent.values["information"], at, sent.held.information)

    again = partial(_information_page, services, book)
    today = local_day(at, book.where.zone)
    return forms.done(services, sent, informed, again, lambda _: forms.after(offer, "information", today))


def _of_absences(book: Book) -> forms.Held:
    return forms.Held(book.identifier, "absences", absences=book.everywhere)


def _of_information(book: Book) -> forms.Held:
    return forms.Held(book.identifier, "information", information=book.information or "")


def _absences_page(
    services: Services, book: Book, sheet: Sheet, status: int = 200, notice: str | None = None
) -> Response:
    today = local_day(services.clock(), book.where.zone)
    since = agendas.day(sheet.values.get(absence_form.NOW, "")) or today
    elsewhere = sum(one != book.identifier for one in book.places)
    values = {
        "elsewhere": elsewhere,
        "rows": absence_form.ROWS,
        "since": since,
        "from_today": since == today,
        "back": path(book.identifier),
    }
    return forms.page(services, book, "space-absences.html", forms.form_values(sheet, notice) | values, status)


def _information_page(
    services: Services, book: Book, sheet: Sheet, status: int = 200, notice: str | None = None
) -> Response:
    values = {"most": INFORMATION, "back": path(book.identifier), "count": len(sheet.values.get("information", ""))}
    return forms.page(services, book, "space-information.html", forms.form_values(sheet, notice) | values, status)
