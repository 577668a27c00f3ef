"""The page of a participation: what is chosen is settled, what is wrong is said beside it, nothing typed is lost."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine
from starlette.responses import Response

from models.store import writing
from models.tables import Participation, Territory, TerritoryCommune
from registry import agenda
from registry.drafts import Draft
from registry.participation import Settings, participation, settle
from registry.practice import practice
from search_api.pages import render
from search_api.posting import Pace
from search_api.tickets import LIFE_S
from tests.indexer.given import CLAIRE, JEAN, Given
from tests.migrated import migrated
from tests.pages import serving, world
from tests.pages.conftest import Visited, read
from tests.pages.reading import Document
from tests.pages.test_browser import scrolling_sideways

SUBJECT = f"p:{CLAIRE}"
PATH = f"/espace/{SUBJECT}/participation"
CDS, MSP, SOS = "690000001", "690000603", "34567890100012"
RIGHT = {"active": "yes", "via": "individual", "software": "no", "two_hours": "on"}


def populate(database: Engine) -> None:
    """Claire in her practice and salaried in a CDS; two MSP, one of them far, an association, a CPTS, an editor."""
    given = Given(database)
    given.practice()
    given.structure(CDS)
    given.place(f"finess:{CDS}")
    given.activity(place=f"finess:{CDS}", mode="S")
    given.structure(MSP, name="MSP DES LILAS", category="603", insee="69266", commune="Villeurbanne")
    for number, town in (("380000603", "VIENNE"), ("380000604", "VIENNE SUD")):
        given.structure(number, name=f"MSP DE {town}", category="603", insee="38544", commune="Vienne")
    given.structure(SOS, name="SOS MÉDECINS LYON", category="sos")
    given.add(Territory, id="lilas", name="CPTS des Lilas", finess="690000009", digest="")
    given.add(TerritoryCommune, territory_id="lilas", insee="69266")
    given.professional(JEAN)
    given.feed(f"p:{JEAN}", name="Agenda Azur")


STATES = {
    "a person": PATH,
    "a centre de santé": f"/espace/s:{CDS}/participation",
    "an association": f"/espace/s:{SOS}/participation",
    "a maison de santé": f"/espace/s:{MSP}/participation",
}


class Site:
    """The page over a database, and a clock that can be set."""

    def __init__(self, database: Engine) -> None:
        self.database = database
        self.clock = world.AT
        app = serving.application(serving.engine_of([]), written=database)
        self.services = app.state.services
        object.__setattr__(self.services, "clock", lambda: self.clock)
        self.client = TestClient(app, raise_server_exceptions=False)

    def read(self, path: str = PATH) -> Visited:
        return read(self.client, path)

    def ticket(self, path: str = PATH) -> str:
        return self.read(path).page.one("input", name="ticket").attributes["value"] or ""

    def send(self, said: Mapping[str, str], path: str = PATH, headers: Mapping[str, str] | None = None) -> Visited:
        response = self.client.post(path, files={name: (None, value) for name, value in said.items()}, headers=headers)
        where = response.url.raw_path.decode()
        return Visited(response.status_code, where, dict(response.headers), Document(response.text))

    def settles(self, **said: str) -> Visited:
        return self.send({"ticket": self.ticket()} | said)

    def kept(self, subject: str = SUBJECT) -> Participation | None:
        with self.database.connect() as connection:
            return participation(connection, subject)


@pytest.fixture
def site(written: Engine) -> Iterator[Site]:
    populate(written)
    return Site(written)


def fault(page: Document, name: str) -> str:
    return page.one("span", id=f"faute-{name}").text


def test_what_files_declare_is_said_while_nothing_is_settled(site: Site):
    Given(site.database).declares(participation=True, via="individual", overbooking=True)
    said = site.read().page.text
    assert "« Participe au SAS à titre individuel · Reçoit en sus de ses disponibilités »" in said
    assert "Les indicateurs ne comptent que ce qui est réglé ici" in said


def test_what_is_chosen_is_settled_and_shown(site: Site):
    assert "Rien n’est réglé ici" in site.read().page.text
    shown = site.settles(**RIGHT)
    kept = site.kept()
    assert shown.status == 200
    assert kept is not None
    assert (kept.active, kept.via, kept.editors, kept.refuses_editor_slots) == (True, "individual", [], True)
    for said in ("C’est enregistré", "Participe au SAS à titre individuel.", "Inscrit le 23/11/2026"):
        assert said in shown.page.text
    assert "checked" in shown.page.one("input", name="via", value="individual").attributes


def test_those_who_ask_editors_are_told_whose_participation_was_written(site: Site):
    told: list[str] = []
    object.__setattr__(site.services, "settled", told.append)
    site.settles(**RIGHT | {"via": "cpts"})
    assert told == []
    site.settles(**RIGHT)
    assert told == [SUBJECT]


def test_a_cpts_is_ticked_with_its_places(site: Site):
    site.settles(**RIGHT | {"via": "cpts", "structure": "lilas", "place:tech:R1": "on"})
    kept = site.kept()
    assert kept is not None
    assert (kept.structure, kept.places) == ("lilas", ["tech:R1"])
    assert "checked" in site.read().page.one("input", name="place:tech:R1").attributes


def test_those_near_are_proposed(site: Site):
    page = site.read().page
    assert [each.attributes["value"] for each in page.all("input", name="structure")] == [
        "lilas", f"s:{CDS}", f"s:{MSP}", f"s:{SOS}",
    ]  # fmt: skip


@pytest.mark.parametrize("named", ["380000604", "vienne sud"])
def test_another_is_found_by_its_name_or_its_number(site: Site, named: str):
    site.settles(**RIGHT | {"via": "msp", "structure": f"s:{MSP}", "named": named})
    kept = site.kept()
    assert kept is not None
    assert kept.structure == "s:380000604"
    assert "MSP DE VIENNE SUD" in site.read().page.text


def test_when_several_have_a_name_they_are_proposed(site: Site):
    page = site.settles(**RIGHT | {"via": "msp", "named": "vienne"}).page
    assert "plusieurs réponses" in fault(page, "named")
    assert page.one("input", name="named").attributes["value"] == "vienne"
    assert [each.attributes["value"] for each in page.all("input", name="structure")][:2] == [
        "s:380000603", "s:380000604",
    ]  # fmt: skip
    assert site.kept() is None
    site.settles(**RIGHT | {"via": "msp", "named": "vienne", "structure": "s:380000604"})
    kept = site.kept()
    assert kept is not None
    assert kept.structure == "s:380000604"


def test_every_fault_is_said_at_once(site: Site):
    page = site.settles(active="yes", via="msp", named="vienne").page
    leading = [each.attributes["href"] or "" for each in page.all("a")]
    assert [each for each in leading if each.startswith("#f-")] == ["#f-named", "#f-software"]


def test_software_is_chosen_among_those_whose_slots_are_known(site: Site):
    site.settles(**{"active": "yes", "via": "individual", "software": "yes", "editor:Agenda Azur": "on"})
    kept = site.kept()
    assert kept is not None
    assert (kept.editors, kept.refuses_editor_slots) == (["Agenda Azur"], False)


def test_where_an_editor_s_slots_are_shown_the_agenda_lacks_nothing(site: Site):
    Given(site.database).feed(SUBJECT, name="Agenda Azur")
    text = site.settles(active="yes", via="individual", software="yes", **{"editor:Agenda Azur": "on"}).page.text
    for said in (
        "0 min, non montré : les créneaux de votre logiciel (Agenda Azur) le sont à sa place",
        "Remplie : Montrer ses disponibilités",
    ):
        assert said in text.replace("\xa0", " ").replace("\u202f", " ")


def test_a_person_of_many_places_may_tick_them_all(site: Site):
    given = Given(site.database)
    keys = [f"tech:M{number}" for number in range(40)]
    for key in keys:
        given.place(key)
        given.activity(place=key)
    sent = RIGHT | {"via": "cpts", "structure": "lilas"} | {f"place:{key}": "on" for key in keys}
    assert site.settles(**sent).status == 200
    kept = site.kept()
    assert kept is not None
    assert kept.places == sorted(keys)


def test_what_does_not_concern_the_choice_is_left_out(site: Site):
    site.settles(
        **RIGHT
        | {"structure": "lilas", "place:tech:R1": "on", "editor:Agenda Azur": "on", "refuses_editor_slots": "on"}
    )
    kept = site.kept()
    assert kept is not None
    assert (kept.structure, kept.places, kept.editors) == (None, [], [])


def test_to_take_part_no_more_is_one_choice(site: Site):
    site.settles(**RIGHT)
    shown = site.settles(**RIGHT | {"active": "no"})
    kept = site.kept()
    assert kept is not None
    assert (kept.active, kept.via, kept.registered_at) == (False, None, None)
    assert "Ne participe pas au SAS." in shown.page.text


@pytest.mark.parametrize(
    ("said", "field", "rule"),
    [
        ({"active": ""}, "active", "Oui ou non"),
        ({"active": "maybe"}, "active", "Oui ou non"),
        ({"via": ""}, "via", "Un choix parmi"),
        ({"via": "<script>"}, "via", "Un choix parmi"),
        ({"via": "msp"}, "structure", "Une maison de santé"),
        ({"via": "msp", "structure": "lilas"}, "structure", "Une maison de santé"),
        ({"via": "msp", "named": "zzz"}, "named", "Maison de santé : rien n’a été trouvé sous ce nom"),
        ({"via": "msp", "named": "\x00\u202e"}, "named", "Maison de santé : rien n’a été trouvé sous ce nom"),
        ({"via": "msp", "named": "m" * 60_000}, "named", "Maison de santé : rien n’a été trouvé sous ce nom"),
        ({"via": "cpts", "structure": "lilas"}, "places", "Au moins un de vos lieux"),
        ({"via": "cpts", "structure": "lilas", "place:x": "on"}, "places", "Des lieux où vous exercez"),
        ({"software": ""}, "software", "Non, ou oui et lesquels"),
        ({"software": "yes"}, "editors", "Au moins un logiciel"),
        ({"software": "yes", "editor:<b>": "on"}, "editors", "Des logiciels de la liste"),
        ({"two_hours": None}, "two_hours", "Sans logiciel"),
        ({"site": "x"}, "site", "Laissez cette case vide"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_kept(
    site: Site, said: dict[str, Any], field: str, rule: str
):
    sent = {name: value for name, value in (RIGHT | said).items() if value is not None}
    page = site.settles(**sent)
    assert page.status == 422
    assert fault(page.page, field).replace("\u202f", " ").replace("\xa0", " ").startswith(rule)
    assert page.page.one("a", href=f"#f-{field}")
    assert page.headers["cache-control"] == "no-store"
    assert site.kept() is None


def test_nothing_chosen_is_lost_and_nothing_typed_is_run(site: Site):
    typed = '"><script>alert(1)</script>'
    sent = {"active": "yes", "via": "cpts", "named": typed, "place:tech:R1": "on", "software": "yes"}
    page = site.settles(**sent, reorientation="on").page
    assert page.one("input", name="named").attributes["value"] == typed
    for name, value in (("active", "yes"), ("via", "cpts"), ("software", "yes")):
        assert "checked" in page.one("input", name=name, value=value).attributes
    for name in ("place:tech:R1", "reorientation"):
        assert "checked" in page.one("input", name=name).attributes
    assert page.foreign == []


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(site: Site):
    ticket = site.ticket()
    with writing(site.database) as connection:
        settle(connection, Settings(SUBJECT, reorientation=True), world.AT)
    page = site.send(RIGHT | {"ticket": ticket})
    assert page.status == 409
    assert "quelqu’un d’autre vient de les changer" in page.page.text
    assert "checked" in page.page.one("input", name="via", value="individual").attributes
    kept = site.kept()
    assert kept is not None
    assert kept.version == 1
    fresh = page.page.one("input", name="ticket").attributes["value"] or ""
    assert site.send(RIGHT | {"ticket": fresh}).status == 200


@pytest.mark.parametrize("case", ["at fault", "too old"])
def test_a_form_that_is_drawn_again_still_finds_what_somebody_else_changed_meanwhile(site: Site, case: str):
    ticket = site.ticket()
    with writing(site.database) as connection:
        settle(connection, Settings(SUBJECT, reorientation=True), world.AT)
    site.clock += LIFE_S + 1 if case == "too old" else 0
    first = site.send(RIGHT | {"ticket": ticket, "via": "" if case == "at fault" else RIGHT["via"]})
    again = first.page.one("input", name="ticket").attributes["value"] or ""
    assert (first.status, site.send(RIGHT | {"ticket": again}).status) == (422, 409)


def test_nobody_sends_without_end_and_strangers_do_not_slow_it(site: Site):
    object.__setattr__(site.services, "pace", Pace(most=0))
    object.__setattr__(site.services, "own_pace", Pace(most=1))
    assert [site.settles(**RIGHT).status, site.settles(**RIGHT).status] == [200, 429]


@pytest.mark.parametrize("case", ["none", "old", "of somebody else"])
def test_a_form_that_is_not_of_this_page_or_too_old_is_drawn_again(site: Site, case: str):
    ticket = {"none": "", "of somebody else": site.ticket(f"/espace/s:{CDS}/participation")}.get(case, site.ticket())
    site.clock += LIFE_S + 1 if case == "old" else 0
    page = site.send(RIGHT | {"ticket": ticket})
    assert (page.status, site.kept()) == (422, None)
    assert "relisez, puis envoyez de nouveau" in page.page.text
    assert site.send(RIGHT | {"ticket": page.page.one("input", name="ticket").attributes["value"] or ""}).status == 200


def test_a_form_that_another_site_sends_is_refused(site: Site):
    assert site.send(RIGHT | {"ticket": site.ticket()}, headers={"Sec-Fetch-Site": "cross-site"}).status == 403
    assert site.kept() is None


def test_a_centre_de_sante_settles_its_own(site: Site):
    path = f"/espace/s:{CDS}/participation"
    wrong = site.send({"ticket": site.ticket(path), "active": "yes", "generalists": "trois"}, path)
    assert (wrong.status, fault(wrong.page, "generalists")) == (422, "Un nombre entier")
    said = {"ticket": site.ticket(path), "active": "yes", "generalists": "3", "two_hours": "on", "reorientation": "on"}
    shown = site.send(said, path)
    kept = site.kept(f"s:{CDS}")
    assert kept is not None
    assert (kept.active, kept.via, kept.generalists) == (True, "cds", 3)
    assert shown.page.one("input", name="generalists").attributes["value"] == "3"
    assert "via" not in {each.attributes.get("name") for each in shown.page.all("input")}


def test_a_centre_is_told_how_many_hours_it_opens_of_those_of_its_generalists(site: Site):
    path = f"/espace/s:{CDS}/participation"
    assert "0 min, il manque 2 h sur 2 h" in site.read(path).page.text
    said = {"ticket": site.ticket(path), "active": "yes", "generalists": "3", "two_hours": "on"}
    told = site.send(said, path).page.text
    assert "0 min, il manque 6 h sur 6 h" in told
    assert "2 h par médecin généraliste" in told
    assert "Indicateur" not in told


def test_the_form_is_drawn_again_once_nothing_is_being_written(site: Site, monkeypatch: pytest.MonkeyPatch):
    drawn = render.page

    def page(*given: Any, **more: Any) -> Response:
        with writing(site.database):  # waits for whoever writes
            return drawn(*given, **more)

    monkeypatch.setattr(render, "page", page)
    assert site.send({"ticket": site.ticket(), "active": ""}).status == 422


def test_an_association_takes_part_by_one_choice(site: Site):
    path = f"/espace/s:{SOS}/participation"
    site.send({"ticket": site.ticket(path), "active": "yes"}, path)
    kept = site.kept(f"s:{SOS}")
    assert kept is not None
    assert (kept.active, kept.via, kept.two_hours) == (True, "sos", True)


def test_a_maison_de_sante_settles_nothing_and_is_told_why(site: Site):
    page = site.read(f"/espace/s:{MSP}/participation").page
    assert "dès qu’un de ses médecins participe par elle" in page.text
    assert page.all("form") == []


def test_a_structure_is_told_who_takes_part_through_it(site: Site):
    site.settles(**RIGHT | {"via": "msp", "structure": f"s:{MSP}"})
    page = site.read(f"/espace/s:{MSP}/participation").page
    assert page.href("Claire MARTEL") == PATH
    assert "Médecin · inscrit le 23/11/2026" in page.text
    assert "Personne pour l’instant." in site.read(f"/espace/s:{CDS}/participation").page.text
    assert "Ceux qui participent" not in site.read().page.text


def test_the_two_indicators_say_what_is_met_and_what_lacks(site: Site):
    page = site.settles(**RIGHT).page
    text = page.text.replace("\xa0", " ").replace("\u202f", " ")
    for said in (
        "0 min, il manque 2 h sur 2 h",
        "Pas encore acquis : 1 400 € par an",
        "Remplie : Accepter d’être appelé",
        "Non remplie : Montrer ses disponibilités",
        "0 € ce trimestre : 0 patient en sus, encore 5 pour 70 €",
    ):
        assert said in text


def test_the_hours_lead_to_the_agenda_of_each_place_and_back(site: Site):
    leading = site.read().page.href("Agenda : CABINET DES LILAS")
    agenda_page = site.read(leading)
    assert agenda_page.status == 200
    assert agenda_page.page.href("Participation") == PATH


def test_an_agenda_without_participation_opens_no_right_and_through_sos_it_is_not_shown(site: Site):
    with writing(site.database) as connection:
        where = practice(connection, SUBJECT, "tech:R1")
        day = date(2026, 11, 25)
        agenda.create(connection, where, Draft("plage", day, 480, 600, ("cabinet",), 4), world.AT)
    assert "il n’ouvre droit à aucun forfait (avenant n° 9)" in site.read().page.text
    text = site.settles(**RIGHT).page.text
    assert "avenant n° 9" not in text
    assert "1 400 € par an" in text.replace("\xa0", " ").replace("\u202f", " ")
    shown = site.settles(active="yes", via="sos", structure=f"s:{SOS}").page.text
    assert "votre agenda tenu ici n’est pas montré" in shown


def test_of_who_objected_nothing_is_said(site: Site):
    object.__setattr__(site.services, "suppressed", lambda: frozenset([SUBJECT]))
    assert site.read().status == 404
    assert site.send(RIGHT).status == 404
    assert site.kept() is None


@pytest.mark.parametrize("identifier", ["p:899999999999", "x", "p:%00", "..%2Fx", "%3Cscript%3E"])
def test_nobody_else_has_a_page(site: Site, identifier: str):
    assert site.read(f"/espace/{identifier}/participation").status == 404


@pytest.mark.parametrize("identifier", ["p:899999999999", "899999999999", "x"])
def test_of_whom_nothing_is_known_the_page_says_so(site: Site, identifier: str):
    said = site.read(f"/espace/{identifier}/participation").page.text
    assert "L’annuaire n’a aujourd’hui ni personne ni structure de cet identifiant." in said


def test_in_production_the_page_is_not_open_and_says_so():
    client = TestClient(serving.application(serving.engine_of([])), raise_server_exceptions=False)
    page = read(client, PATH)
    assert page.status == 404
    assert "ne s’ouvre qu’en développement" in page.page.text


def test_when_the_database_does_not_answer_it_is_said(site: Site):
    with site.database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE participation RENAME TO elsewhere")
    page = site.read()
    assert page.status == 503
    assert "La base de données ne répond pas" in page.page.text


def test_a_refused_method_is_said_with_those_that_are_not(site: Site):
    assert site.client.put(PATH).headers["allow"] == "GET, HEAD, POST"
    assert site.client.head(PATH).status_code == 200


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server over a database where Claire takes part."""
    url = f"sqlite:///{tmp_path_factory.mktemp('space')}/annuaire.db"
    database = migrated(url)
    populate(database)
    with writing(database) as connection:
        settings = Settings(SUBJECT, True, "cpts", "lilas", ("tech:R1",), software=False, two_hours=True)  # noqa: FBT003
        settle(connection, settings, world.AT)
    with serving.served(serving.application(serving.engine_of([]), written=database)) as served:
        yield served
    database.dispose()


@pytest.mark.parametrize("path", STATES.values(), ids=STATES.keys())
def test_axe_finds_nothing(browser: Browser, address: str, violations: Any, path: str):
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto(address + path)
        assert violations(page) == []
        if page.locator("main button").count() == 0:
            return
        for box in page.locator("main [type=radio][value=yes]").all():
            box.check()
        with page.expect_navigation():
            page.locator("main button").click()
        assert violations(page) == []


def test_nothing_scrolls_sideways_on_a_phone_nor_with_text_at_200_percent(browser: Browser, address: str):
    assert scrolling_sideways(browser, address + PATH) == []


def test_one_settles_by_keyboard_and_faults_lead_to_their_fields(browser: Browser, address: str):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(address + PATH)
        page.focus("input[name=via][value=cpts]")
        page.keyboard.press("ArrowDown")
        page.focus("main button")
        page.keyboard.press("Enter")
        page.wait_for_selector("#erreurs")
        assert page.title().startswith("Erreur")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**#f-structure")
        page.keyboard.press("Tab")
        page.focus("#f-named")
        page.keyboard.type("charpennes lilas")
        page.keyboard.press("Enter")
        page.wait_for_selector("#faute-named")
        assert "rien n’a été trouvé" in page.locator("#faute-named").inner_text()
        page.fill("#f-named", "lilas")
        page.keyboard.press("Enter")
        expect(page.locator("[role=status]")).to_contain_text("C’est enregistré")
