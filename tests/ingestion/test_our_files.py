"""Postal codes, CPTS and declarations are read; what is wrong with a line is said."""

import io
from pathlib import Path

import pytest

from ingestion.cpts import CptsRow, read_territories
from ingestion.declarations import Declaration, read_declarations
from ingestion.postal import PostalRow, read_postal_codes
from ingestion.report import Rejected, Truncated, WrongFormat


def test_the_official_postal_codes_are_read(shared_data: Path):
    with (shared_data / "postal/019HexaSmal_2025.csv").open("rb") as stream:
        rows = list(read_postal_codes(stream))
    assert len(rows) == 39_190
    assert rows[0] == PostalRow("01001", "L ABERGEMENT CLEMENCIAT", "01400", "")
    assert not any(isinstance(row, Rejected) for row in rows)


def test_the_old_form_of_postal_codes_has_points():
    old = (
        "Code_commune_INSEE;Nom_commune;Code_postal;Ligne_5;Libellé_d_acheminement;coordonnees_gps\n"
        "01001;L ABERGEMENT;01400;;L ABERGEMENT;46.15,4.92\n"
        "01002;X;01640;;X;\n"
        "x;X;01640;;X;\n"
        "01002;X;1640A;;X;\n"
    )
    first, second, *bad = read_postal_codes(io.BytesIO(old.encode("latin-1")))
    assert first.point == (46.15, 4.92)
    assert second.point is None
    assert [one.reason for one in bad] == [
        "code commune « x » : 5 chiffres attendus, ou 2A ou 2B et 3 chiffres",
        "code postal « 1640A » : 5 chiffres attendus",
    ]


def territories(text: str) -> list[CptsRow | Rejected]:
    return list(read_territories(io.BytesIO(text.encode())))


def test_the_public_extract_of_cpts_is_read(shared_data: Path):
    with (shared_data / "cpts/cpts_communes_04_extrait.csv").open("rb") as stream:
        rows = list(read_territories(stream))
    assert len(rows) == 116
    assert rows[0].territory_id == "cpts-alpes-bleone-durance"


@pytest.mark.parametrize("delimiter", [";", ","])
def test_a_cpts_with_its_finess_number_is_known_by_it(delimiter: str):
    text = "insee;cpts_finess;cpts_nom\n69266;690012345;CPTS Villeurbanne\n".replace(";", delimiter)
    (row,) = territories(text)
    assert (row.territory_id, row.name) == ("690012345", "CPTS Villeurbanne")


def test_a_line_of_cpts_that_tells_nothing_is_rejected():
    found = territories("insee;cpts_finess;cpts_nom\nVilleurbanne;;X\n69266;12;X\n69266;;\n")
    assert [one.reason for one in found] == [
        "code commune « Villeurbanne » : 5 chiffres attendus, ou 2A ou 2B et 3 chiffres",
        "numéro FINESS « 12 » : 9 chiffres ou lettres attendus",
        "nom de la CPTS absent",
    ]


def test_a_file_of_something_else_is_no_cpts():
    with pytest.raises(WrongFormat, match="cpts_nom"):
        territories("insee;population\n69266;150000\n")


def declarations(text: str) -> list[Declaration | Rejected]:
    return list(read_declarations(io.BytesIO(text.encode())))


def test_a_declaration_keeps_none_and_empty_apart():
    (found,) = declarations('{"subject": "p:810000000001", "care": [], "equipment": null, "new_patients": false}')
    assert (found.care, found.equipment, found.skills, found.new_patients) == ((), None, None, False)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "ce n'est pas du JSON"),
        ("[]", "objet JSON attendu, « [] » trouvé"),
        ("{}", "clé « subject » absente : « p: » et l'Identification nationale PP"),
        ('{"subject": "Dr Martel"}', "subject : valeur « Dr Martel » refusée, il faut « p: » et l'Identification"),
        ('{"subject": "p:810000000001", "colour": 1}', "clé « colour » inconnue"),
        (
            '{"subject": "p:810000000001", "accessible": "oui"}',
            "accessible : valeur « oui » refusée, il faut true, false ou null",
        ),
        ('{"subject": "p:810000000001", "care": [""]}', "care.0 : valeur «  » refusée, il faut une liste de codes"),
        ('{"subject": "p:810000000001", "information": "a\\u0000b"}', "information : valeur « a\ufffdb » refusée"),
        ('{"subject": "p:810000000001", "via": "friend"}', "via : valeur « friend » refusée"),
        ('{"subject": "p:810000000001", "declared_at": "2026-11-20T10:00:00"}', "declared_at : valeur"),
        ('{"subject": "p:810000000001", "place_key": "rue X"}', "place_key : valeur « rue X » refusée"),
    ],
)
def test_a_line_that_is_no_declaration_is_rejected_with_the_reason(line: str, reason: str):
    (found,) = declarations(line + "\n")
    assert isinstance(found, Rejected)
    assert found.reason.startswith(reason)


def test_a_file_of_declarations_cut_short_is_truncated():
    with pytest.raises(Truncated):
        declarations('{"subject": "p:810000000001"}\n{"subject": "p:81000')


def test_every_key_of_a_declaration_has_its_rule_in_french():
    rules = {name: field.description for name, field in Declaration.model_fields.items()}
    assert all(rules.values())
    assert len(rules) == 15
