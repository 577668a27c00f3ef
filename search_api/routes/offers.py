"""`GET /api/v1/offers/{id}`: one offer."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from search_api import openapi
from search_api.answers import OneOfferJson, one_offer_json
from search_api.caching import PairsDep, kept, tag
from search_api.parameters import Clock, OfferId, read_as
from search_api.problems import NO_OFFER, NotFound
from search_api.searching import as_of, clock, context
from search_api.services import ServicesDep

router = APIRouter(prefix="/api/v1", tags=["Recherche"])


class OfferParameters(BaseModel):
    """What may be said beside the identifier."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: Clock = None


@router.get(
    "/offers/{identifier}",
    summary="Une offre : un professionnel ou une structure, à un lieu",
    response_class=Response,
    **openapi.documented(OneOfferJson, OfferParameters, (304, 404, 414, 422, 503)),
)
def offer(identifier: OfferId, request: Request, services: ServicesDep, pairs: PairsDep) -> Response:
    """L’offre, avec les disponibilités des 72 heures que ce lecteur peut voir."""
    at = clock(services, pairs)
    read_as(OfferParameters, pairs, context(services, at))
    status = services.current()
    found = services.offer(identifier)
    if found is None:
        raise NotFound(NO_OFFER)
    known = tag("offer", identifier, services.viewer.value, at, as_of(services, status))
    frame = services.frame(status.generation, status.position)
    return kept(request, services, known, lambda: one_offer_json(found, services.viewer, at, frame))
