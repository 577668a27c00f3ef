"""The pages by their addresses, and errors as pages for those who read them."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from indexer.protocol import EngineDown, GenerationGone
from models import gazetteer
from models.codes import Viewer
from search_api import parameters, regulating, searching
from search_api.pages import (
    answer,
    calling,
    contacting,
    faults,
    form,
    framing,
    ground,
    helping,
    keys,
    launching,
    lengthy,
    links,
    maps,
    moments,
    offering,
    oriented,
    orienting,
    participating,
    reading,
    recent,
    render,
    reporting,
    rules,
    selecting,
    selection,
    sentences,
    space,
    space_entries,
    table,
    verifying,
    ways_out,
    widget_routes,
)
from search_api.pages.asked import Asked
from search_api.pages.form import Form
from search_api.pages.sentences import Unasked
from search_api.problems import (
    SECURITY,
    DirectoryError,
    Expired,
    Forbidden,
    QueryTooLong,
    Refused,
    Unavailable,
    http_problem,
    translate,
)
from search_api.services import Services, ServicesDep

router = APIRouter(include_in_schema=False)

RANKING: Final = "/comment-les-resultats-sont-classes"
SOURCES: Final = "/sources"


@dataclass(frozen=True, slots=True)
class Example:
    """A request to click."""

    title: str
    detail: str
    href: str


# Search -------------------------------------------------------------------------------------------------------------


@router.get(links.HOME)
@router.get(links.SEARCH)
def search(request: Request, services: ServicesDep) -> Response:
    """The request and its answer, at its canonical link; what can be asked when nothing is."""
    try:
        given = parameters.pairs(request.scope["query_string"])
    except QueryTooLong as refusal:
        return _too_long(services, request.scope["query_string"], refusal)
    asked = reading.asked(services, given)
    link, path = links.href(asked.pairs), request.scope["path"]
    if link != links.href(given, path) or link.partition("?")[0] != path:
        return RedirectResponse(link, 303, SECURITY)
    if path == links.HOME:
        return _start(services, asked)
    try:
        understood = searching.understood(services, links.of_api(asked.pairs))
    except (Refused, Forbidden) as refusal:
        return _refused(services, asked, refusal)
    found = searching.answered(services, understood, services.current())
    nothing = ways_out.nothing(services, asked, found)
    shown = answer.answer(found.json, asked.pairs, nothing, orients=regulating.is_open(services))
    launched = launching.launched(services, asked.pairs, found)
    shown = answer.marked(shown, launched.anchors, launching.MARK) if launched.anchors else shown
    identifiers = [offer.id for offer in (*found.json.exact.offers, *found.json.approximate.offers)]
    shown = answer.called(shown, calling.said(services, identifiers))
    values = {
        "form": form.form(asked, ()),
        "answer": shown,
        "launched": launched,
        "unasked": sentences.unasked(asked),
        "table": table.table(found.json, shown, asked) if asked.value(links.VIEW) == links.TABLE else None,
        "bar": selection.bar(asked.pairs, identifiers),
        **maps.drawn(found, shown, asked, services.tiles),
        "title": shown.heading,
        "recent": recent.kept(asked),
        "checks": verifying.links_of(services, found, asked.pairs),
        "calls": calling.live(services, identifiers),
    }
    return _search_page(services, values)


def _search_page(services: Services, values: Mapping[str, object], status: int = 200) -> Response:
    """The page of a request: its answer, its faults, or what one can ask."""
    nothing: dict[str, object] = {"answer": None, "launched": None, "table": None, "chart": None}
    nothing |= {"faults": (), "examples": (), "unasked": (), "recent": None, "checks": None, "calls": None}
    shared = services.viewer is not Viewer.PUBLIC
    common = {"keys": keys.KEYS, "events": keys.EVENTS, "shared": shared, **framing.frame(services)}
    headers = {**framing.kept(services), **render.images(services.tiles if values.get("chart") else None)}
    return render.page("search.html", {**nothing, **common, **values}, status, headers)


def _start(services: Services, asked: Asked) -> Response:
    values = {
        "form": form.form(asked, ()),
        "unasked": sentences.unasked(asked),
        "examples": tuple(_examples(asked)),
        "title": f"Qui peut {'me recevoir' if services.viewer is Viewer.PUBLIC else 'prendre ce patient'} ?",
    }
    return _search_page(services, values)


def _examples(asked: Asked) -> Iterator[Example]:
    """Three requests to click."""
    clock = [pair for pair in asked.pairs if pair[0] == "at"]
    evening = moments.asked("evening", asked.at, asked.zone) or ()
    for title, detail, pairs in (
        (
            "Un généraliste à domicile ce soir",
            "près de Villeurbanne",
            [("specialty", "SM54"), ("address", "Villeurbanne"), ("modality", "domicile"), *evening],
        ),
        (
            "Un kinésithérapeute qui accepte de nouveaux patients",
            "dans la Loire, accès de plain-pied",
            [("profession", "70"), ("departement", "42"), ("accessible", "true"), ("new_patients", "true")],
        ),
        (
            "Un médecin par son nom",
            "« Martin », dans le Rhône",
            [("text", "Martin"), ("profession", "10"), ("departement", "69")],
        ),
    ):
        yield Example(title, detail, links.href([*pairs, *clock]))


def _refused(services: Services, asked: Asked, refusal: Refused | Forbidden) -> Response:
    """The form with each message beside its field, and all of them on top."""
    wrong = tuple(faults.wrong(fault, asked) for fault in refusal.faults)
    return _to_correct(services, form.form(asked, wrong), refusal, sentences.unasked(asked))


def _too_long(services: Services, query_string: bytes, refusal: QueryTooLong) -> Response:
    """The form with all that it held, and what is too long said beside its box.

    Raises:
        QueryTooLong: no box alone makes it so.

    """
    long = lengthy.lengthy(query_string, services.viewer)
    if long is None:
        raise refusal
    asked = reading.asked(services, long.others)
    whole = replace(asked, pairs=[*asked.pairs, (long.field, long.value)])
    drawn = form.form(asked, (faults.wrong(long.fault, whole),))
    return _to_correct(services, replace(drawn, values={**drawn.values, long.field: long.value}), refusal)


def _to_correct(
    services: Services, drawn: Form, refusal: DirectoryError, unasked: tuple[Unasked, ...] = ()
) -> Response:
    values = {
        "form": drawn,
        "faults": drawn.faults,
        "unasked": unasked,
        "heading": _HEADINGS[type(refusal)],
        "title": refusal.title,
    }
    return _search_page(services, values, refusal.status)


_HEADINGS: Final[Mapping[type[DirectoryError], str]] = {
    QueryTooLong: "La demande est trop longue",
    Refused: "La demande est à corriger",
    Forbidden: "Ce critère est réservé à la régulation",
}


# Other pages --------------------------------------------------------------------------------------------------------


@router.get(RANKING)
def ranking(services: ServicesDep) -> Response:
    """How results are ranked, written from the tables that rank them."""
    return render.page("ranking.html", {**framing.frame(services), **rules.rules()})


@router.get(SOURCES)
def sources(services: ServicesDep) -> Response:
    """Where what is shown comes from."""
    return render.page("sources.html", {**framing.frame(services), "gazetteer": gazetteer.ATTRIBUTION})


@router.get("/favicon.ico")
def favicon() -> Response:
    """Where browsers look for it."""
    return RedirectResponse(render.static("favicon.svg"), 307, SECURITY)


# Errors -------------------------------------------------------------------------------------------------------------


def _is_page(request: Request) -> bool:
    """Whether a person reads this address."""
    return not request.scope["path"].startswith(("/api/", "/healthz", "/readyz", "/static/"))


def _error_page(request: Request, error: Exception, headers: Mapping[str, str]) -> Response:
    """An error as a page: what happened, what still works, the ways out. `headers` are those that programs get."""
    translated = translate(error)
    problem = http_problem(request, error) if isinstance(error, HTTPException) else translated.problem
    kept = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
    if widget_routes.is_framed(request):
        return widget_routes.failed(request, problem, kept)
    unavailable = isinstance(translated, Unavailable)
    values = {
        "title": problem.title,
        "detail": problem.detail,
        "still_works": _STILL_WORKS if unavailable else (),
        "ways_out": tuple(_ways_out(request, translated)),
        "banner": None,
        "orientations": None,
        "sources": (),
    }
    return render.page("error.html", values, problem.status, kept)


_KEPT_HEADERS: Final = ("Allow", "Retry-After")


_STILL_WORKS: Final = (
    "les pages « Comment les résultats sont classés » et « Sources » ;",
    "le 15 pour une urgence vitale, le 116 117 où il existe pour un médecin de garde ;",
    "les annuaires des CPTS et des gardes que vous tenez par ailleurs.",
)


def _ways_out(request: Request, error: DirectoryError) -> Iterator[Example]:
    """Where one can go from an error."""
    given = links.without(request.query_params.multi_items(), "cursor")
    if isinstance(error, Unavailable):
        yield Example("Réessayer", "la même page", links.href(given, request.scope["path"]))
    if given and isinstance(error, Expired):
        yield Example("Relancer la recherche", "depuis le début, avec les mêmes critères", links.href(given))
    yield Example("Nouvelle recherche", "la page d’accueil", links.HOME)


def _for_pages(otherwise: Callable[..., Any]) -> Callable[[Request, Exception], Any]:
    """A handler that does what it did, and answers people with a page."""

    def handle(request: Request, error: Exception) -> Any:
        for_programs = otherwise(request, error)
        return _error_page(request, error, for_programs.headers) if _is_page(request) else for_programs

    return handle


def install(app: FastAPI) -> None:
    """Serve the pages, the style sheet, and errors as pages. The problems are installed before."""
    app.router.routes.extend(router.routes)
    for family in (
        launching,
        selecting,
        orienting,
        oriented,
        calling,
        verifying,
        offering,
        helping,
        reporting,
        contacting,
        participating,
        ground,
        widget_routes,
        space,
        space_entries,
    ):
        app.router.routes.extend(family.router.routes)
    app.mount("/static", _Static(directory=render.STATIC, packages=[render.LEAFLET] if render.has_leaflet() else None))
    for known in (DirectoryError, EngineDown, GenerationGone, HTTPException, Exception):
        app.add_exception_handler(known, _for_pages(app.exception_handlers[known]))


class _Static(StaticFiles):
    """Files of ours: those whose address holds a digest stay as they are, browsers keep them."""

    def get_path(self, scope: Scope) -> str:
        """The file's path, without the digest."""
        return _DIGEST.sub("", super().get_path(scope))

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """The file with its headers."""
        response = super().file_response(*args, **kwargs)
        response.headers.update({**SECURITY, "Cache-Control": "public, max-age=86400"})
        return response


_DIGEST: Final = re.compile(rf"^[0-9a-f]{{{render.DIGEST_LENGTH}}}/")
