"""The pages in a real browser, with JavaScript off: axe, the keyboard, small screens, large text, dark."""

import pytest
from playwright.sync_api import Browser, Page

from search_api.pages import helping
from tests.pages import world

EVENING = (
    "/recherche?specialty=SM54&address=Villeurbanne&modality=domicile&from=2026-11-23T18:00:00%2B01:00&within_hours=6"
)
NINE_CRITERIA = (
    f"{EVENING}&care=suture&equipment=ecg&language=ar&new_patients=true&accessible=true&sector=1&approximate_limit=10"
)
TABLE = f"{EVENING}&view=table"
OFFER = world.offers()[43].id
FEW = "exact_limit=3&approximate_limit=5"
"""Where what is around the cards is tried, not the cards: axe takes seconds for a whole page of them."""
STATES = {
    "nothing asked": "/",
    "exact, then rungs": EVENING,
    "a table": TABLE,
    "a map": f"{EVENING}&view=map",
    "a map of a pole": "/recherche?specialty=SM54&near=90,0&radius_km=20&view=map",
    "a table with nothing exact": f"{EVENING}&care=suture&language=ar&view=table",
    "nothing exact": f"{EVENING}&care=suture&language=ar",
    "nothing at all": "/recherche?text=zzzzzzz&kind=structure",
    "nobody at all": "/recherche?text=zzzzzzz&profession=96",
    "nine criteria": NINE_CRITERIA,
    "a long word": f"/recherche?text={'abcdefghi' * 21}&departement=69",
    "a long address": f"/recherche?address={'nullepart' * 21}&commune={'nullepart' * 21}",
    "a trade": "/recherche?text=kiné",
    "words not understood": (
        f"/recherche?address=Bron&unasked=psy&unasked=dans 2 heures&unasked={'abcdefghi' * 11}&{FEW}"
    ),
    "a sentence too long": f"/recherche?address=Bron&sentence={'kin%C3%A9 ' * 1_500}",
    "a moment that is over": "/recherche?address=Bron&when=this_morning",
    "a CPTS": "/recherche?cpts=690000200&profession=70&modality=domicile&modality=cabinet",
    "namesakes": "/recherche?address=Saint-Denis&specialty=SM54",
    "place not found": "/recherche?address=Vileurbane",
    "faults": "/recherche?radius_km=5&specialty=SM99&within_hours=90&order=best&kind=x&foo=1",
    "altered cursor": "/recherche?address=Bron&cursor=x",
    "launched": "/lancer?city=Bron&streetnumber=5&practitioner=10100000014&practitioner=x&specialty=xyz",
    "launched for someone found too": "/lancer?city=Bron&practitioner=10100000027",
    "launched for nobody": "/lancer?city=Bron&practitioner=Martel&specialty=SM05",
    "an offer": f"/offres/{OFFER}",
    "an offer of results": f"/offres/{world.offers()[1].id}?{EVENING.partition('?')[2]}",
    "a report to write": f"/offres/{OFFER}/signaler",
    "a message to write": "/contact",
    "some picked": f"{EVENING}&picked={OFFER}",
    "a selection": f"/selection?picked={OFFER}&picked={world.offers()[1].id}&picked=p810100000000-0123456789ab",
    "nothing picked": "/selection",
    "help": "/aide",
    **{page.path: page.path for page in helping.TEMPLATES},
    "a widget": f"/widget?{EVENING.partition('?')[2]}&fields=text,address,when",
    "the line of a portal": "/widget/essayer?specialty=SM54&address=Bron&accent=ffff00&frame_width=1",
    "ranking": "/comment-les-resultats-sont-classes",
    "sources": "/sources",
    "lost": "/nulle-part",
}


@pytest.mark.parametrize("path", STATES.values(), ids=STATES.keys())
def test_axe_finds_nothing(opened, violations, path):
    assert violations(opened(path, script=True)) == []


@pytest.mark.parametrize("name", ["nothing exact", "a widget"])
def test_axe_finds_nothing_once_everything_is_unfolded(opened, violations, name):
    page = opened(STATES[name], script=True)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.wait_for_load_state("networkidle")  # counts come
    assert page.locator("details:not([open])").count() == 0
    assert violations(page) == []


@pytest.mark.parametrize(
    "path",
    [
        EVENING,
        TABLE,
        "/",
        STATES["faults"],
        STATES["an offer"],
        STATES["a report to write"],
        STATES["a message to write"],
        STATES["a selection"],
        STATES["help"],
        "/aide/regulation",
    ],
)
def test_axe_finds_nothing_on_a_phone(opened, violations, path):
    assert violations(opened(path, width=360)) == []


@pytest.mark.parametrize(
    "path",
    [
        f"{EVENING}&{FEW}",
        f"{TABLE}&{FEW}",
        f"{EVENING}&{FEW}&view=map",
        STATES["an offer"],
        STATES["a selection"],
        "/aide/regulation",
    ],
)
def test_axe_finds_nothing_on_paper(opened, violations, path):
    page = opened(path, script=True)
    page.emulate_media(media="print")
    assert violations(page) == []
    assert page.evaluate("matchMedia('print').matches")


@pytest.mark.parametrize("path", STATES.values(), ids=STATES.keys())
def test_nothing_scrolls_sideways_on_a_phone_nor_with_text_at_200_percent(browser, site, path):
    assert scrolling_sideways(browser, site + path) == []


def scrolling_sideways(browser: Browser, address: str) -> list[str]:
    """How a page scrolls sideways: at which widths, with text of which size."""
    with browser.new_context(bypass_csp=True) as context:
        page = context.new_page()
        page.goto(address)
        found = [f"{width} px" for width in (1280, 360, 320) if scrolls_sideways(page, width)]
        page.add_style_tag(content="html { font-size: 200% }")
        return [*found, *(f"{width} px at 200 %" for width in (1280, 640) if scrolls_sideways(page, width))]


def test_text_at_200_percent_leaves_the_answer_its_column_beside_the_request_and_the_map(browser, site):
    with browser.new_context(bypass_csp=True, viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto(site + EVENING)
        page.add_style_tag(content="html { font-size: 200% }")
        answer = page.locator("#reponse").bounding_box()
        assert page.locator(".mapped > .map").is_visible()
        assert answer
        assert answer["width"] > 1280 * 0.4


def scrolls_sideways(page: Page, width: int) -> bool:
    page.set_viewport_size({"width": width, "height": 800})
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def test_a_whole_request_is_typed_in_one_box(opened):
    page = opened("/")
    assert page.locator("#f-text:focus").count() == 1
    page.keyboard.type("généraliste à domicile ce soir vers Villeurbanne, mal au dos")
    page.keyboard.press("Enter")
    page.wait_for_url("**/recherche?specialty=SM54&address=Villeurbanne&modality=domicile&**")
    assert page.locator(".chips .said").all_inner_texts()[0] == "Villeurbanne"
    assert "mal au dos" in page.locator(".note.warn").first.inner_text()


def test_the_question_of_the_readme_is_answered_by_keyboard(opened):
    page = opened("/")
    until(page, "#f-address")
    page.keyboard.type("Villeurbanne")
    until(page, "input[name=modality][value=domicile]")
    page.keyboard.press("Space")
    until(page, "details.facet summary:has-text('Spécialité')")
    page.keyboard.press("Enter")
    until(page, "input[name=specialty][value=SM54]")
    page.keyboard.press("Space")
    back(page, "button[value=evening]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/recherche?**")
    assert page.url.endswith(EVENING)
    assert page.locator("h1").inner_text() == "20 résultats exacts"
    assert page.locator(".card").first.locator("a[href^='tel:']").count() == 1
    assert page.locator(".rung").count() >= 1


@pytest.mark.parametrize("path", [EVENING, TABLE, STATES["an offer"], STATES["sources"]])
def test_the_first_key_leads_past_what_every_page_begins_with(opened, path):
    page = opened(path)
    page.keyboard.press("Tab")
    assert focused(page).startswith("Aller au")


def test_enter_in_the_place_searches(opened):
    page = opened("/")
    page.fill("#f-address", "Bron")
    page.press("#f-address", "Enter")
    page.wait_for_url("**/recherche?address=Bron")


def test_the_request_is_beside_the_answer_on_a_desktop_and_folded_above_it_on_a_phone(opened):
    wide, narrow = opened(EVENING), opened(EVENING, width=360)
    criteria, answer = (wide.locator(each).bounding_box() for each in (".criteria", ".answer"))
    assert criteria is not None
    assert answer is not None
    assert criteria["x"] + criteria["width"] < answer["x"]
    assert 0.2 < (criteria["width"] + 48) / 1248 < 0.3
    assert not narrow.locator("#f-address").is_visible()
    narrow.click("summary:has-text('Modifier la demande')")
    assert narrow.locator("#f-address").is_visible()


@pytest.mark.parametrize("path", [NINE_CRITERIA, f"{EVENING}&care=suture"])
def test_the_first_card_is_within_two_screens_of_a_phone(opened, path):
    page = opened(path, width=360, height=740)
    first = page.locator(".card").first.bounding_box()
    assert not page.locator("#f-address").is_visible()
    assert first is not None
    assert first["y"] < 2 * 740


def test_the_name_of_a_modality_stays_beside_its_icon(opened):
    page = opened("/recherche?specialty=SM54&address=Villeurbanne")
    heights = page.locator(".way").evaluate_all(
        """ways => ways.map(way => {
            const written = document.createRange();
            written.selectNodeContents(way);
            return written.getBoundingClientRect().height;
        })"""
    )
    assert max(heights) < 30


def test_a_rung_is_opened_by_keyboard_and_its_cards_are_then_seen(opened):
    page = opened(EVENING)
    rung = page.locator(".rung").first
    assert not rung.locator(".card").first.is_visible()
    rung.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert rung.locator(".card").first.is_visible()
    assert rung.locator("summary").first.bounding_box()["height"] >= 24


def test_the_way_back_to_a_card_opens_its_rung(opened):
    page = opened(EVENING)
    page.locator(".rung summary").first.click()
    page.locator(".rung .card h4 a").first.click()
    page.wait_for_url("**/offres/**")
    page.click("text=Retour aux résultats")
    page.wait_for_url("**/recherche?**#fiche-**")
    assert page.locator(".rung .card").first.is_visible()


def test_what_is_folded_is_printed(opened):
    page = opened(EVENING)
    page.emulate_media(media="print")
    assert page.locator(".rung .card").first.bounding_box()["height"] > 40


def test_the_summary_of_faults_has_the_focus_and_its_links_lead_to_the_fields(opened):
    page = opened(STATES["faults"])
    assert page.locator("#erreurs:focus").count() == 1
    page.click("#erreurs a:has-text('Pendant')")
    assert page.locator("#f-within_hours").is_visible()
    assert page.url.endswith("#f-within_hours")


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("path", [EVENING, TABLE])
def test_everything_one_presses_is_at_least_24_pixels(browser, site, path, width):
    with browser.new_context(viewport={"width": width, "height": 900}) as context:
        page = context.new_page()
        page.goto(site + path)
        small = page.evaluate(
            """() => [...document.querySelectorAll('a, button, summary, input, select')]
            .filter(e => e.checkVisibility() && !e.closest('p, li.plain, .skip') && !e.matches('.skip'))
            .map(e => [e.closest('label') ?? e, e.textContent])
            .filter(([e]) => Math.min(e.getBoundingClientRect().width, e.getBoundingClientRect().height) < 23.9)
            .map(([e, text]) => `${e.tagName} ${text} ${e.getBoundingClientRect().height}`)"""
        )
        assert small == []


def test_the_table_scrolls_inside_itself_by_keyboard_under_its_header_and_beside_its_names(opened):
    page = opened(TABLE, width=360, height=800)
    table, corner, name = (
        page.locator(".bands"),
        page.locator(".bands thead th").first,
        page.locator("[scope=row]").nth(8),
    )
    until(page, ".bands")
    for key in ("ArrowRight", "ArrowDown"):
        for _ in range(12):
            page.keyboard.press(key)
    while table.evaluate("e => e.scrollLeft <= 200 || e.scrollTop <= 200"):
        page.wait_for_timeout(50)
    edge, top, row = table.bounding_box(), corner.bounding_box(), name.bounding_box()
    assert page.evaluate("scrollX") == 0
    assert edge is not None
    assert top is not None
    assert row is not None
    assert (round(top["x"] - edge["x"]), round(top["y"] - edge["y"])) == (1, 1)
    assert round(row["x"] - edge["x"]) == 1


def test_a_reader_of_the_screen_hears_whose_row_and_which_band(browser, site):
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(site + TABLE)
        region = page.get_by_role("region", name="Premier créneau connu")
        assert region.get_by_role("columnheader").count() == 7
        assert region.get_by_role("rowheader").first.get_by_role("link").count() == 2
        heard = region.aria_snapshot()
    assert 'columnheader "4-8 h' in heard
    assert "aucun créneau connu" in heard


def test_paper_has_the_whole_table(opened):
    page = opened(TABLE, width=700)
    page.emulate_media(media="print")
    assert page.locator(".bands").evaluate("e => e.scrollWidth <= e.clientWidth && e.scrollHeight <= e.clientHeight")
    assert page.locator("[scope=row] .phone").last.is_visible()


def test_paper_has_the_names_the_phones_and_no_form(opened):
    page = opened(EVENING)
    page.emulate_media(media="print")
    assert page.locator(".card h3").first.is_visible()
    assert page.locator(".card .phone").first.is_visible()
    assert not page.locator("#f-address").is_visible()
    assert not page.locator(".top nav").is_visible()


def test_the_browser_refuses_nothing_that_a_page_asks(browser, site):
    said: list[str] = []
    with browser.new_context() as context:
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        for path in STATES.values():
            page.goto(site + path)
    assert not [words for words in said if "status of 4" not in words]


def until(page: Page, selector: str) -> None:
    """Press Tab until this element has the focus."""
    press_until(page, "Tab", selector)


def back(page: Page, selector: str) -> None:
    """The same backwards."""
    press_until(page, "Shift+Tab", selector)


def press_until(page: Page, key: str, selector: str) -> None:
    wanted = page.locator(selector).first
    wanted.wait_for(state="attached")  # the page may still come
    for _ in range(120):
        page.keyboard.press(key)
        if wanted.and_(page.locator(":focus")).count():
            return
    raise AssertionError(f"{selector} never has the focus")


def focused(page: Page) -> str:
    return page.locator(":focus").inner_text()
