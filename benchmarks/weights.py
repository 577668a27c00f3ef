"""What pages weigh and whether they move, in a real browser: `python -m benchmarks.weights [URL]`.

The address of a running service, else a demo is started. Bytes are those that come: compressed, headers left out; those
of the widget, which the pages of others load, are counted before compression.
"""

import argparse
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.request import urlopen

from playwright.sync_api import Browser

from benchmarks.bounds import FIRST_VIEW_KB, SEARCH_KB, SHIFT, WIDGET_KB
from benchmarks.report import Line, show
from search_api.pages.widget_options import SHOWABLE
from tests.servers import chromium, demo

ASKED: Final = "specialty=SM54&address=Lyon&radius_km=20"
BUSY: Final = f"/recherche?{ASKED}&approximate_limit=20"
WIDGET: Final = f"/widget?{ASKED}&fields={','.join(SHOWABLE)}"
PICKED: Final = 10
"""Cards of the selection that is weighed."""
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
    .map(each => ({ come: each.encodedBodySize, whole: each.decodedBodySize }))"""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A page: kilobytes of its HTML, of all that it loads, of this before compression; how far it moved (CLS)."""

    html_kb: float
    all_kb: float
    whole_kb: float
    shift: float


def weighed(browser: Browser, address: str) -> Weighed:
    """Open a page for the first time, in a window too narrow for the map beside the list."""
    with browser.new_context(viewport={"width": 1180, "height": 900}, locale="fr-FR") as context:
        page = context.new_page()
        page.goto(address)
        page.wait_for_load_state("networkidle")
        loaded: list[dict[str, int]] = page.evaluate(LOADED)
        moved = float(page.evaluate(SHIFTS))
    return Weighed(_kb(loaded[:1], "come"), _kb(loaded, "come"), _kb(loaded, "whole"), moved)


def _kb(loaded: Iterable[Mapping[str, int]], size: str) -> float:
    return sum(each[size] for each in loaded) / 1000


def of_cards(url: str) -> Mapping[str, str]:
    """The page of an offer that a search finds, and a selection of the first ones."""
    with urlopen(f"{url}/api/v1/search?{ASKED}&exact_limit={PICKED}") as answer:  # noqa: S310 - the address that is measured
        found = [each["id"] for each in json.load(answer)["exact"]["offers"]]
    return {
        "fiche": f"/offres/{found[0]}",
        f"sélection, {len(found)} fiches": f"/selection?{'&'.join(f'picked={each}' for each in found)}",
    }


def lines(url: str, browser: Browser) -> list[Line]:
    """Each page beside its bounds."""
    found: list[Line] = []
    for what, path in {**PAGES, **of_cards(url)}.items():
        one = weighed(browser, url + path)
        found += [
            Line(f"{what}, HTML", one.html_kb, "ko", *SEARCH_KB),
            Line(f"{what}, première vue en tout", one.all_kb, "ko", *FIRST_VIEW_KB),
            Line(f"{what}, déplacement", one.shift, "", *SHIFT),
        ]
    widget = weighed(browser, url + WIDGET)
    return [
        *found,
        Line("widget de tous les champs, en tout, non comprimé", widget.whole_kb, "ko", *WIDGET_KB),
        Line("widget de tous les champs, déplacement", widget.shift, "", *SHIFT),
    ]


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", nargs="?", help="a running service; else a demo is started")
    with demo.running(parser.parse_args().url) as url, chromium.running() as browser:
        show("le poids des pages, compressées, dans Chromium", lines(url, browser))


if __name__ == "__main__":
    main()
