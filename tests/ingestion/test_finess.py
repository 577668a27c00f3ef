"""FINESS+ and the files before it are read; coordinates are accepted by range, never by name."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from ingestion.establishments import STRUCTURES, Establishment, placed, projected, structure_row
from ingestion.finess_legacy import (
    LegacyPoint,
    YearlyRow,
    insee_of,
    made_on,
    point_of,
    read_stock,
    read_yearly,
    yearly,
)
from ingestion.finess_plus import generated_on, read_establishments
from ingestion.places import french_point
from ingestion.report import Rejected, Truncated, WrongFormat
from models.gazetteer import gazetteer
from models.geo import Point, distance_m
from tests.ingestion.given import ege, wgs84

CONVERT = Point(46.211257, 5.254203)


def read(*establishments: dict[str, Any]) -> list[Establishment | Rejected]:
    document = {"pmej": [{"informationsGeneralesPMEJ": {"numFinessPm": "690000000"}, "ege": list(establishments)}]}
    return list(read_establishments(io.BytesIO(json.dumps(document).encode())))


def test_the_official_example_is_read(shared_data: Path):
    with (shared_data / "finess/finess_plus_structures_extrait.json").open("rb") as stream:
        (found,) = read_establishments(stream)
    assert (found.finess, found.name, found.category) == ("010780195", "CLINIQUE CONVERT", "365")
    assert (found.legal_id, found.phone, found.opened_on) == ("010000156", "0428631234", "1956-11-16")
    assert placed(found.coordinates, "01").point == CONVERT


def test_names_lose_the_spaces_that_pad_them():
    (found,) = read(ege())
    assert (found.name, found.street_type) == ("CDS BARBUSSE", "AV")


def test_codes_may_be_objects_and_keys_otherwise_capitalised():
    (found,) = read(
        {
            "informationsGeneralesEGE": {"numFinessEge": "690000001", "nomEgeLong": "Centre", "dateFermeture": None},
            "siret": "12345678900011",
            "categorieEntiteGeographiqueExercice": {"code": "603", "system": "TRE_R397"},
            "etatObjet": {"code": "I", "system": "TRE_R386"},
            "adresse": [{"codePostal": "69100", "cogCommune": "69266", "ligneAcheminement": "VILLEURBANNE"}],
        }
    )
    assert (found.category, found.active, found.siret) == ("603", False, "12345678900011")
    assert (found.name, found.long_name) == ("", "Centre")


def test_dates_are_days_with_or_without_a_time():
    (found,) = read(ege(about={"dateOuverture": "2021-10-18 00:00:00", "dateFermeture": "2024-02-30"}))
    assert (found.opened_on, found.closed_on) == ("2021-10-18", "")


def test_the_main_address_is_preferred():
    other = {"usageAdresse": "02", "codePostal": "75008"}
    (found,) = read(ege(adresse=[other, {"usageAdresse": "03", "codePostal": "69100"}]))
    assert found.commune.postal_code == "69100"


def test_an_establishment_without_number_is_rejected_by_its_rank():
    assert read(ege(), ege(finess="12"))[1] == Rejected(
        2, "numéro FINESS « 12 » : 9 chiffres ou lettres attendus", "12"
    )


def test_a_json_cut_short_is_truncated():
    document = json.dumps({"pmej": [{"ege": [ege(), ege("690000002")]}]}).encode()
    for cut in (document[:-1], document[:-200], document[:40]):
        with pytest.raises(Truncated, match=r"Le JSON est coupé, .*\(établissements lus : [012]\)"):
            list(read_establishments(io.BytesIO(cut)))


def test_a_json_that_is_ill_formed_or_in_another_encoding_is_said_so():
    for broken, said in (
        ('{"pmej": x}', r"mal formé \(établissements lus : 0\)"),
        ('{"pmej": ["é"]}', "UTF-8 attendu"),
    ):
        with pytest.raises(WrongFormat, match=said):
            list(read_establishments(io.BytesIO(broken.encode("latin-1"))))


@pytest.mark.parametrize("document", ['{"activites": []}', '{"pmej": []}', "[]", '{"pmej": [{"ege": 3}]}'])
def test_another_json_is_refused(document: str):
    with pytest.raises(WrongFormat, match="pmej"):
        list(read_establishments(io.BytesIO(document.encode())))


def test_the_day_of_the_file_is_in_its_head():
    assert str(generated_on(b'{"schemaVersion":"v1.0.0","generatedAt":"2026-03-09T15:49:37.6Z"')) == "2026-03-09"
    assert generated_on(b"{}") is None


LAMBERT = {"coordonneeX": "873766.07", "coordonneeY": "6570414.61"}


@pytest.mark.parametrize(
    "coordinates",
    [
        {"coordonneeX": "6570414.61", "coordonneeY": "873766.07", **wgs84(46.211257, 5.254203)},
        {"coordonneeX": "5.254203", "coordonneeY": "46.211257", **wgs84(6570414.61, 873766.07)},
        LAMBERT,
        {"coordonneeX": LAMBERT["coordonneeY"], "coordonneeY": LAMBERT["coordonneeX"]},
        {**LAMBERT, **wgs84(0, 0)},
        {"coordonneeX": "5,254203", "coordonneeY": "46,211257", "directionLatitude": None},
    ],
    ids=["march 2026", "september 2026", "projected", "projected, swapped", "zero degrees", "commas"],
)
def test_the_point_is_found_whichever_column_holds_what(coordinates: dict[str, str]):
    (found,) = read(ege(coordinates=coordinates))
    point = placed(found.coordinates, "01").point
    assert point is not None
    assert distance_m(point, CONVERT) < 3


def test_latitude_and_longitude_swapped_are_told():
    (found,) = read(ege(coordinates=wgs84(5.254203, 46.211257)))
    assert placed(found.coordinates, "01") == (CONVERT, True)


@pytest.mark.parametrize(
    "pair", [(0.0, 0.0), (48.85, -74.0), (40.4, -3.7), (float("nan"), 5.0), (95.0, 200.0), (1e12, 1e12)]
)
def test_coordinates_outside_france_give_no_point(pair: tuple[float, float]):
    assert placed((pair,), "69").point is None


@pytest.mark.parametrize(
    ("x", "y", "departement", "near"),
    [
        (655_000, 1_797_000, "971", Point(16.25, -61.55)),
        (690_000, 1_635_000, "972", Point(14.78, -61.23)),
        (353_000, 545_000, "973", Point(4.93, -52.33)),
        (338_000, 7_691_000, "974", Point(-20.88, 55.44)),
        (524_000, 8_586_000, "976", Point(-12.79, 45.22)),
    ],
)
def test_overseas_coordinates_are_in_the_projection_of_their_departement(
    x: float, y: float, departement: str, near: Point
):
    for pair in ((x, y), (y, x)):
        point = placed((pair,), departement).point
        assert point is not None
        assert distance_m(point, near) < 5_000


def test_no_french_point_is_another_one_with_its_axes_swapped():
    for commune in gazetteer().communes:
        if commune.point:
            assert french_point(*commune.point) == (commune.point, False)
            assert french_point(commune.point.lon, commune.point.lat) == (commune.point, True)


def test_lambert_93_is_projected_as_ign_does():
    assert projected(882408.3, 6543019.6, "EPSG:2154") == pytest.approx((45.9624017, 5.3556513), abs=1e-6)


def test_a_row_has_the_commune_the_phone_and_the_point():
    (found,) = read(ege())
    row = structure_row(found, placed(found.coordinates, "69").point, gazetteer())
    values = dict(zip(STRUCTURES.staged_columns, row, strict=True))
    assert (values["id"], values["name"], values["phone"]) == ("690000001", "CDS BARBUSSE", "+33478000001")
    assert (values["insee"], values["departement"], values["address_key"]) == (
        "69266",
        "69",
        "5 avenue henri barbusse 69100 69266",
    )
    assert (values["lat"], values["lon"], values["precision"]) == (45.7716, 4.8896, "site")


# Before FINESS+ ------------------------------------------------------------------------------------------------------


def test_the_stock_is_read_overseas_included(shared_data: Path):
    with (shared_data / "finess/etalab-cs1100502-stock-20260512_extrait.csv").open("rb") as stream:
        found = list(read_stock(stream))
    assert [one.commune.insee for one in found] == ["01451", "97123", "97411", "97302", "97408"]
    assert [one.commune.postal_code for one in found] == ["01440", "97133", "97405", "97306", "97419"]
    assert found[0].category == "355"


def test_points_come_after_the_establishments_in_the_projection_their_source_names():
    stock = (
        "finess;etalab;111;2026-05-12\n"
        "geolocalisation;010002301;882538.9;6542885.8;1,ATLASANTE,100,IGN,BD_ADRESSE,V2.1,LAMBERT_93;2016-02-29\n"
        "geolocalisation;010002302;0;0;LAMBERT_93;2016-02-29\n"
        "geolocalisation;010002303;1;2;UNKNOWN;2016-02-29\n"
    )
    first, second, third = read_stock(io.BytesIO(stock.encode()))
    assert isinstance(first, LegacyPoint)
    assert first.placed.point == pytest.approx((45.9612, 5.3573), abs=1e-3)
    assert not first.placed.swapped
    assert (second.placed.point, third.placed.point) == (None, None)


def test_a_stock_may_be_in_windows_1252():
    line = "structureet;010000024;;HÔPITAL;;;;;;;;;451;01;;01440 VIRIAT" + ";" * 16
    stock = f"finess;etalab;1;2026-05-12\n{line}\n".encode("cp1252")
    assert next(iter(read_stock(io.BytesIO(stock)))).name == "HÔPITAL"


def test_a_stock_of_another_format_or_cut_is_refused():
    with pytest.raises(WrongFormat, match="finess;etalab;"):
        list(read_stock(io.BytesIO(b"nofinesset;rs\n")))
    with pytest.raises(Truncated):
        list(read_stock(io.BytesIO(b"finess;etalab;1;2026-05-12\nstructureet;010000024;010")))


def test_a_row_of_another_length_is_rejected():
    stock = b"finess;etalab;1;2026-05-12\nstructureet;010000024\nother;1\n"
    assert list(read_stock(io.BytesIO(stock))) == [
        Rejected(2, "ligne « structureet » de 2 champs au lieu de 32", "010000024"),
        Rejected(3, "ligne « other » : « structureet » ou « geolocalisation » attendu"),
    ]


def test_the_first_line_tells_the_day():
    assert str(made_on("finess;etalab;111;2026-05-12\n")) == "2026-05-12"
    assert made_on("finess;etalab;111;hier") is None


def test_overseas_insee_codes_are_made_of_finess_s_own_departements():
    assert [insee_of(*pair) for pair in (("9A", "101"), ("9D", "411"), ("9J", "611"), ("2A", "004"))] == [
        "97101",
        "97411",
        "98611",
        "2A004",
    ]


def test_the_yearly_file_is_read_with_its_points(shared_data: Path):
    with (shared_data / "finess/etalab_stock_et_20201231_small.csv").open("rb") as stream:
        rows = list(read_yearly(stream))
    assert len(rows) == 100
    assert all(isinstance(row, YearlyRow) for row in rows)
    first, (point, swapped) = yearly(rows[0])
    assert not swapped
    assert (first.finess, first.commune.insee, first.commune.postal_code) == ("010000024", "01451", "01440")
    viriat = gazetteer().commune("01451")
    assert point is not None
    assert distance_m(point, viriat.point) < 6_000


def test_a_point_without_known_projection_is_none():
    assert point_of("882538.9", "6542885.8", "1,ATLASANTE,LAMBERT_93").point is not None
    assert point_of("x", "6542885.8", "LAMBERT_93").point is None


def test_metres_swapped_are_put_right_and_told():
    right = point_of("882538.9", "6542885.8", "LAMBERT_93")
    assert point_of("6542885.8", "882538.9", "LAMBERT_93") == (right.point, True)
