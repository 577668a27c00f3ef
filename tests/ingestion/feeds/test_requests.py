"""What editors are asked is what the contract writes, byte for byte."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ingestion.feeds.requests import Request, identifier, lots, url, window
from models.clock import PARIS

BASE = "https://editeur.example/fhir"
FROM, TO = "2027-01-12T08%3A00%3A00.000%2B01%3A00", "2027-01-14T23%3A59%3A59.000%2B01%3A00"


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(PARIS)).timestamp())


NOW = at("2027-01-12T08:00:00")


def test_the_search_for_professionals():
    request = Request("ps", ("p:899900000011", "p:899900000029"), window(NOW))
    assert url(BASE, request) == (
        f"{BASE}/Slot?_include=Slot:schedule&_include:iterate=Schedule:actor&start=ge{FROM}&start=le{TO}"
        "&schedule.actor:Practitioner.identifier=urn:oid:1.2.250.1.71.4.2.1%7C899900000011"
        ",urn:oid:1.2.250.1.71.4.2.1%7C899900000029&status=free"
    )


def test_the_search_for_professionals_of_cpts():
    assert url(BASE, Request("cpts", ("p:899900000011",), window(NOW))) == (
        f"{BASE}/Slot?_include=Slot:schedule&_include:iterate=Schedule:actor"
        "&_include=Slot:service-type-reference&_include:iterate=HealthcareService:organization"
        f"&start=ge{FROM}&start=le{TO}"
        "&schedule.actor:Practitioner.identifier=urn:oid:1.2.250.1.71.4.2.1%7C899900000011&status=free"
    )


def test_the_search_for_sos_medecins():
    assert url(BASE, Request("sos", ("s:99999999900014",), window(NOW))) == (
        f"{BASE}/Schedule?_revinclude=Slot:schedule&_include=Schedule:actor:Location"
        "&_include:iterate=Location:organization"
        f"&_has:Slot:schedule:start=ge{FROM}&_has:Slot:schedule:start=le{TO}&_has:Slot:schedule:status=free"
        "&actor:Location.organization.identifier=urn:oid:1.2.250.1.71.4.2.2%7C399999999900014"
    )


@pytest.mark.parametrize(
    ("now", "last"),
    [
        ("2027-01-12T00:00:00", "2027-01-14T23:59:59"),
        ("2027-01-12T23:59:59", "2027-01-14T23:59:59"),
        ("2027-03-26T12:00:00", "2027-03-28T23:59:59"),  # the night of the 28th is an hour short
        ("2027-10-29T12:00:00", "2027-10-31T23:59:59"),  # that of the 31st is an hour long
    ],
)
def test_the_window_goes_from_now_to_the_end_of_the_day_after_tomorrow_in_paris(now: str, last: str):
    assert window(at(now)) == (at(now), at(last))


def test_a_window_across_the_change_of_hour_has_both_offsets():
    asked = url(BASE, Request("ps", ("p:899900000011",), window(at("2027-03-26T12:00:00"))))
    assert "start=ge2027-03-26T12%3A00%3A00.000%2B01%3A00&start=le2027-03-28T23%3A59%3A59.000%2B02%3A00" in asked


def test_lots_are_of_25_people_and_of_10_associations_and_keep_the_order():
    people = [f"p:8{number:011d}" for number in range(60)]
    associations = [f"s:{number:014d}" for number in range(11)]
    found = list(lots([*people, *associations, people[0]], ("ps", "sos")))
    assert [(flow, len(lot)) for flow, lot in found] == [("ps", 25), ("ps", 25), ("sos", 10), ("ps", 10), ("sos", 1)]
    assert [one for flow, lot in found if flow == "ps" for one in lot] == people


def test_an_editor_that_speaks_both_is_asked_for_people_by_the_request_of_the_cpts():
    assert list(lots(["p:810000000001"], ("ps", "cpts"))) == [("cpts", ("p:810000000001",))]


def test_whom_an_editor_cannot_be_asked_for_is_in_no_lot():
    assert list(lots(["s:12345678900011"], ("ps",))) == list(lots(["p:810000000001"], ("sos",))) == []


@pytest.mark.parametrize(
    ("subject", "number"),
    [("p:810000000001", "810000000001"), ("p:0691234567", "0691234567"), ("s:12345678900011", "312345678900011")],
)
def test_an_identifier_has_its_national_prefix(subject: str, number: str):
    assert identifier(subject) == number
