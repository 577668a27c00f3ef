"""The map of an answer: drawn by the server, then moved by Leaflet, two-way with the list, by keyboard, with tiles."""

import gzip
import hashlib
import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from random import Random
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from models.gazetteer import gazetteer
from models.geo import Point, distance_m
from models.offer import Offer, Person, PlacePoint
from search_api.pages import render
from search_api.services import Tiles
from tests.pages import serving, world
from tests.pages.conftest import client, read
from tests.pages.reading import Document
from tests.pages.test_browser import EVENING
from tests.pages.world import doctor

LIST = "/recherche?specialty=SM54&address=Villeurbanne"
MAP = f"{LIST}&view=map"
TABLE = f"{LIST}&view=table"
OLDER = "0123456789ab"
TARGET = 24
EDGES = 6
"""Pixels that pins may share: their edges."""
AIR = 6
"""Pixels of the box of a line that no letter has, above and under, its halo included."""
NAME = '<img src=x onerror="alert(1)">'


def at(lat: float, lon: float, number: int = 1, precision: str = "housenumber", **values) -> Offer:
    """A doctor of Villeurbanne at this very point."""
    place = world.place(world.VILLEURBANNE, 12, Random(number))
    there = PlacePoint(lat, lon, precision)  # type: ignore[arg-type] # names come from tests
    offer = doctor(number, Random(number), place=msgspec.structs.replace(place, point=there))
    return msgspec.structs.replace(offer, **values)


def unlocated(number: int) -> Offer:
    return doctor(number, Random(1), place=world.place(world.VILLEURBANNE, 12, Random(1), located=False))


def shown(*offers: Offer, path: str = MAP, tiles: Tiles | None = None) -> Document:
    """The page of a search among these offers."""
    return read(client(serving.engine_of(offers), tiles=tiles), path).page


def pins(page: Document) -> list[tuple[str | None, str | None]]:
    """The classes and the names of the pins, in the order of Tab."""
    return [(each.attributes["class"], each.attributes["aria-label"]) for each in page.all("a", class_="pin")]


def data(page: Document) -> dict[str, object]:
    return dict(json.loads(page.one("div", id="carte").attributes["data-map"] or ""))


# Leaflet ------------------------------------------------------------------------------------------------------------


def test_leaflet_is_installed_from_its_package_whole():
    if not render.has_leaflet() and not os.environ.get("CI"):
        pytest.skip("Leaflet is not installed")
    spec = find_spec("js_lib_leaflet")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    folder = Path(spec.submodule_search_locations[0]) / "static" / "js_lib_leaflet"
    digests = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in ("leaflet.js", "leaflet.css")}
    assert digests == {
        "leaflet.js": "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a",
        "leaflet.css": "a7837102824184820dfa198d1ebcd109ff6d0ff9a2672a074b9a1b4d147d04c6",
    }


@pytest.mark.parametrize("name", ["leaflet.js", "leaflet.css", "map.js", "map.css"])
def test_leaflet_is_served_by_the_application_beside_ours(engine, name):
    served = client(engine).get(render.static(name))
    assert served.status_code == 200
    assert served.headers["cache-control"] == "public, max-age=86400"


# The picture of the server ------------------------------------------------------------------------------------------


def test_pins_have_the_numbers_of_the_cards_and_lead_to_them(visit):
    page = visit(MAP).page
    for pin in page.all("a", class_="pin"):
        (card,) = page.all("li", id=(pin.attributes["href"] or "")[1:])
        assert card.text.split()[0] == re.split(r"\D", pin.text)[0]


def test_every_card_is_on_a_pin_or_said(visit):
    page = visit(f"{MAP}&approximate_limit=50").page
    told = [pin.attributes["aria-label"] or "" for pin in page.all("a", class_="pin")]
    told_of = "; ".join(f"{name.split(',')[0]}, {name.partition('tout près : ')[2]}" for name in told)
    said = page.one("div", class_="said").text
    assert numbers(told_of) | numbers(said.partition("autres")[2]) == set(range(1, len(page.cards) + 1))


def numbers(words: str) -> set[int]:
    """`1, 3 à 5`: the numbers that are said."""
    runs = re.findall(r"(\d+)(?: à (\d+))?", words)
    return {number for first, last in runs for number in range(int(first), int(last or first) + 1)}


def test_a_pin_says_who_and_how_far_and_what_it_is():
    page = shown(at(45.77, 4.89, 1), at(45.74, 4.85, 2, precision="commune"), path=f"{MAP}&radius_km=5")
    assert [(kind, (name or "").replace("\u00a0", " ")) for kind, name in pins(page)] == [
        ("pin exact", "1, Dr Éloïse BENALI, 900 m"),
        ("pin exact loose", "2, Dr Linh GAUTHIER, 3,7 km"),
    ]
    assert "au centre de la commune" in page.cards[1].text
    assert "au centre de la commune" not in page.cards[0].text
    assert "au centre de la commune" in page.one("p", class_="legend").text


def test_what_approaches_is_drawn_otherwise():
    page = shown(at(45.77, 4.89, 1), at(45.74, 4.85, 2), path=f"{MAP}&radius_km=5&care=suture")
    assert [kind for kind, _ in pins(page)] == ["pin exact", "pin near"]


def test_several_at_one_point_are_one_pin_that_names_them_all():
    page = shown(*(at(45.77, 4.89, number) for number in range(1, 6)))
    ((kind, name),) = pins(page)
    assert kind == "pin exact several"
    assert (name or "").endswith("tout près : 2 à 5")
    assert page.one("a", class_="pin").text == "1+4"


def test_an_offer_without_a_point_is_said_and_not_drawn():
    page = shown(at(45.77, 4.89, 1), unlocated(2))
    assert len(pins(page)) == 1
    assert "Sans point connu : 2." in page.one("div", class_="said").text


def test_a_place_without_any_point_has_its_circle_and_no_pin():
    page = shown(unlocated(1))
    assert pins(page) == []
    assert page.all("circle", class_="asked")


def test_the_circle_asked_is_drawn_with_its_length_and_its_place():
    page = shown(at(45.77, 4.89), path=f"{MAP}&radius_km=3")
    assert "rayon 3 km" in page.text
    assert [(metres, kind) for metres, _, kind in data(page)["rings"]] == [  # type: ignore[attr-defined] # JSON
        (1500.0, "distance"),
        (3000.0, "asked"),
        (6000.0, "distance"),
    ]
    assert data(page)["place"] == "Villeurbanne (69)"


def test_a_widened_area_has_both_its_circles():
    page = shown(at(45.77, 4.89), at(45.70, 4.89, 2))
    rings = data(page)["rings"]
    assert [kind for _, _, kind in rings] == ["usual", "asked"]  # type: ignore[attr-defined] # JSON
    assert len(page.all("circle", class_="usual")) == 1


def test_codes_have_their_communes_with_their_names():
    page = shown(at(45.77, 4.89), path="/recherche?specialty=SM54&postal_code=69100&postal_code=69500&view=map")
    marks = data(page)["marks"]
    assert [name for name, *_ in marks] == ["Villeurbanne", "Bron"]  # type: ignore[attr-defined] # JSON
    assert len(page.all("path", class_="mark")) == 3  # and the origin of distances


def test_the_communes_around_are_named_once(visit):
    named = [each.text for each in visit(MAP).page.all("text", class_="town")]
    assert "Bron" in named
    assert len(named) == len(set(named))


@pytest.mark.parametrize("path", [MAP, f"{MAP}&radius_km=2", "/recherche?specialty=SM54&cpts=690000200&view=map"])
def test_no_words_of_the_still_map_are_under_a_pin_or_other_words_and_no_pin_under_another(opened, path):
    page = opened(path)
    words, discs = page.locator("#carte svg > g > text"), page.locator("#carte svg .pin rect")
    taken = [box for each in (*words.all(), *discs.all()) if (box := each.bounding_box())]
    assert words.count() > 2  # more than the north and the scale
    assert [(one, other) for index, one in enumerate(taken) for other in taken[:index] if _meet(one, other)] == []


def _meet(one, other):
    """Whether boxes share more than the air above a capital."""
    across = min(one["x"] + one["width"], other["x"] + other["width"]) - max(one["x"], other["x"])
    down = min(one["y"] + one["height"], other["y"] + other["height"]) - max(one["y"], other["y"])
    return across > 1 and down > AIR


@pytest.mark.parametrize(
    ("path", "zone"),
    [
        ("/recherche?specialty=SM54&address=Saint-Denis (974)&view=map", -20.9),
        ("/recherche?specialty=SM54&near=-21.1,55.5&radius_km=60&view=map", -21.1),
    ],
)
def test_overseas_has_its_map(visit, path, zone):
    page = visit(path).page
    south, _, north, _ = data(page)["box"]  # type: ignore[misc] # JSON
    assert south < zone < north  # type: ignore[has-type] # same
    assert page.all("a", class_="pin")


@pytest.mark.parametrize("near", ["90,0", "-90,180", "84.9,10"])
def test_at_a_pole_the_page_says_that_the_map_does_not_go_there(visit, near):
    visited = visit(f"/recherche?specialty=SM54&near={near}&radius_km=20&view=map")
    assert visited.status == 200
    assert "La carte ne va pas jusqu’aux pôles" in visited.page.text
    assert "data-map" not in visited.page.one("div", id="carte").attributes


def test_across_the_antimeridian_the_circle_is_whole(visit):
    page = visit("/recherche?specialty=SM54&near=-17,179.99&radius_km=50&view=map").page
    _, west, _, east = data(page)["box"]  # type: ignore[misc] # JSON
    assert (west, east) == pytest.approx((179.52, 180.46), abs=0.01)  # type: ignore[has-type] # same


@pytest.mark.parametrize(
    "path", ["/", TABLE, "/recherche?address=Vileurbane", "/recherche?text=zzzzzzz&kind=structure"]
)
def test_without_anything_to_place_there_is_no_map(visit, path):
    assert not visit(path).page.all("div", id="carte")


def test_the_map_weighs_at_most_8_kb_compressed():
    random = Random(3)
    everybody = serving.engine_of([doctor(number, random) for number in range(90)])
    path = f"{LIST}&modality=domicile&care=suture&approximate_limit=50"
    with_map = read(client(everybody), path).page.html
    whole, rest = (len(gzip.compress(html.encode(), 5)) for html in (with_map, without_map(with_map)))
    assert "data-map" in with_map
    assert whole - rest <= 8_000


def without_map(html: str) -> str:
    start = html.index('<div class="map"')
    return html[:start] + html[html.index('<span id="apres-carte"') :]


def test_a_name_is_text_on_the_map():
    page = shown(at(45.77, 4.89, 1, person=Person("810100000001", "Dr", NAME, NAME)))
    assert page.foreign == []
    assert NAME in (pins(page)[0][1] or "")


# Names under the map ------------------------------------------------------------------------------------------------


def test_the_largest_communes_of_a_box_come_first(visit):
    found = json.loads(visit("/carte/communes?box=45.6,4.7,45.9,5").page.html)
    assert found[0][0] == "Villeurbanne"
    assert len(found) <= 60
    assert all(45.6 <= lat <= 45.9 and 4.7 <= lon <= 5 for _, lat, lon in found)


def test_a_box_may_go_past_the_antimeridian():
    assert [each.name for each in gazetteer().within(-21, 182, -10, 186)]
    assert gazetteer().within(46, 4, 45, 5) == []
    assert gazetteer().within(45, 5, 46, 4) == []


@pytest.mark.parametrize(
    "query",
    ["", "box=", "box=x", "box=1,2,3", "box=1,2,3,nan", "box=1e9,2,3,4", "box=1,2,3,4&box=1,2,3,4", "box=1,2,3,4&a=b"],
)
def test_a_box_that_is_none_is_refused(visit, query):
    assert visit(f"/carte/communes?{query}").status == 422


# Tiles --------------------------------------------------------------------------------------------------------------

TILES = Tiles("https://tuiles.exemple.fr:8443/{z}/{x}/{y}.png?key=clef", "© <b>Exemple</b>")


def policy(path: str, tiles: Tiles | None) -> str:
    visited = read(client(serving.engine_of(world.offers()), tiles=tiles), path)
    return visited.headers["content-security-policy"]


def test_only_pages_with_a_map_may_load_images_of_the_site_of_the_tiles():
    assert "img-src 'self' https://tuiles.exemple.fr:8443;" in policy(MAP, TILES)
    assert policy(MAP, None) == policy(TABLE, TILES) == policy("/", TILES) == policy("/sources", TILES)
    assert "img-src 'self';" in policy(MAP, None)
    assert "clef" not in policy(MAP, TILES)


def test_the_key_of_the_tiles_is_nowhere_but_where_they_are_asked():
    assert "clef" in shown(at(45.77, 4.89), path=MAP, tiles=TILES).html
    for path in (TABLE, "/", "/sources"):
        assert "clef" not in shown(at(45.77, 4.89), path=path, tiles=TILES).html


@dataclass
class TileServer:
    """Where tiles come from, and what was asked of it."""

    url: str
    asked: list[str] = field(default_factory=list)
    referers: list[str | None] = field(default_factory=list)


@contextmanager
def tile_server() -> Iterator[TileServer]:
    """A real server of images, on a port of its own."""
    image = b'<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256"><circle r="99"/></svg>'

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known.asked.append(self.path)
            known.referers.append(self.headers.get("Referer"))
            self.send_response(200)
            self.send_header("Content-Type", "image/svg+xml")
            self.end_headers()
            self.wfile.write(image)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known = TileServer(f"http://127.0.0.1:{server.server_port}/{{z}}/{{x}}/{{y}}.svg?key=clef")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield known
    server.shutdown()
    server.server_close()
    thread.join()


def test_tiles_of_another_port_are_drawn_with_their_credit_as_a_text(browser):
    with tile_server() as known:
        app = serving.application(serving.engine_of(world.offers()), tiles=Tiles(known.url, TILES.attribution))
        with serving.served(app) as address, browser.new_context(viewport={"width": 1280, "height": 900}) as context:
            page = context.new_page()
            page.goto(address + LIST)
            moved(page)
            expect(page.locator(".leaflet-tile-loaded").first).to_be_visible()
            assert page.locator(".leaflet-tile-loaded").first.evaluate("tile => tile.naturalWidth") == 256
            assert page.locator(".leaflet-control-attribution").inner_text() == "© <b>Exemple</b>"
    assert all(re.fullmatch(r"/\d+/\d+/\d+\.svg\?key=clef", path) for path in known.asked)
    assert set(known.referers) == {None}


# With JavaScript ----------------------------------------------------------------------------------------------------


def moved(page: Page) -> Page:
    """Wait until the map can be moved."""
    page.locator(".leaflet-container[tabindex='0'] button.pin").first.wait_for()
    return page


@pytest.fixture
def wide(opened):
    return moved(opened(LIST, script=True))


def test_a_wide_screen_has_the_map_beside_the_list_and_a_narrow_one_does_not(opened, wide):
    answer, beside = wide.locator(".answer").bounding_box(), wide.locator("#carte").bounding_box()
    assert answer["x"] + answer["width"] < beside["x"]
    assert wide.evaluate("document.documentElement.scrollWidth <= innerWidth")
    narrow = opened(LIST, width=1100, script=True)
    assert not narrow.locator("#carte").is_visible()


def test_without_a_map_that_is_seen_the_first_view_weighs_at_most_120_kb(browser, site):
    with browser.new_context(viewport={"width": 1100, "height": 900}) as context:
        page, weights = context.new_page(), {}
        page.on("requestfinished", lambda request: weights.update({request.url: request.sizes()["responseBodySize"]}))
        page.goto(site + LIST)
        page.wait_for_load_state("networkidle")
    assert not [url for url in weights if "leaflet" in url or url.endswith("/map.js")]
    assert 0 < sum(weights.values()) <= 120_000


def test_the_map_is_loaded_when_the_window_grows(opened):
    page = opened(LIST, width=1100, script=True)
    page.set_viewport_size({"width": 1300, "height": 900})
    moved(page)


def test_a_page_of_an_older_version_that_was_left_open_still_finds_its_files(opened):
    page, asked = opened("/", width=1100, script=True), []
    page.route("**/recherche?**", older)
    page.on("response", lambda answer: asked.append((urlsplit(answer.url).path, answer.status)))
    page.goto(page.url.rstrip("/") + LIST)
    assert not [path for path, _ in asked if path.endswith("/map.js")]
    page.set_viewport_size({"width": 1300, "height": 900})
    moved(page)
    files = {path: status for path, status in asked if path.startswith("/static/")}
    assert {f"/static/{OLDER}/{name}" for name in ("style.css", "script.js", "map.js", "leaflet.js")} < files.keys()
    assert {path.split("/")[2] for path in files} == {OLDER}
    assert set(files.values()) == {200}


def older(route: Route) -> None:
    """The page as it was when its files had another digest."""
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().replace(render.digest(), OLDER))


def test_without_leaflet_the_picture_stays_and_the_page_says_so(browser, site):
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.route("**/leaflet.js", lambda route: route.fulfill(status=404))
        page.goto(site + LIST)
        expect(page.locator("#carte .said")).to_contain_text("La carte mobile n’a pas pu être chargée")
        assert page.locator("#carte svg a.pin").first.is_visible()


def test_pins_have_the_numbers_and_the_names_of_the_cards(wide):
    first = wide.locator(".card").first
    number, name = first.locator(".no").inner_text(), first.locator("h3").inner_text()
    told = " ; ".join(wide.locator("button.pin").evaluate_all("pins => pins.map(pin => pin.ariaLabel)"))
    assert f"{number}, {name}, {first.locator('.km').inner_text()}" in told


def test_every_card_is_on_a_pin_at_any_zoom(wide):
    many = wide.locator(".card[data-at]").count()
    for _ in range(3):
        texts = wide.locator("button.pin").all_inner_texts()
        assert sum(1 + int(text.partition("+")[2] or 0) for text in texts) == many
        wide.locator(".leaflet-control-zoom-out").click()
        wide.wait_for_timeout(400)


def test_seventy_pins_cover_none_of_one_another(wide):
    boxes = [box for pin in wide.locator("button.pin").all() if (box := pin.bounding_box())]
    covered = [
        (one, other)
        for index, one in enumerate(boxes)
        for other in boxes[:index]
        if abs(one["x"] - other["x"] + (one["width"] - other["width"]) / 2)
        < (one["width"] + other["width"]) / 2 - EDGES
        and abs(one["y"] - other["y"]) < one["height"] - EDGES
    ]
    assert covered == []


def test_looking_at_a_card_lights_its_pin_and_at_a_pin_its_card(wide):
    wide.locator(".card").nth(1).hover()
    expect(wide.locator("button.pin.lit")).to_have_count(1)
    wide.locator("#titre").hover()
    expect(wide.locator("button.pin.lit")).to_have_count(0)
    wide.locator(".card h3 a").first.focus()
    expect(wide.locator("button.pin.lit")).to_have_count(1)
    single(wide).hover()
    expect(wide.locator(".card.lit")).to_have_count(1)


def single(page: Page) -> Locator:
    """A pin of one card, which the map shows."""
    box = page.locator(".leaflet-container").bounding_box()
    assert box is not None
    return next(
        pin
        for pin in page.locator("button.pin", has_text=re.compile(r"^\d+$")).all()
        if (at := pin.bounding_box()) and 0 < at["x"] - box["x"] < box["width"] and 0 < at["y"] < box["height"]
    )


def test_choosing_a_pin_goes_to_its_card_and_escape_comes_back(wide):
    pin = single(wide)
    number = pin.inner_text()
    pin.focus()
    wide.keyboard.press("Enter")
    assert focused_number(wide) == number
    assert in_view(wide)
    wide.keyboard.press("Escape")
    assert wide.evaluate("document.activeElement.textContent") == number


def test_a_pin_that_is_reached_out_of_view_is_brought_into_it_and_its_folded_card_opens(wide):
    wide.keyboard.press("Tab")
    far = wide.locator("button.pin", has_text=re.compile(r"^70$"))
    far.focus()
    box, edge = far.bounding_box(), wide.locator(".leaflet-container").bounding_box()
    assert box is not None
    assert edge is not None
    assert edge["x"] < box["x"] < edge["x"] + edge["width"]
    assert not wide.locator(".again").is_visible()
    wide.keyboard.press("Enter")
    assert focused_number(wide) == "70"


def focused_number(page: Page) -> str:
    return str(page.evaluate("document.activeElement.closest('.card')?.querySelector('.no').textContent"))


def in_view(page: Page) -> bool:
    box = page.locator(":focus").bounding_box()
    return box is not None and 0 <= box["y"] <= 900


def test_several_at_one_spot_open_the_list_of_them(wide):
    pin = wide.locator("button.pin", has_text="+").first
    many = 1 + int(pin.inner_text().partition("+")[2])
    pin.focus()
    wide.keyboard.press("Enter")
    entries = wide.locator(".leaflet-popup-content a")
    assert entries.count() == many
    wide.keyboard.press("Escape")
    expect(wide.locator(".leaflet-popup-content")).to_have_count(0)
    assert wide.evaluate("document.activeElement.matches('.pin')")
    wide.keyboard.press("Enter")
    entries.nth(1).click()
    assert focused_number(wide) == entries.nth(1).inner_text().split(",")[0]


def test_arrows_move_the_map_signs_zoom_and_escape_leaves_it(wide):
    wide.locator(".leaflet-container").focus()
    before = centre(wide)
    scrolled = wide.evaluate("scrollY")
    wide.keyboard.press("ArrowRight")
    until(wide, lambda: centre(wide)[1] > before[1])
    many = len(wide.locator("button.pin").all())
    for _ in range(3):
        wide.keyboard.press("+")
        wide.wait_for_timeout(400)
    until(wide, lambda: wide.locator("button.pin").count() > many)
    assert wide.evaluate("scrollY") == scrolled
    wide.keyboard.press("Escape")
    assert wide.evaluate("document.activeElement.closest('.card') !== null")


def until(page: Page, so: Callable[[], bool]) -> None:
    """Wait until the map has moved so."""
    while not so():
        page.wait_for_timeout(50)


def centre(page: Page) -> tuple[float, float]:
    """What "Rechercher dans cette zone" asks; the middle of the first view before."""
    href = page.locator(".again").get_attribute("href")
    if href is None:
        south, west, north, east = json.loads(page.locator("#carte").get_attribute("data-map") or "")["box"]
        return (south + north) / 2, (west + east) / 2
    lat, _, lon = parse_qs(urlsplit(href).query)["near"][0].partition(",")
    return float(lat), float(lon)


def test_the_key_of_the_map_goes_to_it_where_it_is_shown_and_opens_it_elsewhere(opened, wide):
    press = "document.querySelector('[data-key=m]').click()"
    wide.evaluate(press)
    assert wide.evaluate("document.activeElement.matches('.leaflet-container')")
    narrow = opened(LIST, width=360, script=True)
    narrow.evaluate(press)
    narrow.wait_for_url("**view=map")


def test_pins_are_reached_by_tab_and_are_large_enough(wide):
    wide.locator(".leaflet-container").focus()
    reached = []
    for _ in range(8):
        wide.keyboard.press("Tab")
        reached.append(
            wide.evaluate("document.activeElement.matches('.pin') ? document.activeElement.textContent : ''")
        )
    numbered = [int(text.partition("+")[0]) for text in reached if text]
    assert len(numbered) >= 5
    assert numbered == sorted(numbered)
    boxes = [box for each in wide.locator("#carte button, #carte a:not(.skip)").all() if (box := each.bounding_box())]
    assert min(min(box["width"], box["height"]) for box in boxes) >= TARGET


def test_the_wheel_scrolls_the_page_until_the_map_has_the_focus(wide):
    wide.locator(".leaflet-container").hover(position={"x": 30, "y": 300})
    pins_before = wide.locator("button.pin").all_inner_texts()
    wide.mouse.wheel(0, 200)
    until(wide, lambda: wide.evaluate("scrollY > 0"))
    assert wide.locator("button.pin").all_inner_texts() == pins_before


# Search here --------------------------------------------------------------------------------------------------------


def drag(page: Page, by: int) -> None:
    """Move the map to the west by so many pixels."""
    box = page.locator(".leaflet-container").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] - 20, box["y"] + box["height"] - 60
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - by, y, steps=8)
    page.mouse.up()
    page.wait_for_timeout(700)


def test_a_map_that_nobody_moved_offers_no_other_search(wide):
    wide.locator(".card h3 a").first.focus()
    single(wide).hover()
    assert not wide.locator(".again").is_visible()


def test_a_map_that_was_moved_searches_there_instead_of_the_place(wide):
    drag(wide, 150)
    link = wide.locator(".again")
    expect(link).to_contain_text("Rechercher dans cette zone (")
    lat, lon = centre(wide)
    assert distance_m(Point(lat, lon), Point(45.7663, 4.8797)) > 2_000
    link.click()
    wide.wait_for_url("**near=**")
    asked = parse_qs(urlsplit(wide.url).query)
    assert "address" not in asked
    assert asked["specialty"] == ["SM54"]
    assert re.fullmatch(r"45\.\d{3},4\.\d{3}", asked["near"][0])
    assert 2 < float(asked["radius_km"][0]) < 10
    assert "résultat" in wide.locator("h1").inner_text()


@pytest.mark.parametrize(
    "near",
    ["84,10", "-84,-10", "-17,179.99", "-17,-179.99", "-21.1,55.5"],
    ids=["north", "south", "west", "east", "Réunion"],
)
def test_wherever_the_map_is_moved_the_search_is_valid(opened, near):
    page = opened(f"/recherche?specialty=SM54&near={near}&radius_km=20", script=True)
    page.locator(".leaflet-container[tabindex='0']").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
        page.wait_for_timeout(450)
    page.locator(".again").click()
    page.wait_for_url(lambda url: f"near={near}&" not in url)
    assert "corriger" not in page.locator("h1").inner_text()


def test_a_zone_that_is_too_wide_is_said_and_zooms_have_limits(wide):
    out = wide.locator(".leaflet-control-zoom-out")
    while out.get_attribute("aria-disabled") == "false":
        out.click()
        wide.wait_for_timeout(350)
    said = wide.locator(".again")
    expect(said).to_have_text("Zone trop vaste : 200 km au plus, agrandissez la carte")
    assert said.get_attribute("href") is None
    expect(out).to_have_attribute("aria-disabled", "true")


# For everybody ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "width"), [(LIST, 1280), (MAP, 360)])
def test_axe_finds_nothing_on_a_map_that_moves(opened, violations, path, width):
    page = moved(seen(opened(path, width=width, script=True)))
    assert violations(page) == []
    page.locator("button.pin", has_text="+").first.click()
    assert violations(page) == []


def seen(page: Page) -> Page:
    page.locator("#carte").scroll_into_view_if_needed()
    return page


@pytest.mark.parametrize("width", [360, 320])
def test_a_phone_has_the_map_without_sideways_scroll(opened, width):
    page = moved(seen(opened(MAP, width=width, script=True)))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_javascript_a_pin_leads_to_its_card(opened):
    page = opened(MAP)
    pin = page.locator("a.pin").last
    href = pin.get_attribute("href")
    pin.click()
    assert page.url.endswith(str(href))


def test_who_asks_for_less_motion_has_a_map_that_does_not_glide(browser, site):
    with browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(site + LIST)
        moved(page)
        assert (
            page.locator(".leaflet-container.leaflet-fade-anim, .leaflet-zoom-animated.leaflet-zoom-anim").count() == 0
        )


def test_paper_has_the_still_map_where_it_was_asked(opened):
    page = moved(opened(MAP, script=True))
    page.emulate_media(media="print")
    assert page.locator("#carte svg[role=group]").is_visible()
    assert not page.locator("button.pin").first.is_visible()
    beside = opened(EVENING)
    beside.emulate_media(media="print")
    assert not beside.locator("#carte").is_visible()


def test_the_browser_refuses_nothing_of_the_map(browser, site):
    said: list[str] = []
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(site + LIST)
        moved(page)
        page.locator("button.pin", has_text="+").first.click()
        drag(page, 60)
    assert said == []


def test_a_name_is_text_in_the_list_of_a_pin(browser):
    hostile = [at(45.77, 4.89, number, person=Person(str(number), "Dr", NAME, NAME)) for number in (1, 2)]
    app = serving.application(serving.engine_of(hostile))
    with serving.served(app) as address, browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto(address + LIST)
        moved(page).locator("button.pin").click()
        assert NAME in page.locator(".leaflet-popup-content").inner_text()
        assert page.locator("#carte img, .card img").count() == 0
