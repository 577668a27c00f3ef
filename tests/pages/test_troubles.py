"""Pages of a service in trouble, of refusals and of another viewer, in a real browser: axe finds nothing in any."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from models.codes import Viewer
from search_api.pages.widget import WIDGET
from tests.pages import serving, world
from tests.pages.conftest import read
from tests.pages.test_browser import EVENING, FEW, OFFER

Opened = tuple[FastAPI, str]
"""An application, and the page of it that is looked at."""
FOUND = f"{EVENING}&{FEW}"
IN_A_FRAME = f"{WIDGET}?{EVENING.partition('?')[2]}"


def of(path: str, viewer: Viewer = Viewer.PUBLIC) -> Opened:
    return serving.application(serving.engine_of(world.offers()), viewer), path


def stopped(path: str) -> Opened:
    engine = serving.engine_of(())
    engine.down = True
    return serving.application(engine), path


def expired(path: str) -> Opened:
    """The page that follows this one, once the index that it goes on with is gone."""
    engine = serving.engine_of(world.offers())
    app = serving.application(engine)
    following = read(TestClient(app), path).page.href("Résultats exacts suivants")
    serving.expire(engine)
    return app, following


def crashed(path: str) -> Opened:
    app = serving.application(serving.engine_of(()))
    app.state.services = None
    return app, path


def late(path: str) -> Opened:
    return serving.application(serving.engine_of(world.offers()), lag=300), path


def undeclared(path: str) -> Opened:
    return serving.application(serving.engine_of(()), launchers=frozenset({"LRM Azur"})), path


TROUBLES: dict[str, tuple[int, Callable[[str], Opened], str, str]] = {
    "an engine that is stopped": (503, stopped, EVENING, "Ce qui marche encore"),
    "an engine that is stopped, in a frame": (503, stopped, IN_A_FRAME, "Le moteur de recherche ne répond pas"),
    "a page that expired": (410, expired, FOUND, "Suite expirée"),
    "a page that expired, in a frame": (410, expired, IN_A_FRAME, "Suite expirée"),
    "a crash": (500, crashed, "/", "Erreur interne"),
    "a request that is too long": (414, of, f"/recherche?x={'a' * 9_000}", "Demande trop longue"),
    "a criterion of the regulation": (403, of, f"{FOUND}&overbooking=true", "Ce critère est réservé à la régulation"),
    "a program that is not declared": (403, undeclared, "/lancer?city=Bron", "Logiciel non déclaré"),
    "an index that is late": (200, late, FOUND, "index mis à jour il y a 5 min"),
    "the public's home page": (200, of, "/", "peut me recevoir"),
    "what the public finds": (200, of, FOUND, "15 résultats exacts"),
    "the public's table": (200, of, f"{FOUND}&view=table", "Premier créneau connu de chaque modalité"),
    "an offer for the public": (200, of, f"/offres/{OFFER}", "aucun créneau connu"),
}
"""The status, and words that are read in this state."""


@pytest.mark.parametrize(("status", "opened", "path", "said"), TROUBLES.values(), ids=TROUBLES.keys())
def test_axe_finds_nothing(browser, violations, *, status, opened, path, said):
    app, there = opened(path)
    with serving.served(app) as site, browser.new_context(locale="fr-FR") as context:
        page = context.new_page()
        answered = page.goto(site + there)
        assert answered is not None
        assert answered.status == status
        assert page.get_by_text(said).first.is_visible()
        assert page.get_by_text("Vue de la régulation").count() == (opened is late), "the rest is the public's"
        assert violations(page) == []
