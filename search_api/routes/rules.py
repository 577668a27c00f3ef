"""How results are ranked, in numbers; and whether the service works."""

from typing import Final, Literal

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from indexer.protocol import Outdated
from search_api import openapi
from search_api.answers import RelevanceJson, relevance_json
from search_api.caching import STABLE_S, PairsDep, json, kept_by_content
from search_api.problems import Unavailable
from search_api.searching import asks_nothing
from search_api.services import NO_INDEX, ServicesDep

router = APIRouter(prefix="/api/v1", tags=["Règles"])
health = APIRouter(tags=["Service"])


class HealthJson(msgspec.Struct, frozen=True):
    """The process answers."""

    status: Literal["ok"] = "ok"


class ReadyJson(msgspec.Struct, frozen=True):
    """The engine answers, from this generation."""

    generation: str
    offers: int
    position: int
    lag_seconds: int | None
    status: Literal["ready"] = "ready"


READY: Final = ReadyJson("offers-20261123-0312", 512, 48213, 1)


@router.get(
    "/relevance",
    summary="Comment les résultats sont classés",
    response_class=Response,
    **openapi.documented(RelevanceJson, None, (304, 414, 422)),
)
def relevance(request: Request, services: ServicesDep, pairs: PairsDep) -> Response:
    """Critères, pertes, signaux, poids : de quoi recalculer une réponse."""
    asks_nothing(services, pairs)
    return kept_by_content(request, services, relevance_json(), STABLE_S)


@router.get("/openapi.json", include_in_schema=False)
def description(request: Request, services: ServicesDep, pairs: PairsDep) -> Response:
    """La description de l’API."""
    asks_nothing(services, pairs)
    return kept_by_content(request, services, request.app.openapi(), STABLE_S)


@health.get(
    "/healthz", summary="Le service répond", response_class=Response, **openapi.documented(HealthJson, None, ())
)
def healthz() -> Response:
    """Le processus est vivant ; rien d’autre n’est vérifié."""
    return json(HealthJson(), {"Cache-Control": "no-store"})


@health.get(
    "/readyz",
    summary="Le service peut chercher",
    response_class=Response,
    **openapi.documented(ReadyJson, None, (503,)),
)
def readyz(services: ServicesDep) -> Response:
    """Le moteur répond et son index contient des offres."""
    status = services.searcher.status()
    if status.outdated:
        raise Outdated(status.generation)
    if not status.offers:
        raise Unavailable(NO_INDEX)
    ready = ReadyJson(status.generation, status.offers, status.position, services.lag())
    return json(ready, {"Cache-Control": "no-store"})
