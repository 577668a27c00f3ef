"""Numbers become E.164, with the country codes that the French overseas have."""

import pytest

from ingestion.phones import normalise


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("04 72 00 00 01", "+33472000001"),
        ("04.72.00.00.01", "+33472000001"),
        ("472000001", "+33472000001"),
        ("+33 (0)4 72 00 00 01", "+33472000001"),
        ("0033472000001", "+33472000001"),
        ("33472000001", "+33472000001"),
        ("0590270000", "+590590270000"),
        ("0690270000", "+590690270000"),
        ("0594270000", "+594594270000"),
        ("0596270000", "+596596270000"),
        ("0262905050", "+262262905050"),
        ("0269610000", "+262269610000"),
        ("0508410000", "+508410000"),
        ("+262262905050", "+262262905050"),
        ("+41 21 314 11 11", "+41213141111"),
        ("00 41 21 314 11 11", "+41213141111"),
    ],
)
def test_a_number_is_written_with_its_country(written: str, number: str):
    assert normalise(written) == number


@pytest.mark.parametrize(
    "written", ["", "15", "3237", "0000000000", "+", "++33", "non communiqué", "0472000001 / 0472000002"]
)
def test_what_is_no_number_is_none(written: str):
    assert normalise(written) is None
