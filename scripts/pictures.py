"""Take the pictures of the documentation: `python scripts/pictures.py [URL] [--to DIRECTORY]`.

With the address of a running service, from it; without, from a demo that is started for the time of the pictures.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal
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
ASKED = "/recherche?specialty=SM54&address=Villeurbanne&modality=domicile&when=tomorrow"


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
    media: Literal["screen", "print"] = "screen"


PICTURES = (
    Picture("search", ASKED),
    Picture("search-dark", ASKED, scheme="dark"),
    Picture("search-phone", ASKED, width=360, height=1150),
    Picture("search-print", ASKED, width=794, height=1123, media="print"),
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
    Picture("offer-phone", "/offres/{kept}", width=360, height=1150),
    Picture("offer-print", "/offres/{kept}", width=794, height=1123, media="print"),
    Picture("selection-print", "/selection?picked={kept}&picked={other}", width=794, height=560, media="print"),
    Picture("agenda", "/espace/{kept}/agenda", height=1300),
    Picture("agenda-dark", "/espace/{kept}/agenda", scheme="dark"),
    Picture("agenda-phone", "/espace/{kept}/agenda", width=360, height=1300),
    Picture("agenda-entry", "/espace/{kept}/agenda/ajouter", height=1100),
    Picture("absences", "/espace/{kept}/agenda/absences"),
    Picture("participation", "/espace/p:{person}/participation", height=1600),
    Picture("participation-phone", "/espace/p:{person}/participation", width=360, height=1600),
    Picture("orient", "/offres/{kept}/orienter"),
    Picture("orient-phone", "/offres/{kept}/orienter", width=360, height=1000),
)
CALLS = (
    "/recherche?sentence=mg vad ce soir 12 cours Emile Zola 69100 Villeurbanne",
    "/recherche?sentence=pharmacie de garde la plus proche de Villeurbanne",
    "/recherche?sentence=kine qui parle arabe demain matin bron",
    "/recherche?sentence=dr {name} villeurbanne",
    "/recherche?sentence=SF teleconsult maintenant",
    "/recherche?sentence=cardiologue demain matin Villeurbanne 5 km&language=fsl",
    "/recherche?sentence=generaliste à Saint-Étienne",
    "/lancer?inseecode=69029&streetnumber=3&streetname=zzz qqq&specialty=SM54",
    "/recherche?specialty=SM04&cpts={cpts}",
    "/recherche?sentence=mg cabinet demain matin bron",
)
"""What the ten calls of `tests/pages/test_regulator.py` ask, of the demo."""
OF_HELP = (
    Picture("search", ASKED),
    Picture("rungs", ASKED, see="#approchants", scroll=True),
    Picture("table", f"{ASKED}&view=table", see=".bands", scroll=True),
    Picture("territory", "/recherche?profession=70&cpts={cpts}"),
    Picture("reorientation", "/recherche?specialty=SM54&address=Villeurbanne&reorientation=true"),
    Picture("agenda", "/espace/{kept}/agenda", see=".week", scroll=True),
    Picture("structure", "/offres/{structure}", see="h2:has-text('Y exercent')", scroll=True),
    Picture("widget", f"/widget/essayer{WIDGET}", see="#ligne"),
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
        known = {"cpts": first_territory(url), "structure": first_centre(url)}
        known |= first_doctor(url) | first_kept_by_hand(url)
        for picture in OF_HELP:
            take(browser, url, replace(picture, **HELP_SIZE), known, HELP / f"{picture.name}.jpg")
        for picture in PICTURES:
            take(browser, url, picture, known, arguments.to / f"{picture.name}.png")
        for number, path in enumerate(CALLS, start=1):
            take(
                browser,
                url,
                Picture(f"call-{number:02}", path, height=640),
                known,
                arguments.to / f"call-{number:02}.jpg",
            )
        take_what_a_call_changes(browser, url, known["kept"], arguments.to)
        take_first_offer(browser, url, arguments.to / "offer.png")
        take_selection(browser, url, arguments.to)
        if arguments.url is None:  # a running service does not know the portal of the pictures
            take_widget(browser, url, neighbour, arguments.to)


def first_territory(url: str) -> str:
    """The identifier of a CPTS of the Rhône."""
    return str(asked(f"{url}/api/v1/territories?departement=69")["territories"][0]["id"])


def first_centre(url: str) -> str:
    """The offer of a centre de santé of Lyon or around it."""
    return str(asked(f"{url}/api/v1/search?kind=structure&structure_type=124&address=Lyon")["exact"]["offers"][0]["id"])


def first_doctor(url: str) -> dict[str, str]:
    """The RPPS number and the family name of a doctor of Villeurbanne, and the offer."""
    found = asked(f"{url}/api/v1/search?specialty=SM54&address=Villeurbanne&kind=professional")["exact"]["offers"][0]
    return {"rpps": found["person"]["rpps"], "name": found["person"]["family_name"], "other": found["id"]}


def first_kept_by_hand(url: str) -> dict[str, str]:
    """An offer whose agenda is kept by hand and has availabilities, and the number of its person."""
    following = ""
    while following is not None:
        exact = asked(f"{url}/api/v1/search?profession=10&departement=69&exact_limit=50{following}")["exact"]
        for offer in exact["offers"]:
            if any(each["source"]["kind"] == "agenda" for each in offer["availabilities"] or ()):
                return {"kept": offer["id"], "person": f"8{offer['person']['rpps']}"}
        following = exact["next"] and f"&cursor={exact['next']}"
    raise SystemExit("no agenda of the demo is kept by hand")


def asked(address: str) -> Any:
    """What the API answers, as JSON."""
    with urlopen(address, timeout=30) as answer:  # noqa: S310 - our own address
        return json.load(answer)


def take(browser: Browser, url: str, picture: Picture, known: Mapping[str, str], file: Path) -> None:
    """One picture, without JavaScript unless it is of what a script draws."""
    with browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        color_scheme=picture.scheme,
        java_script_enabled=picture.script is not None,
        locale="fr-FR",
    ) as context:
        page = context.new_page()
        page.emulate_media(media=picture.media)
        page.goto(url + picture.path.format(**known))
        if picture.press:
            page.click(picture.press)
        if picture.see:
            at_the_top = "each => each.scrollIntoView()" if picture.scroll else "each => each.scrollIntoViewIfNeeded()"
            page.locator(picture.see).first.evaluate(at_the_top)
        if picture.script:
            page.locator(picture.script).first.wait_for()
            page.wait_for_load_state("networkidle")
        page.screenshot(path=file, **({"quality": 50} if file.suffix == ".jpg" else {}))
    print(file)


def take_what_a_call_changes(browser: Browser, url: str, kept: str, to: Path) -> None:
    """What a call gave, on the page of the offer; a patient sent to its first slot; the list of those who were sent."""
    with browser.new_context(viewport={"width": 1280, "height": 900}, locale="fr-FR") as context:
        page = context.new_page()
        page.goto(f"{url}/offres/{kept}")
        with page.expect_navigation():
            page.click("#appel button[value=no_answer]")
        page.screenshot(path=to / "called.png")
        page.goto(f"{url}/offres/{kept}/orienter")
        page.locator("input[name=slot]").first.check()
        with page.expect_navigation():
            page.click("text=Orienter ici")
        page.screenshot(path=to / "oriented.png")
        page.goto(f"{url}/orientations")
        page.screenshot(path=to / "orientations.png")
    print(to / "orientations.png")


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
                page.screenshot(path=HELP / f"{name}.jpg", quality=50)
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
            frame.locator("button[value=tomorrow]").click()
            frame.locator(".chips").wait_for()
            page.locator("iframe").scroll_into_view_if_needed()
            page.screenshot(path=to / f"{name}.png")
        print(to / f"{name}.png")


if __name__ == "__main__":
    main()
