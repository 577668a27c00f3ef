"""The names under the map: the largest communes of what it shows, asked again when it moves."""

from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict
from starlette.responses import Response

from models.gazetteer import Gazetteer
from search_api import parameters, searching
from search_api.pages.maps import rounded, short
from search_api.pages.projection import Box
from search_api.parameters import matching
from search_api.problems import SECURITY
from search_api.services import ServicesDep

router = APIRouter(include_in_schema=False)

TOWNS: Final = "/carte/communes"
LARGEST: Final = 60
"""Communes given for a box: those that may have room for their name."""
_RULE: Final = "quatre nombres « sud,ouest,nord,est » en degrés"
_NUMBER: Final = r"-?\d{1,3}(\.\d{1,15})?"
_WRITTEN: Final = matching(rf"{_NUMBER}(,{_NUMBER}){{3}}", _RULE)


def _box(text: str) -> Box:
    return Box(*map(float, _WRITTEN(text).split(",")))


class View(BaseModel):
    """What the map shows; its longitudes may go past 180 degrees."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    box: Annotated[Box, BeforeValidator(_box)]


@router.get(TOWNS)
def towns(request: Request, services: ServicesDep) -> Response:
    """The names and the points of the largest communes of a box."""
    given = parameters.pairs(request.scope["query_string"])
    at = searching.clock(services, ())
    view = parameters.read_as(View, given, searching.context(services, at))
    content = msgspec.json.encode(named(services.planner.gazetteer, view.box))
    return Response(content, 200, {**SECURITY, "Cache-Control": "public, max-age=86400"}, "application/json")


def named(gazetteer: Gazetteer, box: Box) -> list[tuple[str, float, float]]:
    """The largest communes first: name, latitude, longitude."""
    return [(short(each), *rounded(each.point)) for each in gazetteer.within(*box)[:LARGEST]]
