"""The application: routes, errors, headers. It is given its services and makes none."""

from typing import Final

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from search_api import examples, openapi, pages, problems
from search_api.answers import OneOfferJson, RelevanceJson, SearchJson, relevance_json
from search_api.caching import HEADED
from search_api.problems import NO_ANCESTORS, SECURITY, is_control
from search_api.routes import ROUTERS, agenda, appointments, lists, orientations, participation, rules, search
from search_api.services import Services

TITLE: Final = "Annuaire Soins"
VERSION: Final = "1.0.0"
"""Of the API. The number before the first point is in its paths."""
SHAPES: Final[openapi.Examples] = {
    SearchJson: examples.search(),
    OneOfferJson: examples.one_offer(),
    RelevanceJson: relevance_json(),
    search.FeatureCollection: search.feature_collection(examples.search()),
    lists.SuggestJson: lists.SUGGESTED,
    lists.FacetsJson: lists.COUNTED,
    lists.TerritoriesJson: lists.LISTED,
    participation.ParticipationJson: participation.EXAMPLE,
    agenda.AgendaJson: agenda.AGENDA,
    agenda.EntryJson: agenda.AGENDA.entries[0],
    orientations.OrientationJson: orientations.EXAMPLE,
    orientations.OrientationsJson: orientations.OrientationsJson((orientations.EXAMPLE,), None),
    appointments.AppointmentJson: appointments.EXAMPLE,
    appointments.AppointmentsJson: appointments.AppointmentsJson((appointments.EXAMPLE,), None),
    orientations.CallJson: orientations.CALL,
    orientations.CallsJson: orientations.CallsJson((orientations.CALL,)),
    rules.HealthJson: rules.HealthJson(),
    rules.ReadyJson: rules.READY,
}
"""What is answered, with an example of each."""


class Secured:
    """ASGI middleware: the headers that keep a page where it is, and its address to itself.

    `X-Frame-Options` knows nobody or ourselves only: what sites may frame says so in its policy, and has none.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with the headers that the answer does not set itself."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY.items():
                    headers.setdefault(name, value)
                if NO_ANCESTORS not in headers["Content-Security-Policy"]:
                    del headers["X-Frame-Options"]
            await send(message)

        await self.app(scope, receive, secured)


class Headed:
    """ASGI middleware: HEAD is answered as GET is, without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; of a HEAD, the headers alone."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def emptied(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self.app({**scope, "method": "GET", HEADED: True}, receive, emptied)


class Legible:
    """ASGI middleware: a control character of a path is read as `�`, which no name has and every database takes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, as of a path without controls."""
        if scope["type"] == "http" and any(map(is_control, scope["path"])):
            scope = {**scope, "path": "".join("�" if is_control(each) else each for each in scope["path"])}
        await self.app(scope, receive, send)


def create_app(services: Services) -> FastAPI:
    """The application that answers with these services."""
    app = FastAPI(title=TITLE, version=VERSION, openapi_url=None)
    app.state.services = services
    problems.install(app)
    for router in ROUTERS:
        # As their modules made them: a router that is included makes each of its routes again, at the first request.
        app.router.routes.extend(router.routes)
    pages.install(app)
    openapi.describe(app, SHAPES)
    app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5)
    app.add_middleware(Headed)
    app.add_middleware(Legible)
    app.add_middleware(Secured)
    if services.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=services.origins,
            allow_methods=["GET", "HEAD"],
            expose_headers=["ETag", "Content-Disposition", search.TOTAL],
            max_age=600,
        )
    return app
