"""The keys of the search page, in a real browser."""

import gzip

import pytest

from search_api.pages import render
from search_api.pages.keys import EVENTS, KEYS
from tests.pages.test_browser import EVENING, TABLE

FOCUSED = "document.activeElement.id || document.activeElement.textContent.trim()"


@pytest.mark.parametrize(("key", "box"), [("/", "f-text"), ("l", "f-address")])
@pytest.mark.parametrize("width", [1280, 360])
def test_a_key_goes_to_a_box(opened, key, box, width):
    page = opened(EVENING, width=width, script=True)
    page.keyboard.press(key)
    assert page.evaluate(FOCUSED) == box


@pytest.mark.parametrize("keys", [("j", "j", "k"), ("ArrowDown", "ArrowDown", "ArrowUp")])
@pytest.mark.parametrize("path", [EVENING, TABLE])
def test_keys_go_along_the_results_and_enter_opens(opened, keys, path):
    page = opened(path, script=True)
    first = page.locator(".card h3 a, .bands [scope=row] > a").first.inner_text()
    for key in keys:
        page.keyboard.press(key)
    assert page.evaluate(FOCUSED) == first
    page.keyboard.press("Enter")
    page.wait_for_url("**/offres/**")


def test_after_a_phone_a_key_goes_to_the_next_result(opened):
    page = opened(EVENING, script=True)
    for key in ("j", "Tab", "j"):
        page.keyboard.press(key)
    assert page.evaluate(FOCUSED) == page.locator(".card h3 a").nth(1).inner_text()


def test_a_rung_that_is_closed_is_one_step_that_enter_opens(opened):
    page = opened("/recherche?specialty=SM54&address=Villeurbanne&exact_limit=2", script=True)
    closed = page.locator(".rung:not([open]) > summary").first
    for _ in range(3):
        page.keyboard.press("j")
    assert closed.evaluate("summary => summary === document.activeElement")
    page.keyboard.press("Enter")
    page.keyboard.press("j")
    assert page.locator(".rung[open] .card").first.locator("h4 a").evaluate("a => a === document.activeElement")


def test_a_key_goes_along_what_notes_offer(opened):
    page = opened("/recherche?address=Saint-Denis&unasked=psy", script=True)
    for expected in ("Spécialité : Psychiatrie", "Profession : Psychologue", "Saint-Denis (93)"):
        page.keyboard.press("n")
        assert page.evaluate(FOCUSED).replace("\xa0", " ") == expected


def test_a_key_changes_the_view_and_back(opened):
    page = opened(EVENING, script=True)
    page.keyboard.press("t")
    page.wait_for_url("**view=table")
    page.keyboard.press("t")
    page.wait_for_url(lambda url: "view=table" not in url)


def test_keys_are_never_taken_from_who_types(opened):
    page = opened(EVENING, script=True)
    page.locator("#f-text").fill("")
    page.locator("#f-text").press_sequentially("l/jtk")
    assert page.locator("#f-text").input_value() == "l/jtk"
    assert page.evaluate(FOCUSED) == "f-text"


@pytest.mark.parametrize("combination", ["Control+l", "Alt+t", "Meta+j"])
def test_combinations_are_left_to_the_browser(opened, combination):
    page = opened(EVENING, script=True)
    page.keyboard.press(combination)
    assert page.evaluate("document.activeElement === document.body")


def test_a_key_lists_the_keys_which_are_those_of_the_table(opened, violations):
    page = opened(EVENING, script=True)
    page.keyboard.press("?")
    assert page.locator("dialog#touches").is_visible()
    shown = page.locator("#touches [data-press]").evaluate_all("keys => keys.map(key => key.dataset.press)")
    assert shown == [EVENTS.get(pressed, pressed) for key in KEYS if key.act for pressed in key.pressed]
    assert violations(page) == []
    page.keyboard.press("t")
    page.keyboard.press("Escape")
    assert not page.locator("dialog#touches").is_visible()
    assert "view=table" not in page.url


def test_the_list_of_keys_is_opened_and_closed_by_buttons_too(opened):
    page = opened(EVENING, script=True)
    page.click("text=Touches du clavier (?)")
    page.click("#touches >> text=Fermer")
    assert not page.locator("dialog#touches").is_visible()


def test_keys_of_one_character_can_be_turned_off_on_the_device_and_arrows_stay(opened):
    page = opened(EVENING, script=True)
    page.keyboard.press("?")
    page.locator("#touches [data-switch]").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement === document.body")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement !== document.body")
    page.click("text=Touches du clavier (?)")
    page.locator("#touches [data-switch]").check()
    page.keyboard.press("Escape")
    page.keyboard.press("l")
    assert page.evaluate(FOCUSED) == "f-address"


PRESSED = """([key, code]) => document.body.dispatchEvent(
    new KeyboardEvent('keydown', {key, code, shiftKey: true, bubbles: true, cancelable: true}))"""


@pytest.mark.parametrize(("key", "code"), [("/", "Period"), ("?", "KeyM"), ("L", "KeyL")])
def test_a_key_is_known_by_its_character_wherever_the_keyboard_has_it(opened, key, code):
    page = opened(EVENING, script=True)
    assert page.evaluate(PRESSED, [key, code]) is False


def test_a_key_goes_to_the_map(opened):
    page = opened(EVENING, width=360, script=True)
    view = page.locator("[data-key=m]").get_attribute("href") or ""
    page.keyboard.press("m")
    page.wait_for_url(lambda url: url.endswith(view))


def test_the_script_of_the_search_page_weighs_less_than_25_kb_compressed():
    pieces = [gzip.compress(path.read_bytes()) for path in render.STATIC.glob("*.js")]
    assert sum(map(len, pieces)) <= 25_000
