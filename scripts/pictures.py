"""Take the pictures of the documentation: `python scripts/pictures.py [URL] [--to DIRECTORY]`.

With the address of a running service, from it; without, from a demo that is started for the time of the pictures.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.request import urlopen

from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # instead of this folder, whose elasticsearch.py would be taken for the client

from tests.pages import portal  # noqa: E402 - the tree is not installed
from tests.servers import chromium, demo  # noqa: E402 - same

HELP = ROOT / "search_api" / "static" / "help"
"""Pictures that the help pages show: small and light."""
HELP_SIZE = {"width": 1000, "height": 640}
WIDGET = "?specialty=SM54&departement=69&fields=address,when&title=Trouver un généraliste&accent=b3001b&scheme=light"
ASKED = "/recherche?specialty=SM54&address=Villeurbanne&modality=domicile&when=evening"


@dataclass(frozen=True)
class Picture:
    """A picture: its file, what it shows, the size of the window, what to press before, what is then in it.

    `scroll`: what is to be seen comes to the top.
    `script`: something that only JavaScript draws, and that is waited for.
    """

    name: str
    path: str
    width: int = 1280
    height: int = 900
    scheme: Literal["light", "dark"] = "light"
    press: str | None = None
    see: str | None = None
    scroll: bool = False
    script: str | None = None


PICTURES = (
    Picture("search", ASKED),
    Picture("search-dark", ASKED, scheme="dark"),
    Picture("search-phone", ASKED, width=360, height=1150),
    Picture("rungs", ASKED, see=".approaching"),
    Picture("table", f"{ASKED}&view=table"),
    Picture("table-phone", f"{ASKED}&view=table", width=360, height=900, see=".bands tbody tr:nth-child(4)"),
    Picture("map", ASKED, script="button.pin"),
    Picture("map-phone", f"{ASKED}&view=map", width=360, height=900, see="#carte", script="button.pin"),
    Picture("nothing-exact", f"{ASKED}&language=fsl&equipment=echographe&new_patients=true"),
    Picture("sentence", "/recherche?sentence=kiné à domicile demain matin vers Bron, enfant, psy"),
    Picture("launched", "/lancer?inseecode=69266&streetnumber=12&practitioner={rpps}"),
    Picture("territory", "/recherche?profession=70&cpts={cpts}"),
    Picture("start", "/", height=640),
    Picture("faults", "/recherche?specialty=SM54&address=Vileurbane", height=640),
    Picture("ranking", "/comment-les-resultats-sont-classes"),
    Picture("widget-try", f"/widget/essayer{WIDGET}", see="#ligne"),
    Picture("widget-try-phone", f"/widget/essayer{WIDGET}", width=360, see="table"),
    Picture("help", "/aide"),
    Picture("help-steps", "/aide/regulation", height=1400),
    Picture("help-phone", "/aide/regulation", width=360, height=900),
)
OF_HELP = (
    Picture("search", ASKED),
    Picture("rungs", ASKED, see="#approchants", scroll=True),
    Picture("table", f"{ASKED}&view=table", see=".bands", scroll=True),
    Picture("territory", "/recherche?profession=70&cpts={cpts}"),
)


def main() -> None:
    """Take every picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?", help="a running service; else a demo is started")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "pictures")
    arguments = parser.parse_args()
    arguments.to.mkdir(parents=True, exist_ok=True)
    with (
        portal.running() as neighbour,
        demo.running(arguments.url, {"ANNUAIRE_WIDGET_SITES": neighbour.declared}) as url,
        chromium.running() as browser,
    ):
        known = {"cpts": first_territory(url), "rpps": first_doctor(url)}
        for picture in OF_HELP:
            take(browser, url, replace(picture, **HELP_SIZE), known, HELP / f"{picture.name}.jpg")
        for picture in PICTURES:
            take(browser, url, picture, known, arguments.to / f"{picture.name}.png")
        take_first_offer(browser, url, arguments.to / "offer.png")
        take_selection(browser, url, arguments.to)
        if arguments.url is None:  # a running service does not know the portal of the pictures
            take_widget(browser, url, neighbour, arguments.to)


def first_territory(url: str) -> str:
    """The identifier of a CPTS of the Rhône."""
    with urlopen(f"{url}/api/v1/territories?departement=69", timeout=30) as answer:  # noqa: S310 - our own address
        territories = json.load(answer)["territories"]
    return str(territories[0]["id"])


def first_doctor(url: str) -> str:
    """The RPPS number of a doctor of Villeurbanne."""
    asked = f"{url}/api/v1/search?specialty=SM54&address=Villeurbanne&kind=professional"
    with urlopen(asked, timeout=30) as answer:  # noqa: S310 - our own address
        offers = json.load(answer)["exact"]["offers"]
    return str(offers[0]["person"]["rpps"])


def take(browser: Browser, url: str, picture: Picture, known: Mapping[str, str], file: Path) -> None:
    """One picture, without JavaScript unless it is of what a script draws."""
    with browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        color_scheme=picture.scheme,
        java_script_enabled=picture.script is not None,
        locale="fr-FR",
    ) as context:
        page = context.new_page()
        page.goto(url + picture.path.format(**known))
        if picture.press:
            page.click(picture.press)
        if picture.see:
            at_the_top = "each => each.scrollIntoView()" if picture.scroll else "each => each.scrollIntoViewIfNeeded()"
            page.locator(picture.see).first.evaluate(at_the_top)
        if picture.script:
            page.locator(picture.script).first.wait_for()
            page.wait_for_load_state("networkidle")
        page.screenshot(path=file, **({"quality": 60} if file.suffix == ".jpg" else {}))
    print(file)


def take_first_offer(browser: Browser, url: str, file: Path) -> None:
    """The page of the first offer of the search."""
    with browser.new_context(viewport={"width": 1280, "height": 900}, locale="fr-FR") as context:
        page = context.new_page()
        page.goto(url + ASKED)
        page.click(".card a")
        page.screenshot(path=file, full_page=True)
    print(file)


def take_selection(browser: Browser, url: str, to: Path) -> None:
    """The bar of a search where three cards are picked, then their page."""
    for name, width in (("selection", 1280), ("selection-phone", 360)):
        with browser.new_context(viewport={"width": width, "height": 900}, locale="fr-FR") as context:
            page = context.new_page()
            page.goto(url + ASKED)
            for rank in range(3):
                page.locator(".card input[name=picked]").nth(rank).check()
            page.screenshot(path=to / f"{name}-bar.png")
            page.click("text=Voir la sélection")
            page.wait_for_url("**/selection?**")
            page.screenshot(path=to / f"{name}.png")
            if width > HELP_SIZE["width"]:
                page.set_viewport_size(HELP_SIZE)
                page.screenshot(path=HELP / f"{name}.jpg", quality=60)
        print(to / f"{name}.png")


def take_widget(browser: Browser, url: str, neighbour: portal.Portal, to: Path) -> None:
    """The page of a portal of another site, where the line that was composed is pasted."""
    for name, width, scheme in (
        ("widget", 1280, "light"),
        ("widget-phone", 320, "light"),
        ("widget-dark", 1280, "dark"),
    ):
        with browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type] # one of the two
            locale="fr-FR",
        ) as context:
            page = context.new_page()
            page.goto(f"{url}/widget/essayer{WIDGET.removesuffix('&scheme=light')}")
            page.goto(neighbour.page(page.input_value("#ligne")))
            frame = page.frame_locator("iframe")
            frame.locator("#f-address").fill("Villeurbanne")
            frame.locator("button[value=evening]").click()
            frame.locator(".chips").wait_for()
            page.locator("iframe").scroll_into_view_if_needed()
            page.screenshot(path=to / f"{name}.png")
        print(to / f"{name}.png")


if __name__ == "__main__":
    main()
