"""A message to those who run the directory, with its files: the form, what is kept, the thanks."""

import hashlib
from collections.abc import Iterator
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from models.tables import Contact, ContactFile
from search_api import attachments, parameters
from search_api.attachments import UnfitError
from search_api.pages import framing, render, sending
from search_api.pages.faults import Wrong
from search_api.pages.sending import Box, Sheet
from search_api.posting import FILE_BYTES, FILES_BYTES, MOST_FILES, Posted, PostedDep, Upload
from search_api.problems import RETRY, Unavailable, is_control
from search_api.services import Services, ServicesDep
from search_api.tickets import Ticket, Tickets

router = APIRouter(
    include_in_schema=False
)  # POST first: a method that is refused is then said with all those that are not

PATH: Final = "/contact"
FILES: Final = "files"
ROLES: Final = {
    "regulator": "Régulateur, OSNP",
    "emergency": "Accueil des urgences",
    "professional": "Professionnel de santé",
    "structure": "Structure",
    "cpts": "CPTS",
    "editor": "Éditeur de logiciel, portail",
    "other": "Autre",
}
TOPICS: Final = {
    "use": "Une question sur l’usage",
    "fault": "Un défaut du service",
    "card": "Une fiche",
    "rights": "Mes droits sur mes données, une opposition",
    "editor": "Brancher un logiciel ou un portail",
    "other": "Autre chose",
}
BOXES: Final = (
    Box("role", "Vous êtes", 20, rule=sending.one_of(ROLES)),
    Box("topic", "Sujet", 20, rule=sending.one_of(TOPICS)),
    Box("name", "Nom", 100),
    Box("email", "Adresse électronique", 254, rule=sending.email),
    Box("phone", "Téléphone", 30, required=False, rule=sending.phone),
    Box("territory", "Territoire", 100, required=False),
    Box("message", "Message", 5_000, lines=True),
)
_MEGA: Final = 1024 * 1024
_SHOWN: Final = 40
"""Characters of a file's name that are repeated."""


@router.post(PATH)
def contact(posted: PostedDep, services: ServicesDep) -> Response:
    """Keep a message with its files, then thank; or draw the form again with what is wrong."""
    ticket = _tickets(services).read(posted.fields.get(sending.TICKET, "")) or Ticket("", 0, None)
    fresh = not ticket.is_old(services.clock())
    refused = (*sending.refusals(services, posted, BOXES, fresh=fresh), *_unfit(posted))
    written = posted.fields[sending.TICKET] if fresh else _issued(services)
    sheet = Sheet(written, sending.typed(BOXES, posted), refused)
    if refused:
        return _drawn(services, sheet, sending.status_of(refused), again=bool(posted.files))
    said = {name: value or None for name, value in sheet.values.items()}
    message = Contact.model_validate({"reference": ticket.reference, "at": services.clock(), **said})
    if not services.write(message, list(_files(ticket.reference, posted))):
        return _drawn(services, sheet, Unavailable.status, again=bool(posted.files))
    return sending.thanked(PATH, [], _tickets(services).receipt(ticket.reference))


@router.get(PATH)
def contact_form(request: Request, services: ServicesDep) -> Response:
    """The form of a message, or the thanks for one that was sent."""
    receipt = dict(parameters.pairs(request.scope["query_string"])).get(sending.RECEIPT, "")
    reference = _tickets(services).reference(receipt)
    if reference:
        return render.page(
            "contacted.html", {**framing.frame(services), "reference": reference}, headers=sending.NO_STORE
        )
    return _drawn(services, Sheet(_issued(services)))


def _tickets(services: Services) -> Tickets[None]:
    return Tickets(services.secret, "contact", type(None))


def _issued(services: Services) -> str:
    return _tickets(services).issue(None, services.clock())


# Files --------------------------------------------------------------------------------------------------------------


def _unfit(posted: Posted) -> Iterator[Wrong]:
    """What is wrong with the files: their number alone when there are too many."""
    if len(posted.files) > MOST_FILES:
        yield sending.wrong(FILES, "Fichiers", f"{MOST_FILES} fichiers au plus")
        return
    for file in posted.files:
        rule = _rule(file)
        if rule:
            yield sending.wrong(FILES, "Fichiers", f"« {_called(file.name)} » : {rule}")


def _rule(file: Upload) -> str | None:
    if file.content is None:
        return f"{FILE_BYTES // _MEGA} Mo au plus par fichier, {FILES_BYTES // _MEGA} Mo en tout"
    try:
        attachments.kind_of(file.name, file.content)
    except UnfitError as unfit:
        return str(unfit)
    return None


def _called(name: str) -> str:
    """The beginning of a name, as it can be shown."""
    return "".join("�" if is_control(each) else each for each in name[:_SHOWN])


def _files(reference: str, posted: Posted) -> Iterator[ContactFile]:
    for number, file in enumerate(posted.files, 1):
        content = file.content or b""
        yield ContactFile(
            reference=reference,
            number=number,
            name=file.name,
            kind=attachments.kind_of(file.name, content),
            size=len(content),
            digest=hashlib.sha256(content).hexdigest(),
            content=content,
        )


def _drawn(services: Services, sheet: Sheet, status: int = 200, *, again: bool = False) -> Response:
    unkept = status == Unavailable.status
    values = {
        "form": sheet,
        "faults": sheet.faults,
        "heading": "Le message est à corriger",
        "notice": sending.UNKEPT if unkept else None,
        "again": again,
        "roles": ROLES,
        "topics": TOPICS,
        "accepted": ",".join(f".{suffix}" for suffix in attachments.SUFFIXES),
        "suffixes": ", ".join(attachments.SUFFIXES),
        "most": MOST_FILES,
        "each_mega": FILE_BYTES // _MEGA,
        "all_mega": FILES_BYTES // _MEGA,
    }
    headers = {**sending.NO_STORE, **(RETRY if unkept else {})}
    return render.page("contact.html", {**framing.frame(services), **values}, status, headers)
