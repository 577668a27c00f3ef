"""`/api/v1/participation/{subject}`: what somebody settles of their part in the Service d'accès aux soins."""

from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection
from starlette.responses import Response

from models.clock import PARIS, iso
from registry import participation
from registry.indicators import BRACKETS
from registry.joining import Joinable
from registry.participation import Settings, settings_of, settle
from registry.standing import Standing, standing
from search_api import openapi, spaces
from search_api.bodies import BodyDep, read_body
from search_api.caching import PairsDep, json
from search_api.parameters import Clock, read_as
from search_api.searching import asks_nothing, clock, context
from search_api.services import ServicesDep

router = APIRouter(prefix="/api/v1", tags=["Participation"], dependencies=[Depends(spaces.opened)])

_NO_STORE: Final = {"Cache-Control": "no-store"}
Via = Literal["individual", "cpts", "msp", "sos", "cds"]


SubjectId = Annotated[
    str,
    Path(
        description="`p:` et un RPPS précédé de 8, `s:` et un FINESS ou un SIRET ; ou le numéro seul.",
        examples=["p:810100000001"],
    ),
]


class ParticipationBody(BaseModel):
    """What is settled; what is absent is not. `version` is the one that was read, without it the last one counts."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True) | openapi.example(
        active=True, via="individual", software=False, two_hours=True
    )

    active: bool
    via: Via | None = None
    structure: str | None = None
    places: tuple[str, ...] = ()
    software: bool | None = None
    editors: tuple[str, ...] = ()
    refuses_editor_slots: bool = False
    two_hours: bool = False
    reorientation: bool = False
    generalists: int | None = None
    version: int | None = None


class JoinedJson(msgspec.Struct, frozen=True):
    """The CPTS or the structure; `number` is its FINESS or its SIRET."""

    id: str
    name: str
    number: str | None


class HoursJson(msgspec.Struct, frozen=True):
    """Minutes that the agenda opens, each once whatever the places; what the coming seven days lack of those needed.

    They are 120, and for a CDS 120 for each generalist, each of whom may count a minute.
    """

    coming: int
    this_week: int
    missing: int
    needed: int


class ConditionJson(msgspec.Struct, frozen=True):
    """A condition of indicator 8, met or not, and why."""

    said: str
    met: bool
    reason: str


class Indicator8Json(msgspec.Struct, frozen=True):
    """What is due a year."""

    euros: int
    conditions: tuple[ConditionJson, ...]


class Indicator9Json(msgspec.Struct, frozen=True):
    """Patients *en sus* of the quarter that ends before `until`, and their amount; `missing` ones give the next one."""

    since: str
    until: str
    patients: int
    euros: int
    missing: int
    next_euros: int | None


class ParticipationJson(msgspec.Struct, frozen=True):
    """What is settled, and what it amounts to. `version` 0: nothing is."""

    subject: str
    name: str
    version: int
    active: bool
    via: Via | None
    structure: JoinedJson | None
    places: tuple[str, ...]
    software: bool | None
    editors: tuple[str, ...]
    refuses_editor_slots: bool
    two_hours: bool
    reorientation: bool
    generalists: int | None
    registered_at: str | None
    changed_at: str | None
    known_places: tuple[str, ...]
    known_editors: tuple[str, ...]
    shown_editors: tuple[str, ...]
    hours: HoursJson
    indicator_8: Indicator8Json
    indicator_9: Indicator9Json


class ParticipationParameters(BaseModel):
    """What may be said beside the subject."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: Clock = None


EXAMPLE: Final = ParticipationJson(
    "p:810100000001",
    "Claire MARTEL",
    3,
    active=True,
    via="cpts",
    structure=JoinedJson("cpts-exemple", "CPTS d’exemple", None),
    places=("tech:R1",),
    software=False,
    editors=(),
    refuses_editor_slots=True,
    two_hours=True,
    reorientation=False,
    generalists=None,
    registered_at="2026-11-02T09:00:00+01:00",
    changed_at="2026-11-23T17:42:00+01:00",
    known_places=("tech:R1", "tech:R2"),
    known_editors=("azur",),
    shown_editors=(),
    hours=HoursJson(90, 150, 30, 120),
    indicator_8=Indicator8Json(
        0,
        (
            ConditionJson("Accepter d’être appelé pour des patients en sus", met=True, reason="vous acceptez"),
            ConditionJson("Montrer ses disponibilités", met=False, reason="il manque 30 min sur 2 h"),
        ),
    ),
    indicator_9=Indicator9Json("2026-10-01", "2027-01-01", 12, 70, 4, BRACKETS[2].euros),
)


@router.put(
    "/participation/{identifier}",
    summary="Régler une participation",
    response_class=Response,
    **openapi.documented(ParticipationJson, None, openapi.WRITES, body=ParticipationBody),
)
def put(identifier: SubjectId, content: BodyDep, services: ServicesDep, pairs: PairsDep) -> Response:
    """Toute la participation, à la place de ce qu’elle était ; chaque règle non tenue est dite (422)."""
    asks_nothing(services, pairs)
    body = read_body(ParticipationBody, content)
    subject, at = spaces.subject(services, identifier), services.clock()

    def written(connection: Connection) -> ParticipationJson:
        settle(connection, _settings(subject, body), at, body.version)
        return _read(connection, subject, at)

    now = spaces.write(services, written)
    services.settled(subject)
    return json(now, _NO_STORE)


@router.get(
    "/participation/{identifier}",
    summary="La participation d’un professionnel ou d’une structure",
    response_class=Response,
    **openapi.documented(ParticipationJson, ParticipationParameters, (404, 414, 422, 503)),
)
def get(identifier: SubjectId, services: ServicesDep, pairs: PairsDep) -> Response:
    """Ce qui est réglé, les heures que l’agenda ouvre, les indicateurs 8 et 9. En développement seulement."""
    at = clock(services, pairs)
    read_as(ParticipationParameters, pairs, context(services, at))
    subject = spaces.subject(services, identifier)
    return json(spaces.read(services, lambda connection: _read(connection, subject, at)), _NO_STORE)


def _settings(subject: str, body: ParticipationBody) -> Settings:
    given = body.model_dump()
    return Settings(subject, **{name: given[name] for name in Settings._fields if name in given})


def _read(connection: Connection, subject: str, at: int) -> ParticipationJson:
    """Where somebody stands at this clock, as the API says it."""
    found = standing(connection, subject, at)
    settled = found.settled
    settings = settings_of(settled) if settled else Settings(found.subject)
    given: dict[str, Any] = {name: value for name, value in settings._asdict().items() if name != "structure"}
    return ParticipationJson(
        **given,
        name=found.name,
        version=settled.version if settled else 0,
        registered_at=_instant(settled.registered_at if settled else None),
        changed_at=_instant(settled.changed_at if settled else None),
        structure=_joined(found.joined),
        known_places=tuple(where.place_key for where in found.places),
        known_editors=tuple(participation.editors(connection)),
        shown_editors=found.editors,
        hours=HoursJson(found.hours.coming, found.hours.this_week, found.hours.missing, found.hours.needed),
        indicator_8=_indicator_8(found),
        indicator_9=_indicator_9(found),
    )


def _instant(at: int | None) -> str | None:
    return None if at is None else iso(at, PARIS)


def _joined(joined: Joinable | None) -> JoinedJson | None:
    return JoinedJson(joined.id, joined.name, joined.number) if joined else None


def _indicator_8(found: Standing) -> Indicator8Json:
    conditions = tuple(ConditionJson(*condition) for condition in found.indicator8.conditions)
    return Indicator8Json(found.indicator8.euros, conditions)


def _indicator_9(found: Standing) -> Indicator9Json:
    first, after = found.quarter
    nine = found.indicator9
    following = nine.following.euros if nine.following else None
    return Indicator9Json(
        first.isoformat(), after.isoformat(), nine.patients, nine.bracket.euros, nine.missing, following
    )
