"""`/widget`: the search inside a page of somebody else, its style sheet, the element that follows its height.

It is always the public's view, whatever this server shows elsewhere: who reads the page around it is nobody that we
know, and that page could show ours to anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from models.codes import Viewer
from search_api import caching, parameters, searching
from search_api.pages import (
    answer,
    faults,
    form,
    framing,
    links,
    reading,
    render,
    sentences,
    ways_out,
    widget_colours,
    widget_options,
    widget_try,
)
from search_api.pages.asked import Asked
from search_api.pages.faults import Wrong
from search_api.pages.widget import LIMITS, WIDGET, Widget, drawn, removable, timely, widget
from search_api.pages.widget_colours import COLOURS, Scheme, Tokens
from search_api.pages.widget_options import Options
from search_api.parameters import Pairs
from search_api.problems import (
    SECURITY,
    Expired,
    Forbidden,
    Problem,
    QueryTooLong,
    Refused,
    Unavailable,
    content_policy,
)
from search_api.services import Services, ServicesDep

router = APIRouter(include_in_schema=False)

TRY: Final = f"{WIDGET}/essayer"
SHEET: Final = f"{WIDGET}/style.css"
ELEMENT: Final = f"{WIDGET}/v1/annuaire-soins.js"
"""The number changes when lines that portals have pasted would no longer be understood; the file may, at any time."""
FRESH_S: Final = 3_600
KEPT_S: Final = 86_400
"""For how long browsers keep the element, whose address stays, and the sheet, whose address holds a digest."""


# The widget ---------------------------------------------------------------------------------------------------------


@router.get(WIDGET)
def shown(request: Request, services: ServicesDep) -> Response:
    """The form and its answer, at the canonical link of the widget."""
    public = replace(services, viewer=Viewer.PUBLIC)
    own, given = widget_options.divided(parameters.pairs(request.scope["query_string"]))
    stand = Stand(widget_options.read(own), services.widget_sites)
    each = widget(reading.asked(public, given), parameters.without_empty(given), stand.options)
    if each.here != links.href([*given, *own], WIDGET):
        return RedirectResponse(each.here, 303, {**SECURITY, **stand.headers})
    values, status = _answered(public, each)
    return _response("widget.html", values, stand, status)


def _answered(services: Services, each: Widget) -> tuple[Mapping[str, Any], int]:
    """What was found, what is wrong with the request, or that nothing is asked yet; and the status that says it."""
    if not each.asks:
        return _drawn(services, each), 200
    asked = replace(each.asking, pairs=[*each.asking.pairs, *LIMITS])
    try:
        understood = searching.understood(services, links.of_api(asked.pairs))
    except (Refused, Forbidden) as refusal:
        return _drawn(
            services, each, tuple(faults.wrong(fault, each.asked) for fault in refusal.faults)
        ), refusal.status
    found = searching.answered(services, understood, services.current())
    kept = replace(found, json=each.promised(timely(found.json, found.plan.window)))
    shown = answer.answer(kept.json, asked.pairs, ways_out.nothing(services, asked, kept))
    beyond = len(kept.json.approximate.rungs) < len(found.json.approximate.rungs)
    return {**_drawn(services, each), "answer": shown, "beyond": beyond}, 200


def _drawn(services: Services, each: Widget, wrong: tuple[Wrong, ...] = ()) -> Mapping[str, Any]:
    """What every widget with a form draws."""
    request = form.form(each.asked, wrong)
    return {
        "widget": each,
        "here": each.link,
        "form": request,
        "fields": tuple(drawn(each, request)),
        "chips": tuple(removable(each, request)),
        "faults": wrong,
        "answer": None,
        "unasked": sentences.unasked(each.asked),
        "directory": each.directory,
        "sources": services.sources(),
        "warning": framing.frame(services)["banner"],
    }


@dataclass(frozen=True, slots=True)
class Stand:
    """How a page stands in another: what the portal chose, and the sites that may show it."""

    options: Options
    sites: tuple[str, ...]

    @property
    def headers(self) -> Mapping[str, str]:
        """Its policy: the script is allowed only when its height is to be followed."""
        scripts = {"script_src": "'self'"} if self.options.follows else {}
        policy = content_policy(frame_ancestors=" ".join(("'self'", *self.sites)), **scripts)
        return {"Content-Security-Policy": policy, "Cache-Control": "private, no-cache"}


def _response(
    template: str, values: Mapping[str, Any], stand: Stand, status: int, kept: Mapping[str, str] | None = None
) -> Response:
    """A page that stands in another."""
    options = stand.options
    head = {"options": options, "sheet": sheet_address(options), "sites": stand.sites, "notes": _notes(options)}
    response = render.page(template, {**head, **values}, status, {**stand.headers, **(kept or {})})
    del response.headers["X-Frame-Options"]
    return response


def _notes(options: Options) -> list[str]:
    """What the developer of a portal finds in the source of the page: what was not taken of their choices, and why."""
    said = [f"{fault.field} : {fault.rule}" for fault in options.faults]
    for judged in widget_try.judged(options, ours()):
        said += [f"{judged.scheme}, {each.what} : illisible" for each in judged.verdicts if each.instead]
    return said


# What it loads ------------------------------------------------------------------------------------------------------


@router.get(SHEET)
def sheet(request: Request) -> Response:
    """The style sheet of a widget, in its colours."""
    options = widget_options.read(request.query_params.multi_items())
    content = widget_colours.sheet(options.colours, ours()) + _file("widget.css")
    return _kept(request, content, "text/css", KEPT_S)


@router.get(ELEMENT)
def element(request: Request) -> Response:
    """The element that makes a widget whose height follows."""
    return _kept(request, _file("annuaire-soins.js"), "text/javascript", FRESH_S)


def sheet_address(options: Options) -> str:
    """The address of the style sheet in these colours. It holds the digest of what it is made from."""
    coloured = [pair for pair in options.pairs if pair[0] in {*COLOURS, "scheme"}]
    return links.href([*coloured, ("v", render.digest())], SHEET)


@lru_cache(maxsize=1)
def ours() -> Mapping[Scheme, Tokens]:
    """Our own colours: those of the sheet of our pages."""
    return widget_colours.tokens(_file("style.css"))


@lru_cache(maxsize=8)
def _file(name: str) -> str:
    return (render.STATIC / name).read_text("utf-8")


def _kept(request: Request, content: str, media_type: str, seconds: int) -> Response:
    """What any page may load: it holds nothing of anybody."""
    known = caching.tag(content)
    headers = {
        **SECURITY,
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": f"public, max-age={seconds}",
        "ETag": known,
    }
    if caching.unchanged(request, known):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


# To try it ----------------------------------------------------------------------------------------------------------


@router.get(TRY)
def attempt(request: Request, services: ServicesDep) -> Response:
    """The page where a portal composes its line, and sees the widget."""
    public = replace(services, viewer=Viewer.PUBLIC)
    own, others = widget_options.divided(parameters.pairs(request.scope["query_string"]))
    given = [pair for pair in others if pair[0] not in widget_try.SIZES]
    options, size = widget_options.read(own), widget_try.size(others)
    asked = reading.asked(public, given)
    here = links.href([*asked.pairs, *options.pairs, *size.pairs], TRY)
    if here != links.href([*given, *own, *size.pairs], TRY):
        return RedirectResponse(here, 303, SECURITY)
    wrong = _wrong(public, asked)
    there = widget_try.address(widget_try.lasting(asked), options)
    line = widget_try.frame(framing.site(request), there, options, size)
    values = {
        "form": form.form(asked, wrong),
        "options": options,
        "chosen": dict((*options.pairs, *size.pairs)),
        "size": size,
        "wrong": {fault.field: fault.rule for fault in (*options.faults, *size.faults)},
        "shown": widget_try.shown(options),
        "judged": tuple(widget_try.judged(options, ours())),
        "there": there,
        "line": line,
        "element": widget_try.element(framing.site(request), ELEMENT, there, line),
        "sandbox": widget_try.SANDBOX,
        "fleeting": bool(asked.values("from")) and links.MOMENT not in dict(widget_try.lasting(asked)),
        "sites": services.widget_sites,
    }
    headers = {"Content-Security-Policy": render.policy(frame_src="'self'")}
    return render.page("widget-try.html", {**framing.frame(services), **values}, 422 if wrong else 200, headers)


def _wrong(services: Services, asked: Asked) -> tuple[Wrong, ...]:
    """What is wrong with the request, if it asks something."""
    if not links.href(asked.pairs).startswith(links.SEARCH):
        return ()
    try:
        searching.understood(services, links.of_api(asked.pairs))
    except (Refused, Forbidden) as refusal:
        return tuple(faults.wrong(fault, asked) for fault in refusal.faults)
    return ()


# Errors -------------------------------------------------------------------------------------------------------------


def is_framed(request: Request) -> bool:
    """Whether what is answered there stands in somebody else's page."""
    path = str(request.scope["path"])
    return path == WIDGET or (path.startswith(f"{WIDGET}/") and path != TRY)


def failed(request: Request, problem: Problem, kept: Mapping[str, str]) -> Response:
    """An error as a widget says it: small, with the ways out."""
    given = request.query_params.multi_items() if problem.status != QueryTooLong.status else []
    own, asked = widget_options.divided(given)
    options = widget_options.read(own)
    ways = {Unavailable.status: ("Réessayer", asked), Expired.status: ("Relancer la recherche", _first_page(asked))}
    words, pairs = ways.get(problem.status, ("Revenir au début", []))
    values = {
        "problem": problem,
        "again": links.href([*pairs, *own], WIDGET),
        "words": words,
        "directory": links.HOME,
        "sources": (),
        "warning": "",
    }
    return _response("widget-error.html", values, Stand(options, _sites(request)), problem.status, kept)


def _first_page(asked: Pairs) -> Pairs:
    return links.without(asked, "cursor")


def _sites(request: Request) -> tuple[str, ...]:
    """The declared sites; none when the application has no services to say them."""
    given = request.app.state.services
    return given.widget_sites if isinstance(given, Services) else ()
