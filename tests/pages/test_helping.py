"""Help and legal pages: what they say is there, and true of the code."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from search_api.pages import helping, render
from search_api.pages.keys import KEYS
from search_api.services import Publisher
from tests.pages import serving
from tests.pages.conftest import read
from tests.pages.test_browser import EVENING

PAGES = (helping.HELP, *helping.TEMPLATES)
SCRIPT = (render.STATIC / "keyboard.js").read_text()
PICTURES = render.STATIC / "help"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_every_page_has_its_title_and_its_links_lead_somewhere(visit, page):
    visited = visit(page.path)
    assert visited.status == 200
    assert visited.page.one("h1").text == page.title
    for link in visited.page.all("a"):
        href = (link.attributes["href"] or "").partition("#")[0]
        assert not href.startswith("/") or visit(href).status == 200


def test_every_page_leads_to_help_and_to_the_legal_pages(visit):
    for path in ("/", EVENING, "/nulle-part", "/aide"):
        links = {each.attributes["href"] for each in visit(path).page.all("a")}
        assert {"/aide", *(page.path for page in helping.LEGAL)} <= links


def test_every_role_and_every_legal_page_is_listed(visit):
    links = {each.attributes["href"] for each in visit("/aide").page.all("a")}
    assert {page.path for page in helping.TEMPLATES} <= links


def test_the_keys_that_are_told_are_those_of_the_script():
    acts = re.findall(r"^  (\w+): \(\) =>", SCRIPT[SCRIPT.index("const ACTS") : SCRIPT.index("};")], flags=re.MULTILINE)
    assert sorted(acts) == sorted(key.act for key in KEYS if key.act)


@pytest.mark.parametrize("role", helping.ROLES, ids=lambda page: page.path)
def test_the_first_steps_of_every_role_have_a_picture(visit, role):
    assert visit(role.path).page.all("img")


def test_every_picture_is_there_has_a_text_and_is_light(visit, engine):
    shown, pictures = set(), TestClient(serving.application(engine))
    for page in helping.TEMPLATES:
        for each in visit(page.path).page.all("img"):
            assert len(each.attributes["alt"] or "") > 30
            assert {"width", "height", "loading"} <= each.attributes.keys()
            shown.add(Path(each.attributes["src"] or "").name)
            assert pictures.get(each.attributes["src"] or "").status_code == 200
    assert shown == {file.name for file in PICTURES.iterdir()}
    assert sum(file.stat().st_size for file in PICTURES.iterdir()) <= 600_000


def test_the_publisher_is_who_the_settings_say(engine):
    app = serving.application(engine)
    known = Publisher("GRADeS d’exemple <b>", "contact@exemple.fr", "Hébergeur, Lyon")
    app.state.services = replace(app.state.services, publisher=known)
    page = read(TestClient(app), "/mentions-legales").page
    assert all(text in page.text for text in ("GRADeS d’exemple <b>", "contact@exemple.fr", "Hébergeur, Lyon"))


def test_what_the_settings_do_not_say_is_said_missing(visit):
    assert visit("/mentions-legales").page.text.count("non renseigné par l’exploitant") == 3
