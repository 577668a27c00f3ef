"""Ten calls of a regulator, by keyboard only: from the page to the phone of the right person, in ten keys at most.

A key is one press beside the text that is typed: Enter, Tab, a shortcut. The run ends with the keys and the characters
of each call.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from models import codes
from models.geo import Point
from models.offer import Offer
from tests.conftest import TOLD
from tests.pages import serving, world
from tests.pages.world import AT, HOUR, MIDNIGHT, coded, creneau

KEYS = 10
SAINT_DENIS = ("93200", "93066", "Saint-Denis", "93", Point(48.9362, 2.3574))
EVENING = range(MIDNIGHT + 18 * HOUR, MIDNIGHT + 24 * HOUR)
TOMORROW_MORNING = range(MIDNIGHT + 32 * HOUR, MIDNIGHT + 36 * HOUR)


def extras() -> Iterator[Offer]:
    """Those whom the small world lacks: two other pharmacies, a physiotherapist who speaks Arabic, and the like."""
    random = Random(11)
    at_nine = (creneau(MIDNIGHT + 33 * HOUR, "cabinet"),)
    soon = (creneau(AT + HOUR, "teleconsultation"),)
    paramedic: dict[str, Any] = {"specialties": None, "participation": None, "availabilities": at_nine}
    yield world.structure(41, random, "Pharmacie de la Gare", "620", world.VIENNE)
    yield world.structure(42, random, "Pharmacie Centrale", "620", world.BRON)
    yield world.doctor(
        201,
        random,
        professions=coded(codes.PROFESSIONS, "70"),
        languages=coded(codes.LANGUAGES, "ar"),
        place=world.place(world.BRON, 4, random),
        **paramedic,
    )
    yield world.doctor(202, random, professions=coded(codes.PROFESSIONS, "50"), **paramedic | {"availabilities": soon})
    cardiologist = {"specialties": coded(codes.SPECIALTIES, "SM04"), "participation": None, "availabilities": at_nine}
    yield world.doctor(204, random, place=world.place(SAINT_DENIS, 9, random))
    yield world.doctor(203, random, place=world.place(world.VIENNE, 6, random), **cardiologist)


OFFERS = (*world.offers(), *extras())


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The pages over the small world and those whom it lacks."""
    with serving.served(serving.application(serving.engine_of(OFFERS))) as address:
        yield address


@dataclass
class Hands:
    """Who types: counts the keys and the characters."""

    page: Page
    keys: int = 0
    characters: int = 0

    def type(self, text: str) -> None:
        """Type where the focus is, which must be a box."""
        assert self.page.evaluate("document.activeElement.matches('input')")
        self.page.keyboard.type(text)
        self.characters += len(text)

    def press(self, *keys: str) -> None:
        """Press keys that stay on the page."""
        for key in keys:
            self.page.keyboard.press(key)
            self.keys += 1

    def enter(self) -> None:
        """Press Enter and wait for the page that it opens."""
        with self.page.expect_navigation():
            self.press("Enter")

    def ask(self, sentence: str) -> None:
        """Type a sentence and send it."""
        self.type(sentence)
        self.enter()

    def focused(self) -> str:
        """The words of what has the focus, as one who does not see hears them."""
        heard = self.page.evaluate("document.activeElement.innerText")
        return heard.replace("×", "").replace("\xa0", " ").strip()

    def called(self) -> Offer:
        """Whose phone has the focus."""
        href = self.page.evaluate("document.activeElement.getAttribute('href') ?? ''")
        (offer,) = [each for each in OFFERS if href.removeprefix("tel:") in (each.phones or ())]
        return offer


@pytest.fixture
def call(browser: Browser, site: str, pytestconfig: pytest.Config) -> Iterator[Callable[..., Hands]]:
    """Open a page for a call, which is counted when the test ends."""
    taken: list[tuple[str, Hands]] = []
    with browser.new_context(viewport={"width": 1280, "height": 900}, locale="fr-FR") as context:

        def opened(what: str, path: str = "/") -> Hands:
            page = context.new_page()
            page.goto(site + path)
            taken.append((what, Hands(page)))
            return taken[-1][1]

        yield opened
        pytestconfig.stash[TOLD].extend(
            f"by keyboard: {what:<45} {hands.keys:>2} keys, {hands.characters:>2} characters" for what, hands in taken
        )
        assert [hands.keys for _, hands in taken if hands.keys > KEYS] == []


def free(offer: Offer, modality: str, when: range) -> bool:
    """Whether an offer has an availability of this kind then."""
    return any(
        modality in each.modalities and each.start < when.stop and each.end > when.start
        for each in offer.availabilities or ()
    )


def has(offer: Offer, criterion: str, code: str) -> bool:
    """Whether an offer is known to have this code."""
    return code in [each.code for each in getattr(offer, criterion) or ()]


def test_a_generalist_at_home_tonight_near_an_address(call):
    hands = call("généraliste à domicile ce soir, d'une adresse")
    hands.ask("mg vad ce soir 12 cours Emile Zola 69100 Villeurbanne")
    hands.press("j", "Tab")
    assert has(hands.called(), "specialties", "SM54")
    assert free(hands.called(), "domicile", EVENING)
    assert hands.called().place.commune.name in {"Villeurbanne", "Lyon 3e Arrondissement", "Vaulx-en-Velin", "Bron"}


def test_the_nearest_pharmacy(call):
    hands = call("pharmacie de garde la plus proche")
    hands.ask("pharmacie de garde la plus proche de Villeurbanne")
    hands.press("j", "Tab")
    assert hands.called().structure.name == "Pharmacie du Dr Martel"


def test_a_physiotherapist_who_speaks_arabic_tomorrow_morning(call):
    hands = call("kiné qui parle arabe demain matin")
    hands.ask("kine qui parle arabe demain matin bron")
    hands.press("j", "Tab")
    assert has(hands.called(), "languages", "ar")
    assert free(hands.called(), "cabinet", TOMORROW_MORNING)


def test_the_doctor_of_the_patient_then_somebody_else(call):
    hands = call("le médecin du patient, puis un autre")
    hands.ask("dr benali villeurbanne")
    hands.press("j", "Tab")
    assert hands.called().person.family_name == "BENALI"
    hands.press("/")
    hands.ask("generaliste ce soir")
    hands.press("j", "Tab")
    assert has(hands.called(), "specialties", "SM54")
    assert free(hands.called(), "cabinet", EVENING) or free(hands.called(), "domicile", EVENING)


def test_a_midwife_in_teleconsultation_now(call):
    hands = call("sage-femme en téléconsultation maintenant")
    hands.ask("SF teleconsult maintenant")
    hands.press("j", "Tab")
    assert has(hands.called(), "professions", "50")
    assert free(hands.called(), "teleconsultation", range(AT, AT + 4 * HOUR))


def test_when_nobody_is_exact_the_first_of_the_smallest_gap(call):
    hands = call("personne d'exact : le plus petit écart")
    hands.ask("cardiologue demain matin Villeurbanne 5 km")
    assert hands.page.locator(".rung").first.is_visible()
    hands.press("j", "Tab")
    assert has(hands.called(), "specialties", "SM04")


def test_a_namesake_of_the_place(call):
    hands = call("lieu ambigu : l'homonyme")
    hands.ask("generaliste à Saint-Denis")
    hands.press("n")
    hands.enter()
    hands.press("j", "Tab")
    assert hands.called().place.commune.insee == "93066"


def test_a_launch_whose_street_is_unknown(call):
    hands = call("lancement, rue inconnue", "/lancer?inseecode=69029&streetnumber=3&streetname=zzz+qqq&specialty=SM54")
    assert "La rue n’a pas été cherchée" in hands.page.locator(".note.warn").first.inner_text()
    hands.press("j", "Tab")
    assert has(hands.called(), "specialties", "SM54")


def test_beyond_the_territory(call):
    hands = call("au-delà du territoire, en un geste", "/recherche?specialty=SM04&cpts=690000100")
    hands.press("Tab")
    hands.press("Enter", "Tab")
    assert hands.focused() == "Retirer : CPTS Villeurbanne"
    hands.enter()
    hands.press("j", "Tab")
    assert has(hands.called(), "specialties", "SM04")


def test_another_moment(call):
    hands = call("un autre moment")
    hands.ask("mg cabinet ce soir bron")
    hands.press("/")
    hands.ask("demain matin")
    hands.press("n")
    hands.enter()
    hands.press("j", "Tab")
    assert free(hands.called(), "cabinet", TOMORROW_MORNING)
