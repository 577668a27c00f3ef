"""Pages that come piece by piece, as over a slow line: what is drawn does not move when the rest comes."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx2
import pytest

from tests.pages import drawn
from tests.pages.reading import Document, Element
from tests.pages.test_browser import OFFER, STATES

TAGS = 6
"""How many tags come together: less than one card, one row, one switch."""
PAUSE_S = 0.017
"""Longer than the browser waits before it draws what has come."""
NEAR = "specialty=SM54&address=Villeurbanne&radius_km=20&exact_limit=3&approximate_limit=1"
MET = {
    "nothing asked": "/",
    "launched": f"/recherche?{NEAR}&doctor=10100000014&unread=specialty:trade:xyz",
    "cards": f"/recherche?{NEAR}",
    "a table": f"/recherche?{NEAR}&view=table",
    "an offer": f"/offres/{OFFER}",
}


@contextmanager
def piece_by_piece(site: str, path: str) -> Iterator[str]:
    """The address of a server that gives this page a few tags at a time, and all that it loads at once."""
    tags = re.split("(?=<)", httpx2.get(site + path, follow_redirects=True).text)
    pieces = ["".join(tags[start : start + TAGS]).encode() for start in range(0, len(tags), TAGS)]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            if self.path != "/":
                whole = httpx2.get(site + self.path)
                self.send_header("Content-Type", whole.headers["Content-Type"])
                self.end_headers()
                self.wfile.write(whole.content)
                return
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            for piece in pieces:
                self.wfile.write(piece)
                time.sleep(PAUSE_S)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("nothing asked", 1280),
        ("launched", 1280),
        ("cards", 360),
        ("a table", 1280),
        ("a table", 360),
        ("an offer", 360),
    ],
)
def test_what_is_drawn_of_a_page_that_comes_slowly_does_not_move(browser, site, name, width):
    with (
        piece_by_piece(site, MET[name]) as address,
        browser.new_context(viewport={"width": width, "height": 1800}) as context,
    ):
        page = context.new_page()
        page.goto(address, timeout=120_000)
        assert page.evaluate(drawn.SHIFTED) == []


@pytest.mark.parametrize("path", STATES.values(), ids=STATES.keys())
def test_what_waits_for_its_end_has_one(visit, path):
    page = visit(path).page
    ends = [each.start for each in marked(page, "end")]
    for each in marked(page, "whole"):
        assert any(each.start <= end < (each.end or 0) for end in ends), each.attributes


def marked(page: Document, name: str) -> list[Element]:
    """The elements of a class."""
    return [each for each in page.elements if name in (each.attributes.get("class") or "").split()]
