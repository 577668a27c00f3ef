"""Each address finds its commune and its département, overseas, CEDEX and arrondissements included."""

import pytest

from ingestion.addresses import Given, address_key, insee_code, same_street, settle, spelt_out, spelt_street, town
from models.gazetteer import gazetteer


def settled(**given: str):
    return settle(Given(**given), gazetteer())


@pytest.mark.parametrize(
    ("postal_code", "insee", "arrondissement"),
    [
        ("75013", "75056", "75113"),
        ("75116", "75056", "75116"),
        ("69003", "69123", "69383"),
        ("13016", "13055", "13216"),
        ("75008", "", "75108"),
    ],
)
def test_paris_lyon_and_marseille_are_their_arrondissement(postal_code: str, insee: str, arrondissement: str):
    assert settled(postal_code=postal_code, insee=insee, commune="Paris").insee == arrondissement


def test_a_cedex_of_paris_tells_its_arrondissement():
    assert settled(postal_code="75651", insee="75056", last_line="75651 PARIS CEDEX 13").insee == "75113"
    assert settled(postal_code="13274", insee="13055", last_line="13274 MARSEILLE CEDEX 20").insee == "13055"


def test_a_cedex_has_the_commune_of_its_insee_code():
    found = settled(postal_code="25304", insee="25462", commune="Pontarlier", last_line="25304 PONTARLIER CEDEX")
    assert (found.insee, found.commune, found.departement) == ("25462", "Pontarlier", "25")


def test_a_cedex_without_insee_code_has_the_commune_of_its_name_in_its_departement():
    found = settled(postal_code="25304", last_line="25304 PONTARLIER CEDEX")
    assert (found.insee, found.commune, found.departement) == ("25462", "Pontarlier", "25")
    assert settled(postal_code="75651", last_line="75651 PARIS CEDEX 13").insee == "75113"


def test_a_cedex_of_an_unknown_name_has_a_departement():
    found = settled(postal_code="25304", last_line="25304 NULLE PART CEDEX")
    assert (found.insee, found.commune, found.departement) == (None, "NULLE PART", "25")


def test_a_postal_code_of_one_commune_tells_it():
    assert settled(postal_code="69100").insee == "69266"


def test_a_postal_code_of_several_communes_needs_the_name():
    assert settled(postal_code="01400", commune="L ABERGEMENT CLEMENCIAT").insee == "01001"
    assert settled(postal_code="01400", last_line="01400 ABERGEMENT CLEMENCIAT").insee == "01001"
    assert settled(postal_code="01400", commune="NULLE PART").insee is None
    assert settled(postal_code="01400", commune="NULLE PART").departement == "01"


@pytest.mark.parametrize(
    ("postal_code", "insee", "commune", "departement"),
    [
        ("97150", "97801", "97801", "978"),
        ("97150", "97127", "97801", "978"),
        ("97133", "97123", "97701", "977"),
        ("97400", "", "97411", "974"),
        ("97110", "97120", "97120", "971"),
        ("98800", "98818", "98818", "988"),
    ],
)
def test_overseas_postal_codes_and_communes_agree(postal_code: str, insee: str, commune: str, departement: str):
    found = settled(postal_code=postal_code, insee=insee)
    assert (found.insee, found.departement) == (commune, departement)


@pytest.mark.parametrize(("postal_code", "departement"), [("20000", "2A"), ("20200", "2B"), ("20704", "2A")])
def test_corsica_has_two_departements(postal_code: str, departement: str):
    assert settled(postal_code=postal_code).departement == departement


def test_the_insee_code_wins_over_a_postal_code_of_elsewhere():
    found = settled(postal_code="59850", insee="59112", commune="Bruay-sur-l'Escaut")
    assert (found.insee, found.commune, found.postal_code) == ("59112", "Bruay-sur-l'Escaut", "59850")


def test_a_commune_that_is_no_more_keeps_its_departement():
    found = settled(postal_code="00000", insee="01999", commune="Ancienne")
    assert (found.insee, found.commune, found.departement) == ("01999", "Ancienne", "01")


def test_an_address_abroad_has_no_french_code():
    found = settled(postal_code="01067", commune="Dresden", country="99109", country_label="ALLEMAGNE")
    assert (found.postal_code, found.insee, found.departement) == (None, None, None)
    assert (found.commune, found.country, found.last_line) == ("Dresden", "ALLEMAGNE", "01067 Dresden")


@pytest.mark.parametrize("label", ["France", "GUADELOUPE", "La Réunion", ""])
def test_overseas_is_not_abroad(label: str):
    assert settled(postal_code="97400", country_label=label).departement == "974"


def test_codes_find_their_leading_zero_again():
    assert settled(postal_code="1400", insee="1001").insee == "01001"
    assert insee_code("2a004") == "2A004"
    assert insee_code("L'Isle") is None


def test_equal_addresses_have_equal_keys():
    one = spelt_street("12", "", "AV", "du Gal de Gaulle")
    other = spelt_out("12 Avenue du Général de Gaulle")
    assert (
        address_key(one, "69100", "69266")
        == address_key(other, "69100", "69266")
        == ("12 avenue du general de gaulle 69100 69266")
    )


def test_an_address_without_street_or_postal_code_has_no_key():
    assert address_key(spelt_street("12", "", "RUE", ""), "69100", "69266") is None
    assert address_key("12 rue x", None, "69266") is None


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("12 bis, av. Général de Gaulle", True),
        ("12B avenue du Gal de Gaulle", True),
        ("Bâtiment C - 12 B avenue du Général de Gaulle", True),
        ("10-12 bis avenue du Général de Gaulle", True),
        ("avenue du Général de Gaulle", True),
        ("12 bis avenue du Général de Gaulle, bâtiment B", True),
        ("12 bis avenue du Général de Gaulle 2e étage", True),
        ("Le Patio, 12 bis avenue du Général de Gaulle CS 10234", True),
        ("12 bis avenue du Général de Gaulle - 69100 Villeurbanne", True),
        ("12 bis avenue du Général", False),
        ("12 bis", False),
        ("12 ter avenue du Général de Gaulle, bâtiment B", False),
        ("12 bis avenue du Général Leclerc, bâtiment B", False),
        ("12 avenue du Général de Gaulle", False),
        ("12 ter avenue du Général de Gaulle", False),
        ("2 bis avenue du Général de Gaulle", False),
        ("12 bis rue du Général de Gaulle", False),
        ("12 bis avenue du Général Leclerc", False),
        ("Gaulle", False),
        ("", False),
    ],
)
def test_a_street_is_known_again_however_it_is_written(written: str, same: bool):  # noqa: FBT001 - a case
    known = spelt_street("12", "B", "AV", "DU GAL DE GAULLE")
    assert same_street(spelt_out(written), known) is same
    assert same_street(known, spelt_out(written)) is same


def test_the_last_line_tells_the_town():
    assert town("25304 PONTARLIER CEDEX 2") == "PONTARLIER"
    assert town("Lyon") == "Lyon"
