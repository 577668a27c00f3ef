"""`GET /api/v1/checks`: slots that were shown, asked again of their editors; corrections come as they are known."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Final

import msgspec
import structlog
from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response, StreamingResponse

from models.offer import Offer
from relevance.plan import Plan
from search_api import checking, openapi
from search_api.bodies import OursDep
from search_api.caching import PairsDep
from search_api.checking import Checking, CorrectionJson
from search_api.parameters import SearchParameters, read_as, some
from search_api.problems import NotFound
from search_api.searching import clock, context
from search_api.services import ServicesDep

router = APIRouter(prefix="/api/v1", tags=["Recherche"])

LAST_S: Final = 8.0
"""How long corrections may come: an editor has seven seconds to answer."""
EVENTS: Final = "text/event-stream"
NOT_CHECKED: Final = (
    "Les créneaux ne sont pas vérifiés ici : pour la régulation seule, là où des éditeurs sont déclarés."
)
EXAMPLE: Final = (
    'data: {"offer":"p810100000001-0123456789ab","state":"taken","gone":["2026-11-23T18:30:00+01:00"]}\n\n'
    "event: end\ndata: \n\n"
)


class ChecksParameters(SearchParameters):
    """The offers that were shown, and what was asked of their time."""

    offer: tuple[str, ...] = some("Offres montrées ; les vingt premières sont vérifiées.", "p810100000001-0123456789ab")


@router.get(
    "/checks",
    summary="Vérifier les créneaux montrés : un événement par offre",
    response_class=StreamingResponse,
    dependencies=[OursDep],
    **openapi.documented(
        None,
        ChecksParameters,
        (403, 404, 414, 422, 503),
        events={"type": EVENTS, "schema": {"type": "string"}, "example": EXAMPLE},
    ),
)
def checks(services: ServicesDep, pairs: PairsDep) -> Response:
    """Les créneaux qui ne viennent pas d’être vérifiés sont redemandés ; chaque réponse corrige les fiches montrées."""
    if services.checking is None or not checking.is_open(services.viewer, services.checking):
        raise NotFound(NOT_CHECKED)
    at = clock(services, pairs)
    parameters = read_as(ChecksParameters, pairs, context(services, at))
    plan = services.planner.plan(parameters, at, services.viewer).plan
    shown = services.offers(tuple(dict.fromkeys(parameters.offer))[: checking.FIRST])
    events = _events(services.checking, checking.unsure(tuple(shown.values()), services.clock()), plan)
    return StreamingResponse(events, media_type=EVENTS, headers={"Cache-Control": "no-store"})


async def _events(asked: Checking, offers: Sequence[Offer], plan: Plan) -> AsyncIterator[bytes]:
    """What each offer's editors say of it, as soon as they do; then the end."""
    groups = [asyncio.create_task(_corrections(asked, group, plan)) for group in checking.together(offers)]
    try:
        for group in asyncio.as_completed(groups, timeout=LAST_S):
            for correction in await group:
                yield b"data: " + msgspec.json.encode(correction) + b"\n\n"
    except TimeoutError:
        pass  # what has not come by now is as it was shown
    finally:
        for task in groups:
            task.cancel()
    yield b"event: end\ndata: \n\n"


async def _corrections(asked: Checking, offers: Sequence[Offer], plan: Plan) -> list[CorrectionJson]:
    """What the editors of these offers say of them."""
    subjects = sorted({offer.subject for offer in offers})
    try:
        ended = await asyncio.wrap_future(asked.ask(subjects))
    except SQLAlchemyError as failure:  # what the others say is not lost with it
        structlog.get_logger("search_api").error("slots not checked", error=type(failure).__name__)
        return []
    known = await asyncio.to_thread(asked.offers, subjects)
    if known is None:
        return []
    found = (
        checking.correction(offer, known.get(offer.id), ended[offer.subject], plan)
        for offer in offers
        if offer.subject in ended
    )
    return [correction for correction in found if correction is not None]
