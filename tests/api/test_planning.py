"""From parameters to plans: places, areas, windows, and what a viewer may ask."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep

import pytest
from geopy.geocoders import BANFrance

from models.codes import Viewer
from models.gazetteer import gazetteer
from models.geo import Point, distance_m, mean_point
from relevance.plan import HORIZON_S, Circle, Membership, Window
from search_api.geocoding import Geocoder, Geopy
from search_api.parameters import Context, pairs, read
from search_api.planning import Planned, widened
from search_api.problems import Forbidden, Refused
from tests.api.serving import engine_with, planner
from tests.relevance.factory import AT, HERE, HOUR, north, offer


def planned(query: str, viewer: Viewer = Viewer.REGULATION, geocoder: Geocoder | None = None) -> Planned:
    """The plan of a query string at the tests' clock."""
    places = planner(geocoder)
    return places.plan(read(pairs(query.encode()), Context(AT, places)), AT, viewer)


def label(query: str) -> str:
    """How the place of a query string is said."""
    where = planned(query).where
    assert where is not None
    return where.label


def circle_km(query: str) -> float:
    """The radius of the circle that a query string asks."""
    area = planned(query).plan.area
    assert isinstance(area, Circle)
    return area.radius_m / 1000


def membership(query: str) -> Membership:
    """The codes that a query string asks."""
    area = planned(query).plan.area
    assert isinstance(area, Membership)
    return area


# Points and radii


@pytest.mark.parametrize("place", ["address=Villeurbanne", "near=45.7663,4.8797"])
def test_without_a_radius_the_departement_has_its_own(place: str):
    rhone, lozere = gazetteer().departement("69"), gazetteer().departement("48")
    assert rhone
    assert lozere
    assert circle_km(place) == rhone.radius_km
    assert circle_km("address=Mende") == lozere.radius_km != rhone.radius_km


def test_guyane_is_wide_and_an_unknown_radius_is_twenty():
    assert circle_km("address=Cayenne") == 50
    assert circle_km("address=Mamoudzou") == 20


def test_a_given_radius_is_kept():
    assert circle_km("address=Villeurbanne&radius_km=7.5") == 7.5


def test_a_point_is_said_by_its_commune():
    assert label("near=45.7663,4.8797") == "Villeurbanne (69)"
    assert label("near=45.7663,4.8797&radius_km=5") == "Villeurbanne (69)"


def test_a_point_in_the_sea_is_said_to_be_far_from_the_nearest_commune():
    assert label("near=46.0,-4.0&radius_km=50").startswith("à 1")
    assert label("near=0,0").endswith(")")


@pytest.mark.parametrize(("point", "doubted"), [("4.8,45.7", True), ("46.0,-4.0", True), ("45.7,4.8", False)])
def test_a_point_far_from_every_commune_is_doubted(point: str, doubted: bool):  # noqa: FBT001 - what is expected
    for also in ("", "&departement=69"):
        where = planned(f"near={point}{also}").where
        assert where is not None
        assert ("vérifiez l’ordre latitude, longitude" in (where.note or "")) == doubted


def test_an_ambiguous_place_names_the_others_and_how_to_choose_them():
    where = planned("address=Saint-Denis").where
    assert where is not None
    assert where.label == "Saint-Denis (974)"
    assert where.zone == "Indian/Reunion"
    assert [(other.label, other.insee) for other in where.others][:1] == [("Saint-Denis (93)", "93066")]
    chosen = where.others[0]
    assert label(f"{chosen.parameter}={chosen.value}") == chosen.label


def test_a_name_of_a_commune_and_of_a_departement_offers_the_departement_too():
    where = planned("address=Loire").where
    assert where is not None
    assert (where.label, where.others[0].label, where.others[0].insee) == ("Loiré (49)", "département Loire (42)", None)
    chosen = where.others[0]
    assert label(f"{chosen.parameter}={chosen.value}") == "Loire (42)"


def test_paris_is_its_own_departement():
    where = planned("address=Paris").where
    assert where is not None
    assert [other for other in where.others if other.parameter == "departement"] == []


def test_an_unknown_place_is_refused_on_its_field_with_suggestions():
    with pytest.raises(Refused) as refusal:
        planned("address=Villeurbane")
    (fault,) = refusal.value.faults
    assert fault.field == "address"
    assert fault.rule.startswith("lieu introuvable ; peut-être ")
    assert "Villeurbanne (69)" in fault.suggestions


@pytest.mark.parametrize(("name", "code"), [("Ain", "01"), ("rhone", "69"), ("Val de Marne", "94")])
def test_a_departement_is_no_address_and_the_refusal_says_how_to_ask_it(name: str, code: str):
    with pytest.raises(Refused) as refusal:
        planned(f"address={name}")
    (fault,) = refusal.value.faults
    assert fault.rule.startswith(f"lieu introuvable ; pour le département entier : departement={code} ; peut-être ")
    assert planned(f"departement={code}").plan.area is not None


# Addresses


@contextmanager
def geocoder_answering(status: int, body: object, seconds: float = 0) -> Iterator[Geocoder]:
    """A geocoder with the BAN's interface on this machine, that always answers this."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sleep(seconds)
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield Geopy(BANFrance(domain=f"127.0.0.1:{server.server_port}", scheme="http"), timeout=0.3 if seconds else 10)
        server.shutdown()


FOUND = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [4.8901, 45.7712]},
            "properties": {"label": "12 Rue de la République 69100 Villeurbanne"},
        }
    ],
}
ADDRESS = "address=12+rue+de+la+Republique+69100+Villeurbanne"


def test_an_address_is_asked_to_the_geocoder():
    with geocoder_answering(200, FOUND) as geocoder:
        asked = planned(ADDRESS, geocoder=geocoder)
    assert asked.plan.origin == Point(45.7712, 4.8901)
    assert asked.where is not None
    assert (asked.where.label, asked.where.note) == ("12 Rue de la République 69100 Villeurbanne", None)


def test_a_commune_is_not_asked_to_the_geocoder():
    with geocoder_answering(500, {}) as geocoder:
        assert planned("address=Villeurbanne", geocoder=geocoder).where == planned("address=Villeurbanne").where


@pytest.mark.parametrize(
    ("status", "body", "seconds", "note"),
    [
        (503, {}, 0, "le service d’adresses ne répond pas : le point est celui de Villeurbanne (69)"),
        (200, FOUND, 1, "le service d’adresses ne répond pas : le point est celui de Villeurbanne (69)"),
        (200, {"features": []}, 0, "adresse introuvable : le point est celui de Villeurbanne (69)"),
    ],
)
def test_a_geocoder_that_fails_leaves_the_commune_and_says_so(status: int, body: object, seconds: float, note: str):
    with geocoder_answering(status, body, seconds) as geocoder:
        where = planned(ADDRESS, geocoder=geocoder).where
    assert where is not None
    assert (where.label, where.note) == ("Villeurbanne (69)", note)


def test_without_a_geocoder_the_street_was_not_looked_for():
    where = planned(ADDRESS).where
    assert where is not None
    assert where.note == "la rue n’a pas été cherchée : le point est celui de Villeurbanne (69)"


# Codes


def test_a_cpts_is_its_postal_codes():
    area = membership("cpts=lilas&postal_code=38200")
    assert area.postal_codes == {"69100", "69003", "38200"}
    assert area.communes == frozenset()


def test_a_commune_contains_its_arrondissements():
    assert membership("commune=69123").communes == {"69123", *(f"6938{number}" for number in range(1, 10))}
    assert membership("commune=69383").communes == {"69383"}


def test_the_origin_of_codes_is_the_mean_of_their_points_and_r_reaches_the_farthest():
    asked = planned("postal_code=69100&postal_code=38200").plan
    communes = [*gazetteer().with_postal_code("69100"), *gazetteer().with_postal_code("38200")]
    points = [commune.point for commune in communes if commune.point]
    assert asked.origin == pytest.approx(mean_point(points))
    assert isinstance(asked.area, Membership)
    assert asked.area.radius_m == pytest.approx(max(distance_m(mean_point(points), point) for point in points))


def test_r_is_at_least_five_kilometres():
    assert membership("postal_code=69100").radius_m == 5_000


def test_a_point_beside_codes_is_only_the_origin():
    asked = planned("departement=69&near=45.7663,4.8797").plan
    assert asked.origin == Point(45.7663, 4.8797)
    assert isinstance(asked.area, Membership)
    assert asked.area.departements == {"69"}
    assert planned("departement=69&address=Villeurbanne").plan.origin == Point(45.7663, 4.87966)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("departement=69", "Rhône (69)"),
        ("commune=69266", "Villeurbanne (69)"),
        ("cpts=lilas", "CPTS des Lilas"),
        ("postal_code=69100", "69100"),
        ("postal_code=69100&postal_code=38200", "69100 et 38200"),
        (
            "postal_code=69100&postal_code=38200&postal_code=69001&postal_code=69002&postal_code=69003",
            "69100, 38200, 69001 et 2 autres",
        ),
    ],
)
def test_codes_are_said_by_their_names(query: str, expected: str):
    assert label(query) == expected


# The rest of the plan


def test_specialties_are_asked_by_the_head_of_their_group():
    assert planned("specialty=SM53&specialty=SM26&specialty=SM04").plan.specialties == {"SM54", "SM04"}


@pytest.mark.parametrize(
    ("query", "window"),
    [
        ("text=a", None),
        ("within_hours=6", Window(AT, AT + 6 * HOUR)),
        ("within_hours=72", Window(AT, AT + HORIZON_S)),
        ("from=2026-11-18T14:07:00Z", Window(AT + 3 * HOUR, AT + HORIZON_S)),
        ("from=2026-11-18T14:07:00Z&within_hours=2", Window(AT + 3 * HOUR, AT + 5 * HOUR)),
        ("from=2026-11-21T09:07:00Z&within_hours=24", Window(AT + 70 * HOUR, AT + HORIZON_S)),
    ],
)
def test_the_window_is_cut_at_the_clock_and_72_hours(query: str, window: Window | None):
    assert planned(query).plan.window == window


def test_both_kinds_are_no_filter():
    assert planned("text=a&kind=professional").plan.kind == "professional"
    assert planned("text=a&kind=professional&kind=structure").plan.kind is None


@pytest.mark.parametrize("criterion", ["participation", "overbooking", "reorientation"])
@pytest.mark.parametrize("viewer", [Viewer.PUBLIC, Viewer.PROFESSIONAL])
def test_what_is_reserved_to_the_regulation_is_forbidden_to_others(criterion: str, viewer: Viewer):
    with pytest.raises(Forbidden) as refusal:
        planned(f"{criterion}=true", viewer)
    assert [fault.field for fault in refusal.value.faults] == [criterion]
    assert planned(f"{criterion}=true").plan.viewer is Viewer.REGULATION


# Widening


def around(*kilometres: float) -> list[float]:
    """The radius kept for a request near offers at these distances, in kilometres, from 20 km."""
    engine = engine_with(offer(f"A{number} B", at=north(km * 1000)) for number, km in enumerate(kilometres))
    query = f"near={HERE.lat},{HERE.lon}&profession=10"
    asked = read(pairs(query.encode()), Context(AT, planner()))
    plan = widened(planner().plan(asked, AT, Viewer.REGULATION).plan, asked, engine)
    assert isinstance(plan.area, Circle)
    return [plan.area.radius_m / 1000, (plan.widened_from_m or 0) / 1000]


def test_the_radius_grows_until_five_are_found():
    usual = circle_km(f"near={HERE.lat},{HERE.lon}")
    near, further, far = usual / 2, usual * 1.5, usual * 3
    assert around(near, near, near, near, near) == [usual, 0]
    assert around(near, near, near, near, further) == [2 * usual, usual]
    assert around(near, near, near, near, far) == [4 * usual, usual]
    assert around(near) == [4 * usual, usual]


@pytest.mark.parametrize("also", ["&radius_km=5", "&text=martel"])
def test_a_given_radius_or_a_name_never_grows(also: str):
    query = f"near={HERE.lat},{HERE.lon}&profession=10{also}"
    asked = read(pairs(query.encode()), Context(AT, planner()))
    plan = planner().plan(asked, AT, Viewer.REGULATION).plan
    assert widened(plan, asked, engine_with()) == plan
