"""Fixtures that every test may use: real servers, a real browser, the official sample files.

Take the smallest that shows the rule; most rules need none of these.

- `elasticsearch_url` (session): the URL of a real Elasticsearch. Index names must be unique to the test that makes
  them; the server is shared. From ANNUAIRE_TEST_ELASTICSEARCH_URL, else a container, else the server's zip.
- `postgresql_url` (session): the SQLAlchemy URL of a real PostgreSQL, as a user that may create databases. From
  ANNUAIRE_TEST_POSTGRESQL_URL, else a container, else the installed binaries.
- `postgresql_database` (function): the URL of an empty database of that server, dropped after the test.
- `browser` (module): a Chromium without a window. `browser.new_page()` gives a page; close what you open. While it
  runs, this thread has a running event loop, so `asyncio.run` is refused in the modules that use it.
- `violations` (session): a function that tells what axe finds wrong in a page, JavaScript on or off.
- `shared_data` (session): the official and real sample files beside the project; the test is skipped where they
  are absent.

A server that cannot be had skips its tests, with the reason; under CI it fails them: what was not tested is not green.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.sync_api import Browser, Page

from tests.servers import chromium, elasticsearch, local, postgresql

ROOT = Path(__file__).resolve().parent.parent
VERSIONS = pytest.StashKey[dict[str, str]]()
Server = TypeVar("Server")


def pytest_configure(config: pytest.Config) -> None:
    """Make room for the versions of the servers that the run meets."""
    config.stash[VERSIONS] = {}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print which real servers the run talked to."""
    for name, version in config.stash[VERSIONS].items():
        terminalreporter.write_line(f"real server: {name} {version}")


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
def elasticsearch_url(pytestconfig: pytest.Config) -> Iterator[str]:
    """The URL of a real Elasticsearch."""
    with obtained(elasticsearch.running()) as url:
        pytestconfig.stash[VERSIONS]["Elasticsearch"] = elasticsearch.version(url)
        yield url


@pytest.fixture(scope="session")
def postgresql_url(pytestconfig: pytest.Config) -> Iterator[str]:
    """The SQLAlchemy URL of a real PostgreSQL, as a user that may create databases."""
    with obtained(postgresql.running()) as url:
        pytestconfig.stash[VERSIONS]["PostgreSQL"] = postgresql.version(url)
        yield url


@pytest.fixture
def postgresql_database(postgresql_url: str) -> Iterator[str]:
    """The SQLAlchemy URL of an empty database, dropped after the test."""
    with postgresql.database(postgresql_url) as url:
        yield url


@pytest.fixture(scope="module")
def browser(pytestconfig: pytest.Config) -> Iterator[Browser]:
    """A Chromium without a window."""
    with obtained(chromium.running()) as running:
        pytestconfig.stash[VERSIONS]["Chromium"] = running.version
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
