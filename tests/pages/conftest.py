"""The pages over the memory engine, as a program and as a browser see them.

- `engine` (session): everybody of `world`.
- `visit` (session): a function that gives a page to a viewer: `visit("/recherche?…", Viewer.PUBLIC)`.
- `written` (function): an empty database that keeps what people write, for `serving.application(…, written=)`.
- `site` (module): the address of a real server for the browser, with the regulation's view.
- `opened` (function): open a page of it in the browser, without JavaScript unless told:
  `opened("/", width=360, scheme="dark", script=True)`.

`--update-snapshots` writes the trees of accessibility that `test_reading_order` compares with.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page
from sqlalchemy import Engine

from models.codes import Viewer
from search_api.services import Tiles
from tests.memory_engine import MemoryEngine
from tests.migrated import migrated
from tests.pages import serving, world
from tests.pages.reading import Document


@dataclass
class Visited:
    """A page that was read: its status, the path where it is, its headers, what it says."""

    status: int
    path: str
    headers: dict[str, str]
    page: Document


Visit = Callable[..., Visited]
Open = Callable[..., Page]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-snapshots", action="store_true", help="write tests/pages/snapshots again")


@pytest.fixture(scope="session")
def engine() -> MemoryEngine:
    return serving.engine_of(world.offers())


@pytest.fixture(scope="session")
def visit(engine: MemoryEngine) -> Visit:
    clients = {viewer: client(engine, viewer) for viewer in Viewer}

    def visited(path: str, viewer: Viewer = Viewer.REGULATION) -> Visited:
        return read(clients[viewer], path)

    return visited


def client(engine: MemoryEngine, viewer: Viewer = Viewer.REGULATION, tiles: Tiles | None = None) -> TestClient:
    """A client of the application over this engine."""
    return TestClient(serving.application(engine, viewer, tiles=tiles), raise_server_exceptions=False)


def read(visitor: TestClient, path: str) -> Visited:
    """A page, redirects followed."""
    response = visitor.get(path)
    where = response.url.raw_path.decode()
    return Visited(response.status_code, where, dict(response.headers), Document(response.text))


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path}/annuaire.db"
    database = migrated(url)
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def site(engine: MemoryEngine) -> Iterator[str]:
    with serving.served(serving.application(engine)) as address:
        yield address


@pytest.fixture
def opened(browser: Browser, site: str) -> Iterator[Open]:
    contexts = []

    def opens(path: str, width: int = 1280, height: int = 900, scheme: str = "light", *, script: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type] # names come from tests
            java_script_enabled=script,
            locale="fr-FR",
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(site + path)
        return page

    yield opens
    for context in contexts:
        context.close()
