"""The server itself: real HTTP on a real port."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from threading import Thread
from time import sleep

import pytest
from structlog.testing import capture_logs

from annuaire.failures import Failure
from annuaire.server import address, listen, server_of
from annuaire.settings import Settings
from indexer.protocol import EngineDown
from models.offer import Offer
from relevance.plan import Plan
from search_api.app import create_app
from search_api.csv_rows import LINES
from tests.api.serving import engine_with, services
from tests.contract.engines import fill
from tests.memory_engine import MemoryEngine
from tests.relevance.factory import offer


def settings(port: int, **values: str) -> Settings:
    """Settings of a server of the tests."""
    return Settings(environment="test", port=port, **values)  # type: ignore[arg-type] # values of tests


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def serving(engine: MemoryEngine | None = None) -> Iterator[int]:
    """A server over this engine, or over one offer, for the time of a block; its port."""
    port = free_port()
    server = server_of(create_app(services(engine or engine_with([offer()]))))
    thread = Thread(target=server.run, kwargs={"sockets": [listen(settings(port))]})
    thread.start()
    while not server.started:
        sleep(0.01)
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join()


class Cut(MemoryEngine):
    """An engine that stops once it has given most exact matches of a spreadsheet."""

    def exact(self, plan: Plan, limit: int) -> Iterator[Offer]:
        yield from islice(cycle(super().exact(plan, limit)), 3 * LINES)
        raise EngineDown("stopped by a test")


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_spreadsheet_whose_engine_stops_is_cut_and_logged_never_ended(encoding: str):
    engine = Cut()
    fill(engine, [offer()])
    with capture_logs() as logs, serving(engine) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/api/v1/search.csv?profession=10", headers={"Accept-Encoding": encoding})
        answer = connection.getresponse()
        assert answer.status == 200
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()
        connection.close()
    cut = [each for each in logs if each["event"] == "spreadsheet cut"]
    assert [(each["log_level"], each["error"], each["blocks"]) for each in cut] == [("error", "EngineDown", 3)]


def test_a_head_has_the_headers_of_its_get_and_leaves_the_connection_usable():
    with serving() as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        for _ in range(2):
            connection.request("HEAD", "/api/v1/search?profession=10")
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b"")
            assert int(answer.headers["content-length"]) > 0
        connection.close()


def asked(port: int, target: bytes) -> tuple[int, dict[str, str]]:
    """The status and headers that these very bytes get."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}


def test_it_answers_and_says_nothing_of_what_it_is_made_of():
    with serving() as port:
        status, headers = asked(port, b"/api/v1/search?profession=10")
        assert status == 200
        assert "server" not in headers
        assert headers["referrer-policy"] == "no-referrer"


PAGE = "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"/api/v1/search?text=" + b"a" * 1_000_000, 414),
        (b"/api/v1/search?text=" + b"a" * 100_000, 414),
        (b"/api/v1/search?text=" + b"a" * 20_000, 414),
        (b"/" + b"a" * 100_000, 404),
        (b"/" + b"a" * 100_000 + b"?text=a", 404),
        (b"/api/v1/search?" + b"care=suture&" * 1_000, 414),
        (b"/api/v1/search?text=%00", 422),
        (b"/api/v1/search?text=%ff", 422),
    ],
)
def test_what_is_too_long_or_no_text_gets_an_answer(target: bytes, status: int):
    with serving() as port:
        answered, headers = asked(port, target)
        assert answered == status
        assert headers["content-type"] == ("application/problem+json" if target.startswith(b"/api") else PAGE)


def test_a_port_that_is_taken_is_said_with_the_way_out():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
        with pytest.raises(Failure, match="ANNUAIRE_PORT choisit un autre port"):
            listen(settings(port))


def test_the_address_is_one_that_a_browser_reads():
    assert address(settings(8000)) == "http://127.0.0.1:8000"
    assert address(settings(8000, host="::1")) == "http://[::1]:8000"


def test_the_port_of_the_settings_is_listened_on(tmp_path: Path):
    port = free_port()
    with listen(settings(port, data_dir=str(tmp_path))) as listening:
        assert listening.getsockname() == ("127.0.0.1", port)
