"""Suggestions, facets, territories, one offer, the rules, health."""

from dataclasses import dataclass, field, replace

import pytest
from fastapi.testclient import TestClient

from indexer.protocol import Status
from models.codes import Viewer
from models.geo import Point
from relevance.criteria import LOSSES, TABLE
from relevance.plan import BANDS_H
from relevance.signals import PROFILES
from search_api.app import create_app
from tests.api.serving import client, engine_with, planner, services
from tests.contract.engines import fill
from tests.memory_engine import MemoryEngine
from tests.relevance.factory import HERE, creneau, north, offer

NEAR = f"near={HERE.lat},{HERE.lon}&radius_km=5"


def suggested(text: str, *offers: object, **others: object) -> list[tuple[str, str]]:
    """The parameter and value of each suggestion."""
    answer = client(offers, **others).get("/api/v1/suggest", params={"text": text})  # type: ignore[arg-type] # offers of tests
    assert answer.status_code == 200
    return [(each["parameter"], each["value"]) for each in answer.json()["suggestions"]]


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("cardio", ("specialty", "SM04")),
        ("medec", ("profession", "10")),
        ("visite dom", ("care", "visite-domicile")),
        ("echogr", ("equipment", "echographe")),
        ("pharma", ("structure_type", "620")),
        ("arabe", ("language", "ar")),
        ("villeurb", ("address", "Villeurbanne (69)")),
        ("69100", ("address", "Villeurbanne (69)")),
        ("rhône", ("departement", "69")),
        ("cpts lil", ("cpts", "lilas")),
        ("généraliste", ("specialty", "SM54")),
        ("médecin de fam", ("specialty", "SM54")),
        ("kiné", ("profession", "70")),
        ("ophtalmo", ("specialty", "SM38")),
        ("dentiste", ("profession", "40")),
        ("labo", ("structure_type", "611")),
    ],
)
def test_a_few_letters_suggest_what_may_be_asked(text: str, suggestion: tuple[str, str]):
    assert suggestion in suggested(text)


@pytest.mark.parametrize(
    ("text", "parameter", "first"),
    [
        ("rhone", "departement", ["69", "13"]),
        ("loire", "departement", ["42", "44", "45", "43"]),
        ("gen", "specialty", ["SM54", "SM17"]),
        ("génétique méd", "specialty", ["SM17"]),
        ("psy", "specialty", ["SM42"]),
        ("infirm", "profession", ["60", "69"]),
        ("ars", "address", ["Ars (16)"]),
        ("cpts de v", "cpts", ["vienne"]),
    ],
)
def test_the_very_name_comes_first_then_what_is_most_asked_then_names_that_begin_so(
    text: str, parameter: str, first: list[str]
):
    assert [value for name, value in suggested(text) if name == parameter][: len(first)] == first


def test_a_code_is_suggested_one_typo_away_where_no_code_is_written_so():
    assert ("specialty", "SM54") in suggested("genraliste")
    assert ("profession", "60") in suggested("infimière")
    assert [name for name, _ in suggested("zzzzzz")] == []


def test_a_code_is_suggested_once_however_many_words_mean_it():
    found = suggested("gynéco")
    assert len(found) == len(set(found))


def test_only_the_head_of_a_group_of_specialties_is_suggested():
    codes = [value for parameter, value in suggested("medecine generale") if parameter == "specialty"]
    assert "SM54" in codes
    assert not {"SM53", "SM26"} & set(codes)


def test_people_and_structures_are_suggested_by_name_once():
    martel = offer("Claire MARTEL"), offer("Claire MARTEL", north(1_000)), offer(structure_name="MSP Martel")
    found = suggested("mart", *martel)
    assert found.count(("text", "Claire MARTEL")) == 1
    assert ("text", "MSP Martel") in found


def test_the_name_that_is_typed_is_suggested_before_those_that_are_one_typo_away():
    near = offer("Anne LEROY"), offer("Claire LEROUX", north(2_000)), offer("Paul LEROUX", north(1_000))
    names = [value for parameter, value in suggested("dr lerou", *near) if parameter == "text"]
    assert set(names[:2]) == {"Claire LEROUX", "Paul LEROUX"}
    assert names[2:] == ["Anne LEROY"]


def test_suggestions_are_bounded_in_each_kind():
    answer = client().get("/api/v1/suggest?text=s&limit=1").json()["suggestions"]
    kinds = [each["kind"] for each in answer]
    assert len(kinds) == len(set(kinds)) > 3


@pytest.mark.parametrize(
    ("query", "field"),
    [("", "text"), ("text=", "text"), ("text=a&limit=21", "limit"), ("text=a&limit=0", "limit"), ("text=a&q=1", "q")],
)
def test_a_suggestion_is_asked_strictly(query: str, field: str):
    answer = client().get(f"/api/v1/suggest?{query}")
    assert answer.status_code == 422
    assert field in [each["field"] for each in answer.json()["errors"]]


def test_letters_that_are_not_given_are_said_to_be_missing():
    assert client().get("/api/v1/suggest").json()["errors"] == [{"field": "text", "value": "", "rule": "obligatoire"}]


def test_facets_count_values_among_the_offers_that_meet_the_rest():
    offers = [
        offer("A A", specialties=["SM54"], care=["suture"]),
        offer("B B", specialties=["SM04"], care=["suture"]),
        offer("C C", specialties=["SM04"]),
        offer("D D", north(50_000), specialties=["SM54"], care=["suture"]),
    ]
    path = f"/api/v1/facets?{NEAR}&care=suture&specialty=SM54&facet=specialty&facet=care"
    specialty, care = client(offers).get(path).json()["facets"]
    assert (specialty["name"], care["name"]) == ("specialty", "care")
    assert specialty["values"] == [
        {"code": "SM04", "label": "SM04", "count": 1, "asked": False},
        {"code": "SM54", "label": "SM54", "count": 1, "asked": True},
    ]
    assert [(value["code"], value["count"]) for value in care["values"]] == [("suture", 1)]


def test_each_modality_is_counted_as_it_would_be_asked_alone():
    at_home = offer("A A", slots=[creneau(1, "domicile")])
    both = offer("B B", slots=[creneau(2, "domicile"), creneau(3, "cabinet")])
    path = f"/api/v1/facets?{NEAR}&modality=cabinet&facet=modality"
    (facet,) = client([at_home, both]).get(path).json()["facets"]
    assert [(each["code"], each["count"], each["asked"]) for each in facet["values"]] == [
        ("domicile", 2, False), ("cabinet", 1, True), ("teleconsultation", 0, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("text=lyon&sought=place", {"commune"}),
        ("text=lilas&sought=place&sought=territory", {"commune", "cpts"}),
        ("text=mart&sought=name", {"professional"}),
        ("text=echogr&sought=code&sought=name", {"equipment"}),
    ],
)
def test_only_the_sorts_that_a_box_takes_are_suggested(query: str, kinds: set[str]):
    answer = client([offer("Claire MARTEL")]).get(f"/api/v1/suggest?{query}").json()["suggestions"]
    assert {each["kind"] for each in answer} == kinds


def test_a_sort_that_does_not_exist_is_refused():
    assert client().get("/api/v1/suggest?text=a&sought=x").status_code == 422


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("text=12 rue Anatole&sought=address", ["12 rue Anatole"]),
        ("text=12 rue Anatole", []),
        ("text=Villeurbanne&sought=address", []),
        ("text=69100&sought=address", []),
    ],
)
def test_a_geocoder_is_asked_for_a_number_and_a_street_by_who_wants_addresses(query: str, asked: list[str]):
    geocoder = Written("12 Rue Anatole France 69100 Villeurbanne")
    answer = client(planner=planner(geocoder)).get(f"/api/v1/suggest?{query}").json()["suggestions"]
    assert geocoder.asked == asked
    assert [each["label"] for each in answer if each["kind"] == "address"] == [geocoder.label] * len(asked)


@dataclass
class Written:
    """A geocoder that finds this address whatever it is asked."""

    label: str
    asked: list[str] = field(default_factory=list)

    def locate(self, address: str) -> tuple[Point, str]:
        self.asked.append(address)
        return HERE, self.label


def test_without_a_name_every_facet_is_counted():
    body = client().get(f"/api/v1/facets?{NEAR}").json()
    assert [each["name"] for each in body["facets"]] == [
        "profession", "specialty", "structure_type", "skill", "care", "equipment", "language", "sector", "modality",
    ]  # fmt: skip


@pytest.mark.parametrize("query", ["", "facet=care", f"{NEAR}&facet=area", f"{NEAR}&facet="])
def test_facets_are_asked_strictly(query: str):
    assert client().get(f"/api/v1/facets?{query}").status_code == 422


def test_a_reserved_criterion_has_no_count_for_the_public():
    assert client(viewer=Viewer.PUBLIC).get(f"/api/v1/facets?{NEAR}&participation=true").status_code == 403


def test_territories_are_listed_by_name_with_their_postal_codes():
    body = client().get("/api/v1/territories").json()
    assert body["total"] == 3
    assert [each["id"] for each in body["territories"]] == ["vienne", "lilas", "vide"]
    assert body["territories"][1]["postal_codes"] == ["69100", "69003"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("text=lil", ["lilas"]),
        ("departement=38", ["vienne"]),
        ("departement=69&text=vienne", []),
        ("limit=1", ["vienne"]),
    ],
)
def test_territories_are_found_by_name_and_departement(query: str, found: list[str]):
    body = client().get(f"/api/v1/territories?{query}").json()
    assert [each["id"] for each in body["territories"]] == found


def test_one_offer_is_given_by_its_id():
    one = offer("Claire MARTEL", slots=[creneau(1)])
    body = client([one]).get(f"/api/v1/offers/{one.id}").json()
    assert (body["id"], body["person"]["family_name"]) == (one.id, "MARTEL")
    assert body["at"] == "2026-11-18T12:07:00+01:00"
    assert len(body["availabilities"]) == 1


@pytest.mark.parametrize("identifier", ["p1-nothing", "%00", "..%2F..", "x" * 500, "é"])
def test_an_offer_that_does_not_exist_is_not_found(identifier: str):
    answer = client().get(f"/api/v1/offers/{identifier}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_one_offer_takes_no_other_parameter():
    one = offer()
    assert client([one]).get(f"/api/v1/offers/{one.id}?viewer=regulation").status_code == 422


def test_the_rules_are_published_as_they_are():
    body = client().get("/api/v1/relevance").json()
    assert [(each["name"], each["loss"]) for each in body["criteria"]] == [(row.key, LOSSES[row.key]) for row in TABLE]
    assert {
        order: {each["signal"]: each["weight"] for each in weights} for order, weights in body["orders"].items()
    } == {
        order: {signal.value: weight.value for signal, weight in profile.items()} for order, profile in PROFILES.items()
    }
    assert all(each["reason"] and each["unknown"] for each in body["criteria"])
    assert (body["pivot_m"], body["horizon_hours"]) == (5_000, 72)
    assert body["bands_hours"] == [list(band) for band in BANDS_H]


@pytest.mark.parametrize("path", ["relevance", "openapi.json"])
def test_what_takes_no_parameter_refuses_them(path: str):
    answer = client(clock_settable=True).get(f"/api/v1/{path}?foo=1&at=2026-11-18T11:07:00Z")
    assert answer.status_code == 422
    assert {each["field"]: each["rule"] for each in answer.json()["errors"]} == {
        "foo": "paramètre inconnu", "at": "paramètre inconnu",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_what_tools_watch_takes_whatever_they_add(path: str):
    assert client([offer()]).get(f"{path}?probe=1").status_code == 200


def test_ready_means_that_an_index_with_offers_answers():
    assert client([offer()]).get("/readyz").json()["offers"] == 1
    empty = client().get("/readyz")
    assert (empty.status_code, empty.json()["detail"]) == (
        503,
        "L’index est vide : chargez des données, puis reconstruisez l’index.",
    )


def test_an_index_of_another_version_is_not_ready_and_answers_nothing():
    class Former(MemoryEngine):
        def status(self) -> Status:
            return replace(super().status(), outdated=True)

    engine = Former()
    fill(engine, (offer(),))
    asked = TestClient(create_app(services(engine)))
    for path in ("/readyz", "/api/v1/search?text=martel"):
        refused = asked.get(path)
        assert refused.status_code == 503
        assert "Retry-After" in refused.headers


def test_alive_does_not_ask_the_engine():
    engine = engine_with()
    engine.down = True
    asking = TestClient(create_app(services(engine)))
    assert asking.get("/healthz").status_code == 200
