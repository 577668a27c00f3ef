"""The requests of the contract, as they leave and as they are answered: what the official kit asserts of an editor.

Each rule bears the number that the kit gives it. What the kit checks of certificates is in `test_faults`.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import Engine

from annuaire.demo.agendas import Agenda, AgendaPlace, Slot
from tests.ingestion.bundles import HOUR
from tests.ingestion.feeds.world import agenda, declared, setup, slot, sweep
from tests.servers.editors import Running

Resource = dict[str, Any]
NOW: Final = int(datetime.fromisoformat("2027-01-12T08:00:00+01:00").timestamp())
FROM, TO = "2027-01-12T08%3A00%3A00.000%2B01%3A00", "2027-01-14T23%3A59%3A59.000%2B01%3A00"
ONE, TWO, ASSOCIATION = "899900000011", "899900000029", "399999999900014"
PERSONS = "urn:oid:1.2.250.1.71.4.2.1%7C"
PEOPLE_END = f"&start=ge{FROM}&start=le{TO}&schedule.actor:Practitioner.identifier={{ids}}&status=free"
REQUESTS: Final = {
    "ps": "/fhir/Slot?_include=Slot:schedule&_include:iterate=Schedule:actor" + PEOPLE_END,
    "cpts": "/fhir/Slot?_include=Slot:schedule&_include:iterate=Schedule:actor"
    "&_include=Slot:service-type-reference&_include:iterate=HealthcareService:organization" + PEOPLE_END,
    "sos": "/fhir/Schedule?_revinclude=Slot:schedule&_include=Schedule:actor:Location"
    f"&_include:iterate=Location:organization&_has:Slot:schedule:start=ge{FROM}&_has:Slot:schedule:start=le{TO}"
    "&_has:Slot:schedule:status=free"
    "&actor:Location.organization.identifier=urn:oid:1.2.250.1.71.4.2.2%7C{ids}",
}
"""What the contract writes, for an editor at `/fhir`, at eight o'clock on 12 January 2027."""
ASKED: Final = {"ps": (ONE, TWO), "cpts": (ONE,), "sos": (ASSOCIATION,)}
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}[+-]\d{2}:\d{2}")

TOWN = ("VILLEURBANNE", "69100", "0472000001", "Europe/Paris")
POINT = AgendaPlace("", "Point de garde", "3 place Lazare Goujon", *TOWN)
SECOND = AgendaPlace("410000000001002", "", "4 cours Émile Zola", *TOWN)
CPTS = (("690000009", "CPTS de Villeurbanne"), ("690000017", "CPTS de Bron"))


def written(flow: str, *ids: str) -> str:
    """A request as the contract writes it."""
    listed = ",".join(one if flow == "sos" else f"{PERSONS}{one}" for one in ids)
    return REQUESTS[flow].format(ids=listed)


def known(flow: str, number: str, **values: Any) -> Agenda:
    """An agenda with this identifier."""
    return agenda(1, flow, id=number, **({"places": (POINT,)} if flow == "sos" else {}) | values)


def two_places() -> tuple[list[Agenda], dict[str, list[Slot]]]:
    places = (*agenda(1).places, SECOND)
    return [known("ps", ONE, places=places)], {ONE: [free("a"), free("b", place=1)]}


def free(name: str, after: int = HOUR, **values: Any) -> Slot:
    return slot(name, NOW + after, **values)


SITUATIONS: Final[Mapping[str, tuple[str, Callable[[], tuple[list[Agenda], dict[str, list[Slot]]]], Counter[str]]]] = {
    "4.3 one professional, one place": (
        "ps",
        lambda: ([known("ps", ONE)], {ONE: [free("a"), free("b", modalities=("VR", "HH"), labels=("PRO", "SNP"))]}),
        Counter(Slot=2, Schedule=1, Practitioner=1, PractitionerRole=1),
    ),
    "4.4 one professional, two places": (
        "ps",
        two_places,
        Counter(Slot=2, Schedule=2, Practitioner=1, PractitionerRole=2),
    ),
    "4.5 two professionals": (
        "ps",
        lambda: ([known("ps", ONE), known("ps", TWO)], {ONE: [free("a")], TWO: [free("b", kind="plage")]}),
        Counter(Slot=2, Schedule=2, Practitioner=2, PractitionerRole=2),
    ),
    "4.8.2 one slot, two CPTS": (
        "cpts",
        lambda: ([known("cpts", ONE, cpts=CPTS)], {ONE: [free("a", labels=("CPTS",))]}),
        Counter(Slot=1, Schedule=1, Practitioner=1, PractitionerRole=1, HealthcareService=2, Organization=2),
    ),
    "an association, its point": (
        "sos",
        lambda: ([known("sos", ASSOCIATION)], {ASSOCIATION: [free("a")]}),
        Counter(Slot=1, Schedule=1, Location=1, Organization=1),
    ),
}
"""What the kit has an editor answer: the flow, who has which slots, and how many resources of each kind."""


@pytest.mark.parametrize("flow", ["ps", "cpts", "sos"])
def test_the_request_that_leaves_is_that_of_the_contract_byte_for_byte(database: Engine, editor: Running, flow: str):
    ids = ASKED[flow]
    editor.begin(setup([known(flow, one) for one in ids], {one: [free(one)] for one in ids}, now=NOW))
    swept = sweep(database, declared(database, editor.declared(flows=(flow,)), *ids), NOW)
    assert (dict(swept.outcomes), editor.asked) == ({"ok": 1}, [written(flow, *ids)])


@pytest.mark.parametrize("situation", SITUATIONS)
def test_what_a_test_editor_answers_is_what_the_kit_asserts(editor: Running, situation: str):
    flow, given, counts = SITUATIONS[situation]
    agendas, slots = given()
    editor.begin(setup(agendas, slots, now=NOW))
    path = written(flow, *slots)
    status, bundle = editor.answer(path)
    assert (status, bundle["resourceType"], bundle["type"]) == (200, "Bundle", "searchset")
    assert Counter(each["resourceType"] for each in resources(bundle)) == counts
    assert list(findings(bundle, path, set(slots))) == []


@pytest.mark.parametrize("flow", ["ps", "cpts", "sos"])
@pytest.mark.parametrize("agendas", ["no slot in the window", "nobody known"])
def test_nothing_found_is_a_bundle_without_entry(editor: Running, flow: str, agendas: str):
    (number, *_) = ASKED[flow]
    late = {number: [free("late", 96 * HOUR), free("begun", -HOUR)]}
    editor.begin(setup([known(flow, number)] if "window" in agendas else [], late, now=NOW))
    status, bundle = editor.answer(path := written(flow, number))
    assert (status, bundle["total"], "entry" in bundle) == (200, 0, False)
    assert query(bundle["link"][0]["url"]) == query(path)


@pytest.mark.parametrize(
    ("written_as", "instead"),
    [
        ("&status=free", ""),
        ("&status=free", "&status=busy"),
        (f"&start=le{TO}", ""),
        ("_include=Slot:schedule&", ""),
        ("1.2.250.1.71.4.2.1", "1.2.250.1.71.4.2.2"),
        (f"{PERSONS}{ONE}", ",".join(f"{PERSONS}8{number:011d}" for number in range(26))),
        ("/fhir/Slot", "/fhir/Patient"),
    ],
)
def test_a_request_that_is_none_of_the_contract_s_is_refused_with_an_outcome(
    editor: Running, written_as: str, instead: str
):
    path = written("ps", ONE)
    assert written_as in path
    status, told = editor.answer(path.replace(written_as, instead))
    assert (status, told["resourceType"]) == (400, "OperationOutcome")


@pytest.mark.parametrize(
    ("fault", "values"), [("other_people", {}), ("total", {"count": 7}), ("without", {"text": "comment"})]
)
def test_what_is_wrong_with_an_answer_is_seen(editor: Running, fault: str, values: dict[str, Any]):
    editor.begin(setup([known("ps", ONE)], {ONE: [free("a")]}, now=NOW))
    editor.fault(fault, **values)
    path = written("ps", ONE)
    assert list(findings(editor.answer(path)[1], path, {ONE}))


# What the kit asserts -------------------------------------------------------------------------------------------------


def findings(bundle: Resource, path: str, asked: set[str]) -> Iterator[str]:
    """What is wrong with an answer."""
    found = {f"{each['resourceType']}/{each['id']}": each for each in resources(bundle)}
    if query(bundle["link"][0]["url"]) != query(path):
        yield "4.3: the self link repeats the request"
    if bundle["total"] != sum(name.startswith("Slot/") for name in found):
        yield "4.3: the total is the number of slots"
    for name, each in found.items():
        for rule, holds in RULES.get(each["resourceType"], {}).items():
            if not holds(each, found, asked):
                yield f"{name}: {rule}"


Rule = Callable[[Resource, Mapping[str, Resource], set[str]], bool]


def _in_the_window(each: Resource) -> bool:
    start, end = (datetime.fromisoformat(each[bound]) for bound in ("start", "end"))
    now = datetime.fromtimestamp(NOW, start.tzinfo)
    return now <= start < end and start.date() <= (now + timedelta(days=2)).date()


def _addressed(location: Resource) -> bool:
    address = location["address"]
    return len(address["line"]) == 1 and bool(address["city"]) and bool(re.fullmatch(r"\d{5}", address["postalCode"]))


def _marks(each: Resource) -> list[Resource]:
    """What marks a slot as opened to CPTS."""
    return [one for one in each["serviceType"] if one["coding"][0]["code"] == "604"]


def _codes(concepts: list[Resource]) -> set[str]:
    return {coding["code"] for concept in concepts for coding in concept["coding"]}


def _phones(each: Resource) -> bool:
    return all(re.fullmatch(r"\+33\d{9}", one["value"]) for one in each.get("telecom", ()))


RULES: Final[Mapping[str, Mapping[str, Rule]]] = {
    "Slot": {
        "4.3 instants": lambda each, *_: all(INSTANT.fullmatch(each[bound]) for bound in ("start", "end")),
        "4.3 in the window": lambda each, *_: _in_the_window(each),
        "4.3 free": lambda each, *_: each["status"] == "free",
        "4.3 its agenda is there": lambda each, found, _: each["schedule"]["reference"] in found,
        "4.3 with or without appointment": lambda each, *_: _codes([each["appointmentType"]]) <= {"ROUTINE", "WALKIN"},
        "4.3 a link to book": lambda each, *_: (
            bool(each.get("comment")) or _codes([each["appointmentType"]]) == {"WALKIN"}
        ),
        "4.7 labels": lambda each, *_: (
            {one["code"] for one in each["meta"]["security"]} <= {"PUBLIC", "PRO", "SNP", "CPTS"}
        ),
        "4.7 consultations": lambda each, *_: (
            bool(_codes(each["serviceType"]) - {"604"}) and _codes(each["serviceType"]) <= {"AMB", "VR", "HH", "604"}
        ),
        "4.8 marks lead to services": lambda each, found, _: all(
            one["extension"][0]["valueReference"]["reference"] in found for one in _marks(each)
        ),
        "4.8 a CPTS slot is marked": lambda each, *_: (
            bool(_marks(each)) == ("CPTS" in {one["code"] for one in each["meta"]["security"]})
        ),
    },
    "Schedule": {
        "4.3 its actors are there": lambda each, found, _: all(one["reference"] in found for one in each["actor"]),
        "4.3 a person and a role, or a point": lambda each, *_: (
            sorted(one["reference"].partition("/")[0] for one in each["actor"])
            in (["Practitioner", "PractitionerRole"], ["Location"])
        ),
    },
    "Practitioner": {
        "4.3 who was asked for": lambda each, _, asked: each["identifier"][0]["value"] in asked,
        "4.3 a prefixed RPPS": lambda each, *_: bool(re.fullmatch(r"8\d{11}", each["identifier"][0]["value"])),
        "4.6 names": lambda each, *_: bool(each["name"][0]["family"] and each["name"][0]["given"]),
    },
    "PractitionerRole": {
        "4.3 of a person": lambda each, found, _: each["practitioner"]["reference"] in found,
        "4.3 one contained place": lambda each, *_: (
            [one["reference"] for one in each["location"]] == [f"#{one['id']}" for one in each["contained"]]
        ),
        "4.3 an address": lambda each, *_: _addressed(each["contained"][0]),
        "4.6 a structure": lambda each, *_: bool(
            re.fullmatch(r"1\d{9}|[34]\d{14}", each["organization"]["identifier"]["value"])
        ),
        "4.6 a telephone": lambda each, *_: _phones(each),
    },
    "HealthcareService": {
        "4.3 of a CPTS": lambda each, found, _: each["providedBy"]["reference"] in found,
    },
    "Location": {
        "a name and an address": lambda each, *_: bool(each["name"]) and _addressed(each),
        "of an association": lambda each, found, _: each["managingOrganization"]["reference"] in found,
        "a telephone": lambda each, *_: _phones(each),
    },
    "Organization": {
        "4.3 one national number": lambda each, *_: (
            len(each["identifier"]) == 1 and bool(re.fullmatch(r"1\d{9}|3\d{14}", each["identifier"][0]["value"]))
        ),
        "4.9 a name": lambda each, *_: bool(each["name"]),
    },
}
"""What holds of a resource, of the others and of who was asked for."""


def resources(bundle: Resource) -> list[Resource]:
    return [entry["resource"] for entry in bundle.get("entry", ())]


def query(address: str) -> list[tuple[str, str]]:
    return sorted(parse_qsl(urlsplit(address).query))
