"""What may be asked: suggestions while typing, the values found within a request, the territories."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Annotated, Final, Literal, get_args

import msgspec
from fastapi import APIRouter, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.responses import Response

from models import codes
from models.clock import iso
from models.folding import fold
from models.offer import Code
from relevance.criteria import Name
from relevance.explain import WANTED
from relevance.found import CAP
from relevance.plan import Plan
from relevance.text import question
from search_api import openapi, suggestions
from search_api.caching import LOADED_S, PairsDep, headers, json, kept, kept_by_content
from search_api.parameters import Clock, Departement, SearchParameters, Words, many, matching, one, read_as
from search_api.planning import widened
from search_api.searching import Asked, clock, context, tag, understood_as
from search_api.services import Services, ServicesDep
from search_api.suggestions import Suggestion
from search_api.territories import Territory

router = APIRouter(prefix="/api/v1", tags=["Listes"])

FacetName = Literal[
    "profession", "specialty", "structure_type", "skill", "care", "equipment", "language", "sector", "modality"
]
FACETS: Final = tuple(map(Name, get_args(FacetName)))
Sought = Literal["code", "place", "territory", "address", "name"]
UNASKED: Final = ("code", "place", "territory", "name")
"""What is suggested where nothing is said: a geocoder is asked only by who wants addresses."""
EACH: Final = 5
"""Suggestions of each kind, unless the request says."""
Whole = BeforeValidator(matching(r"-?\d{1,9}", "un nombre entier"))
Counted = tuple[tuple[Code, int], ...]


class SuggestJson(msgspec.Struct, frozen=True):
    """What the letters may mean, kind by kind."""

    suggestions: tuple[Suggestion, ...]


class FacetValue(msgspec.Struct, frozen=True):
    """A value, and how many offers have it among those that meet the other criteria."""

    code: str
    label: str
    count: int
    asked: bool


class Facet(msgspec.Struct, frozen=True):
    """The values of one criterion, most frequent first."""

    name: str
    values: tuple[FacetValue, ...]


class FacetsJson(msgspec.Struct, frozen=True):
    """Values and counts within the request."""

    at: str
    generation: str
    facets: tuple[Facet, ...]


class TerritoriesJson(msgspec.Struct, frozen=True):
    """CPTS, in the order of their names."""

    total: int
    territories: tuple[Territory, ...]


class SuggestParameters(BaseModel):
    """The letters typed so far."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Words = Field(description="Les lettres tapées.", examples=["card"])
    sought: tuple[Sought, ...] = many(
        "Sortes de suggestions ; sans elle, toutes sauf les adresses.", "place", "territory"
    )
    limit: Annotated[int, Whole] = Field(
        default=EACH, ge=1, le=20, description="Suggestions de chaque sorte, au plus.", examples=[5]
    )
    at: Clock = None


class FacetParameters(SearchParameters):
    """A search, and the criteria whose values are counted; all of them when none is named."""

    facet: tuple[FacetName, ...] = many("Critères dont les valeurs sont comptées ; sans lui, tous.", "profession")


class TerritoryParameters(BaseModel):
    """Which CPTS."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Words | None = one("Début des mots du nom.", "lyon")
    departement: tuple[Departement, ...] = many("Départements où la CPTS couvre une commune.", "69")
    limit: Annotated[int, Whole] = Field(default=1_000, ge=1, le=2_000, description="CPTS, au plus.", examples=[50])


SUGGESTED: Final = SuggestJson((Suggestion("specialty", "Cardiologie et maladies vasculaires", "specialty", "SM04"),))
COUNTED: Final = FacetsJson(
    "2026-11-23T17:42:00+01:00",
    "offers-20261123-0312",
    (
        Facet(
            "profession", (FacetValue("10", "Médecin", 12, asked=True), FacetValue("60", "Infirmier", 7, asked=False))
        ),
    ),
)
LISTED: Final = TerritoriesJson(1, (Territory("cpts-exemple", "CPTS d’exemple", None, ("69100",), ("69266",)),))


@router.get(
    "/suggest",
    summary="Suggérer pendant la frappe",
    response_class=Response,
    **openapi.documented(SuggestJson, SuggestParameters),
)
def suggest(services: ServicesDep, pairs: PairsDep) -> Response:
    """Professions, spécialités, soins, équipements, structures, personnes, communes et CPTS qui commencent ainsi."""
    at = clock(services, pairs)
    asked = read_as(SuggestParameters, pairs, context(services, at))
    wanted = asked.sought or UNASKED
    found = chain.from_iterable(
        suggested(services, asked, at) for sort, suggested in _SUGGESTED.items() if sort in wanted
    )
    return json(SuggestJson(tuple(found)), headers(services))


def _names(services: Services, asked: SuggestParameters, at: int) -> Iterator[Suggestion]:
    """People and structures."""
    named = Plan(at=at, viewer=services.viewer, text=question(asked.text))
    return suggestions.of_names(services.shown(services.searcher.named(named, asked.limit)), asked.text)


_SUGGESTED: Final[dict[Sought, Callable[[Services, SuggestParameters, int], Iterator[Suggestion]]]] = {
    "code": lambda _, asked, __: suggestions.of_codes(asked.text, asked.limit),
    "place": lambda services, asked, _: suggestions.of_places(asked.text, asked.limit, services.planner),
    "territory": lambda services, asked, _: suggestions.of_territories(
        asked.text, asked.limit, services.planner.territories()
    ),
    "address": lambda services, asked, _: suggestions.of_addresses(asked.text, services.planner),
    "name": _names,
}
"""What suggests each sort, in the order of the answer."""


@router.get(
    "/facets",
    summary="Compter les valeurs dans une demande",
    response_class=Response,
    **openapi.documented(FacetsJson, FacetParameters, (304, 403, 410, 414, 422, 503)),
)
def facets(request: Request, services: ServicesDep, pairs: PairsDep) -> Response:
    """Pour chaque critère, ses valeurs et combien d’offres les ont parmi celles qui remplissent tous les autres."""
    asked = understood_as(FacetParameters, services, pairs)
    status = services.current()
    known = tag(services, asked, status, "facets")
    return kept(request, services, known, lambda: _facets(services, asked, status.generation))


def _facets(services: Services, asked: Asked[FacetParameters], generation: str) -> FacetsJson:
    plan = asked.planned.plan if asked.cursor else widened(asked.planned.plan, asked.parameters, services.searcher)
    names = tuple(map(Name, asked.parameters.facet)) or FACETS
    counted = services.searcher.facets(plan, [name for name in names if name is not Name.MODALITY])
    if Name.MODALITY in names:
        counted = {**counted, Name.MODALITY: _modalities(services, plan)}
    return FacetsJson(
        iso(plan.at, asked.planned.zone), generation, tuple(_facet(name, counted[name], plan) for name in names)
    )


def _modalities(services: Services, plan: Plan) -> Counted:
    """How many exact matches each modality alone would have: it is judged with the moment, no list of codes has it."""
    alone = [replace(plan, modalities=(each,)) for each in codes.MODALITIES]
    counts = services.searcher.counts(alone, CAP + 1)
    labelled = (Code(each, label) for each, label in codes.MODALITIES.items())
    return tuple(sorted(zip(labelled, counts, strict=True), key=lambda one: -one[1]))


def _facet(name: Name, counted: Counted, plan: Plan) -> Facet:
    wanted = plan.modalities if name is Name.MODALITY else WANTED[name](plan)
    return Facet(
        name.value, tuple(FacetValue(code.code, code.label, count, code.code in wanted) for code, count in counted)
    )


@router.get(
    "/territories",
    summary="Les CPTS et leurs codes postaux",
    response_class=Response,
    **openapi.documented(TerritoriesJson, TerritoryParameters, (304, 414, 422)),
)
def territories(request: Request, services: ServicesDep, pairs: PairsDep) -> Response:
    """Les CPTS connues, par ordre de nom."""
    asked = read_as(TerritoryParameters, pairs, context(services, clock(services, ())))
    met = sorted((each for each in _asked(services, asked)), key=lambda each: (fold(each.name), each.id))
    return kept_by_content(request, services, TerritoriesJson(len(met), tuple(met[: asked.limit])), LOADED_S)


def _asked(services: Services, asked: TerritoryParameters) -> Iterator[Territory]:
    """The territories of these départements whose name has these words."""
    words = suggestions.asked_words(asked.text or "")
    for territory in services.planner.territories().values():
        communes = filter(None, map(services.planner.gazetteer.commune, territory.communes))
        there = not asked.departement or any(commune.departement in asked.departement for commune in communes)
        if there and suggestions.begins(fold(territory.name).split(), words):
            yield territory
