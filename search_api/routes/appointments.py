"""`/api/v1/appointments`: the appointments that editors told, as they are now. No patient is known."""

from collections.abc import Sequence
from typing import Annotated, Final, NamedTuple

import msgspec
from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.responses import Response

from models.clock import iso
from models.tables import Orientation
from registry import appointments
from registry.orientations import Stop, page
from registry.practice import zone_at
from search_api import openapi
from search_api.caching import PairsDep, json
from search_api.parameters import Instant, one, read_as
from search_api.problems import NotFound
from search_api.regulating import ONE_MORE, Following, following, opened
from search_api.searching import asks_nothing, context
from search_api.services import ServicesDep

router = APIRouter(prefix="/api/v1", tags=["Régulation"])

NO_STORE: Final = {"Cache-Control": "no-store"}


class AppointmentJson(msgspec.Struct, frozen=True):
    """An appointment, by its `id` here and the editor's `identifier` of it, as is who booked it (`system|value`).

    `subject` None: the editor does not say who receives the patient. `state` is an orientation's.
    """

    id: str
    editor: str
    identifier: str
    regulator: str
    subject: str | None
    start: str
    end: str
    state: str
    at: str
    changed_at: str


class AppointmentsJson(msgspec.Struct, frozen=True):
    """Appointments, the last told first, two hundred at most; `next` is the cursor of those before."""

    appointments: tuple[AppointmentJson, ...]
    next: str | None


EXAMPLE: Final = AppointmentJson(
    id="0f6a3c1e5d7b4c21a9e84f0d2b6c7a55",
    editor="azur",
    identifier="https://azur.example|b7c5f7d2-5d1e-4f0e-8d75-0d9f6a3c9a01",
    regulator="urn:oid:1.2.250.1.213.3.6|6f1c2a34-0d7b-4a55-9c1e-3b8f00aa1234",
    subject="p:810100000001",
    start="2026-11-23T18:00:00+01:00",
    end="2026-11-23T18:15:00+01:00",
    state="made",
    at="2026-11-23T17:42:00+01:00",
    changed_at="2026-11-23T17:42:00+01:00",
)


AppointmentId = Annotated[str, Path(description="Identifiant que l’éditeur a reçu en réponse.", examples=[EXAMPLE.id])]


class AppointmentParameters(BaseModel):
    """Which appointments are asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: Instant | None = one("Pris depuis cet instant.", "2026-11-23T00:00:00+01:00")
    subject: str | None = one("Avec cette personne ou cette association.", EXAMPLE.subject)
    editor: Annotated[str, Field(max_length=40)] | None = one("Dits par cet éditeur.", EXAMPLE.editor)
    cursor: Following | None = one("Le `next` de la réponse précédente.")


class _Placed(NamedTuple):
    """An appointment, and the time zone of its place."""

    kept: Orientation
    zone: str


@router.get(
    "/appointments",
    summary="Les rendez-vous que les éditeurs ont dits",
    response_class=Response,
    **openapi.documented(AppointmentsJson, AppointmentParameters, (404, 414, 422, 503)),
)
def listed(services: ServicesDep, pairs: PairsDep) -> Response:
    """Le plus récent d’abord, chacun comme il est maintenant, deux cents au plus ; `next` mène à ceux d’avant."""
    asked = read_as(AppointmentParameters, pairs, context(services, services.clock()))
    about = asked.model_dump(include={"subject", "editor"}) | {"since": asked.since or 0}
    about |= {"after": asked.cursor, "most": ONE_MORE}

    def told(connection: Connection) -> tuple[list[_Placed], Stop | None]:
        shown, stopped = page(appointments.told(connection, **about))
        return _placed(connection, shown), stopped

    found, stopped = opened(services).read(told)
    return json(AppointmentsJson(tuple(map(_json, found)), following(stopped)), NO_STORE)


@router.get(
    "/appointments/{identifier}",
    summary="Un rendez-vous",
    response_class=Response,
    **openapi.documented(AppointmentJson, None, (404, 414, 422, 503)),
)
def one_appointment(identifier: AppointmentId, services: ServicesDep, pairs: PairsDep) -> Response:
    """Par son identifiant ici, que l’éditeur a reçu en réponse."""
    asks_nothing(services, pairs)
    found = opened(services).read(
        lambda connection: _placed(connection, appointments.told(connection, identifier=identifier))
    )
    if not found:
        raise NotFound("Aucun éditeur n’a dit de rendez-vous de cet identifiant.")
    return json(_json(found[0]), NO_STORE)


def _placed(connection: Connection, found: Sequence[Orientation]) -> list[_Placed]:
    zones = {place: zone_at(connection, place) for place in {one.place_key for one in found}}
    return [_Placed(each, zones[each.place_key]) for each in found]


def _json(one: _Placed) -> AppointmentJson:
    """An appointment on the clock of its place; on Paris's when nobody says where it is."""
    kept, zone = one
    editor, _, identifier = (kept.appointment or "").partition("|")
    return AppointmentJson(
        id=kept.id,
        editor=editor,
        identifier=identifier,
        regulator=kept.regulator,
        subject=kept.subject or None,
        start=iso(kept.slot_start, zone),
        end=iso(kept.slot_end, zone),
        state=kept.state,
        at=iso(kept.at, zone),
        changed_at=iso(kept.changed_at, zone),
    )
