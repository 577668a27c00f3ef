"""Forms that are sent, in a real browser, with JavaScript off: every state that a link does not reach."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import Engine

from registry import reports
from tests.pages import documents, serving, world
from tests.pages.test_browser import OFFER, scrolls_sideways, until

REPORT = f"/offres/{OFFER}/signaler"


@pytest.fixture
def engine_of_all():
    return serving.engine_of(world.offers())


@pytest.fixture
def keeping(engine_of_all, written: Engine) -> Iterator[str]:
    """The address of a real server that keeps what is sent."""
    with serving.served(serving.application(engine_of_all, written=written)) as address:
        yield address


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a file that is what it is called, and one that lies."""
    (tmp_path / "lie.pdf").write_bytes(documents.HTML)
    (tmp_path / "right.pdf").write_bytes(documents.PDF)
    return tmp_path


def fill(page: Page) -> None:
    """Write a whole message."""
    page.select_option("#f-role", "regulator")
    page.select_option("#f-topic", "use")
    for name, value in (("name", "Zoé"), ("email", "zoe@example.org"), ("message", "Bonjour")):
        page.fill(f"#f-{name}", value)


def test_axe_finds_nothing_in_any_state_of_a_report(browser: Browser, keeping, written, violations):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(keeping + REPORT)
        page.check("input[value='Adresse']")
        page.fill("#f-right", " ")
        page.fill("#f-email", "zoe@a")
        page.click("text=Envoyer")
        page.wait_for_selector("#erreurs:focus")
        assert violations(page) == []
        assert not scrolls_sideways(page, 320)
        page.fill("#f-right", "12 rue des Érables")
        page.fill("#f-email", "")
        with written.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE report RENAME TO elsewhere")
        with page.expect_navigation():
            page.click("text=Envoyer")
        assert page.locator("[role=alert]").count() == 1
        assert violations(page) == []
        with written.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO report")
        page.click("text=Envoyer")
        page.wait_for_url("**recu=**")
        assert page.locator("h1").inner_text() == "Merci, le signalement est enregistré"
        assert violations(page) == []
        page.reload()
        with written.connect() as connection:
            assert [(each.fact, each.right) for each in reports.reports(connection)] == [
                ("Adresse", "12 rue des Érables")
            ]


def test_axe_finds_nothing_in_any_state_of_a_message(browser: Browser, keeping, violations, files):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{keeping}/contact")
        fill(page)
        page.set_input_files("#f-files", files / "lie.pdf")
        with page.expect_navigation():
            page.click("button:has-text('Envoyer')")
        assert "lie.pdf" in page.locator("#faute-files").inner_text()
        assert violations(page) == []
        assert not scrolls_sideways(page, 320)
        page.set_input_files("#f-files", files / "right.pdf")
        page.click("button:has-text('Envoyer')")
        page.wait_for_url("**recu=**")
        assert page.locator("h1").inner_text() == "Merci, le message est enregistré"
        assert violations(page) == []


def test_a_report_is_sent_by_keyboard(browser: Browser, keeping, written):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{keeping}/offres/{OFFER}")
        until(page, "a:has-text('Signaler une erreur')")
        page.keyboard.press("Enter")
        until(page, "input[name=fact]")
        page.keyboard.press("ArrowDown")
        until(page, "#f-right")
        page.keyboard.type("Infirmière")
        until(page, "button:has-text('Envoyer')")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"\?recu="))
        with written.connect() as connection:
            assert [each.fact for each in reports.reports(connection)] == ["Activité"]


def test_a_page_of_another_site_sends_nothing(browser: Browser, keeping, written):
    elsewhere = serving.application(serving.engine_of(()))
    with serving.served(elsewhere) as other, browser.new_context() as context:
        mine = context.new_page()
        mine.goto(keeping + REPORT)
        ticket = mine.locator("input[name=ticket]").get_attribute("value")
        theirs = context.new_page()
        form = f"""<form method="post" action="{keeping}{REPORT}" enctype="multipart/form-data">
            <input name="fact" value="Nom"><input name="right" value="x"><input name="email">
            <input name="ticket" value="{ticket}"><button>Gagner</button></form>"""
        theirs.route("**/piege", lambda route: route.fulfill(body=form, content_type="text/html"))
        theirs.goto(f"{other}/piege")
        with theirs.expect_navigation():
            theirs.click("button")
        assert theirs.locator("h1").inner_text() == "Envoi refusé"
    with written.connect() as connection:
        assert reports.reports(connection) == []


def test_a_message_is_typed_in_the_letters_of_the_page(opened):
    page = opened("/contact")
    fonts = page.evaluate(
        "['textarea', 'input[type=email]'].map(each => getComputedStyle(document.querySelector(each)).font)"
    )
    assert fonts[0] == fonts[1]
