"""The answer of a search: its shape, what each viewer sees, how long it may be kept, and when it cannot be had."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
import pytest
from fastapi.testclient import TestClient

from indexer.protocol import Searcher
from ingestion.fhir import booking_url
from models.codes import Viewer
from models.gazetteer import gazetteer
from models.geo import Point
from models.offer import Availability, Offer, Participation, StructureRef
from relevance import oracle
from relevance.plan import Circle, Plan, Window
from search_api.answers import SourceJson
from search_api.app import create_app
from search_api.csv_rows import HEADERS, harmless
from search_api.planning import Planner
from tests.api.serving import PLACES, TERRITORIES, Clock, client, engine_with, services
from tests.contract.corpus import corpus
from tests.contract.engines import fill
from tests.memory_engine import MemoryEngine
from tests.relevance.factory import AT, HERE, HOUR, creneau, north, offer, plage

QUERY = f"/api/v1/search?near={HERE.lat},{HERE.lon}&radius_km=5&profession=10&within_hours=6&modality=domicile"


def evening() -> list[Offer]:
    """One who comes tonight, one further away, one tomorrow, one of another profession."""
    return [
        offer("Claire MARTEL", north(1_204), slots=[creneau(2, "domicile")], care=[], phones=("+33400000000",)),
        offer("Ana DURAND", north(7_400), slots=[creneau(3, "domicile")]),
        offer("Luc PETIT", north(900), slots=[creneau(20, "domicile")]),
        offer("Zoé ROUX", north(500), profession="60", slots=[creneau(1, "domicile")]),
    ]


def names(part: dict[str, object]) -> list[str]:
    """The family names of a part, in its order."""
    offers = part["offers"]
    assert isinstance(offers, list)
    return [each["person"]["family_name"] for each in offers]


# The shape


OFFER_NAMES = """
id kind person professions specialties structure place phones skills care equipment languages sector accessible
new_patients participation slot_state silent_sources answered_sources availabilities first distance_m criteria given_up
signals score
"""


def test_the_answer_has_the_published_names():
    answer = client(evening()).get(QUERY).json()
    assert set(answer) >= {"at", "generation", "lag_seconds", "sources", "area", "exact", "approximate"}
    assert set(answer["area"]) >= {"label", "origin", "radius_km", "widened", "others"}
    assert set(answer["exact"]) >= {"total", "next", "offers"}
    assert set(answer["approximate"]) >= {"total", "next", "rungs", "offers"}
    assert set(answer["approximate"]["rungs"][0]) >= {"given_up", "loss", "count", "label"}
    assert set(answer["exact"]["offers"][0]) >= set(OFFER_NAMES.split())


def test_the_answer_says_when_it_was_true_and_from_what():
    answer = client(evening()).get(QUERY).json()
    assert answer["at"] == "2026-11-18T12:07:00+01:00"
    assert answer["generation"] == "offers-20261123-000000"
    assert answer["lag_seconds"] == 1
    assert answer["sources"] == [{"name": "RPPS", "date": None, "attribution": "Agence du Numérique en Santé"}]


def test_exact_matches_come_first_then_rungs_by_what_they_cost():
    answer = client(evening()).get(QUERY).json()
    assert names(answer["exact"]) == ["MARTEL"]
    assert names(answer["approximate"]) == ["PETIT", "DURAND", "ROUX"]
    assert [each["given_up"] for each in answer["approximate"]["offers"]] == [["when"], ["area:2R"], ["profession"]]
    assert [(rung["label"], rung["count"]) for rung in answer["approximate"]["rungs"]] == [
        ("la même demande, après aujourd’hui à 18 h 07", {"value": 1, "relation": "eq"}),
        ("la même demande, entre 5 et 10 km", {"value": 1, "relation": "eq"}),
        ("la même demande, une autre profession que « Médecin » (ou non renseignée)", {"value": 1, "relation": "eq"}),
    ]


def test_an_offer_says_why_it_is_there():
    found = client(evening()).get(QUERY).json()["exact"]["offers"][0]
    assert found["distance_m"] == pytest.approx(1204, abs=0.1)
    assert found["criteria"] == [
        {"name": "profession", "state": "met", "label": "10"},
        {"name": "area", "state": "met", "label": "À 1,2 km (5 km demandés)"},
        {"name": "modality", "state": "met", "label": "À domicile"},
        {"name": "when", "state": "met", "label": "Disponible aujourd’hui à 14 h 07"},
    ]
    assert found["first"] == [{"modality": "domicile", "band": "0-4", "start": "2026-11-18T14:07:00+01:00"}]
    assert found["score"] == pytest.approx(sum(each["value"] * each["weight"] for each in found["signals"]))
    assert all(0 <= each["value"] <= 1 and each["reason"] for each in found["signals"])


def test_what_nobody_declared_is_null_and_declared_none_is_empty():
    found = client(evening()).get(QUERY).json()["exact"]["offers"][0]
    assert found["care"] == []
    assert (found["skills"], found["accessible"], found["sector"]) == (None, None, None)


def test_without_a_number_the_phones_are_null_in_a_search_and_alone():
    silent = offer()
    asking = client([silent])
    found = asking.get(QUERY.replace("&within_hours=6&modality=domicile", "")).json()["exact"]["offers"][0]
    assert (found["phones"], asking.get(f"/api/v1/offers/{silent.id}").json()["phones"]) == (None, None)


def test_a_plage_that_has_begun_is_in_the_first_band():
    found = client([offer(slots=[plage(-2, 2)])]).get(QUERY.replace("domicile", "cabinet")).json()["exact"]["offers"][0]
    assert found["first"] == [{"modality": "cabinet", "band": "0-4", "start": "2026-11-18T10:07:00+01:00"}]


def test_instants_are_in_the_zone_of_the_place():
    here = offer(slots=[creneau(2)])
    there = msgspec.structs.replace(here, place=msgspec.structs.replace(here.place, time_zone="Indian/Reunion"))
    found = client([there]).get(QUERY.replace("domicile", "cabinet")).json()["exact"]["offers"][0]
    assert found["availabilities"][0]["start"] == "2026-11-18T17:07:00+04:00"
    assert found["criteria"][-1]["label"] == "Disponible aujourd’hui à 17 h 07"


def test_an_answer_is_the_oracles():
    offers = corpus(3)
    answer = client(offers).get(QUERY).json()
    area = Circle(5_000)
    plan = Plan(
        AT, Viewer.REGULATION, professions=frozenset({"10"}), origin=HERE, area=area,
        window=Window(AT, AT + 6 * HOUR), modalities=("domicile",),
    )  # fmt: skip
    found = oracle.search(offers, plan)
    assert [each["id"] for each in answer["exact"]["offers"]] == [hit.offer.id for hit in found.exact.hits]
    assert [each["id"] for each in answer["approximate"]["offers"]] == [hit.offer.id for hit in found.approximate.hits]
    assert [tuple(rung["given_up"]) for rung in answer["approximate"]["rungs"]] == [each.rung for each in found.rungs]


def test_limits_bound_each_part_and_zero_leaves_the_total():
    answer = client(corpus(3)).get(f"{QUERY}&exact_limit=0&approximate_limit=3").json()
    assert answer["exact"]["offers"] == []
    assert answer["exact"]["total"]["value"] > 0
    assert len(answer["approximate"]["offers"]) == 3


def test_a_widened_area_is_said_by_the_answer_and_by_the_cards():
    far = [offer(f"A{number} B", north(7_500)) for number in range(5)]
    answer = client(far).get(f"/api/v1/search?near={HERE.lat},{HERE.lon}&profession=10").json()
    area = answer["area"]
    assert (area["widened"], area["radius_km"]) == (True, 2 * area["widened_from_km"])
    assert "zone élargie" in answer["exact"]["offers"][0]["criteria"][1]["label"]


def test_a_point_in_the_sea_is_answered_with_what_is_far_from_it():
    port = offer("Ana PORT", Point(48.39, -4.49))
    answer = client([port]).get("/api/v1/search?near=46.0,-30.0&profession=10").json()
    assert answer["area"]["label"].startswith("à ")
    assert (answer["exact"]["offers"], names(answer["approximate"])) == ([], ["PORT"])
    assert answer["approximate"]["offers"][0]["given_up"] == ["area:beyond"]


def test_a_table_of_an_ambiguous_place_names_the_others():
    area = client().get("/api/v1/search?address=Saint-Denis").json()["area"]
    assert area["label"] == "Saint-Denis (974)"
    assert area["others"][0] == {
        "label": "Saint-Denis (93)", "insee": "93066", "parameter": "address", "value": "Saint-Denis (93)",
    }  # fmt: skip


# Who sees what


def reserved() -> Offer:
    """An offer with everything that the public must not see."""
    return offer(
        "Claire MARTEL",
        slots=[
            creneau(1, "domicile", "regulation"),
            creneau(2, "domicile", "cpts"),
            creneau(3, "domicile", "professional"),
            creneau(4, "domicile", "public"),
        ],
        participation=Participation(active=True, via="cpts", overbooking=True),
        information="Sonner deux fois",
        written_on="2026-11-20",
    )


VISIBLE = {
    Viewer.PUBLIC: ["public"],
    Viewer.PROFESSIONAL: ["professional", "public"],
    Viewer.REGULATION: ["regulation", "cpts", "professional", "public"],
}


@pytest.mark.parametrize("path", [QUERY, "/api/v1/offers/{id}"])
@pytest.mark.parametrize("viewer", Viewer)
def test_a_viewer_sees_its_availabilities_and_no_other(viewer: Viewer, path: str):
    body = client([reserved()], viewer=viewer).get(path.format(id=reserved().id)).json()
    found = body["exact"]["offers"][0] if "exact" in body else body
    assert [each["audience"] for each in found["availabilities"]] == VISIBLE[viewer]
    first = found["availabilities"][0]["start"]
    assert [each["start"] for each in found["first"]] == [first]


@pytest.mark.parametrize("viewer", [Viewer.PUBLIC, Viewer.PROFESSIONAL])
def test_what_is_reserved_to_the_regulation_is_nowhere_in_the_answer(viewer: Viewer):
    answer = client([reserved()], viewer=viewer).get(QUERY)
    found = answer.json()["exact"]["offers"][0]
    assert (found["participation"], found["information"], found["written_on"]) == (None, None, None)
    assert "participation" not in [each["name"] for each in (*found["signals"], *found["criteria"])]
    assert "Sonner" not in answer.text
    assert "SAS" not in answer.text


def test_the_regulation_sees_participation_and_information():
    found = client([reserved()]).get(QUERY).json()["exact"]["offers"][0]
    assert found["information"] == "Sonner deux fois"
    assert found["written_on"] == "2026-11-20"
    told = {"active": True, "via": "cpts", "overbooking": True, "reorientation": False}
    assert found["participation"] == told | {"settled_on": None}


@pytest.mark.parametrize(
    ("link", "for_regulators"),
    [
        ("https://rdv.example/martel", "https://rdv.example/martel?origin=sas-preprod"),
        ("https://rdv.example?a=1&b=", "https://rdv.example?a=1&b=&origin=sas-preprod"),
        ("https://rdv.example/?a=b%20c;d&e#f?g=1", "https://rdv.example/?a=b%20c;d&e&origin=sas-preprod#f?g=1"),
        ("https://rdv.example/#/jour", "https://rdv.example/?origin=sas-preprod#/jour"),
        (booking_url("https://rdv.example/?origin=sas&a=1"), "https://rdv.example/?a=1&origin=sas-preprod"),
        (None, None),
    ],
)
@pytest.mark.parametrize("path", [QUERY, "/api/v1/offers/{id}"])
def test_a_booking_link_tells_the_editor_of_a_regulator_and_of_nobody_else(path: str, link: str, for_regulators: str):
    claire = offer(slots=[msgspec.structs.replace(creneau(1, "domicile"), booking_url=link)])
    for viewer in Viewer:
        asking = client([claire], viewer=viewer, regulation_origin="sas-preprod")
        body = asking.get(path.format(id=claire.id)).json()
        (slot,) = (body["exact"]["offers"][0] if "exact" in body else body)["availabilities"]
        assert slot["booking_url"] == (for_regulators if viewer is Viewer.REGULATION else link)


def test_a_map_has_the_same_booking_links_and_a_spreadsheet_none():
    claire = offer(slots=[msgspec.structs.replace(creneau(1, "domicile"), booking_url="https://rdv.example/?a=1")])
    (feature,) = client([claire]).get(QUERY, headers={"Accept": "application/geo+json"}).json()["features"]
    assert feature["properties"]["availabilities"][0]["booking_url"] == "https://rdv.example/?a=1&origin=sas"
    assert "rdv.example" not in client([claire]).get(QUERY.replace("search", "search.csv")).text


@pytest.mark.parametrize("criterion", ["participation=true", "overbooking=true", "reorientation=true"])
def test_a_reserved_criterion_is_refused_to_the_public(criterion: str):
    answer = client(viewer=Viewer.PUBLIC).get(f"{QUERY}&{criterion}")
    assert answer.status_code == 403
    assert answer.json()["errors"] == [
        {"field": criterion.partition("=")[0], "value": "true", "rule": "réservé à la régulation du SAS"}
    ]
    assert answer.json()["detail"] == f"Ce critère est réservé : {criterion.partition('=')[0]}."


def test_every_reserved_criterion_is_said_with_its_values():
    answer = client(viewer=Viewer.PUBLIC).get(f"{QUERY}&participation=true&participation=cpts&overbooking=true").json()
    assert [(each["field"], each["value"]) for each in answer["errors"]] == [
        ("participation", "true, cpts"), ("overbooking", "true"),
    ]  # fmt: skip
    assert answer["detail"] == "Ces critères sont réservés : participation, overbooking."


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("address=Trifouillis&postal_code=6910", ["postal_code", "address"]),
        ("address=Trifouillis&radius_km=0&kind=x", ["radius_km", "kind", "address"]),
        ("address=Lyon&postal_code=6910", ["postal_code"]),
        ("address=&postal_code=6910", ["address", "postal_code"]),
        ("address=Trifouillis&address=Lyon&postal_code=6910", ["address", "postal_code"]),
    ],
)
@pytest.mark.parametrize("path", ["search", "facets"])
def test_a_place_that_is_nowhere_is_said_with_the_other_faults(path: str, query: str, fields: list[str]):
    answer = client().get(f"/api/v1/{path}?{query}")
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == fields


def test_a_caller_cannot_say_who_it_is():
    refused = client(viewer=Viewer.PUBLIC).get(f"{QUERY}&viewer=regulation", headers={"X-Viewer": "regulation"})
    assert refused.status_code == 422


def test_a_doctor_known_by_reserved_slots_only_is_not_exact_for_the_public():
    hidden = offer(slots=[creneau(1, "domicile", "regulation")])
    assert client([hidden], viewer=Viewer.PUBLIC).get(QUERY).json()["exact"]["total"]["value"] == 0


# Keeping an answer


def test_the_public_may_keep_an_answer_for_seconds_and_the_regulation_never():
    assert client(viewer=Viewer.PUBLIC).get(QUERY).headers["cache-control"] == "private, max-age=10"
    assert client(viewer=Viewer.PROFESSIONAL).get(QUERY).headers["cache-control"] == "no-store"
    assert client().get(QUERY).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("viewer", Viewer)
@pytest.mark.parametrize(
    "path", [QUERY, QUERY.replace("/search?", "/search.csv?"), "/api/v1/facets?profession=10",
             "/api/v1/suggest?text=martel", "/api/v1/territories", "/api/v1/search"],
)  # fmt: skip
def test_no_cache_on_the_way_keeps_an_answer(viewer: Viewer, path: str):
    kept = client(evening(), viewer=viewer).get(path).headers["cache-control"]
    assert kept.startswith("private, max-age=") or kept == "no-store"


def test_the_territories_are_fresh_for_as_long_as_the_service_keeps_them():
    kept = client(viewer=Viewer.PUBLIC).get("/api/v1/territories").headers["cache-control"]
    assert kept == "private, max-age=30"


def test_the_same_answer_again_is_not_sent_again():
    asking = client(evening(), viewer=Viewer.PUBLIC)
    tag = asking.get(QUERY).headers["etag"]
    again = asking.get(QUERY, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert asking.get(f"{QUERY}&care=suture", headers={"If-None-Match": tag}).status_code == 200


WITH_A_TAG = {
    QUERY: "private, max-age=10",
    f"/api/v1/offers/{offer().id}": "private, max-age=10",
    "/api/v1/facets?profession=10": "private, max-age=10",
    "/api/v1/territories": "private, max-age=30",
    "/api/v1/relevance": "private, max-age=3600",
    "/api/v1/openapi.json": "private, max-age=3600",
}


@pytest.mark.parametrize("path", WITH_A_TAG)
def test_a_tag_is_compared_weakly_and_a_star_is_any(path: str):
    asking = client([offer()], viewer=Viewer.PUBLIC)
    first = asking.get(path)
    known = first.headers["etag"]
    assert (first.status_code, first.headers["cache-control"]) == (200, WITH_A_TAG[path])
    for given in (known, known.removeprefix("W/"), f'"other", {known}', "*"):
        again = asking.get(path, headers={"If-None-Match": given})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", known)
        assert again.headers["cache-control"] == WITH_A_TAG[path]
    assert asking.get(path, headers={"If-None-Match": 'W/"other"'}).status_code == 200


@pytest.mark.parametrize("path", [f"/api/v1/offers/{offer().id}", "/api/v1/facets?profession=10"])
def test_the_tag_of_an_offer_and_of_facets_changes_with_the_minute_the_index_and_the_viewer(path: str):
    engine, clock = engine_with([offer()]), Clock()
    asking = TestClient(create_app(services(engine, clock=clock)))
    tags = [asking.get(path).headers["etag"]]
    engine.apply([], 2, engine.status().generation)
    tags.append(asking.get(path).headers["etag"])
    clock.at += 60
    tags.append(asking.get(path).headers["etag"])
    tags.append(TestClient(create_app(services(engine, clock=clock, viewer=Viewer.PUBLIC))).get(path).headers["etag"])
    assert len(set(tags)) == 4


def test_an_offer_that_is_gone_is_not_found_whatever_the_caller_has():
    assert client().get(f"/api/v1/offers/{offer().id}", headers={"If-None-Match": "*"}).status_code == 404


def test_the_tag_of_the_territories_changes_with_them():
    known = dict(TERRITORIES)
    planner = Planner(gazetteer(), PLACES, lambda: known)
    asking = TestClient(create_app(services(engine_with(), planner=planner)))
    before = asking.get("/api/v1/territories").headers["etag"]
    known["lilas"] = msgspec.structs.replace(known["lilas"], name="CPTS renommée")
    assert asking.get("/api/v1/territories").headers["etag"] != before


def test_the_tag_changes_with_the_minute_the_index_the_viewer_and_the_form():
    engine, clock = engine_with(evening()), Clock()
    asking = TestClient(create_app(services(engine, clock=clock)))
    tags = [asking.get(QUERY).headers["etag"]]
    tags.append(asking.get(QUERY, headers={"Accept": "application/geo+json"}).headers["etag"])
    engine.apply([], 2, engine.status().generation)
    tags.append(asking.get(QUERY).headers["etag"])
    clock.at += 60
    tags.append(asking.get(QUERY).headers["etag"])
    tags.append(TestClient(create_app(services(engine, clock=clock, viewer=Viewer.PUBLIC))).get(QUERY).headers["etag"])
    assert len(set(tags)) == 5


def test_the_tag_changes_with_the_load_of_a_source():
    engine, sources = engine_with(evening()), [SourceJson("RPPS", date(2026, 11, 17), "ANS")]
    asking = TestClient(create_app(services(engine, sources=lambda: tuple(sources))))
    before = asking.get(QUERY).headers["etag"]
    sources[0] = msgspec.structs.replace(sources[0], date=date(2026, 11, 18))
    assert asking.get(QUERY).headers["etag"] != before


@pytest.mark.parametrize("changes", [{"postal_codes": ("69100",)}, {"name": "CPTS renommée"}])
def test_the_tag_changes_with_what_a_territory_stands_for(changes: dict[str, Any]):
    known = dict(TERRITORIES)
    planner = Planner(gazetteer(), PLACES, lambda: known)
    asking = TestClient(create_app(services(engine_with(evening()), planner=planner)))
    path = "/api/v1/search?cpts=lilas"
    before = asking.get(path).headers["etag"]
    known["vienne"] = msgspec.structs.replace(known["vienne"], **changes)
    assert asking.get(path).headers["etag"] == before
    known["lilas"] = msgspec.structs.replace(known["lilas"], **changes)
    assert asking.get(path).headers["etag"] != before


def test_within_the_minute_the_answer_is_the_same():
    engine = engine_with(evening())
    early, late = (TestClient(create_app(services(engine, clock=Clock(AT + second)))) for second in (1, 59))
    assert early.get(QUERY).content == late.get(QUERY).content


# Other forms


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("application/geo+json", "application/geo+json"),
        ("Application/GEO+JSON", "application/geo+json"),
        ("application/geo+json, */*", "application/geo+json"),
        ("application/json, application/geo+json", "application/geo+json"),
        ("application/json;q=0.5, application/geo+json; q=0.8", "application/geo+json"),
        ("application/geo+json;q=0, application/json", "application/json"),
        ("application/json, application/geo+json;q=0.1", "application/json"),
        ("application/geo+json;q=0.9, application/*", "application/json"),
        ("application/geo+json;q=high, */*", "application/json"),
        ("text/html, */*;q=0.8", "application/json"),
        ("*/*", "application/json"),
        ("", "application/json"),
    ],
)
def test_the_form_is_the_one_that_the_caller_prefers(accept: str, form: str):
    assert client().get(QUERY, headers={"Accept": accept}).headers["content-type"] == form


def test_geojson_has_a_feature_for_each_offer_longitude_first():
    answer = client([*evening(), offer("Sans POINT", None)]).get(QUERY, headers={"Accept": "application/geo+json"})
    assert answer.headers["content-type"] == "application/geo+json"
    body = answer.json()
    first, *others = body["features"]
    assert (body["type"], first["type"], first["geometry"]["type"]) == ("FeatureCollection", "Feature", "Point")
    assert first["geometry"]["coordinates"] == [HERE.lon, pytest.approx(north(1_204).lat)]
    assert (first["id"], first["properties"]["part"]) == (first["properties"]["id"], "exact")
    assert [each["geometry"] for each in others if each["properties"]["person"]["family_name"] == "POINT"] == [None]


def rows(answer: str) -> list[dict[str, str]]:
    """The lines of a spreadsheet by their headers."""
    return list(csv.DictReader(io.StringIO(answer), delimiter=";"))


def test_the_spreadsheet_holds_every_exact_match_in_order():
    asking = client(corpus(3))
    answer = asking.get(QUERY.replace("/search?", "/search.csv?"))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="annuaire-soins-20261118-1207.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbfIdentifiant;Nature;")
    exact = asking.get(QUERY).json()["exact"]["offers"]
    assert [row["Identifiant"] for row in rows(answer.content.decode("utf-8-sig"))] == [each["id"] for each in exact]


def test_the_spreadsheet_is_written_for_french_programs():
    (row,) = rows(client(evening()).get(QUERY.replace("/search?", "/search.csv?")).content.decode("utf-8-sig"))
    assert tuple(row) == HEADERS
    assert (row["Nom"], row["Prénom"], row["Distance (km)"]) == ("MARTEL", "Claire", "1,20")
    assert row["Premier créneau"] == "18/11/2026 14:07 à domicile"
    assert row["Téléphones"] == "04 00 00 00 00"
    assert row["Nouveaux patients"] == ""


@pytest.mark.parametrize(
    ("slots", "first"),
    [
        ([creneau(1, "domicile"), creneau(5, "cabinet"), creneau(6.5, "domicile")], "18/11/2026 18:37 à domicile"),
        ([plage(-1, 8, "domicile")], "18/11/2026 18:07 à domicile"),
        ([msgspec.structs.replace(creneau(7), modalities=("cabinet", "domicile"))], "18/11/2026 19:07 à domicile"),
    ],
)
def test_the_first_slot_of_a_line_is_one_that_answers_the_request(slots: list[Availability], first: str):
    asked = "/api/v1/search.csv?profession=10&modality=domicile&from=2026-11-18T17:07:00Z&within_hours=3"
    (row,) = rows(client([offer(slots=slots)]).get(asked).content.decode("utf-8-sig"))
    assert row["Premier créneau"] == first


@pytest.mark.parametrize("name", ["=1+1", "+33", "-2", "@SUM(A1)", "\t=1", " =1", "\r=1"])
def test_no_cell_is_a_formula(name: str):
    assert harmless(name).startswith("'")
    hostile = offer(structure_name=name, structure=StructureRef(name=name))
    answer = client([hostile]).get("/api/v1/search.csv?profession=10").content.decode("utf-8-sig")
    assert not any(cell[:1] in "=+@-\t\r" for row in rows(answer) for cell in row.values() if cell)


def test_the_spreadsheet_of_the_public_holds_no_reserved_hour():
    answer = client([reserved()], viewer=Viewer.PUBLIC).get(QUERY.replace("/search?", "/search.csv?"))
    assert rows(answer.content.decode("utf-8-sig"))[0]["Premier créneau"] == "18/11/2026 16:07 à domicile"


def test_a_spreadsheet_does_not_go_on_from_a_cursor():
    asking = client(corpus(3))
    cursor = asking.get(f"{QUERY}&exact_limit=10").json()["exact"]["next"]
    answer = asking.get(QUERY.replace("/search?", "/search.csv?") + f"&exact_limit=10&cursor={cursor}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor")


def test_a_spreadsheet_has_no_more_lines_than_it_is_asked():
    asking = client([offer(f"A{number} B", north(number)) for number in range(60)])
    path = f"/api/v1/search.csv?near={HERE.lat},{HERE.lon}&radius_km=5&profession=10"
    lengths = [len(rows(asking.get(path + also).text)) for also in ("", "&exact_limit=55", "&exact_limit=3")]
    assert lengths == [60, 55, 3]
    assert asking.get(f"{path}&exact_limit=3").headers["annuaire-total"] == "60"
    assert asking.get(f"{path}&exact_limit=10001").json()["errors"][0]["rule"] == "10000 au plus"


class Many(MemoryEngine):
    """An engine that counts more exact matches than a file holds."""

    def counts(self, plans: Sequence[Plan], enough: int) -> tuple[int, ...]:
        return tuple(min(23_456, enough) for _ in plans)


def test_a_spreadsheet_says_how_many_exact_matches_there_are_and_whether_it_is_cut():
    path = QUERY.replace("/search?", "/search.csv?")
    answer = client(evening()).get(path)
    assert (answer.headers["annuaire-total"], len(rows(answer.content.decode("utf-8-sig")))) == ("1", 1)
    engine = Many()
    fill(engine, evening())
    assert TestClient(create_app(services(engine))).get(path).headers["annuaire-total"] == "10000+"


class Unread(MemoryEngine):
    """An engine whose exact matches nobody may ask for."""

    def exact(self, plan: Plan, limit: int) -> Iterator[Offer]:
        raise AssertionError(f"{limit} offers were read for {plan.at}")


def test_the_head_of_a_spreadsheet_reads_no_offer():
    engine = Unread()
    fill(engine, evening())
    headed = TestClient(create_app(services(engine))).head(QUERY.replace("/search?", "/search.csv?"))
    assert (headed.status_code, headed.headers["annuaire-total"]) == (200, "1")


# When it cannot be had


@pytest.mark.parametrize(
    "path", [QUERY, QUERY.replace("/search?", "/search.csv?"), "/api/v1/offers/p1-a", "/api/v1/facets?profession=10",
             "/api/v1/suggest?text=martel", "/readyz"],
)  # fmt: skip
def test_an_engine_that_is_stopped_is_said(path: str):
    engine = engine_with(evening())
    engine.down = True
    answer = TestClient(create_app(services(engine)), raise_server_exceptions=False).get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.json()["detail"] == "Le moteur de recherche ne répond pas. Réessayez dans quelques instants."
    assert answer.headers["retry-after"] == "5"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", [QUERY, "/api/v1/offers/p1-a", "/api/v1/facets?profession=10"])
def test_an_engine_without_an_index_is_said(path: str):
    answer = TestClient(create_app(services(MemoryEngine()))).get(path)
    assert answer.status_code == 503
    assert answer.json()["detail"] == "L’index est vide : chargez des données, puis reconstruisez l’index."
    assert answer.headers["retry-after"] == "5"


class StoppingOnceCounted(MemoryEngine):
    """An engine that stops after the counts that choose a radius, before the search."""

    def counts(self, plans: Sequence[Plan], enough: int) -> tuple[int, ...]:
        counted = super().counts(plans, enough)
        self.down = True
        return counted


@pytest.mark.parametrize("path", ["/api/v1/search", "/api/v1/search.csv", "/api/v1/facets"])
def test_an_engine_that_stops_between_the_counts_and_the_search_is_said(path: str):
    engine = StoppingOnceCounted()
    fill(engine, evening())
    asking = TestClient(create_app(services(engine)), raise_server_exceptions=False)
    answer = asking.get(f"{path}?near={HERE.lat},{HERE.lon}&profession=10")
    assert engine.down
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.headers["retry-after"] == "5"


class Stopping:
    """A searcher whose exact matches stop coming after the first."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher

    def __getattr__(self, name: str) -> object:
        return getattr(self._searcher, name)

    def exact(self, plan: Plan, limit: int) -> Iterator[Offer]:
        yield from ()
        raise RuntimeError(f"secret of {plan.viewer} {limit}")


def test_an_unexpected_error_says_nothing_of_itself():
    engine = engine_with(evening())
    broken = replace(services(engine), searcher=Stopping(engine))  # type: ignore[arg-type] # the rest is the engine's
    answer = TestClient(create_app(broken), raise_server_exceptions=False).get(
        QUERY.replace("/search?", "/search.csv?")
    )
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert answer.json()["title"] == "Erreur interne"
    assert "secret" not in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_an_unknown_path_and_another_method_are_problems():
    asking = client()
    missing, posted = asking.get("/api/v1/nothing"), asking.post(QUERY)
    assert [(each.status_code, each.headers["content-type"]) for each in (missing, posted)] == [
        (404, "application/problem+json"),
        (405, "application/problem+json"),
    ]
    assert posted.json()["title"] == "Méthode refusée"
    assert posted.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "path", [QUERY, QUERY.replace("/search?", "/search.csv?"), "/api/v1/offers/p1-none", "/api/v1/territories",
             "/api/v1/openapi.json", "/api/v1/search", "/healthz", "/readyz", "/", "/sources", "/static/favicon.svg"],
)  # fmt: skip
def test_head_is_answered_as_get_is_without_the_body(path: str):
    asking = client(evening())
    got, headed = asking.get(path), asking.head(path)
    assert (headed.status_code, headed.content) == (got.status_code, b"")
    about_bodies = {"content-encoding", "content-length", "vary"}
    assert {name: value for name, value in headed.headers.items() if name not in about_bodies} == {
        name: value for name, value in got.headers.items() if name not in about_bodies
    }


# Sites and headers


def test_only_declared_sites_may_read_an_answer():
    asking = client(origins=("https://portail.example",))
    allowed = asking.get(QUERY, headers={"Origin": "https://portail.example"})
    other = asking.get(QUERY, headers={"Origin": "https://autre.example"})
    assert allowed.headers["access-control-allow-origin"] == "https://portail.example"
    assert "access-control-allow-origin" not in other.headers
    assert (
        "access-control-allow-origin" not in client().get(QUERY, headers={"Origin": "https://portail.example"}).headers
    )


@pytest.mark.parametrize("path", [QUERY, "/api/v1/search", "/api/v1/nothing", "/healthz"])
def test_every_answer_keeps_its_address_to_itself(path: str):
    headers = client().get(path).headers
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
