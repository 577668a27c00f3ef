"""The pages by their addresses, and errors as pages for those who read them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ExceptionHandler

from indexer.protocol import EngineDown, GenerationGone
from models import gazetteer
from models.codes import Viewer
from search_api import parameters, searching
from search_api.answers import one_offer_json
from search_api.pages import answer, cards, form, links, moments, render, rules
from search_api.pages.form import Form
from search_api.pages.places import PlaceNames
from search_api.parameters import Pairs
from search_api.problems import DirectoryError, Expired, Fault, Forbidden, NotFound, Refused, Unavailable, translate
from search_api.services import Services, ServicesDep

router = APIRouter(include_in_schema=False)

RANKING: Final = "/comment-les-resultats-sont-classes"
SOURCES: Final = "/sources"
_REGULATION: Final = (
    "Vue de la régulation, réglée pour la démonstration : les créneaux réservés, la participation au SAS et les "
    "informations complémentaires sont visibles."
)
_BANNERS: Final[Mapping[Viewer, str | None]] = {
    Viewer.PUBLIC: None,
    Viewer.PROFESSIONAL: "Vue des professionnels, réglée pour la démonstration.",
    Viewer.REGULATION: _REGULATION,
}


@dataclass(frozen=True, slots=True)
class Example:
    """A request to click."""

    title: str
    detail: str
    href: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """A fault as the summary lists it: the field's label and link, the rule, the link without the value."""

    label: str
    href: str | None
    rule: str
    value: str
    remove: str | None


# Search -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Page:
    """A request at its canonical link, and what it is read with."""

    services: Services
    pairs: Pairs
    at: int
    zone: str

    def form(self, faults: Sequence[Fault] = ()) -> Form:
        """The request as a form."""
        names = PlaceNames(self.services.planner)
        return form.form(self.pairs, faults, self.services.viewer, self.at, self.zone, names)

    def render(self, status: int = 200, **values: Any) -> Response:
        """The page of the request with its answer, its faults, or what one can ask."""
        known = {"answer": None, "faults": (), "examples": (), "alike": (), "heading": ""}
        return render.page("search.html", status, **_frame(self.services), **(known | values))


@router.get(links.HOME)
@router.get(links.SEARCH)
def search(request: Request, services: ServicesDep) -> Response:
    """The request and its answer, at its canonical link; what can be asked when nothing is."""
    given = parameters.pairs(request.scope["query_string"])
    page = _page(services, given)
    link = links.href(page.pairs)
    if link != links.href(given, request.url.path):
        return RedirectResponse(link, 303, render.HEADERS)
    if request.url.path == links.HOME:
        return _start(page)
    try:
        asked = searching.understood(services, links.of_api(page.pairs))
    except (Refused, Forbidden) as refusal:
        return _refused(page, refusal)
    found = searching.answered(services, asked, services.searcher.status())
    drawn = page.form()
    shown = answer.answer(found.json, page.pairs, drawn.chips)
    return page.render(form=drawn, answer=shown, title=shown.heading)


def _page(services: Services, given: Pairs) -> _Page:
    """The request that a form or a link means."""
    at = searching.clock(services, given)
    names = PlaceNames(services.planner)
    zone = names.zone(given)
    return _Page(services, links.canonical(given, at, zone, names), at, zone)


def _start(page: _Page) -> Response:
    examples = tuple(_examples(page))
    return page.render(form=page.form(), examples=examples, title="Qui peut prendre ce patient ?")


def _examples(page: _Page) -> Iterator[Example]:
    """Three requests to click."""
    clock = [pair for pair in page.pairs if pair[0] == "at"]
    evening = moments.asked("evening", page.at, page.zone) or ()
    for title, detail, asked in (
        (
            "Un généraliste à domicile ce soir",
            "près de Villeurbanne",
            [("address", "Villeurbanne"), ("specialty", "SM54"), ("modality", "domicile"), *evening],
        ),
        (
            "Un kinésithérapeute qui accepte de nouveaux patients",
            "dans la Loire, accès de plain-pied",
            [("departement", "42"), ("profession", "70"), ("new_patients", "true"), ("accessible", "true")],
        ),
        (
            "Un médecin par son nom",
            "« Martin », dans le Rhône",
            [("text", "Martin"), ("departement", "69"), ("profession", "10")],
        ),
    ):
        yield Example(title, detail, links.href([*asked, *clock]))


def _refused(page: _Page, refusal: DirectoryError) -> Response:
    """The form with each message beside its field, and all of them on top."""
    faults = refusal.faults
    alike = tuple(
        answer.Link(links.href(links.replacing(page.pairs, fault.field, [suggestion])), suggestion)
        for fault in faults
        for suggestion in fault.suggestions
    )
    return page.render(
        refusal.status,
        form=page.form(faults),
        faults=tuple(_wrong(fault, page.pairs) for fault in faults),
        alike=alike,
        heading=_HEADINGS.get(type(refusal), refusal.title),
        title=refusal.title,
    )


_HEADINGS: Final[Mapping[type[DirectoryError], str]] = {
    Refused: "La demande est à corriger",
    Forbidden: "Ce critère est réservé à la régulation",
}


def _wrong(fault: Fault, pairs: Pairs) -> Wrong:
    """A fault with the link to its field, and the link of the request without it."""
    given = any(name == fault.field for name, _ in pairs)
    return Wrong(
        label=form.LABELS.get(fault.field, fault.field or "Demande"),
        href=f"#f-{fault.field}" if fault.field in form.LABELS else None,
        rule=fault.rule,
        value=fault.value,
        remove=links.href(links.without(pairs, fault.field)) if given else None,
    )


# Other pages --------------------------------------------------------------------------------------------------------


@router.get("/offres/{identifier}")
def offer(identifier: str, request: Request, services: ServicesDep) -> Response:
    """Everything that the viewer may know of one offer."""
    found = services.searcher.offer(identifier)
    if found is None:
        raise NotFound("Cette fiche n’existe pas, ou n’existe plus.")
    at = searching.clock(services, parameters.pairs(request.scope["query_string"]))
    generation = services.searcher.status().generation
    shown = one_offer_json(found, services.viewer, at, services.frame(generation))
    card = cards.card(shown, datetime.fromisoformat(shown.at))
    facts, identifiers = cards.facts(shown), cards.identifiers(shown)
    return render.page("offer.html", card=card, facts=facts, identifiers=identifiers, **_frame(services))


@router.get(RANKING)
def ranking(services: ServicesDep) -> Response:
    """How results are ranked, written from the tables that rank them."""
    return render.page("ranking.html", **rules.rules(), **_frame(services))


@router.get(SOURCES)
def sources(services: ServicesDep) -> Response:
    """Where what is shown comes from."""
    return render.page("sources.html", gazetteer=gazetteer.ATTRIBUTION, **_frame(services))


@router.get("/favicon.ico")
def favicon() -> Response:
    """Where browsers look for it."""
    return RedirectResponse("/static/favicon.svg", 308, render.HEADERS)


def _frame(services: Services) -> dict[str, object]:
    """What every page says: whose view this is, and the sources."""
    return {"banner": _BANNERS[services.viewer], "sources": services.sources()}


# Errors -------------------------------------------------------------------------------------------------------------


def _is_page(request: Request) -> bool:
    """Whether a person reads this address."""
    return not request.url.path.startswith(("/api/", "/healthz", "/readyz", "/static/"))


def _error_page(request: Request, error: Exception) -> Response:
    """An error as a page: what happened, what still works, the ways out."""
    translated = NotFound() if isinstance(error, HTTPException) else translate(error)
    status = error.status_code if isinstance(error, HTTPException) else translated.status
    return render.page(
        "error.html",
        status,
        {"Retry-After": "5"} if isinstance(translated, Unavailable) else None,
        title=translated.title,
        detail=translated.detail,
        lines=_STILL_WORKS if isinstance(translated, Unavailable) else (),
        ways_out=tuple(_ways_out(request, translated)),
        banner=None,
        sources=(),
    )


_STILL_WORKS: Final = (
    "les pages « Comment les résultats sont classés » et « Sources » ;",
    "le 15 pour une urgence vitale, le 116 117 où il existe pour un médecin de garde ;",
    "les annuaires des CPTS et des gardes que vous tenez par ailleurs.",
)


def _ways_out(request: Request, error: DirectoryError) -> Iterator[Example]:
    """Where one can go from an error."""
    given = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    if given and isinstance(error, Unavailable):
        yield Example("Réessayer", "la même recherche", links.href(given, request.url.path))
    if given and isinstance(error, Expired):
        yield Example("Relancer la recherche", "depuis le début, avec les mêmes critères", links.href(given))
    yield Example("Nouvelle recherche", "la page d’accueil", links.HOME)


def _for_pages(otherwise: ExceptionHandler) -> ExceptionHandler:
    """A handler that does what it did, and answers people with a page."""

    def handle(request: Request, error: Exception) -> Any:
        for_programs = otherwise(request, error)
        return _error_page(request, error) if _is_page(request) else for_programs

    return handle


def install(app: FastAPI) -> None:
    """Serve the pages, the style sheet, and errors as pages. The problems are installed before."""
    app.include_router(router)
    app.mount("/static", _Static(directory=render.STATIC))
    for known in (DirectoryError, EngineDown, GenerationGone, HTTPException, Exception):
        app.add_exception_handler(known, _for_pages(app.exception_handlers[known]))


class _Static(StaticFiles):
    """Files that a browser may keep for a day: their links hold their digest."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """The file with its headers."""
        response = super().file_response(*args, **kwargs)
        response.headers.update({**render.HEADERS, "Cache-Control": "public, max-age=86400"})
        return response
