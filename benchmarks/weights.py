"""What pages weigh and whether they move, in a real browser: `python -m benchmarks.weights [URL]`.

The address of a running service, else a demo is started. Bytes are those that come: compressed, headers left out.
"""

import argparse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Browser

from benchmarks.bounds import FIRST_VIEW_KB, SEARCH_KB, SHIFT
from benchmarks.report import Line, show
from tests.servers import chromium, demo

BUSY: Final = "/recherche?specialty=SM54&address=Lyon&radius_km=20&approximate_limit=20"
PAGES: Final[Mapping[str, str]] = {
    "recherche, 70 fiches": BUSY,
    "tableau, 70 fiches": f"{BUSY}&view=table",
    "accueil": "/",
    "aide": "/aide",
}
SHIFTS: Final = """() => new Promise(done => {
    let moved = 0;
    new PerformanceObserver(list => list.getEntries().forEach(each => { moved += each.value; }))
        .observe({ type: "layout-shift", buffered: true });
    setTimeout(() => done(moved), 1000);
})"""
LOADED: Final = """() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .map(each => ({ name: each.name, bytes: each.encodedBodySize }))"""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A page: kilobytes of its HTML and of all that it loads, and how far it moved (CLS)."""

    html_kb: float
    all_kb: float
    shift: float


def weighed(browser: Browser, address: str) -> Weighed:
    """Open a page for the first time, in a window too narrow for the map beside the list."""
    with browser.new_context(viewport={"width": 1180, "height": 900}, locale="fr-FR") as context:
        page = context.new_page()
        page.goto(address)
        page.wait_for_load_state("networkidle")
        loaded: list[dict[str, Any]] = page.evaluate(LOADED)
        moved = float(page.evaluate(SHIFTS))
    return Weighed(_kb(loaded[:1]), _kb(loaded), moved)


def _kb(loaded: Iterable[Mapping[str, Any]]) -> float:
    return sum(int(each["bytes"]) for each in loaded) / 1000


def lines(url: str, browser: Browser) -> list[Line]:
    """Each page beside its bounds."""
    found: list[Line] = []
    for what, path in PAGES.items():
        one = weighed(browser, url + path)
        found += [
            Line(f"{what}, HTML", one.html_kb, "ko", *SEARCH_KB),
            Line(f"{what}, première vue en tout", one.all_kb, "ko", *FIRST_VIEW_KB),
            Line(f"{what}, déplacement", one.shift, "", *SHIFT),
        ]
    return found


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", nargs="?", help="a running service; else a demo is started")
    with demo.running(parser.parse_args().url) as url, chromium.running() as browser:
        show("le poids des pages, compressées, dans Chromium", lines(url, browser))


if __name__ == "__main__":
    main()
