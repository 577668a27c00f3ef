"""`/api/v1/orientations` and `/api/v1/calls`: patients sent by the regulation, what calls gave. No patient is known."""

from typing import Annotated, Final, Literal

import msgspec
from fastapi import APIRouter, Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic import WithJsonSchema as Schema
from sqlalchemy import Connection
from starlette.responses import Response

from models.clock import PARIS, iso
from models.offer import ModalityName, Offer
from models.tables import Call, Orientation
from registry import calls, orientations
from search_api import openapi, spaces
from search_api.bodies import BodyDep, OursDep, read_body
from search_api.caching import PairsDep, json
from search_api.parameters import Instant, OfferId, SentInstant, matching, one, read_as, some
from search_api.problems import Conflict, Fault, Refused
from search_api.regulating import ONE_MORE, SOMEBODY, Following, following, offer_of, opened, overbooks, send
from search_api.searching import asks_nothing, context
from search_api.services import ServicesDep

router = APIRouter(prefix="/api/v1", tags=["Régulation"])

NO_STORE: Final = {"Cache-Control": "no-store"}
Reference = Annotated[
    str,
    BeforeValidator(matching(r"[0-9A-Za-z-]{8,64}", "8 à 64 chiffres, lettres sans accent ou tirets")),
    Schema({"type": "string", "pattern": "^[0-9A-Za-z-]{8,64}$"}),
]
Kind = Literal["creneau", "plage", "en_sus"]
Told = Literal["cancelled", "honoured", "noshow"]
Outcome = Literal["calling", "reached", "no_answer", "refused", "full_today"]


class OrientationJson(msgspec.Struct, frozen=True):
    """A patient who was sent. `state`: `made`, `cancelled`, `honoured`, `noshow`; `booked`: an editor told it too.

    `offer` is null where an editor told it first.
    """

    id: str
    at: str
    offer: str | None
    kind: str
    start: str
    end: str
    modality: str | None
    source_kind: str | None
    source_name: str | None
    state: str
    changed_at: str
    booked: bool


class OrientationsJson(msgspec.Struct, frozen=True):
    """Patients who were sent, the last first, two hundred at most; `next` is the cursor of those before."""

    orientations: tuple[OrientationJson, ...]
    next: str | None


class CallJson(msgspec.Struct, frozen=True):
    """What the last call to an offer gave, and when."""

    offer: str
    outcome: str
    at: str


class CallsJson(msgspec.Struct, frozen=True):
    """What the last calls gave, while that tells something."""

    calls: tuple[CallJson, ...]


EXAMPLE: Final = OrientationJson(
    id="7K4QX-92MXZ",
    at="2026-11-23T17:42:00+01:00",
    offer="p810100000001-0123456789ab",
    kind="plage",
    start="2026-11-23T18:00:00+01:00",
    end="2026-11-23T20:00:00+01:00",
    modality="cabinet",
    source_kind="agenda",
    source_name="agenda",
    state="made",
    changed_at="2026-11-23T17:42:00+01:00",
    booked=False,
)
CALL: Final = CallJson("p810100000001-0123456789ab", "no_answer", "2026-11-23T17:42:00+01:00")

MadeId = Annotated[
    str, Path(description="Identifiant de l’orientation, choisi par qui l’a faite.", examples=[EXAMPLE.id])
]


# What is sent -------------------------------------------------------------------------------------------------------


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NewOrientation(_Body):
    """To which slot, as the answer of a search gives it; beyond what is open (`en_sus`), `start` is the agreed hour.

    `id` is chosen by who sends: the same again is the same orientation.
    """

    model_config = openapi.example(
        **{name: getattr(EXAMPLE, name) for name in ("id", "offer", "kind", "start", "end", "modality")},
        source_kind="agenda",
        source_name="agenda",
    )

    id: Reference
    offer: Annotated[str, Field(max_length=64)]
    kind: Kind
    start: SentInstant
    end: SentInstant | None = None
    modality: ModalityName | None = None
    source_kind: Literal["editor", "agenda", "structure"] | None = None
    source_name: Annotated[str, Field(max_length=100)] | None = None


class State(_Body):
    """What came of it."""

    model_config = openapi.example(state="cancelled")

    state: Told


class Said(_Body):
    """What a call gave."""

    model_config = openapi.example(outcome=CALL.outcome)

    outcome: Outcome


class ListParameters(BaseModel):
    """Which orientations are asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: Instant | None = one("Faites depuis cet instant.", "2026-11-23T00:00:00+01:00")
    subject: str | None = one("Vers cette personne ou cette structure.", "p:810100000001")
    cursor: Following | None = one("Le `next` de la réponse précédente.")


class CallsParameters(BaseModel):
    """The offers whose calls are asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    offer: tuple[str, ...] = some("Identifiants des offres.", CALL.offer)


# Routes -------------------------------------------------------------------------------------------------------------


@router.post(
    "/orientations",
    summary="Orienter un patient",
    response_class=Response,
    status_code=201,
    **openapi.documented(OrientationJson, None, openapi.WRITES, body=NewOrientation, status=201),
)
def create(services: ServicesDep, pairs: PairsDep, body: BodyDep) -> Response:
    """Vers un créneau, une place d’une plage, ou en sus. Rien du patient. La dernière place a un seul gagnant (409)."""
    asks_nothing(services, pairs)
    given = read_body(NewOrientation, body)
    offer = offer_of(services, given.offer)
    if given.kind == orientations.EN_SUS and not overbooks(offer):
        raise Refused([Fault.of("kind", given.kind, "cette offre ne reçoit pas en sus de ses disponibilités")])
    values = given.model_dump(include={"kind", "modality", "source_kind", "source_name"})
    when = values | {"slot_start": given.start, "slot_end": given.start if given.end is None else given.end}
    with spaces.problems(gone=Conflict):
        made = send(services, offer, given.id, when)
    about = NO_STORE | {"Location": f"/api/v1/orientations/{made.id}"}
    return Response(msgspec.json.encode(_json(made, offer)), 201, about, "application/json")


@router.get(
    "/orientations",
    summary="Les orientations faites",
    response_class=Response,
    **openapi.documented(OrientationsJson, ListParameters, (404, 414, 422, 503)),
)
def listed(services: ServicesDep, pairs: PairsDep) -> Response:
    """La plus récente d’abord, deux cents au plus ; `next` mène à celles d’avant."""
    asked = read_as(ListParameters, pairs, context(services, services.clock()))

    def made_until(connection: Connection) -> list[Orientation]:
        since, after = asked.since or 0, asked.cursor
        return orientations.orientations(connection, subject=asked.subject, since=since, after=after, most=ONE_MORE)

    kept, stopped = orientations.page(opened(services).read(made_until))
    offers = services.offers([each.offer for each in kept if each.offer])
    made = tuple(_json(each, offers.get(each.offer)) for each in kept)
    return json(OrientationsJson(made, following(stopped)), NO_STORE)


@router.get(
    "/orientations/{identifier}",
    summary="Une orientation",
    response_class=Response,
    **openapi.documented(OrientationJson, None, (404, 414, 422, 503)),
)
def one_orientation(identifier: MadeId, services: ServicesDep, pairs: PairsDep) -> Response:
    """Comme elle est maintenant, par l’identifiant que lui a choisi qui l’a faite."""
    asks_nothing(services, pairs)
    opened(services)
    kept = spaces.read(services, lambda connection: orientations.orientation(connection, identifier))
    return json(_json(kept, services.offer(kept.offer) if kept.offer else None), NO_STORE)


@router.patch(
    "/orientations/{identifier}",
    summary="Dire ce qu’il est advenu d’une orientation",
    response_class=Response,
    **openapi.documented(OrientationJson, None, openapi.WRITES, body=State),
)
def become(identifier: MadeId, services: ServicesDep, pairs: PairsDep, body: BodyDep) -> Response:
    """Annulée, elle rend sa place aussitôt ; la venue se dit une fois l’heure passée."""
    asks_nothing(services, pairs)
    opened(services)
    state, at = read_body(State, body).state, services.clock()
    changed = spaces.write(services, lambda connection: orientations.become(connection, identifier, state, at))
    return json(_json(changed, services.offer(changed.offer) if changed.offer else None), NO_STORE)


@router.get(
    "/calls",
    summary="Ce qu’ont donné les derniers appels",
    response_class=Response,
    **openapi.documented(CallsJson, CallsParameters, (404, 414, 422, 503)),
)
def last_calls(services: ServicesDep, pairs: PairsDep) -> Response:
    """De ces offres, tant que cela dit quelque chose à qui appelle ensuite."""
    registry, at = opened(services), services.clock()
    asked = read_as(CallsParameters, pairs, context(services, at))
    found = registry.read(lambda connection: calls.calls(connection, asked.offer, at))
    return json(CallsJson(tuple(_call(each) for each in found.values())), NO_STORE)


@router.put(
    "/calls/{offer}",
    summary="Dire ce qu’a donné un appel",
    response_class=Response,
    **openapi.documented(CallJson, None, openapi.WRITES, body=Said),
)
def say(offer: OfferId, services: ServicesDep, pairs: PairsDep, body: BodyDep) -> Response:
    """À la place de ce qui en était dit ; les autres régulateurs le voient aussitôt."""
    asks_nothing(services, pairs)
    found = offer_of(services, offer)
    outcome, at = read_body(Said, body).outcome, services.clock()
    said = Call(offer=found.id, subject=found.subject, outcome=outcome, regulator=SOMEBODY, at=at)
    opened(services).write(lambda connection: calls.note(connection, said))
    return json(_call(said), NO_STORE)


@router.delete(
    "/calls/{offer}",
    summary="Effacer ce qui est dit d’un appel",
    response_class=Response,
    status_code=204,
    dependencies=[OursDep],
    **openapi.documented(None, None, openapi.WRITES, status=204),
)
def withdraw(offer: OfferId, services: ServicesDep, pairs: PairsDep) -> Response:
    """De ce que l’on a dit soi-même."""
    asks_nothing(services, pairs)
    found = offer_of(services, offer)
    at = services.clock()
    opened(services).write(lambda connection: calls.withdraw(connection, found.id, SOMEBODY, at))
    return Response(status_code=204, headers=NO_STORE)


# Shapes -------------------------------------------------------------------------------------------------------------


def _json(kept: Orientation, offer: Offer | None) -> OrientationJson:
    """An orientation on the clock of its place; on Paris's for an offer that is no more."""
    zone = offer.place.time_zone if offer else PARIS
    return OrientationJson(
        id=kept.id,
        at=iso(kept.at, zone),
        offer=kept.offer or None,
        kind=kept.kind,
        start=iso(kept.slot_start, zone),
        end=iso(kept.slot_end, zone),
        modality=kept.modality,
        source_kind=kept.source_kind,
        source_name=kept.source_name,
        state=kept.state,
        changed_at=iso(kept.changed_at, zone),
        booked=kept.appointment is not None,
    )


def _call(kept: Call) -> CallJson:
    return CallJson(kept.offer, kept.outcome, iso(kept.at, PARIS))
