"""A patient sent from a card: taken once, said plainly, called off; nothing that could tell who the patient is."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from indexer.documents import offers_for
from models.codes import Viewer
from models.offer import offer_id
from models.regulators import token
from models.store import writing
from models.tables import Orientation
from registry import appointments, orientations, regulators
from registry.appointments import Booked
from registry.regulators import Facts
from search_api.pages import french
from search_api.regulating import SOMEBODY
from tests.indexer.given import CLAIRE, DAY, HOUR, Given
from tests.memory_engine import MemorySearcher
from tests.pages import serving, world
from tests.pages.conftest import Visited, read
from tests.pages.reading import Document

SUBJECT = f"p:{CLAIRE}"
OFFER = offer_id(SUBJECT, "tech:R1")
PATH = f"/offres/{OFFER}/orienter"
SEARCH = "/recherche?text=martel"
AT = world.AT


class Site:
    """The pages over a database with one doctor, indexed again at each visit."""

    def __init__(self, written: Engine, viewer: Viewer = Viewer.REGULATION) -> None:
        self.written = written
        self.given = Given(written)
        self.given.practice(phone="+33478000001")
        self.clock = AT
        self.viewer = viewer

    @property
    def app(self) -> FastAPI:
        with self.written.connect() as connection:
            offers = offers_for(connection, [SUBJECT], self.clock)[SUBJECT]
        app = serving.application(serving.engine_of(offers), self.viewer, written=self.written, clock=self.clock)
        object.__setattr__(app.state.services, "secret", "the same from one visit to the next")
        return app

    @property
    def client(self) -> TestClient:
        return TestClient(self.app, raise_server_exceptions=False)

    def visit(self, path: str = PATH) -> Visited:
        return read(self.client, path)

    def send(self, said: Mapping[str, str], path: str = PATH) -> Visited:
        response = self.client.post(path, files={name: (None, value) for name, value in said.items()})
        where = response.url.raw_path.decode()
        return Visited(response.status_code, where, dict(response.headers), Document(response.text))

    def ticket(self, path: str = PATH) -> str:
        return self.visit(path).page.one("input", name="ticket").attributes["value"] or ""

    def choices(self) -> list[str]:
        return [each.attributes["value"] or "" for each in self.visit().page.all("input", name="slot")]

    def kept(self) -> list[Orientation]:
        with self.written.connect() as connection:
            return orientations.orientations(connection)

    def creneau(self, **values: Any) -> None:
        self.given.slot(start=AT + HOUR, end=AT + HOUR + 900, **values)

    def plage(self, capacity: int | None = 2) -> None:
        self.given.slot(
            kind="plage", start=AT - HOUR, end=AT + 4 * HOUR, capacity=capacity, modalities=["cabinet", "domicile"]
        )


@pytest.fixture
def site(written: Engine) -> Site:
    return Site(written)


def test_a_card_leads_to_what_is_open_and_the_thanks_say_when_and_whom(site: Site):
    site.creneau()
    card = site.visit(f"/offres/{OFFER}?q=martel")
    assert card.page.href("Orienter un patient") == f"{PATH}?q=martel"
    done = site.send({"ticket": site.ticket(), "slot": site.choices()[0]})
    assert done.status == 200
    assert "L’orientation est enregistrée" in done.page.text
    assert "Aujourd’hui à 18 h 42, au cabinet : Dr Claire MARTEL" in done.page.text
    assert "04 78 00 00 01" in done.page.text
    assert all("12 rue des Lilas" in page.text for page in (done.page, site.visit("/orientations").page))
    (made,) = site.kept()
    assert (made.kind, made.offer, made.subject, made.place_key) == ("creneau", OFFER, SUBJECT, "tech:R1")
    assert made.id in done.page.text


def ticked(page: Document) -> list[str | None]:
    return [each.attributes["value"] for each in page.all("input", name="slot") if "checked" in each.attributes]


def test_a_result_leads_to_the_slot_that_it_shows(site: Site):
    site.creneau(modalities=["cabinet", "domicile"])
    site.given.slot(start=AT + 2 * HOUR, end=AT + 2 * HOUR + 900)
    for asked, way in (("", "cabinet"), ("&modality=domicile", "domicile")):
        found = site.visit(f"/recherche?text=martel{asked}").page
        link = found.href("Orienter un patient vers Dr Claire MARTEL")
        assert link == f"{PATH}?text=martel{asked}&slot={AT + HOUR}-{way}"
        form = site.visit(link)
        chosen = [
            each.attributes["value"] for each in form.page.all("input", name="slot") if "checked" in each.attributes
        ]
        assert chosen == [f"creneau/{AT + HOUR}/{AT + HOUR + 900}/{way}/editor/azur"]
        assert form.page.href("← Retour à la fiche") == f"/offres/{OFFER}?text=martel{asked}"
        assert form.page.one("form", class_="sheet").attributes["action"] == f"{PATH}?text=martel{asked}"


def test_a_slot_that_is_gone_since_the_search_is_said_and_another_can_be_chosen(site: Site):
    site.creneau()
    for asked in (f"{AT}-cabinet", f"{AT + HOUR}-domicile", "<b>", ""):
        page = site.visit(f"{PATH}?slot={quote(asked)}").page
        assert ("n’est plus ouvert : choisissez-en un autre." in page.text.replace(french.NBSP, " ")) == bool(asked)
        assert ticked(page) == []


@pytest.mark.parametrize("overbooking", [False, True])
def test_a_slot_that_is_gone_is_said_when_no_other_is_open(site: Site, *, overbooking: bool):
    site.given.declares(participation=True, overbooking=overbooking, via="individual")
    page = site.visit(f"{PATH}?slot={AT + HOUR}-cabinet").page
    assert "Le créneau que montrait la recherche n’est plus ouvert." in page.text
    assert ("En sus des disponibilités" in page.text) == overbooking
    assert "choisissez-en un autre" not in page.text


def test_a_result_that_shows_no_slot_leads_beyond_where_that_is_accepted(site: Site):
    assert "Orienter" not in site.visit(SEARCH).page.text
    site.given.declares(participation=True, overbooking=True, via="individual")
    link = site.visit(SEARCH).page.href("Orienter un patient vers Dr Claire MARTEL")
    assert link == f"{PATH}?text=martel&slot=en_sus"
    assert ticked(site.visit(link).page) == ["en_sus"]


@pytest.mark.parametrize("viewer", [Viewer.PUBLIC, Viewer.PROFESSIONAL])
def test_nobody_else_is_led_to_send_a_patient(written: Engine, viewer: Viewer):
    site = Site(written, viewer)
    site.creneau()
    assert "Orienter" not in site.visit(SEARCH).page.text


def test_the_selection_and_the_table_lead_there_too(site: Site):
    site.creneau()
    for path in (f"/selection?picked={OFFER}", f"{SEARCH}&view=table"):
        assert f"slot={AT + HOUR}-cabinet" in (site.visit(path).page.href("Orienter un patient vers Dr Claire MARTEL"))


def test_what_is_taken_is_no_longer_offered_and_comes_back_when_called_off(site: Site):
    site.creneau()
    done = site.send({"ticket": site.ticket(), "slot": site.choices()[0]})
    assert site.choices() == []
    assert "Aucun patient n’est accepté en sus" in site.visit().page.text
    listed = site.send(
        {"ticket": done.page.one("input", name="ticket").attributes["value"] or "", "state": "cancelled"},
        f"/orientations/{site.kept()[0].id}",
    )
    assert listed.path == "/orientations?dit=cancelled"
    assert "Orientation annulée" in listed.page.text
    assert len(site.choices()) == 1


def test_the_list_asks_for_its_offers_together(site: Site, monkeypatch: pytest.MonkeyPatch):
    site.creneau()
    site.send({"ticket": site.ticket(), "slot": site.choices()[0]})
    monkeypatch.setattr(MemorySearcher, "offer", None)  # one at a time
    assert "Dr Claire MARTEL" in site.visit("/orientations").page.text


def test_a_form_sent_twice_sends_one_patient(site: Site):
    site.plage()
    said = {"ticket": site.ticket(), "slot": site.choices()[0]}
    assert [site.send(said).status for _ in range(2)] == [200, 200]
    assert len(site.kept()) == 1


def test_an_answer_that_was_lost_is_given_again_though_the_slot_is_gone(site: Site):
    site.creneau()
    said = {"ticket": site.ticket(), "slot": site.choices()[0]}
    first, again = site.send(said), site.send(said)
    assert (first.status, again.status) == (200, 200)
    assert again.page.text == first.page.text
    assert len(site.kept()) == 1


def test_a_form_sent_again_for_another_slot_is_a_form_of_its_own(site: Site):
    site.creneau()
    site.given.slot(start=AT + 2 * HOUR, end=AT + 2 * HOUR + 900)
    ticket, (one, other) = site.ticket(), site.choices()
    site.send({"ticket": ticket, "slot": one})
    refused = site.send({"ticket": ticket, "slot": other})
    assert refused.status == 409
    assert "il a déjà servi à orienter un patient" in refused.page.text
    assert refused.page.one("input", value=other).attributes.get("checked", "") is None
    sent = site.send({"ticket": refused.page.one("input", name="ticket").attributes["value"] or "", "slot": other})
    assert (sent.status, len(site.kept())) == (200, 2)


def test_a_call_centre_sends_more_than_a_patient_a_minute(site: Site):
    site.plage(capacity=None)
    said = {"slot": site.choices()[0]}
    assert {site.send(said | {"ticket": site.ticket()}).status for _ in range(70)} == {200}


def test_whoever_is_slower_is_told_and_shown_what_is_left(site: Site):
    site.creneau()
    slot, late = site.choices()[0], site.ticket()
    site.send({"ticket": site.ticket(), "slot": slot})
    refused = site.send({"ticket": late, "slot": slot})
    assert refused.status == 422
    assert "ce créneau n’est plus ouvert : choisissez-en un autre" in refused.page.text
    assert "l’heure convenus" not in refused.page.text
    assert len(site.kept()) == 1


def test_a_plage_says_how_many_places_are_left(site: Site):
    site.plage()
    assert site.choices() == [value for value in site.choices() if value.startswith("plage/")]
    assert "2 places" in site.visit().page.text
    site.send({"ticket": site.ticket(), "slot": site.choices()[1]})
    assert "1 place" in site.visit().page.text
    assert [one.modality for one in site.kept()] == ["domicile"]


def test_beyond_what_is_open_only_for_whom_accepts_it(site: Site):
    agreed = {"slot": "en_sus", "day": "2026-11-24", "hour": "14:30"}
    assert "En sus" not in site.visit().page.text
    site.creneau()
    refused = site.send({"ticket": site.ticket(), **agreed})
    assert (refused.status, site.kept()) == (422, [])
    assert "En sus : aucun patient n’est plus accepté en sus." in refused.page.text.replace(french.NBSP, " ")
    assert "l’heure convenus" not in refused.page.text
    link = site.visit(f"{PATH}?slot=en_sus").page
    assert "Aucun patient n’est plus accepté en sus : choisissez un créneau." in link.text.replace(french.NBSP, " ")
    assert "plus ouvert" not in link.text
    site.given.declares(participation=True, overbooking=True, via="individual")
    assert "En sus des disponibilités" in site.visit().page.text
    done = site.send({"ticket": site.ticket(), **agreed})
    assert "Demain à 14 h 30, en sus des disponibilités" in done.page.text
    (made,) = site.kept()
    assert (made.kind, made.slot_start) == ("en_sus", world.MIDNIGHT + DAY + 14 * HOUR + 1800)


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ({"slot": ""}, "à remplir"),
        ({"slot": "creneau/1/2/cabinet/editor/azur"}, "n’est plus ouvert"),
        ({"slot": "<script>alert(1)</script>"}, "n’est plus ouvert"),
        ({"slot": "en_sus"}, "le jour et l’heure convenus"),
        ({"slot": "en_sus", "day": "demain", "hour": "14:30"}, "une date comme"),
        ({"slot": "en_sus", "day": "2026-11-24", "hour": "25:00"}, "une heure comme"),
        ({"slot": "en_sus", "day": "2026-11-20", "hour": "14:30"}, "une heure à venir"),
        ({"slot": "en_sus", "day": "2027-11-20", "hour": "14:30"}, "une heure à venir"),
        ({"slot": "en_sus", "day": "9999-12-31", "hour": "23:59"}, "une heure à venir"),
        ({"slot": "en_sus", "day": "0001-01-01", "hour": "00:00"}, "une heure à venir"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_and_nothing_is_kept(site: Site, said: dict[str, str], rule: str):
    site.creneau()
    site.given.declares(participation=True, overbooking=True, via="individual")
    refused = site.send({"ticket": site.ticket(), **said})
    assert refused.status == 422
    assert rule in refused.page.text
    assert site.kept() == []


def test_a_ticket_of_another_card_or_of_nobody_is_no_ticket(site: Site):
    site.creneau()
    for ticket in ("", "x", site.ticket(f"/offres/{OFFER}/signaler")):
        assert site.send({"ticket": ticket, "slot": site.choices()[0]}).status == 422
    assert site.kept() == []


def test_a_slot_that_is_taken_meanwhile_is_no_choice_any_more_though_the_index_still_shows_it(site: Site):
    site.creneau()
    site.given.slot(start=AT + 2 * HOUR, end=AT + 2 * HOUR + 900)
    behind, first, later = site.client, *site.choices()
    tickets = [read(behind, PATH).page.one("input", name="ticket").attributes["value"] or "" for _ in range(2)]
    answers = [behind.post(PATH, files={"ticket": (None, ticket), "slot": (None, first)}) for ticket in tickets]
    assert [answer.status_code for answer in answers] == [200, 422]
    left = Document(answers[1].text).all("input", name="slot")
    assert [(each.attributes["value"], "checked" in each.attributes) for each in left] == [(later, False)]


def test_whether_the_patient_came_is_said_once_the_hour_is_past(site: Site):
    site.creneau()
    site.send({"ticket": site.ticket(), "slot": site.choices()[0]})
    assert [each.attributes["value"] for each in site.visit("/orientations").page.all("button", name="state")] == [
        "cancelled"
    ]
    site.clock = AT + 2 * HOUR
    page = site.visit("/orientations").page
    assert [each.attributes["value"] for each in page.all("button", name="state")] == [
        "cancelled",
        "honoured",
        "noshow",
    ]
    listed = site.send(
        {"ticket": page.one("input", name="ticket").attributes["value"] or "", "state": "noshow"},
        f"/orientations/{site.kept()[0].id}",
    )
    assert "Pas venu" in listed.page.text
    assert listed.page.one("p", role="status").text == "C’est noté : le patient n’est pas venu."


def said_of(site: Site, ticket: str, state: str) -> str:
    """What the list says once something was said of the last orientation."""
    return (
        site.send({"ticket": ticket, "state": state}, f"/orientations/{site.kept()[0].id}")
        .page.one("p", role="status")
        .text
    )


def test_what_was_done_of_an_orientation_is_said_and_what_was_not(site: Site):
    site.creneau()
    site.send({"ticket": site.ticket(), "slot": site.choices()[0]})
    ticket = site.ticket("/orientations")
    site.clock = AT + 30 * 60
    assert said_of(site, ticket, "noshow").startswith("Rien n’a changé")
    site.clock = AT + 10 * HOUR  # the list was open all day
    assert said_of(site, ticket, "cancelled").startswith("Orientation annulée : la place")
    assert said_of(site, ticket, "honoured").startswith("Rien n’a changé")
    assert said_of(site, "x", "cancelled").startswith("Rien n’a changé")
    assert [one.state for one in site.kept()] == ["cancelled"]


def test_a_long_list_of_orientations_goes_on(site: Site):
    for number in range(orientations.LISTED + 1):
        known = {"id": f"o{number:03}", "at": AT + number, "changed_at": AT, "regulator": SOMEBODY, "state": "made"}
        slot = {"kind": "en_sus", "slot_start": AT + DAY, "slot_end": AT + DAY}
        site.given.add(Orientation, **known, **slot, subject=SUBJECT, place_key="tech:R1", offer=OFFER)
    first = site.visit("/orientations").page
    then = site.visit(first.href("Orientations plus anciennes")).page
    assert ("référence o000" in first.text, "référence o200" in first.text) == (False, True)
    assert ("référence o000" in then.text, "référence o200" in then.text) == (True, False)
    assert then.href("Revenir aux dernières") == "/orientations"
    assert len(site.visit("/orientations?cursor=x").page.all("article")) == orientations.LISTED


def test_the_list_has_what_every_regulator_did_and_says_whose_each_is(site: Site):
    site.creneau(place_key="tech:R1")
    site.creneau(source_name="brume")
    site.send({"ticket": site.ticket(), "slot": site.choices()[0]})
    then = (AT + HOUR, AT + HOUR + 900)
    with writing(site.written) as connection:
        jules = regulators.add(connection, Facts("MARIUS", "Jules", "jules@samu.example", "810002673899"), AT)
        for number, (editor, whom, who) in enumerate(
            (("azur", SUBJECT, token(jules)), ("brume", SUBJECT, "urn:r|6f1c"), ("brume", None, "urn:r|6f1c"))
        ):
            appointments.record(connection, Booked(f"urn:a|{number}", editor, whom, who, "made", *then), AT + number)
    lines = [line.text.replace(french.NBSP, " ") for line in site.visit("/orientations").page.all("article")]
    nobody, unplaced, *others = lines
    here, named = sorted(others, key=lambda line: "Jules" in line)
    assert [("Annuler" in line) for line in (here, named, unplaced, nobody)] == [True, False, False, False]
    assert [("12 rue des Lilas" in line) for line in (here, named, unplaced, nobody)] == [True, True, False, False]
    assert "faite ici" in here
    assert "prise par Jules MARIUS chez azur" in named
    assert ("Dr Claire MARTEL" in unplaced, "prise par 6f1c chez brume" in unplaced) == (True, True)
    assert "Praticien que l’éditeur ne dit pas" in nobody


def test_how_old_the_slots_are_is_said_where_one_is_chosen(site: Site):
    site.creneau(checked_at=AT - 240)
    site.given.feed()
    assert "vérifié il y a 4 min · azur" in site.visit().page.text.replace(french.NBSP, " ")


def test_when_it_was_said_that_there_is_no_slot_is_said_on_the_page_of_the_offer(site: Site):
    site.given.feed(asked_at=AT - 20 * HOUR)
    said = site.visit(f"/offres/{OFFER}").page.text.replace(french.NBSP, " ")
    assert "Aucun créneau connu dans les 72 heures. vérifié il y a 20 h · azur" in said


def test_slots_that_are_unknown_are_not_said_to_be_none(site: Site):
    site.given.feed(answered=False, asked_at=AT - 240)
    said = site.visit().page.text.replace(french.NBSP, " ")
    assert "azur n’a pas répondu (interrogé il y a 4 min)" in said
    assert "Aucun créneau" not in said


def test_the_list_says_the_date_of_what_is_past_and_leads_back_to_a_search(site: Site):
    site.creneau()
    site.send({"ticket": site.ticket(), "slot": site.choices()[0]})
    site.clock = AT + 10 * 24 * HOUR
    page = site.visit("/orientations").page
    assert "Lun. 23 nov. à 18 h 42" in page.text.replace(french.NBSP, " ")
    assert page.href("← Nouvelle recherche") == "/"


def test_every_page_of_a_regulator_leads_to_the_list(site: Site):
    for path in (PATH, f"/offres/{OFFER}", "/aide"):
        assert site.visit(path).page.href("Orientations") == "/orientations"


def test_the_list_says_when_nobody_was_sent(site: Site):
    said = site.visit("/orientations").page.text
    assert "Aucune orientation pour l’instant" in said
    assert "chaque résultat qui a un créneau ou accepte en sus" in said


@pytest.mark.parametrize("viewer", [Viewer.PUBLIC, Viewer.PROFESSIONAL])
def test_nobody_else_sends_patients(written: Engine, viewer: Viewer):
    site = Site(written, viewer)
    site.creneau()
    assert "Orienter" not in site.visit(f"/offres/{OFFER}").page.text
    assert site.visit().status == 404
    assert site.visit("/orientations").status == 404
    assert "Orientations" not in site.visit("/aide").page.text


def test_without_accounts_a_service_in_production_has_no_such_pages(visit):
    somebody = world.offers()[0].id
    for path in (f"/offres/{somebody}/orienter", "/orientations"):
        answer = visit(path)
        assert answer.status == 404
        assert "en développement" in answer.page.text
    assert "Orienter un patient" not in visit(f"/offres/{somebody}").page.text
