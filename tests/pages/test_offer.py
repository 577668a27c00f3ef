"""The page of one offer: what is known and from where, what is beside it, its agenda."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from fastapi.testclient import TestClient
from icalendar import Calendar
from msgspec.structs import replace

from ingestion.loads import KINDS
from models.codes import Viewer
from models.offer import Participation, PlacePoint, StructureRef, offer_id
from search_api.answers import Frame, SourceJson, one_offer_json
from search_api.pages import french, provenance
from tests.pages import serving, world
from tests.pages.conftest import client, read
from tests.pages.test_browser import EVENING

PERSON = world.doctor(1, Random(1))
ELSEWHERE = world.doctor(1, Random(2), place=world.place(world.TOWNS[3], 8, Random(2)))
ELSEWHERE = replace(ELSEWHERE, id=offer_id(PERSON.subject, "elsewhere"))
CENTRE = world.structure(7, Random(3), "Centre de santé", "124", world.VILLEURBANNE)
CENTRE = replace(CENTRE, id=offer_id(CENTRE.subject, f"finess:{CENTRE.structure.finess}"))
AT_CENTRE = replace(
    world.doctor(2, Random(4), structure=StructureRef(finess=CENTRE.structure.finess, name="Centre de santé")),
    id=offer_id(world.doctor(2, Random(4)).subject, f"finess:{CENTRE.structure.finess}"),
)
FINESS = SourceJson("Établissements de FINESS+", date(2026, 11, 20), "ANS")
ALL = (PERSON, ELSEWHERE, CENTRE, AT_CENTRE)


@dataclass
class Site:
    """The pages over these offers, and whether the database answers."""

    database: bool = True

    def get(self, path: str, viewer: Viewer = Viewer.REGULATION):
        app = serving.application(serving.engine_of(ALL), viewer, database=self.database)
        return read(TestClient(app, raise_server_exceptions=False), path)


# What is known --------------------------------------------------------------------------------------------------------


def test_each_thing_that_is_known_has_its_source_and_what_is_not_has_none(visit):
    offers = {offer.id: offer for offer in world.offers()}
    declared = next(each for each in offers.values() if each.care and each.languages is None and each.person)
    page = visit(f"/offres/{declared.id}").page
    facts = dict(zip((e.text for e in page.all("dt")), (e.text for e in page.all("dd")), strict=False))
    assert facts["Prises en charge"].endswith(" Déclarations")
    assert facts["Adresse"].endswith(" Activités du RPPS")
    assert facts["Profession"] == "Médecin Activités du RPPS"
    assert facts["Spécialité"].endswith(" Activités du RPPS ; Savoir-faire du RPPS")
    assert facts["Langues"] == "non renseigné"


DECLARED = Participation(active=True, via="cpts", overbooking=True)
SETTLED = replace(DECLARED, settled_on="2026-11-23")


@pytest.mark.parametrize(
    ("told", "sources"),
    [
        ({"participation": DECLARED, "information": "Sonner."}, ["Déclarations, 20/11/2026"] * 2),
        (
            {"participation": SETTLED, "information": "Sonner.", "written_on": "2026-11-24"},
            ["réglé dans l’annuaire, 23/11/2026", "écrit dans l’agenda, modifié le 24/11/2026"],
        ),
        ({"participation": Participation(active=False), "information": None}, []),
        ({"participation": None, "information": None}, []),
    ],
    ids=["declared", "written here", "takes no part", "unknown"],
)
def test_what_the_regulation_alone_is_told_has_its_sources(told, sources):
    offer = shaped(replace(PERSON, **told))
    facts = provenance.reserved(offer, [replace(FINESS, name="Déclarations")])
    assert [fact.source for fact in facts] == sources


@pytest.mark.parametrize(
    ("offer", "via", "source"),
    [
        (PERSON, "msp", "réglé dans l’annuaire, 23/11/2026"),
        (CENTRE, "cds", "réglé dans l’annuaire, 23/11/2026"),
        (CENTRE, "msp", "Déclarations, 20/11/2026"),
    ],
    ids=["who settled it", "a centre that settled it", "a maison de santé whose doctors settled that they take part"],
)
def test_the_forfait_is_told_by_who_settled_it_and_not_by_who_takes_part_through_a_structure(offer, via, source):
    settled = replace(SETTLED, via=via, reorientation=True)
    told = shaped(replace(offer, participation=settled, information=None))
    part, forfait = provenance.reserved(told, [replace(FINESS, name="Déclarations")])
    assert (part.name, part.source) == ("Participation", "réglé dans l’annuaire, 23/11/2026")
    assert "orfait" not in part.text
    assert (forfait.name, forfait.text, forfait.source) == ("Réorientation", "Forfait de réorientation", source)


def test_what_the_regulation_alone_is_told_is_on_its_page_and_on_no_other():
    told = next(each for each in ALL if each.participation and each.participation.active)
    pages = {viewer: Site().get(f"/offres/{told.id}", viewer).page for viewer in (Viewer.REGULATION, Viewer.PUBLIC)}
    heads = {viewer: page.text.partition("Créneaux des 72")[0] for viewer, page in pages.items()}
    assert "Participe au SAS" in heads[Viewer.REGULATION]
    assert "Déclarations" in heads[Viewer.REGULATION]
    assert "SAS" not in heads[Viewer.PUBLIC]


def test_where_it_is_and_its_telephones_come_before_its_slots(visit):
    found = next(each for each in world.offers() if each.person and each.structure.name and each.phones)
    head = visit(f"/offres/{found.id}").page.text.partition("Créneaux des 72")[0]
    assert found.structure.name in head
    assert found.place.commune is not None
    assert french.town(found.place.commune.name) in head
    assert french.phone(found.phones[0]).replace("\u00a0", " ") in head.replace("\u00a0", " ")


def test_every_source_named_is_one_of_the_journal():
    named = {
        title
        for table in (provenance.OF_PEOPLE, provenance.OF_STRUCTURES, provenance.OF_ALL)
        for titles in table.values()
        for title in titles
    }
    assert named <= {kind.title for kind in KINDS.values()}


def test_a_source_has_its_date_where_it_is_known():
    (fact,) = provenance.sourced([provenance.Fact("Adresse", "ici")], shaped(CENTRE), [FINESS])
    assert fact.source == "Établissements de FINESS+, 20/11/2026"


@pytest.mark.parametrize(
    ("precision", "source"),
    [
        ("site", "Établissements de FINESS+"),
        ("street", "calculé depuis l’adresse (Activités du RPPS)"),
        ("commune", "référentiel des communes, 2026"),
    ],
)
def test_a_point_comes_from_what_its_precision_tells(precision, source):
    point = PlacePoint(45.7, 4.8, precision)
    offer = replace(PERSON, place=replace(PERSON.place, point=point))
    (fact,) = provenance.sourced([provenance.Fact("Position", "point")], shaped(offer), ())
    assert fact.source == source


def shaped(offer):
    return one_offer_json(offer, Viewer.REGULATION, world.AT, Frame("g", 1, 0, ()))


# What is beside it ----------------------------------------------------------------------------------------------------


def test_the_other_places_of_a_person_are_there_and_lead_back_to_the_same_results():
    page = Site().get(f"/offres/{PERSON.id}?{EVENING.partition('?')[2]}").page
    headings = [each.text for each in page.all("h2")]
    assert "Autres lieux de la même personne" in headings
    (other,) = [each for each in page.all("a") if ELSEWHERE.id in (each.attributes["href"] or "")]
    assert (other.attributes["href"] or "").endswith(EVENING.partition("?")[2])


def test_a_structure_shows_who_practises_there_and_a_person_the_structure():
    centre = Site().get(f"/offres/{CENTRE.id}").page
    assert "Y exercent" in [each.text for each in centre.all("h2")]
    assert AT_CENTRE.id in centre.html
    person = Site().get(f"/offres/{AT_CENTRE.id}").page
    assert CENTRE.id in person.html


def test_without_the_database_the_page_has_the_offer_itself():
    page = Site(database=False).get(f"/offres/{PERSON.id}")
    assert page.status == 200
    assert "Autres lieux de la même personne" not in page.page.text


def test_nobody_who_objected_is_beside_an_offer():
    app = serving.application(serving.engine_of(ALL), suppressed=lambda: frozenset({AT_CENTRE.subject}))
    assert AT_CENTRE.id not in read(TestClient(app), f"/offres/{CENTRE.id}").page.html


def test_at_most_thirty_are_shown_and_the_others_counted():
    many = [
        replace(
            world.doctor(number, Random(4), structure=AT_CENTRE.structure),
            id=offer_id(world.doctor(number, Random(4)).subject, f"finess:{CENTRE.structure.finess}"),
        )
        for number in range(33)
    ]
    page = read(client(serving.engine_of([CENTRE, *many])), f"/offres/{CENTRE.id}").page
    assert page.one("ul", class_="beside").text.count("Appeler le") == 30
    assert "et 3 autres." in page.text


# Its agenda -----------------------------------------------------------------------------------------------------------


def events(offer, viewer=Viewer.REGULATION):
    response = client(serving.engine_of([offer]), viewer).get(f"/offres/{offer.id}.ics")
    assert response.headers["content-type"] == "text/calendar; charset=utf-8"
    assert response.headers["content-disposition"] == f'attachment; filename="creneaux-{offer.id}.ics"'
    return Calendar.from_ical(response.content).walk("VEVENT")


def test_every_availability_is_an_event_at_its_instant():
    found = events(PERSON)
    starts = [event["dtstart"].dt.timestamp() for event in found]
    assert starts == [slot.start for slot in PERSON.availabilities]
    assert {event["dtstart"].dt.utcoffset() for event in found} == {timedelta(0)}
    assert len({str(event["uid"]) for event in found}) == len(found) > 0


def test_the_same_availability_keeps_its_identifier_from_one_file_to_the_next():
    assert [str(event["uid"]) for event in events(PERSON)] == [str(event["uid"]) for event in events(PERSON)]


def test_the_public_s_file_has_no_reserved_availability():
    public = events(PERSON, Viewer.PUBLIC)
    assert len(public) == len([slot for slot in PERSON.availabilities if slot.audience == "public"])
    assert {str(event["class"]) for event in public} == {"PUBLIC"}


@pytest.mark.parametrize("night", [datetime(2026, 3, 29, 0, tzinfo=UTC), datetime(2026, 10, 25, 0, tzinfo=UTC)])
def test_instants_are_right_across_the_change_of_hour(night):
    at = int(night.timestamp())
    offer = replace(PERSON, availabilities=tuple(world.creneau(at + hours * 3600, "cabinet") for hours in range(4)))
    app = serving.application(serving.engine_of([offer]), clock=at - 60)
    found = Calendar.from_ical(TestClient(app).get(f"/offres/{offer.id}.ics").content).walk("VEVENT")
    assert [int(event["dtstart"].dt.timestamp()) for event in found] == [at + hours * 3600 for hours in range(4)]


def test_commas_line_ends_and_html_in_a_name_are_read_back_as_they_are():
    name = "Centre; de, santé\nEND:VEVENT <b>\\n"
    hostile = world.structure(31, Random(1), name, "603", world.VILLEURBANNE, availabilities=PERSON.availabilities)
    found = events(hostile)
    assert len(found) == len(PERSON.availabilities)
    assert str(found[0]["summary"]).startswith(name.rstrip("n")[:-1])


def test_the_agenda_of_nobody_is_not_found(visit):
    assert visit("/offres/p1-0123.ics").status == 404


# Print ----------------------------------------------------------------------------------------------------------------


def test_an_offer_prints_its_telephone_and_its_availabilities_without_controls(opened):
    page = opened(f"/offres/{world.offers()[43].id}?{EVENING.partition('?')[2]}")
    page.emulate_media(media="print")
    assert page.locator(".phone").first.is_visible()
    assert page.locator("table").first.is_visible()
    for control in (".back", ".ics", ".top nav"):
        assert not page.locator(control).first.is_visible()
