"""What the forms of an agenda are made of: what each is about, what was sent, what comes of it; the frame of its pages.

A form is about a place and the version that was read: it is written once; what is wrong gives back all that was typed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from models.codes import Viewer
from registry.absences import Period
from registry.agenda import INFORMATION
from registry.practice import Practice
from search_api import agendas, problems
from search_api.agendas import Book
from search_api.answers import Frame, OneOfferJson, one_offer_json
from search_api.pages import absence_form, cards, entry_form, framing, participating, render, sending
from search_api.pages import week as weeks
from search_api.pages.faults import Wrong
from search_api.pages.sending import Box, Sheet
from search_api.pages.week import path
from search_api.posting import Posted
from search_api.problems import RETRY, SECURITY, Conflict, DatabaseDown
from search_api.services import Services
from search_api.tickets import Ticket, Tickets

WEEK: Final = "semaine"
DONE: Final = "fait"
ADVICE: Final = "conseil"
TOLD: Final = Box("information", "Information pour la régulation", INFORMATION, required=False, lines=True)


class Held(msgspec.Struct, frozen=True):
    """What a form is about: a place, what of it (`ajouter`, an entry and a day…), the version that was read.

    Or, of what has none, what was read itself: the information, the absences of every place by their keys.
    """

    place: str
    about: str
    version: int = 0
    information: str = ""
    absences: Mapping[str, Sequence[Period]] = {}


class Sent(NamedTuple):
    """A form that was sent: what it is about as it was drawn and as it is now, what was typed, what is wrong."""

    held: Held
    current: Held
    values: Mapping[str, str]
    faults: tuple[Wrong, ...]
    reference: str


def as_seen(services: Services, book: Book) -> OneOfferJson | None:
    """The offer as the regulation has it, by the rule of the index; None for a place without an address.

    Its booking links are as stored: whoever keeps an agenda follows them without a regulator's rights.
    """
    frame = Frame("", 0, None, ())
    return one_offer_json(book.offer, Viewer.REGULATION, services.clock(), frame) if book.offer else None


def tickets(services: Services) -> Tickets[Held]:
    """The tickets of every form of an agenda."""
    return Tickets(services.secret, "agenda", Held)


def issued(services: Services, held: Held) -> str:
    """A new ticket of a form."""
    return tickets(services).issue(held, services.clock())


def sent(services: Services, posted: Posted, expected: Held, boxes: tuple[Box, ...], faults: Iterable[Wrong]) -> Sent:
    """What a form holds, with the version that it was drawn with where it is one of ours, even too old."""
    ticket = tickets(services).read(posted.fields.get(sending.TICKET, ""))
    ours = ticket is not None and (ticket.held.place, ticket.held.about) == (expected.place, expected.about)
    fresh = ticket is not None and ours and not ticket.is_old(services.clock())
    refused = sending.refusals(services, posted, (), fresh=fresh, pace=services.own_pace)
    held = ticket.held if ticket is not None and ours else expected
    return Sent(held, expected, sending.typed(boxes, posted), (*faults, *refused), reference(ticket if fresh else None))


def reference(ticket: Ticket[Held] | None) -> str:
    """The identifier of what a form writes, so that the same form writes it once."""
    return ticket.reference.replace("-", "") if ticket else ""


def done(
    services: Services,
    sent: Sent,
    operation: Callable[[Connection, Practice], Any],
    again: Callable[[Sheet, int, str | None], Response],
    after: Callable[[Any], Response],
) -> Response:
    """Do what a form asks, then go on; or draw it again, with everything that was typed.

    It keeps the version that it was drawn with, until it is said that somebody else changed it.
    """
    if sent.faults:
        return again(_again(services, sent, sent.faults), sending.status_of(sent.faults), None)
    try:
        written = agendas.change(services, sent.held.place, operation)
    except problems.Refused as refusal:
        return again(_again(services, sent, _of_the_registry(refusal)), refusal.status, None)
    except (Conflict, DatabaseDown) as failure:
        shown = sent._replace(held=sent.current) if isinstance(failure, Conflict) else sent
        return again(_again(services, shown, ()), failure.status, _NOTICES[type(failure)])
    return after(written)


_NOTICES: Final[Mapping[type[Exception], str]] = {
    Conflict: (
        "Quelqu’un d’autre l’a modifié entre-temps, rien n’a été enregistré. Ce que vous avez écrit est ci-dessous : "
        "envoyez de nouveau pour l’écrire quand même, ou revenez à la semaine pour voir ce qui a changé."
    ),
    DatabaseDown: sending.UNKEPT,
}


def _of_the_registry(refusal: problems.Refused) -> tuple[Wrong, ...]:
    """What the registry refuses that the form could not know: an editor's slots, an agenda that is full."""
    labels = {**entry_form.LABELS, **absence_form.LABELS, "information": TOLD.label}
    return entry_form.said(refusal.faults, labels)


def _again(services: Services, sent: Sent, wrong: tuple[Wrong, ...]) -> Sheet:
    return Sheet(issued(services, sent.held), sent.values, wrong)


def after(offer: str, done: str, day: date, **more: str) -> Response:
    """To the week of what was done: a page that can be read again without sending anything again."""
    to = path(offer, **{WEEK: str(weeks.monday_of(day)), DONE: done, **more})
    return RedirectResponse(to, 303, {**SECURITY, **sending.NO_STORE})


def page(services: Services, book: Book, template: str, values: Mapping[str, object], status: int = 200) -> Response:
    """A page of an agenda, with whose it is and whether it is only read."""
    shown = as_seen(services, book)
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


def form_values(sheet: Sheet, notice: str | None) -> dict[str, object]:
    """What every form draws around its fields."""
    heading = "À corriger : rien n’a été enregistré"
    return {"form": sheet, "faults": sheet.faults, "heading": heading, "notice": notice}
