"""`GET /api/v1/search`: the answer, as JSON or GeoJSON, and its exact part as a spreadsheet."""

from collections.abc import Iterator
from itertools import chain
from typing import Final, Literal

import msgspec
import structlog
from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from indexer.protocol import EngineError
from models.clock import local
from relevance.found import CAP
from search_api import csv_rows, examples, openapi
from search_api.accepting import prefers
from search_api.answers import AreaJson, OfferJson, RungJson, SearchJson, SourceJson, TotalJson
from search_api.caching import HEADED, JSON, PairsDep, headers, kept
from search_api.parameters import Limit, SearchParameters
from search_api.planning import widened
from search_api.problems import Fault, Refused
from search_api.searching import answered, tag, understood, understood_as
from search_api.services import ServicesDep

GEOJSON: Final = "application/geo+json"
CSV: Final = "text/csv; charset=utf-8"
TOTAL: Final = "Annuaire-Total"
"""The header that says how many exact matches there are; `10000+`: more than a file may hold."""
ERRORS: Final = (403, 410, 414, 422, 503)
SPREADSHEET: Final = {"type": "text/csv", "schema": {"type": "string"}, "example": examples.spreadsheet()}
HEADERS: Final = {
    "Content-Disposition": openapi.header("Le nom du fichier : `attachment; filename=…`."),
    TOTAL: openapi.header("Combien de résultats exacts ; `10000+` : plus qu’un fichier n’en contient."),
}

router = APIRouter(prefix="/api/v1", tags=["Recherche"])


class SheetParameters(SearchParameters):
    """A search whose exact part is a file."""

    exact_limit: Limit = Field(default=CAP, ge=0, le=CAP, description="Lignes, au plus.", examples=[1_000])


class Geometry(msgspec.Struct, frozen=True, tag="Point", tag_field="type"):
    """A point, longitude first."""

    coordinates: tuple[float, float]


class FoundProperties(OfferJson, frozen=True):
    """An offer, and the part of the answer that it is in."""

    part: Literal["exact", "approximate"]


class Feature(msgspec.Struct, frozen=True, tag="Feature", tag_field="type"):
    """An offer on a map; no geometry when its address has no point."""

    id: str
    geometry: Geometry | None
    properties: FoundProperties


class FeatureCollection(msgspec.Struct, frozen=True, tag="FeatureCollection", tag_field="type"):
    """The answer on a map: exact matches first, each part in its order."""

    at: str
    generation: str
    position: int
    lag_seconds: int | None
    sources: tuple[SourceJson, ...]
    area: AreaJson | None
    exact_total: TotalJson
    approximate_total: TotalJson
    exact_next: str | None
    approximate_next: str | None
    rungs: tuple[RungJson, ...]
    features: tuple[Feature, ...]


@router.get(
    "/search",
    summary="Chercher : résultats exacts, puis approchants",
    response_class=Response,
    **openapi.documented(
        SearchJson,
        SearchParameters,
        (304, *ERRORS),
        geojson={"type": GEOJSON, "schema": {"$ref": openapi.REF.format(name="FeatureCollection")}},
    ),
)
def search(request: Request, services: ServicesDep, pairs: PairsDep) -> Response:
    """Au plus 50 résultats exacts et 50 approchants, chacun avec ses raisons."""
    asked = understood(services, pairs)
    status = services.current()
    media_type = GEOJSON if prefers(",".join(request.headers.getlist("accept")), GEOJSON, JSON) else JSON

    def content() -> msgspec.Struct:
        answer = answered(services, asked, status).json
        return feature_collection(answer) if media_type == GEOJSON else answer

    return kept(request, services, tag(services, asked, status, media_type), content, media_type=media_type)


def feature_collection(answer: SearchJson) -> FeatureCollection:
    """The answer as GeoJSON (RFC 7946), with what it says of itself beside its features."""
    exact = (_feature(offer, "exact") for offer in answer.exact.offers)
    approximate = (_feature(offer, "approximate") for offer in answer.approximate.offers)
    return FeatureCollection(
        at=answer.at,
        generation=answer.generation,
        position=answer.position,
        lag_seconds=answer.lag_seconds,
        sources=answer.sources,
        area=answer.area,
        exact_total=answer.exact.total,
        approximate_total=answer.approximate.total,
        exact_next=answer.exact.next,
        approximate_next=answer.approximate.next,
        rungs=answer.approximate.rungs,
        features=(*exact, *approximate),
    )


def _feature(offer: OfferJson, part: Literal["exact", "approximate"]) -> Feature:
    point = offer.place.point
    properties = FoundProperties(**{name: getattr(offer, name) for name in OfferJson.__struct_fields__}, part=part)
    return Feature(offer.id, Geometry((point.lon, point.lat)) if point else None, properties)


@router.get(
    "/search.csv",
    summary="Résultats exacts, en tableur",
    response_class=StreamingResponse,
    **openapi.documented(None, SheetParameters, ERRORS, without={"cursor"}, headers=HEADERS, csv=SPREADSHEET),
)
def search_csv(request: Request, services: ServicesDep, pairs: PairsDep) -> Response:
    """Au plus 10 000 résultats exacts, dans l’ordre : UTF-8 avec sa marque, points-virgules, en-têtes en français."""
    asked = understood_as(SheetParameters, services, pairs)
    if asked.cursor:
        raise Refused([Fault.of("cursor", asked.parameters.cursor, "sans objet : le fichier contient tout")])
    plan = widened(asked.planned.plan, asked.parameters, services.searcher)
    (total,) = services.searcher.counts([plan], CAP + 1)
    name = f"annuaire-soins-{local(plan.at, asked.planned.zone):%Y%m%d-%H%M}.csv"
    about = {"Content-Disposition": f'attachment; filename="{name}"', TOTAL: str(total) if total <= CAP else f"{CAP}+"}
    offers = () if request.scope.get(HEADED) else services.shown(services.searcher.exact(plan, plan.exact_limit))
    written = _begun(_told(csv_rows.lines(offers, plan)))
    return StreamingResponse(written, media_type=CSV, headers=headers(services) | about)


def _begun(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The same lines, the first already read: an engine that does not answer is said before the file begins."""
    return chain([next(lines)], lines)


def _told(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The same lines. An engine that stops is logged, and its error goes on.

    It cuts the connection of a file that has begun, so that nobody takes a part of the lines for all of them.
    """
    sent = 0
    try:
        for line in lines:
            yield line
            sent += 1
    except EngineError as error:
        structlog.get_logger("search_api").error("spreadsheet cut", error=type(error).__name__, blocks=sent)
        raise
