"""Reading the query string: what is understood, and that everything else is refused with its reason."""

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.codes import VIAS
from relevance.plan import HORIZON_S
from search_api.parameters import FIELDS, Context, SearchParameters, pairs, read, without_empty
from search_api.problems import Fault, QueryTooLong, Refused
from tests.api.serving import client, planner
from tests.relevance.factory import AT

PLANNER = planner()
CLIENT = client()


def reading(query: str | bytes, *, clock_settable: bool = False) -> SearchParameters:
    """What a query string means at the tests' clock."""
    written = query.encode() if isinstance(query, str) else query
    return read(pairs(written), Context(AT, PLANNER, clock_settable))


def faults(query: str | bytes, *, clock_settable: bool = False) -> Sequence[Fault]:
    """Why a query string is refused; it must be."""
    with pytest.raises(Refused) as refusal:
        reading(query, clock_settable=clock_settable)
    return refusal.value.faults


def rule(query: str | bytes) -> str:
    """The one rule that a query string breaks."""
    (fault,) = faults(query)
    return fault.rule


PUBLISHED = """
text profession specialty structure_type skill care equipment near address radius_km postal_code commune departement
cpts modality from within_hours participation overbooking reorientation sector accessible language new_patients kind
order exact_limit approximate_limit cursor at
"""


def test_the_names_are_the_published_ones():
    assert list(FIELDS) == PUBLISHED.split()


def test_repeated_values_are_alternatives_in_the_order_asked():
    assert reading("modality=domicile&modality=cabinet&modality=domicile").modality == ("domicile", "cabinet")


def test_every_parameter_together_is_understood():
    asked = reading(
        "text=martel&profession=10&specialty=SM54&structure_type=603&skill=CAPA02&care=suture&equipment=ecg&near=45.7,4.8"
        "&postal_code=69100&commune=69266&departement=69&cpts=lilas&modality=domicile&within_hours=6&participation=true"
        "&participation=cpts&overbooking=true&reorientation=true&sector=1&accessible=true&language=ar&new_patients=true"
        "&kind=professional&order=nearest&exact_limit=10&approximate_limit=0"
    )
    assert asked.near == (45.7, 4.8)
    assert asked.participation == ("any", "cpts")
    assert (asked.within_hours, asked.overbooking, asked.exact_limit) == (6, True, 10)


@pytest.mark.parametrize("way", VIAS)
def test_participation_is_any_or_a_way(way: str):
    assert reading(f"participation={way}").participation == (way,)


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("2026-11-18T12:30:00%2B01:00", 1_795_001_400),
        ("2026-11-18T12:30:00 01:00", 1_795_001_400),
        ("2026-11-18T11:30:59Z", 1_795_001_400),
        ("2026-11-18T11:30:59.5Z", 1_795_001_400),
        ("2026-11-18T15:30%2B04:00", 1_795_001_400),
    ],
)
def test_from_is_an_instant_with_its_offset_at_the_whole_minute(value: str, instant: int):
    assert reading(f"from={value}").from_ == instant


EXAMPLE_INSTANT = "un instant ISO 8601 avec son décalage, par exemple 2026-11-23T18:00:00+01:00 (le + s’écrit %2B)"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("radius_km=0&near=45,4", "un nombre supérieur à 0"),
        ("radius_km=-5&near=45,4", "un nombre supérieur à 0"),
        ("radius_km=NaN&near=45,4", "un nombre de kilomètres, par exemple 7.5"),
        ("radius_km=Infinity&near=45,4", "un nombre de kilomètres, par exemple 7.5"),
        ("radius_km=1e3&near=45,4", "un nombre de kilomètres, par exemple 7.5"),
        ("radius_km=2,5&near=45,4", "un nombre de kilomètres, par exemple 7.5"),
        ("radius_km=10000&near=45,4", "200 au plus"),
        ("near=nan,nan", "deux nombres « latitude,longitude » en degrés"),
        ("near=45", "deux nombres « latitude,longitude » en degrés"),
        ("near=45,4,3", "deux nombres « latitude,longitude » en degrés"),
        ("near=91,4", "une latitude entre -90 et 90, une longitude entre -180 et 180"),
        ("near=45,181", "une latitude entre -90 et 90, une longitude entre -180 et 180"),
        ("postal_code=6910", "un code postal de cinq chiffres"),
        ("postal_code=69A00", "un code postal de cinq chiffres"),
        ("postal_code=00000", "code postal inconnu du référentiel"),
        ("commune=69999", "code commune inconnu du référentiel"),
        ("commune=villeurbanne", "un code INSEE de cinq caractères, par exemple 69266"),
        ("departement=20", "département inconnu du référentiel"),
        ("departement=Rh%C3%B4ne", "un code de département, par exemple 69, 2A ou 974"),
        ("cpts=nulle-part", "territoire inconnu du référentiel"),
        ("cpts=vide", "territoire inconnu du référentiel"),
        ("profession=medecin", "code inconnu de la liste des professions"),
        ("specialty=SM999", "code inconnu de la liste des spécialités"),
        ("structure_type=zz", "code inconnu de la liste des types de structure"),
        ("skill=zz", "code inconnu de la liste des compétences"),
        ("care=zz", "code inconnu de la liste des prises en charge"),
        ("equipment=zz", "code inconnu de la liste des équipements"),
        ("language=zz", "code inconnu de la liste des langues"),
        ("sector=9", "code inconnu de la liste des secteurs"),
        ("modality=visio", "une des valeurs cabinet, teleconsultation ou domicile"),
        ("text=a&kind=person", "une des valeurs professional ou structure"),
        ("text=a&order=random", "une des valeurs relevance, nearest ou soonest"),
        ("text=a&exact_limit=51", "50 au plus"),
        ("text=a&exact_limit=-1", "0 au moins"),
        ("text=a&approximate_limit=1.5", "un nombre entier"),
        ("within_hours=0", "1 au moins"),
        ("within_hours=73", "72 au plus"),
        ("within_hours=six", "un nombre entier d’heures"),
        ("from=demain", EXAMPLE_INSTANT),
        ("from=2026-11-18T18:00:00", EXAMPLE_INSTANT),
        ("from=2026-02-30T18:00:00Z", "cette date n’existe pas"),
        ("from=9999-11-18T18:00:00Z", "une année entre 2000 et 2100"),
        ("from=2026-11-18T11:06:59Z", "cet instant est passé"),
        ("from=2026-11-21T11:07:00Z", "cet instant est à plus de 72 heures"),
        ("accessible=false", "la seule valeur possible est true"),
        ("overbooking=1", "la seule valeur possible est true"),
        ("participation=false", "une des valeurs true, individual, cpts, msp, sos, cds"),
        ("text=" + "a" * 201, "200 caractères au plus"),
        ("address=" + "a" * 201, "200 caractères au plus"),
        (quote("text=😀🚑", safe="="), "au moins une lettre latine ou un chiffre"),
        (quote("text=שלום עולם", safe="="), "au moins une lettre latine ou un chiffre"),
        ("text=mar%00tel", "sans caractère de contrôle"),
        ("text=mar%0Atel", "sans caractère de contrôle"),
        ("text=mar%C2%85tel", "sans caractère de contrôle"),
        ("text=mar%E2%80%AEtel", "sans caractère de contrôle"),
        ("address=%E2%81%A6Lyon", "sans caractère de contrôle"),
        ("text=mar%E2%80%8Ftel", "sans caractère de contrôle"),
        ("text=", "vide : retirez ce paramètre ou donnez-lui une valeur"),
        ("profession=10&profession=", "vide : retirez ce paramètre ou donnez-lui une valeur"),
        ("text=a&text=b", "une seule valeur"),
        ("address=Lyon&address=Vienne", "une seule valeur"),
        ("near=45,4&address=Lyon", "un point ou une adresse, pas les deux"),
        ("radius_km=5&postal_code=69100", "pas de rayon avec des codes postaux, communes, départements ou CPTS"),
        ("radius_km=5&near=45,4&cpts=lilas", "pas de rayon avec des codes postaux, communes, départements ou CPTS"),
        ("radius_km=5&text=a", "un rayon demande un lieu : near ou address"),
        ("kind=professional", "rien n’est demandé : donnez au moins un critère"),
        ("", "rien n’est demandé : donnez au moins un critère"),
        ("text=a&speciality=SM54", "paramètre inconnu"),
        ("text=a&at=2026-11-18T11:07:00Z", "paramètre inconnu"),
        ("text=a&viewer=regulation", "paramètre inconnu"),
        (b"text=\xff\xfe", "la demande n’est pas écrite en UTF-8"),
        ("text=%ff%fe", "la demande n’est pas écrite en UTF-8"),
    ],
)
def test_what_is_ill_formed_is_refused_with_its_rule(query: str | bytes, expected: str):
    assert rule(query) == expected


def test_a_parameter_repeated_a_thousand_times_is_refused():
    assert rule("&".join(["care=suture"] * 51)) == "50 valeurs au plus, ici 51"
    assert CLIENT.get("/api/v1/search?" + "care=suture&" * 600).status_code == 422


def test_a_value_is_cut_at_a_hundred_characters():
    (fault,) = faults("profession=" + "x" * 500)
    assert fault.value == "x" * 100


def test_a_control_character_is_said_by_its_number():
    (fault,) = faults("text=mar%01tel%E2%80%AE")
    assert fault.value == r"mar\u0001tel\u202e"
    (unknown,) = faults("text=a&b%0A=1")
    assert unknown.field == r"b\u000a"
    assert faults("text=" + "%01" * 200)[0].value == (r"\u0001" * 17)[:100]


def test_every_fault_is_said_at_once():
    found = faults("text=&radius_km=0&near=91,1&address=Lyon&care=zz&within_hours=100&foo=1&kind=person")
    assert [fault.field for fault in found] == [
        "text",
        "care",
        "near",
        "radius_km",
        "within_hours",
        "kind",
        "foo",
        "near",
    ]


def test_more_than_8_kb_is_too_long():
    with pytest.raises(QueryTooLong):
        pairs(b"text=" + b"a" * 8_192)
    answer = CLIENT.get("/api/v1/search?text=" + "a" * 20_000)
    assert (answer.status_code, answer.headers["content-type"]) == (414, "application/problem+json")


def test_the_clock_is_set_by_the_request_only_where_it_may_be():
    instant = "2027-01-01T00:00:30Z"
    assert reading(f"text=a&at={instant}", clock_settable=True).at == 1_798_761_630
    assert rule(f"text=a&at={instant}") == "paramètre inconnu"
    (fault,) = faults("text=a&at=hier", clock_settable=True)
    assert fault.field == "at"


def test_from_is_compared_with_the_clock_of_the_request():
    assert faults("from=2026-11-18T11:06:00Z")[0].rule == "cet instant est passé"
    last = read(pairs(b"from=2026-11-21T11:06:59Z"), Context(AT, PLANNER))
    assert last.from_ == AT + HORIZON_S - 60


def test_a_form_without_javascript_sends_empty_values_that_the_page_drops():
    sent = pairs(b"text=&profession=10&address=+&care=")
    assert without_empty(sent) == [("profession", "10")]


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE offer; --",
        '{"match_all": {}}',
        "martel OR *:*",
        "name:(a AND b)~2^5",
        "%mar_%",
        "مارتل martel",
        "mar😀tel",
        "..%2F..%2Fetc",
        "${jndi:x}",
    ],
)
def test_the_syntax_of_others_is_only_text(text: str):
    answer = CLIENT.get("/api/v1/search", params={"text": text})
    assert answer.status_code == 200
    assert answer.json()["exact"]["total"] == {"value": 0, "relation": "eq"}


def test_the_digest_tells_requests_apart_and_ignores_the_cursor():
    same = reading("text=a&cursor=x"), reading("text=a&cursor=y"), reading("text=a")
    assert len({each.digest for each in same}) == 1
    assert reading("text=b").digest != reading("text=a").digest
    assert reading("text=a&exact_limit=1").digest != reading("text=a").digest


ODD = """
true false 1 0 -1 NaN 45.7,4.8 999,999 69100 10 SM54 domicile cabinet 2026-11-18T18:00:00+01:00 Saint-Denis martel
"""
VALUES = st.one_of(
    st.text(max_size=30),
    st.sampled_from([*ODD.split(), "", "Lyon 3e", "12 rue de Lyon", "\x00", "9" * 40, "é" * 60]),
)
NAMES = st.one_of(st.sampled_from(list(FIELDS)), st.text(max_size=10))


@settings(deadline=None)
@given(st.lists(st.tuples(NAMES, VALUES), max_size=8))
@example([("near", "0,0"), ("radius_km", "0.000000000000001")])
@example([("near", "-0.0,-180"), ("radius_km", "200")])
@example([("address", "()"), ("address", "(")])
@example([("within_hours", "٣")])
@example([("exact_limit", "1_0"), ("text", "a")])
def test_no_request_breaks_the_service(asked: list[tuple[str, str]]):
    answer = CLIENT.get(f"/api/v1/search?{urlencode(asked, errors='surrogatepass')}")
    assert answer.status_code in {200, 422}, answer.text
    if answer.status_code == 422:
        assert answer.json()["errors"]


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_break_the_service(written: bytes):
    assert status_of(written) in {200, 414, 422}


def test_a_hundred_kilobytes_are_too_long():
    assert status_of(b"text=" + b"a" * 100_000) == 414


def status_of(query: bytes) -> int:
    """The status of a request whose query string is these very bytes."""
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "path": "/api/v1/search", "raw_path": b"/api/v1/search",
        "query_string": query, "headers": [], "scheme": "http", "server": ("test", 80), "client": ("test", 1),
        "root_path": "",
    }  # fmt: skip
    asyncio.run(CLIENT.app(scope, receive, send))
    (status,) = statuses
    return status
