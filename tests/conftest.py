"""Fixtures that every test may use: real servers, a real browser, the official sample files.

Take the smallest that shows the rule; most rules need none of these.

- `elasticsearch_url` (session): the URL of a real Elasticsearch. Index names must be unique to the test that makes
  them; the server is shared, by every worker of the run. From ANNUAIRE_TEST_ELASTICSEARCH_URL, else a container, else
  the server's zip.
- `postgresql_url` (session): the SQLAlchemy URL of a real PostgreSQL, as a user that may create databases; shared too.
  From ANNUAIRE_TEST_POSTGRESQL_URL, else a container, else the installed binaries.
- `postgresql_database` (function): the URL of an empty database of that server, dropped after the test.
- `crowded` (function): a database with its tables, in a file and on that server, that several connections write to.
- `browser` (module): a Chromium without a window. `browser.new_page()` gives a page; close what you open. While it
  runs, this thread has a running event loop, so `asyncio.run` is refused in the modules that use it.
- `violations` (session): a function that tells what axe finds wrong in a page, dark then light, JavaScript on or off.
- `run_folder` (session): a folder that every worker of the run sees, for `shared`.
- `logging_restored` (every test): what a test sets of the logs ends with it.
- `shared_data` (session): the official and real sample files beside the project; the test is skipped where they
  are absent.

With `-n 2` two workers share the tests; what is heavy is started once for both by `shared`, the rest is each one's own.

A server that cannot be had skips its tests, with the reason; under CI it fails them: what was not tested is not green.
"""

import gc
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
import structlog
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from tests.migrated import migrated
from tests.servers import chromium, elasticsearch, local, postgresql
from tests.servers.shared import shared

ROOT = Path(__file__).resolve().parent.parent
TOLD = pytest.StashKey[list[str]]()
"""The lines that the run ends with, whichever worker wrote them."""
Server = TypeVar("Server")
PLAIN = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)


def pytest_configure(config: pytest.Config) -> None:
    """Make room for the lines that the run ends with; the browser is expected as long as waited for."""
    config.stash[TOLD] = []
    log_plainly()
    expect.set_options(timeout=30_000)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Find the tests without the collector: what is found stays, and no collection need look at it, then or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the controller what this worker has to say."""
    gc.unfreeze()  # or the libraries that count their objects would call them lost at the end
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["told"] = session.config.stash[TOLD]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Learn it; a worker that died says nothing."""
    node.config.stash[TOLD].extend(getattr(node, "workeroutput", {}).get("told", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the real servers that the run talked to, the keys of each call, each once."""
    for line in sorted(set(config.stash[TOLD])):
        terminalreporter.write_line(line)


@pytest.fixture(autouse=True)
def logging_restored() -> Iterator[None]:
    """Log after each test as before it: a command that is tried sets how its own process logs."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level
    log_plainly()


def log_plainly() -> None:
    """Log as where nothing is configured, but traces as Python writes them: those with values take seconds each."""
    structlog.reset_defaults()
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], PLAIN])


@contextmanager
def obtained(server: AbstractContextManager[Server]) -> Iterator[Server]:
    """A server for the time of a block; where there is none, skip, or fail under CI."""
    with ExitStack() as stack:
        try:
            running = stack.enter_context(server)
        except local.Unavailable as reason:
            give_up = pytest.fail if os.environ.get("CI") else pytest.skip
            give_up(str(reason))
        yield running


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that every worker of the run sees."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def elasticsearch_url(pytestconfig: pytest.Config, run_folder: Path) -> Iterator[str]:
    """The URL of a real Elasticsearch."""
    with obtained(shared(run_folder, "elasticsearch", elasticsearch.running())) as url:
        pytestconfig.stash[TOLD].append(f"real server: Elasticsearch {elasticsearch.version(url)}")
        yield url


@pytest.fixture(scope="session")
def postgresql_url(pytestconfig: pytest.Config, run_folder: Path) -> Iterator[str]:
    """The SQLAlchemy URL of a real PostgreSQL, as a user that may create databases."""
    with obtained(shared(run_folder, "postgresql", postgresql.running())) as url:
        pytestconfig.stash[TOLD].append(f"real server: PostgreSQL {postgresql.version(url)}")
        yield url


@pytest.fixture
def postgresql_database(postgresql_url: str) -> Iterator[str]:
    """The SQLAlchemy URL of an empty database, dropped after the test."""
    with postgresql.database(postgresql_url) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def crowded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database in a file or on a server: several connections write to it."""
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/annuaire.db" if sqlite else request.getfixturevalue("postgresql_database")
    engine = migrated(url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def browser(pytestconfig: pytest.Config) -> Iterator[Browser]:
    """A Chromium without a window."""
    with obtained(chromium.running()) as running:
        pytestconfig.stash[TOLD].append(f"real server: Chromium {running.version}")
        yield running


@pytest.fixture(scope="session")
def violations() -> Callable[[Page], list[str]]:
    """What axe finds wrong in a page, a line each."""
    return chromium.violations


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The directory of the official and real sample files."""
    directory = ROOT.parent / "shared" / "data"
    if not directory.is_dir():
        pytest.skip("the sample files are not beside the project (../shared/data)")
    return directory
