"""The RPPS files are read as they are published, and make rows of the directory."""

import io
from pathlib import Path

import pytest

from ingestion.directory import PLACES, Directory, activity_row, person_row
from ingestion.report import Rejected, WrongFormat
from ingestion.rpps import ACTIVITIES, ActivityRow, Site, read_activities, read_diplomas, read_skills
from models.gazetteer import gazetteer
from tests.ingestion.given import HEADER, activity, lines


def read(content: bytes) -> list[ActivityRow | Rejected]:
    return list(read_activities(io.BytesIO(content)))


def one(**values: str) -> ActivityRow:
    (row,) = read(lines(activity(**values)))
    assert isinstance(row, ActivityRow)
    return row


def place_of(**values: str) -> dict[str, object] | None:
    row = Directory(gazetteer()).place(one(**values))[1]
    return dict(zip(PLACES.staged_columns, row, strict=True)) if row else None


def test_the_published_header_is_read(shared_data: Path):
    header = (shared_data / "rpps/PS_LibreAcces_Personne_activite_header_2026-10-08.txt").read_bytes()
    assert read(header) == []
    assert set(header.decode().rstrip("|\n").split("|")) == set(HEADER)


def test_the_published_headers_of_the_two_other_files_are_read(shared_data: Path):
    for name, reader in (("SavoirFaire", read_skills), ("Dipl_AutExerc", read_diplomas)):
        with (shared_data / f"rpps/PS_LibreAcces_{name}_header.txt").open("rb") as stream:
            assert list(reader(stream)) == []


def test_the_real_rows_are_read(shared_data: Path):
    with (shared_data / "rpps/PS_LibreAcces_Personne_activite_pseudonymise.txt").open("rb") as stream:
        rows = list(read_activities(stream))
    assert [row.profession for row in rows] == ["10", "10", "92", "60"]
    assert [row.category for row in rows] == ["C", "C", "C", "E"]
    assert rows[0].street == "RUE DU GENERAL DE GAULLE"
    assert rows[1].last_line == "25304 PONTARLIER CEDEX"


def test_a_file_of_52_columns_is_read_without_the_later_ones():
    before_2022 = HEADER[: len(ACTIVITIES.required)]
    (row,) = read(lines(activity(header=before_2022), header=before_2022))
    assert (len(before_2022), row.family_name, row.genre, row.role) == (52, "MARTEL", "", "")


def test_columns_may_be_reordered():
    reordered = tuple(sorted(HEADER))
    assert read(lines(activity(header=reordered), header=reordered)) == read(lines(activity()))


@pytest.mark.parametrize("end", ["|\n", "\n", "|\r\n"])
def test_lines_end_with_a_pipe_or_not(end: str):
    assert read(lines(activity(), end=end)) == [one()]


def test_a_missing_column_refuses_the_file():
    header = tuple(name for name in HEADER if name != "Code profession")
    with pytest.raises(WrongFormat, match="« Code profession »"):
        read(lines(activity(header=header), header=header))


def test_a_quote_is_content():
    assert one(name='CABINET "LE PARC"').name == 'CABINET "LE PARC"'


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"id": ""}, "Identification nationale PP «  » : 9 à 20 chiffres ou lettres attendus"),
        ({"id": "81000 0001"}, "Identification nationale PP « 81000 0001 » : 9 à 20 chiffres ou lettres attendus"),
        ({"family": ""}, "Nom d'exercice absent"),
        ({"profession": ""}, "Code profession absent"),
    ],
)
def test_a_row_that_names_nobody_is_rejected(values: dict[str, str], reason: str):
    assert read(lines(activity(), activity(**values)))[1][:2] == (3, reason)


def test_a_person_has_the_civility_that_people_read():
    assert person_row(one())[2:] == ("10000000001", "Dr", "MARTEL", "Claire")
    assert person_row(one(title="", civility="MME"))[3] == "Mme"
    assert person_row(one(title="", civility=""))[3] is None


def test_a_place_is_known_by_its_finess_then_siret_then_technical_identifier_then_address():
    identifiers = {"finess": "690000001", "siret": "12345678900011", "technical_id": "F690000001"}
    keys = []
    for removed in (None, "finess", "siret", "technical_id"):
        identifiers.pop(removed, None)
        keys.append(place_of(**({"technical_id": ""} | identifiers))["key"])
    assert keys == [
        "finess:690000001",
        "siret:12345678900011",
        "tech:F690000001",
        "addr:12 rue de la republique 69100 69266",
    ]


def test_someone_without_site_nor_address_has_no_place():
    nowhere = dict.fromkeys(("technical_id", "street_number", "street_type", "street", "postal_code", "insee"), "")
    row = one(**nowhere, commune="")
    assert Directory(gazetteer()).place(row) == (None, None)
    assert activity_row(row, None)[3] is None


def test_an_ill_formed_number_is_no_identifier():
    assert place_of(finess="12", siret="0", technical_id="R1")["key"] == "tech:R1"


def test_the_same_address_written_otherwise_is_the_same_place():
    written = {"technical_id": "", "street_type": "", "street": "R DE LA RÉPUBLIQUE"}
    assert place_of(**written)["key"] == place_of(technical_id="")["key"]


def test_a_place_abroad_is_kept_without_departement():
    place = place_of(postal_code="1201", insee="", commune="Genève", country_label="SUISSE")
    assert (place["postal_code"], place["departement"], place["country"]) == (None, None, "SUISSE")
    assert place["cedex"] == "1201 Genève"


def test_a_person_and_a_place_are_made_once_in_a_row():
    directory, row = Directory(gazetteer()), one()
    assert directory.person(row) is not None
    assert directory.person(row) is None
    key, made = directory.place(row)
    assert made is not None
    assert directory.place(row) == (key, None)


def test_the_phone_is_no_part_of_an_activity_s_identity():
    one_phone, other_phone = (activity_row(one(phone=phone), "tech:1") for phone in ("0472000001", "0472000002"))
    assert one_phone[0] == other_phone[0]
    assert one_phone[1] != other_phone[1]
    assert one_phone[-2:] == ("+33472000001", None)


def test_a_site_is_the_slice_of_an_activity_that_tells_where():
    site = Site._make(one(finess="690000001").where)
    assert (site.finess, site.street, site.commune) == ("690000001", "DE LA REPUBLIQUE", "Villeurbanne")
