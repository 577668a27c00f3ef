"""National identifiers: whom they name, and whether their key is right."""

import pytest

from models.identifiers import has_wrong_key, person


@pytest.mark.parametrize(
    ("number", "named"),
    [
        ("10002909371", "810002909371"),
        ("810002909371", "810002909371"),
        ("02A9999999", "02A9999999"),
        ("1000290937", None),
        ("１０００２９０９３７１", None),
    ],
)
def test_a_person_is_named_by_an_rpps_with_or_without_its_type_or_by_an_adeli(number: str, named: str | None):
    assert person(number) == named


@pytest.mark.parametrize("number", ["10002909371", "810002909371", "899900000011", "73282932000074", "373282932000074"])
def test_a_right_key_is_no_reason_to_doubt(number: str):
    assert not has_wrong_key(number)


@pytest.mark.parametrize("number", ["10002909372", "810002673899", "810100050075", "73282932000075", "10002909731"])
def test_a_digit_that_is_wrong_or_two_that_are_swapped_are_doubted(number: str):
    assert has_wrong_key(number)


@pytest.mark.parametrize("number", ["", "010000001", "02A9999999", "douze", "3456780581/1"])
def test_what_has_no_key_that_we_know_is_not_doubted(number: str):
    assert not has_wrong_key(number)
