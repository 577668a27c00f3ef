"""Addresses are asked of a geocoder that a local server plays: official shape, refusals, delays."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Engine

from ingestion.geocoding import Address, Ban, geocode_missing, locate
from ingestion.loads import load_finess, load_rpps
from tests.ingestion.given import AT, ege, finess, options, people, wgs84
from tests.ingestion.test_loads import outbox, rows

VILLEURBANNE = {"lat": 45.7699, "lon": 4.8801, "citycode": "69266"}


def feature(lat: float, lon: float, citycode: str, *, kind: str = "housenumber", score: float = 0.93) -> dict[str, Any]:
    """An answer of the geocoder, in its official shape."""
    properties = {"label": "12 Rue de la République", "score": score, "type": kind, "citycode": citycode, "id": "x"}
    geometry = {"type": "Point", "coordinates": [lon, lat]}
    return {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "geometry": geometry, "properties": properties}],
    }


NOTHING: dict[str, Any] = {"type": "FeatureCollection", "features": []}


class Server:
    """Answers `/geocodage/search`: what `reply` gives for the parameters, a status, or after a delay."""

    def __init__(self) -> None:
        self.reply: Any = lambda _: feature(**VILLEURBANNE)
        self.asked: list[dict[str, str]] = []
        self.statuses: list[int] = []
        self.delay = 0.0
        self.url = ""


@pytest.fixture
def server() -> Iterator[Server]:
    played = Server()
    with serving(played) as port:
        played.url = f"http://127.0.0.1:{port}/geocodage"
        yield played


@contextmanager
def serving(played: Server) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            played.asked.append({name: values[0] for name, values in parse_qs(parts.query).items()})
            time.sleep(played.delay)
            status = played.statuses.pop(0) if played.statuses else 200
            found = parts.path == "/geocodage/search"
            body = json.dumps(played.reply(played.asked[-1]) if found else {}).encode()
            self.send_response(status if found else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def ban(server: Server, **values: Any) -> Ban:
    return Ban(server.url, **({"timeout_s": 5, "per_second": 1000, "wait_s": 0.01} | values))


ADDRESS = Address("12 rue de la republique 69100 69266", "12 Rue DE LA REPUBLIQUE", "69100", "69266", "Villeurbanne")


def test_an_address_is_asked_with_its_postal_code(server: Server):
    found = locate(ban(server), ADDRESS)
    assert (found.lat, found.lon, found.precision, found.insee) == (45.7699, 4.8801, "housenumber", "69266")
    assert server.asked == [
        {"q": "12 Rue DE LA REPUBLIQUE 69100 Villeurbanne", "limit": "1", "autocomplete": "0", "postcode": "69100"}
    ]


@pytest.mark.parametrize(
    ("kind", "score", "precision"),
    [
        ("housenumber", 0.71, "housenumber"),
        ("street", 0.9, "street"),
        ("locality", 0.9, "street"),
        ("municipality", 0.99, None),
        ("housenumber", 0.69, None),
    ],
)
def test_only_a_precise_and_sure_answer_is_taken(server: Server, kind: str, score: float, precision: str | None):
    server.reply = lambda _: feature(**VILLEURBANNE, kind=kind, score=score)
    found = locate(ban(server), ADDRESS)
    assert (found and found.precision) == precision


def test_an_answer_in_another_commune_is_asked_again_by_insee_code(server: Server):
    server.reply = lambda asked: feature(**VILLEURBANNE) if "citycode" in asked else feature(50.69, 2.88, "59431")
    found = locate(ban(server), ADDRESS)
    assert found.insee == "69266"
    assert [asked.get("citycode") for asked in server.asked] == [None, "69266"]
    assert "postcode" not in server.asked[1]


def test_an_answer_that_stays_in_another_departement_is_refused(server: Server):
    server.reply = lambda _: feature(50.69, 2.88, "59431")
    assert locate(ban(server), ADDRESS) is None


@pytest.mark.parametrize("point", [(0, 0), (48.85, -74.0), (4.88, 45.77)])
def test_a_point_outside_france_or_swapped_is_refused(server: Server, point: tuple[float, float]):
    server.reply = lambda _: feature(*point, "69266")
    assert locate(ban(server), ADDRESS) is None


def test_a_refusal_to_answer_so_often_is_waited_for(server: Server):
    server.statuses = [429, 429]
    assert locate(ban(server), ADDRESS) is not None
    assert len(server.asked) == 3


def test_the_rate_is_bounded(server: Server):
    geocoder = ban(server, per_second=20)
    began = time.monotonic()
    for _ in range(5):
        geocoder.find("x")
    assert time.monotonic() - began >= 4 / 20


# A whole run ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def directory(database: Engine, tmp_path: Path) -> Engine:
    """Three doctors in three streets of Villeurbanne."""
    numbers = (1, 2, 3)
    paths = [people(tmp_path / f"{n}.txt", n, street=f"DE LA {n}E REPUBLIQUE") for n in numbers]
    header = paths[0].read_bytes().splitlines(keepends=True)[0]
    (tmp_path / "all.txt").write_bytes(
        header + b"".join(path.read_bytes().splitlines(keepends=True)[1] for path in paths)
    )
    load_rpps(database, tmp_path / "all.txt", options(tmp_path))
    return database


def test_places_move_to_their_address_and_their_people_are_told(directory: Engine, server: Server):
    told = len(outbox(directory))
    done = geocode_missing(directory, ban(server), limit=10, at=AT)
    assert (done.asked, done.found, done.remaining, done.moved, done.stopped) == (3, 3, 0, 3, None)
    assert rows(directory, "place", "lat", "precision", "point_source") == [(45.7699, "housenumber", "geocoder")] * 3
    assert len(outbox(directory)[told:]) == 3


def test_nothing_is_asked_twice_found_or_not(directory: Engine, server: Server):
    server.reply = lambda asked: NOTHING if "1E" in asked["q"] else feature(**VILLEURBANNE)
    assert geocode_missing(directory, ban(server), limit=10, at=AT).found == 2
    server.asked.clear()
    assert geocode_missing(directory, ban(server), limit=10, at=AT).asked == 0
    assert server.asked == []
    assert [precision for (precision,) in rows(directory, "place", "precision")] == ["commune"] + ["housenumber"] * 2


def test_a_run_is_bounded_and_the_next_one_goes_on(directory: Engine, server: Server):
    first = geocode_missing(directory, ban(server), limit=2, at=AT)
    assert (first.asked, first.remaining) == (2, 1)
    second = geocode_missing(directory, ban(server), limit=2, at=AT)
    assert (second.asked, second.remaining) == (1, 0)
    assert len(server.asked) == 3


@pytest.mark.parametrize("failure", ["errors", "silence"])
def test_a_geocoder_that_fails_stops_the_run_and_what_was_found_is_kept(
    directory: Engine, server: Server, failure: str
):
    geocoder = ban(server, retries=1, timeout_s=1 if failure == "silence" else 5)

    def fail_after_the_first(_asked: dict[str, str]) -> dict[str, Any]:
        server.delay = 3.0 if failure == "silence" else 0.0
        server.statuses = [503] * 9 if failure == "errors" else []
        return feature(**VILLEURBANNE)

    server.reply = fail_after_the_first
    done = geocode_missing(directory, geocoder, limit=10, at=AT)
    assert (done.asked, done.remaining, done.stopped is not None) == (1, 2, True)
    assert len(rows(directory, "geocoded_address", "key")) == 1
    server.delay, server.statuses, server.reply = 0.0, [], lambda _: feature(**VILLEURBANNE)
    assert geocode_missing(directory, ban(server), limit=10, at=AT).remaining == 0


def test_an_answer_of_another_shape_stops_the_run(directory: Engine, server: Server):
    server.reply = lambda _: {"features": [{"geometry": None}]}
    assert geocode_missing(directory, ban(server), limit=10, at=AT).stopped is not None


def test_a_structure_without_coordinates_is_asked_too_and_a_site_is_not(
    database: Engine, tmp_path: Path, server: Server
):
    without = ege("690000002", coordinates=wgs84(0, 0), address={"numeroVoie": "7"})
    load_finess(database, finess(tmp_path / "f.json", ege(), without), options(tmp_path))
    assert geocode_missing(database, ban(server), limit=10, at=AT).asked == 1
    assert rows(database, "structure", "id", "point_source") == [("690000001", "finess"), ("690000002", "geocoder")]
