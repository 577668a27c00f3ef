"""The FHIR server that editors call: `POST` and `PUT [base]/Appointment` (contract INT_R03).

Who calls is told by the certificate of the connection, never by what is sent. Every error is an OperationOutcome.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final, Protocol
from urllib.parse import parse_qsl

import msgspec
import structlog
from fastapi import Depends, FastAPI, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from models.tables import Orientation
from registry.appointments import Ambiguous, Booked
from search_api.fhir import appointment
from search_api.fhir.outcomes import MEDIA_TYPE, Issue, NotAccepted, outcome, response

BODY_BYTES: Final = 256 * 1024
"""Of an appointment, with its narrative."""
UNPLACED: Final = Issue(
    "Appointment.participant.actor",
    "le rendez-vous est gardé, mais aucun créneau n’est masqué : ni le professionnel ni l’association ne sont dits, "
    "et plusieurs associations de cet éditeur, ou aucune, ont un créneau à cette heure",
    "informational",
)
"""What is said of an appointment that takes no slot that we know of."""


class Appointments(Protocol):
    """What keeps appointments; both raise `SQLAlchemyError` when the database does not answer."""

    def known(self, editor: str, token: str) -> str | None:
        """The identifier that a token of an editor names (`registry.appointments.known`)."""

    def record(self, booked: Booked) -> tuple[Orientation, bool]:
        """Keep one (`registry.appointments.record`)."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the server is given. `caller` is the editor that a connection is of, None for nobody we know."""

    appointments: Appointments
    caller: Callable[[Request], str | None]


def create_fhir_app(given: Given) -> FastAPI:
    """The application that answers editors."""
    app = FastAPI(title="Annuaire Soins, FHIR", openapi_url=None)
    app.state.given = given
    app.add_api_route("/Appointment", create, methods=["POST"])
    app.add_api_route("/Appointment", replace, methods=["PUT"])
    app.add_exception_handler(NotAccepted, _refused)
    app.add_exception_handler(HTTPException, _from_router)
    app.add_exception_handler(SQLAlchemyError, _unkept)
    return app


async def sent(request: Request) -> appointment.Json:
    """The JSON that a request sends.

    Raises:
        NotAccepted: it is too long (413), or no JSON (400).

    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES:
            raise NotAccepted(413, Issue("", f"au plus {BODY_BYTES} octets", "too-long"))
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise NotAccepted(400, Issue("", "un corps JSON est attendu", "structure")) from None


def editor_of(request: Request) -> str:
    """The editor that calls.

    Raises:
        NotAccepted: nobody that is declared (403).

    """
    given: Given = request.app.state.given
    if (editor := given.caller(request)) is None:
        raise NotAccepted(403, Issue("", "le certificat n’est pas celui d’un éditeur déclaré", "forbidden"))
    return editor


Sent = Annotated[appointment.Json, Depends(sent)]
EditorDep = Annotated[str, Depends(editor_of)]


def create(request: Request, editor: EditorDep, resource: Sent) -> Response:
    """Keep a new appointment; one that was told already is told again, and stays one."""
    return _kept(request, appointment.read(resource, editor))


def replace(request: Request, editor: EditorDep, resource: Sent) -> Response:
    """Keep what an appointment is now; one that is not known yet is new."""
    booked = appointment.read(resource, editor)
    named = appointment.tokens(parse_qsl(request.url.query))
    if len(named) != 1:
        rule = (
            f"un identifiant dans l’adresse, et un seul : PUT [base]/Appointment?identifier=…, il y en a {len(named)}"
        )
        raise NotAccepted(400, Issue("identifier", rule, "required" if not named else "multiple-matches"))
    _check(request, named[0], booked)
    return _kept(request, booked)


def _check(request: Request, token: str, booked: Booked) -> None:
    """Refuse an address that names another appointment than the one that is sent, or several."""
    if token not in {booked.identifier, booked.identifier.partition("|")[2]}:
        raise NotAccepted(422, Issue("Appointment.identifier", "celui de l’adresse", "value"))
    given: Given = request.app.state.given
    try:
        given.appointments.known(booked.editor, token)
    except Ambiguous:
        rule = f"plusieurs rendez-vous ont l’identifiant {token} : donnez system|value"
        raise NotAccepted(412, Issue("identifier", rule, "multiple-matches")) from None


def _kept(request: Request, booked: Booked) -> Response:
    given: Given = request.app.state.given
    orientation, is_new = given.appointments.record(booked)
    base = str(request.url).partition("?")[0]
    status, where = 201 if is_new else 200, {"Location": f"{base}/{orientation.id}"}
    if orientation.subject:
        return Response(status_code=status, headers=where)
    said = msgspec.json.encode(outcome([UNPLACED], severity="warning"))
    return Response(said, status, where, MEDIA_TYPE)


def _refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, NotAccepted):
        raise error
    return response(error)


def _from_router(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    refused = NotAccepted(error.status_code, Issue("", "POST et PUT [base]/Appointment sont servis", "not-supported"))
    return Response(response(refused).body, error.status_code, error.headers, MEDIA_TYPE)


def _unkept(_: Request, error: Exception) -> Response:
    structlog.get_logger("search_api").error("an appointment is not kept", error=type(error).__name__)
    return response(NotAccepted(503, Issue("", "la base de données ne répond pas : renvoyez plus tard", "transient")))
