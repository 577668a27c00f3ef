"""Recent requests: what may be kept of one, and where they are shown."""

import pytest
from playwright.sync_api import expect

from models.codes import Viewer
from tests.pages.test_browser import EVENING

STREET = "/recherche?specialty=SM54&address=12+bis+rue+Anatole-France,+69100+Villeurbanne&radius_km=5"
LINES = "#recentes ul a"


def kept(visit, path: str) -> tuple[str | None, str | None]:
    section = visit(path).page.one("section", id="reponse").attributes
    return section.get("data-recent"), (section.get("data-recent-words") or "").replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("path", "href", "words"),
    [
        (STREET, "/recherche?specialty=SM54&address=Villeurbanne+(69)&radius_km=5", "Villeurbanne (69) · 5 km"),
        (
            "/recherche?near=45.767,4.880&profession=70",
            "/recherche?profession=70&address=Villeurbanne+(69)",
            "Villeurb",
        ),
        (
            "/recherche?address=Bron&unasked=mal+au+dos&doctor=Martel&picked=p1-0123456789ab",
            "/recherche?address=Bron",
            "Bron",
        ),
        (EVENING, "/recherche?specialty=SM54&address=Villeurbanne&modality=domicile&when=evening", "Villeurbanne"),
        (
            "/recherche?address=Bron&from=2026-11-24T03:00:00%2B01:00&within_hours=2",
            "/recherche?address=Bron",
            "Bron",
        ),
    ],
    ids=["a street", "a point", "what is a patient's", "a named moment", "other hours"],
)
def test_what_is_kept_names_no_street_no_point_no_patient_and_no_hour_that_will_be_over(visit, path, href, words):
    kept_href, kept_words = kept(visit, path)
    assert (kept_href or "").replace("%28", "(").replace("%29", ")") == href
    assert kept_words.startswith(words)
    assert "Anatole" not in kept_words


def test_the_words_of_a_named_moment_are_kept_without_its_hours(visit):
    assert kept(visit, EVENING)[1].endswith("· Ce soir")


@pytest.mark.parametrize("path", ["/", "/recherche?address=Vileurbane", "/recherche?within_hours=2"])
def test_nothing_is_kept_of_what_asks_nothing_that_lasts_or_is_refused(visit, path):
    assert kept(visit, path)[0] is None


def test_requests_are_found_again_the_newest_first_eight_at_most(opened):
    page = opened("/", script=True)
    for radius in (1, 2, 5, 10, 15, 20, 30, 50, 75, 5):
        page.goto(page.url.split("/recherche")[0].rstrip("/") + f"/recherche?address=Bron&radius_km={radius}")
    page.goto(page.url.split("/recherche")[0] + "/")
    assert [each.split(" · ")[1].replace("\u00a0", " ") for each in page.locator(LINES).all_inner_texts()] == [
        "5 km", "75 km", "50 km", "30 km", "20 km", "15 km", "10 km", "2 km",
    ]  # fmt: skip
    page.locator(LINES).first.click()
    page.wait_for_url("**/recherche?address=Bron&radius_km=5")


def asked(page, *paths: str):
    home = page.url.rstrip("/")
    for path in (*paths, "/"):
        page.goto(home + path)
    return page


def test_each_is_removable_and_all_are_forgotten_at_once(opened):
    page = asked(
        opened("/", script=True), "/recherche?address=Bron", "/recherche?address=Vienne", "/recherche?text=Martel"
    )
    page.get_by_role("button", name="Retirer : Vienne").click()
    assert page.locator(LINES).all_inner_texts() == ["Nom\u00a0: Martel", "Bron"]
    assert page.evaluate("document.activeElement.textContent") == "Bron"
    page.click("text=Tout oublier")
    assert page.locator(LINES).count() == 0
    page.reload()
    assert page.locator(LINES).count() == 0


def test_nothing_is_ever_kept_once_it_is_turned_off(opened):
    page = asked(opened("/", script=True), "/recherche?address=Bron")
    page.locator("#recentes [data-switch]").uncheck()
    assert page.locator(LINES).count() == 0
    asked(page, "/recherche?address=Vienne")
    assert page.locator(LINES).count() == 0
    assert page.evaluate("sessionStorage.getItem('annuaire.recent')") is None
    assert not page.locator("#recentes [data-switch]").is_checked()


def test_an_empty_text_box_lists_them(opened):
    page = asked(opened("/", script=True), "/recherche?address=Bron")
    page.press("#f-text", "ArrowDown")
    expect(page.locator("#f-text-liste [role=option]")).to_have_text(["Bron"])
    page.press("#f-text", "ArrowDown")
    page.press("#f-text", "Enter")
    page.wait_for_url("**/recherche?address=Bron")


@pytest.mark.parametrize(
    "stored",
    ['"x"', "[1]", "{", '[{"href": "javascript:alert(1)", "words": "x"}]', '[{"href": "//x.fr", "words": "x"}]'],
)
def test_what_is_not_a_request_of_ours_is_not_shown(opened, stored):
    page = opened("/", script=True)
    page.evaluate("stored => sessionStorage.setItem('annuaire.recent', stored)", stored)
    page.reload()
    assert page.locator(LINES).count() == 0
    assert page.locator("#f-text[role=combobox]").count() == 1


def test_html_in_a_kept_name_is_text(opened):
    page = asked(opened("/", script=True), "/recherche?text=%3Cimg+src=x+onerror=alert(1)%3E&departement=69")
    assert "<img" in page.locator(LINES).inner_text()
    assert page.locator("#recentes img").count() == 0


def test_a_browser_that_keeps_nothing_has_all_the_rest(browser, site):
    with browser.new_context() as context:
        context.add_init_script(
            """for (const name of ['localStorage', 'sessionStorage'])
            Object.defineProperty(window, name, {get() { throw new DOMException('no', 'SecurityError') }});"""
        )
        page = context.new_page()
        page.goto(f"{site}/recherche?address=Bron")
        page.goto(f"{site}/")
        assert page.locator(LINES).count() == 0
        assert page.locator("#f-text[role=combobox]").count() == 1
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("l")
        assert page.evaluate("document.activeElement.id") == "f-address"


def test_without_the_script_nothing_is_said_of_them(opened):
    assert not opened("/").locator("#recentes").is_visible()


def test_axe_finds_nothing_with_recent_requests(opened, violations):
    page = asked(opened("/", width=360, script=True), STREET, "/recherche?address=Bron")
    assert page.locator(LINES).count() == 2
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []


def test_what_a_shared_desk_asked_is_gone_with_its_window_and_what_anybody_asked_stays(visit):
    assert visit("/", Viewer.REGULATION).page.one("main").attributes.keys() >= {"data-shared"}
    assert "data-shared" not in visit("/", Viewer.PUBLIC).page.one("main").attributes
    assert "jusqu’à la fermeture de l’onglet" in visit("/", Viewer.REGULATION).page.text
