"""What the form of a page sends: everything that the page asks, unless the person changes it."""

from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.codes import Viewer
from search_api.parameters import FIELDS, repeatable
from tests.pages.conftest import Visited

CLOCK = "2026-11-23T17:42:00+01:00"
SOUND = {
    "text": ["martel"],
    "profession": ["10", "60", "96"],
    "specialty": ["SM54", "SM40", "SM53"],
    "structure_type": ["603", "620", "697"],
    "skill": ["CAPA02", "DEC01"],
    "care": ["suture", "vaccination"],
    "equipment": ["ecg", "echographe"],
    "near": ["45.76623,4.87951"],
    "address": ["Bron", "Saint-Denis (974)"],
    "radius_km": ["5", "7.5", "33"],
    "postal_code": ["69100", "69003"],
    "commune": ["69266", "69029", "97411"],
    "departement": ["69", "38", "2A"],
    "cpts": ["690000200", "690000100"],
    "modality": ["domicile", "cabinet", "teleconsultation"],
    "from": ["2026-11-24T08:00:00+01:00", "2026-11-24T21:30:15Z"],
    "within_hours": ["2", "4"],
    "participation": ["true", "cpts"],
    "overbooking": ["true"],
    "reorientation": ["true"],
    "sector": ["1", "2"],
    "accessible": ["true"],
    "language": ["ar", "fsl", "en"],
    "new_patients": ["true"],
    "kind": ["professional", "structure"],
    "order": ["nearest", "soonest"],
    "exact_limit": ["0", "10"],
    "approximate_limit": ["5"],
    "at": [CLOCK],
}
"""Values of every parameter that a form sends on; it never sends where to go on from."""


def values(name: str):
    many = len(SOUND[name]) if repeatable(FIELDS[name]) else 1
    return st.lists(st.sampled_from(SOUND[name]), min_size=1, max_size=many, unique=True)


def asked(visited: Visited) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(visited.path).query)


def test_every_parameter_is_tried():
    assert set(SOUND) == set(FIELDS) - {"cursor"}


@settings(max_examples=60, deadline=None)
@given(st.fixed_dictionaries({}, optional={name: values(name) for name in SOUND}))
def test_a_form_sent_as_it_is_asks_the_same(visit, given_values):
    page = visit(f"/recherche?{urlencode(given_values, doseq=True)}")
    assert asked(visit(f"/recherche?{urlencode(page.page.sent)}")) == asked(page)


@pytest.mark.parametrize("name", sorted(SOUND))
def test_each_parameter_is_asked_again_with_all_its_values(visit, name):
    several = SOUND[name] if repeatable(FIELDS[name]) else SOUND[name][:1]
    page = visit(f"/recherche?{urlencode([('text', 'm'), *((name, value) for value in several)][name == 'text' :])}")
    again = visit(f"/recherche?{urlencode(page.page.sent)}")
    assert asked(again) == asked(page)
    assert name in dict(asked(page)) or name == "kind"


def test_a_moment_is_clicked_without_losing_a_place(visit):
    page = visit("/recherche?departement=69&departement=38&profession=10").page
    evening = visit(f"/recherche?{urlencode([*page.sent, ('when', 'evening')])}")
    assert evening.page.chips == ["Rhône (69)", "Isère (38)", "Médecin", "Ce soir · 18-24 h"]


def test_a_box_says_its_places_by_their_names(visit):
    page = visit("/recherche?cpts=690000200&cpts=690000100&commune=97411&departement=2A").page
    shown = {name: page.one("input", id=f"f-{name}").attributes["value"] for name in ("cpts", "commune", "departement")}
    assert shown == {
        "cpts": "CPTS Est lyonnais; CPTS Villeurbanne",
        "commune": "Saint-Denis (974)",
        "departement": "Corse-du-Sud (2A)",
    }


def test_what_the_viewer_may_not_ask_is_not_lost_either(visit):
    refused = visit("/recherche?text=m&participation=cpts", Viewer.PUBLIC)
    assert ("participation", "cpts") in refused.page.sent


def test_a_form_asks_from_the_first_page(visit):
    first = visit("/recherche?specialty=SM54&address=Villeurbanne&modality=domicile")
    second = visit(first.page.href("Résultats approchants suivants"))
    assert asked(visit(f"/recherche?{urlencode(second.page.sent)}")) == asked(first)


def test_the_browser_never_refuses_to_send_the_form(visit):
    """A box that it would refuse may be folded: nothing would happen."""
    assert "novalidate" in visit("/").page.one("form").attributes


def test_two_kinds_are_every_kind(visit):
    assert asked(visit("/recherche?text=m&kind=professional&kind=structure")) == [("text", "m")]


def test_the_chip_of_a_circle_leads_to_the_radius_before_and_to_the_one_after(visit):
    page = visit("/recherche?address=Bron&radius_km=5&profession=70").page
    assert visit(page.href("−Rayon de 2 km")).page.chips[0] == "Bron · 2 km"
    assert visit(page.href("+Rayon de 10 km")).page.chips[0] == "Bron · 10 km"


@pytest.mark.parametrize(
    ("asked", "offered"),
    [("1", ["+Rayon de 2 km"]), ("100", ["−Rayon de 75 km"]), ("7.5", ["−Rayon de 5 km", "+Rayon de 10 km"])],
)
def test_a_radius_has_no_neighbour_beyond_those_that_can_be_asked(visit, asked, offered):
    page = visit(f"/recherche?address=Bron&radius_km={asked}").page
    assert [each.text for each in page.all("a") if "Rayon de" in each.text] == offered


@pytest.mark.parametrize("place", ["cpts=690000200", "postal_code=69100&postal_code=69003", "commune=69266"])
def test_a_search_of_a_territory_is_extended_to_its_departement_in_one_click(visit, place):
    page = visit(f"/recherche?{place}&profession=70").page
    wider = visit(page.href("Élargir : tout le département Rhône (69)"))
    assert wider.path == "/recherche?profession=70&departement=69"


@pytest.mark.parametrize("place", ["departement=69", "address=Bron", "text=Martel"])
def test_what_is_no_smaller_territory_is_not_extended(visit, place):
    assert "Élargir" not in visit(f"/recherche?{place}").page.text


def test_the_hours_of_several_places_stay_those_of_the_first_of_the_link(visit):
    path = "/recherche?commune=97411&cpts=690000200&from=2026-11-24T11:00:00%2B04:00"
    first = visit(path)
    assert visit(f"/recherche?{urlencode(first.page.sent)}").path == first.path


def test_a_search_of_structures_leads_to_them_without_the_people_who_work_there(visit):
    page = visit("/recherche?structure_type=620&address=Villeurbanne").page
    only = visit(page.href("Sans les personnes qui y exercent"))
    assert only.page.chips == ["Villeurbanne", "Pharmacie d’officine", "Structures seulement"]
    assert "Sans les personnes" not in only.page.text
    assert "Sans les personnes" not in visit("/recherche?specialty=SM54&address=Villeurbanne").page.text


@pytest.mark.parametrize("path", ["/recherche?structure_type=620", "/widget?structure_type=620"])
def test_a_search_of_pharmacies_says_that_nobody_here_knows_which_is_on_duty(visit, path):
    assert "leurs tours ne sont pas connus ici" in visit(path).page.text
    assert "leurs tours" not in visit(path.replace("620", "603")).page.text
