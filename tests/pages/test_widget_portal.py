"""The widget in the pages of a portal on another site, in a real browser."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from html import escape

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, Request

from search_api.pages.widget_options import SHOWABLE
from search_api.pages.widget_try import SANDBOX
from tests.conftest import obtained
from tests.memory_engine import MemoryEngine
from tests.pages import portal, serving
from tests.pages.portal import Portal
from tests.servers import chromium

REQUEST = "specialty=SM54&address=Villeurbanne&modality=domicile&when=evening&fields=text,address,modality,when"
STATES = {
    "nothing asked": "",
    "found": REQUEST,
    "nothing exact": f"{REQUEST},care,language&language=ar&care=suture",
    "nothing": "text=zzzzzz&kind=structure&fields=text",
    "faults": "address=Vileurbane&specialty=SM99&within_hours=99&fields=address,when",
    "namesakes": "specialty=SM54&address=Saint-Denis&fields=address",
    "a trade": "text=kiné&departement=69&fields=text",
    "every list": f"departement=69&fields={','.join(SHOWABLE)}",
    "colours of a portal": f"{REQUEST}&accent=b3001b&ground=fff7e6&ink=1d3557",
    "dark colours of a portal": f"{REQUEST}&accent=ffd479&ground=1d3557",
    "unreadable colours": f"{REQUEST}&accent=ffff00&ink=eeeeee",
    "an error": "address=Bron&cursor=.x",
    "lost": "/nulle-part",
}


@dataclass
class Shown:
    """A page of the portal, and every address that it asked for."""

    page: Page
    asked: list[str] = field(default_factory=list)

    @property
    def frame(self) -> Frame:
        """The widget in it."""
        return self.page.frames[1]


Show = Callable[..., Shown]


@pytest.fixture(scope="module")
def neighbour() -> Iterator[Portal]:
    with portal.running() as running:
        yield running


@pytest.fixture(scope="module")
def directory(engine: MemoryEngine, neighbour: Portal) -> Iterator[str]:
    with serving.served(serving.application(engine, widget_sites=(neighbour.declared,))) as site:
        yield site


@pytest.fixture
def show(browser: Browser) -> Iterator[Show]:
    """Open a page in a context of its own; at the end, no cookie was ever kept."""
    contexts: list[BrowserContext] = []

    def shows(address: str, width: int = 1280, *, script: bool = True) -> Shown:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
            locale="fr-FR",
        )
        contexts.append(context)
        shown = Shown(context.new_page())

        def note(request: Request) -> None:
            shown.asked.append(request.url)

        context.on("request", note)
        shown.page.goto(address)
        return shown

    yield shows
    kept = [cookie for context in contexts for cookie in context.cookies()]
    for context in contexts:
        context.close()
    assert kept == []


def line(site: str, query: str, sandbox: str = SANDBOX) -> str:
    """The frame that a portal pastes."""
    path = query if query.startswith("/") else f"?{query}"
    size = 'width="100%" height="700"'
    return f'<iframe src="{site}/widget{escape(path)}" title="Soins" {size} sandbox="{sandbox}"></iframe>'


def following(site: str, *queries: str) -> str:
    """The element, once for each of these widgets."""
    elements = "".join(
        f'<annuaire-soins query="{escape(query)}"><noscript>{line(site, query)}</noscript></annuaire-soins>'
        for query in queries
    )
    return f'<script type="module" src="{site}/widget/v1/annuaire-soins.js"></script>{elements}'


# In the page of a portal --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", [True, False])
def test_a_portal_shows_the_widget_where_people_search_and_follow_the_results(show, neighbour, directory, script):
    shown = show(neighbour.page(line(directory, "specialty=SM54&fields=address,when")), script=script)
    frame = shown.frame
    frame.fill("#f-address", "Villeurbanne")
    frame.press("#f-address", "Enter")
    frame.wait_for_selector("text=Modifier la demande")
    assert frame.url == f"{directory}/widget?specialty=SM54&address=Villeurbanne&fields=address,when"
    assert frame.locator("h2").first.inner_text() == "73 résultats exacts"
    frame.click("text=Résultats exacts suivants")
    frame.wait_for_selector("text=Résultats exacts 11 à 20 sur 73")
    frame.click("text=Revenir à la première page")
    frame.wait_for_selector("text=Résultats exacts 11 à 20 sur 73", state="detached")  # both pages have a next one
    frame.click("text=Modifier la demande")
    frame.click("button[value=evening]")
    frame.wait_for_selector(".said:has-text('Ce soir')")
    assert shown.page.url == f"{neighbour.declared}/"


@pytest.mark.parametrize("opening", [".card h3 a", "footer a"])
def test_a_card_and_the_directory_open_apart_as_whole_pages(show, neighbour, directory, opening):
    shown = show(neighbour.page(line(directory, REQUEST)))
    with shown.page.context.expect_page() as opened:
        shown.frame.click(opening)
    whole = opened.value
    whole.wait_for_url(f"{directory}/**")
    assert whole.evaluate("[origin, opener, document.referrer]") == [directory, None, ""]
    assert whole.locator("header.top").is_visible()


def test_a_site_that_is_not_declared_is_refused_by_the_browser(show, neighbour, directory):
    neighbour.page(line(directory, REQUEST))
    shown = show("about:blank")
    with shown.page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        shown.page.goto(f"{neighbour.undeclared}/")
    assert "Mon portail" in shown.page.inner_text("body")
    assert "résultat" not in shown.frame.inner_text("body")
    assert not shown.frame.url.startswith(directory)


def test_whole_pages_are_never_framed_even_by_a_declared_site(show, neighbour, directory):
    shown = show(
        neighbour.page(line(directory, REQUEST).replace("/widget?", "/recherche?").partition("&amp;fields")[0] + '">')
    )
    assert not shown.frame.url.startswith(directory)


def test_it_inherits_nothing_of_the_page_around(show, neighbour, directory):
    shown = show(neighbour.page(line(directory, REQUEST)))
    styles = "e => [getComputedStyle(e).textTransform, getComputedStyle(e).fontFamily.includes('Georgia')]"
    assert shown.frame.locator("h1").evaluate(styles) == ["none", False]


def test_it_asks_the_portal_and_ourselves_for_everything_and_nobody_else(show, neighbour, directory):
    shown = show(neighbour.page(following(directory, REQUEST) + line(directory, REQUEST)))
    shown.page.wait_for_timeout(300)
    ours = [each.removeprefix(directory).partition("?")[0] for each in shown.asked if each.startswith(directory)]
    assert [each for each in shown.asked if not each.startswith((directory, neighbour.declared, "data:"))] == []
    assert {each.rpartition("/")[2] for each in ours} == {
        "widget",
        "style.css",
        "annuaire-soins.js",
        "widget-height.js",
    }


def test_a_plain_widget_loads_its_page_and_its_style_only(show, neighbour, directory):
    shown = show(neighbour.page(line(directory, "departement=69&fields=text")))
    ours = [each.removeprefix(directory).partition("?")[0] for each in shown.asked if each.startswith(directory)]
    assert ours == ["/widget", "/widget/style.css"]


def blocked(page: Page, address: str) -> list[str]:
    """What the browser says within a second when a phone number of the widget in a page is pressed."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(address)
    page.frames[1].click(".phone a >> nth=0")
    page.wait_for_timeout(1_000)
    return [words for words in said if "sandbox" in words or "external protocol" in words]


def test_the_sandbox_of_the_line_lets_a_phone_number_be_called(browser, neighbour, directory):
    with obtained(whole(browser)) as windows:
        assert blocked(windows.new_page(), neighbour.page(line(directory, REQUEST))) == []
        assert blocked(windows.new_page(), neighbour.page(line(directory, REQUEST, sandbox="allow-forms")))


@contextmanager
def whole(browser: Browser) -> Iterator[Browser]:
    """The whole Chromium: one without windows opens no other program, and says nothing."""
    with closing(chromium.launched(browser.browser_type, chromium.WHOLE)) as windows:
        yield windows


def test_the_frame_of_the_element_allows_what_that_of_the_line_does_and_its_script(show, neighbour, directory):
    shown = show(neighbour.page(following(directory, "departement=69&fields=text")))
    allowed = shown.page.locator("annuaire-soins iframe").get_attribute("sandbox")
    assert allowed == f"{SANDBOX} allow-scripts allow-same-origin"


# Height -------------------------------------------------------------------------------------------------------------


def heights(shown: Shown) -> list[tuple[float, float]]:
    """Of each widget of the page, the height of its frame and that of what is in it, once both are the same."""
    while any(frame != content for frame, content in measured(shown)):
        shown.page.wait_for_timeout(50)
    return measured(shown)


def measured(shown: Shown) -> list[tuple[float, float]]:
    """The same, as they are now."""
    frames = shown.page.locator("annuaire-soins iframe").evaluate_all("all => all.map(each => each.clientHeight)")
    contents = [
        each.evaluate("Math.ceil(document.body.getBoundingClientRect().height)") for each in shown.page.frames[1:]
    ]
    return list(zip(frames, contents, strict=True))


def test_the_height_of_the_element_follows_what_is_in_it(show, neighbour, directory):
    shown = show(neighbour.page(following(directory, "specialty=SM54&fields=address")))
    ((before, content),) = heights(shown)
    assert before == content
    shown.frame.fill("#f-address", "Vileurbane")
    shown.frame.press("#f-address", "Enter")
    shown.frame.wait_for_selector(".note.danger")
    ((after, content),) = heights(shown)
    assert after == content < before
    shown.frame.click("summary")
    ((folded, content),) = heights(shown)
    assert folded == content < after


def test_several_elements_of_a_page_each_have_their_height(show, neighbour, directory):
    shown = show(neighbour.page(following(directory, "", "departement=69&fields=text", "address=Vileurbane")))
    each = heights(shown)
    assert [frame for frame, _ in each] == [content for _, content in each]
    assert len({frame for frame, _ in each}) == 3


def test_an_element_whose_query_changes_shows_another_request(show, neighbour, directory):
    shown = show(neighbour.page(following(directory, "address=Bron")))
    shown.page.evaluate("document.querySelector('annuaire-soins').setAttribute('query', 'address=Vienne&title=Ici')")
    shown.frame.wait_for_url(f"{directory}/widget?address=Vienne&title=Ici&height=follow")
    assert shown.page.locator("annuaire-soins iframe").get_attribute("title") == "Ici"


@pytest.mark.parametrize("height", ["1e9", "-5", "NaN", "'9000px'", "null"])
def test_a_height_that_makes_no_sense_is_bounded_or_left(show, neighbour, directory, height):
    shown = show(neighbour.page(following(directory, "")))
    ((before, _),) = heights(shown)
    shown.frame.evaluate(f"parent.postMessage({{type: 'annuaire-soins:height', height: {height}}}, '*')")
    shown.page.wait_for_timeout(400)
    ((after, _),) = measured(shown)
    assert after in {6000, 120, before}


def test_the_element_believes_its_own_frame_only(show, neighbour, directory):
    liar = "<script>parent.postMessage({type: 'annuaire-soins:height', height: 3000}, '*')</script>"
    shown = show(neighbour.page(f'{following(directory, "")}<iframe srcdoc="{liar}"></iframe>'))
    shown.page.evaluate("postMessage({type: 'annuaire-soins:height', height: 3000}, '*')")
    shown.page.wait_for_timeout(400)
    assert shown.page.locator("annuaire-soins iframe").evaluate("each => each.clientHeight") < 2000


def test_the_widget_tells_its_height_to_the_page_around_when_that_asks_only(show, neighbour, directory):
    """The page keeps what it hears; a frame in it that asks in its name hears nothing."""
    hear = "addEventListener('message', event => top.heard.push(event.data));"
    ask = "setTimeout(() => top.frames[0].postMessage({type: 'annuaire-soins:hello'}, '*'), 300);"
    widget = line(directory, "height=follow", f"{SANDBOX} allow-scripts allow-same-origin")
    curious = f'<iframe srcdoc="<script>{hear}{ask}</script>"></iframe>'
    shown = show(neighbour.page(f"<script>heard = []; {hear}</script>{widget}{curious}"))
    shown.page.wait_for_timeout(700)
    assert shown.page.evaluate("heard") == []
    shown.page.evaluate("frames[0].postMessage({type: 'something else'}, '*')")
    shown.page.evaluate("frames[0].postMessage({type: 'annuaire-soins:hello'}, '*')")
    shown.page.wait_for_function("heard.length")
    assert [each["type"] for each in shown.page.evaluate("heard")] == ["annuaire-soins:height"]


def test_without_javascript_the_element_is_the_plain_frame(show, neighbour, directory):
    shown = show(neighbour.page(following(directory, "departement=69&fields=text")), script=False)
    assert shown.frame.url == f"{directory}/widget?departement=69&fields=text"
    assert "résultats exacts" in shown.frame.inner_text("h2 >> nth=0")


# Everybody can use it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", STATES.values(), ids=STATES.keys())
def test_axe_finds_nothing_in_a_widget(show, directory, violations, query):
    shown = show(f"{directory}/widget{query if query.startswith('/') else f'?{query}'}", width=380)
    shown.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert shown.page.locator("h1").count() == 1
    assert violations(shown.page) == []


def test_axe_finds_nothing_in_the_page_of_a_portal_with_its_frames(show, neighbour, directory, violations):
    shown = show(neighbour.page(following(directory, REQUEST)), width=360)
    shown.frame.locator("h1").wait_for()
    assert violations(shown.page) == []


@pytest.mark.parametrize("query", ["", "specialty=SM54&accent=ffff00&address=Bron", "accent=rouge&address=Vileurbane"])
def test_axe_finds_nothing_on_the_page_where_it_is_tried(show, directory, violations, query):
    shown = show(f"{directory}/widget/essayer?{query}", width=360)
    assert violations(shown.page) == []
    assert not shown.page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.mark.parametrize("query", STATES.values(), ids=STATES.keys())
def test_nothing_scrolls_sideways_in_300_pixels_nor_with_text_at_200_percent(browser, directory, query):
    with browser.new_context(viewport={"width": 300, "height": 700}, bypass_csp=True) as context:
        page = context.new_page()
        page.goto(f"{directory}/widget{query if query.startswith('/') else f'?{query}'}")
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        wide = "[document.documentElement.scrollWidth, innerWidth]"
        assert page.evaluate(wide) == [300, 300]
        page.add_style_tag(content="html { font-size: 200% }")
        assert page.evaluate(wide) == [300, 300]


def test_everything_one_presses_is_at_least_24_pixels(show, directory):
    shown = show(f"{directory}/widget?{REQUEST}", width=300)
    shown.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    small = shown.page.evaluate(
        """() => [...document.querySelectorAll('a, button, summary, input, select')]
        .filter(e => e.checkVisibility() && !e.closest('footer p.small'))
        .map(e => [e.closest('label') ?? e, e.textContent])
        .filter(([e]) => Math.min(e.getBoundingClientRect().width, e.getBoundingClientRect().height) < 23.9)
        .map(([e, text]) => `${e.tagName} ${text} ${e.getBoundingClientRect().height}`)"""
    )
    assert small == []


def test_from_the_page_around_a_search_is_made_by_keyboard(show, neighbour, directory):
    shown = show(neighbour.page(line(directory, "specialty=SM54&fields=address")), script=False)
    presses = 0
    while not shown.frame.locator("#f-address:focus").count():
        shown.page.keyboard.press("Tab")
        presses += 1
        assert presses < 10
    shown.page.keyboard.type("Bron")
    shown.page.keyboard.press("Enter")
    shown.frame.wait_for_selector(".said:has-text('Bron')")


def test_the_browser_refuses_nothing_that_a_widget_asks(show, neighbour, directory):
    said: list[str] = []
    shown = show("about:blank")
    shown.page.on("console", lambda message: said.append(message.text))
    for query in STATES.values():
        shown.page.goto(neighbour.page(line(directory, query) + following(directory, query)))
        shown.page.wait_for_load_state("networkidle")
    assert [words for words in said if "status of 4" not in words] == []


def test_a_line_is_copied_with_a_button_where_there_is_javascript(show, directory):
    shown = show(f"{directory}/widget/essayer?departement=69")
    shown.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown.page.click("button[data-copy='#ligne']")
    shown.page.wait_for_selector("text=Copié.")
    assert shown.page.evaluate("navigator.clipboard.readText()") == shown.page.input_value("#ligne")
    assert not show(f"{directory}/widget/essayer", script=False).page.locator("button[data-copy]").first.is_visible()


def test_the_page_where_it_is_tried_shows_it(show, directory):
    shown = show(f"{directory}/widget/essayer?departement=69&fields=text&title=Ici", script=False)
    assert shown.frame.inner_text("h1") == "Ici"
