"""Reading places: what people write finds the commune, and an ambiguous name says its namesakes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.gazetteer import gazetteer
from models.geo import distance_m
from relevance.places import Located, french_places

PLACES = french_places()


def found(text: str) -> Located:
    """The place that a text names; it must name one."""
    located = PLACES.locate(text)
    assert located is not None, text
    return located


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Villeurbanne", "Villeurbanne (69)"),
        ("VILLEURBANNE", "Villeurbanne (69)"),
        ("69100", "69100 Villeurbanne"),
        ("69100 Villeurbanne", "Villeurbanne (69)"),
        ("Villeurbanne 69100", "Villeurbanne (69)"),
        ("73210", "73210 Aime-la-Plagne et 3 autres"),
        ("69266", "Villeurbanne (69)"),
        ("st etienne", "Saint-Étienne (42)"),
        ("Ste-Foy-lès-Lyon", "Sainte-Foy-lès-Lyon (69)"),
        ("havre", "Le Havre (76)"),
        ("l'hay les roses", "L'Haÿ-les-Roses (94)"),
        ("Lyon", "Lyon (69)"),
        ("Lyon 69", "Lyon (69)"),
        ("Lyon 3e", "Lyon 3e Arrondissement (69)"),
        ("Lyon 3eme arrondissement", "Lyon 3e Arrondissement (69)"),
        ("paris 1er", "Paris 1er Arrondissement (75)"),
        ("Paris 11", "Paris 11e Arrondissement (75)"),
        ("75011", "75011 Paris 11e Arrondissement"),
        ("Ajaccio 2A", "Ajaccio (2A)"),
        ("Saint-Denis (974)", "Saint-Denis (974)"),
        ("Saint-Denis 93", "Saint-Denis (93)"),
        ("Saint-Denis (La Réunion)", "Saint-Denis (974)"),
        ("Saint-Denis (97411)", "Saint-Denis (974)"),
        ("Château-Chinon (Ville)", "Château-Chinon (Ville) (58)"),
        ("Grigny 69520", "Grigny-sur-Rhône (69)"),
        ("69520 Grigny", "Grigny-sur-Rhône (69)"),
        ("Villefranche (69)", "Villefranche-sur-Saône (69)"),
        ("Villefranche 12", "Villefranche-de-Rouergue (12)"),
        ("Grigny 91", "Grigny (91)"),
        ("Pierre-Bénite (69)", "Oullins-Pierre-Bénite (69)"),
        ("69310 Pierre-Bénite", "Oullins-Pierre-Bénite (69)"),
    ],
)
def test_a_place_is_read_as_people_write_it(text: str, label: str):
    assert found(text).label == label
    assert found(text).whole


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("12 rue de la République, 69100 Villeurbanne", "Villeurbanne (69)"),
        ("12 rue de la Paix Lyon 3e", "Lyon 3e Arrondissement (69)"),
        ("10 bd des Belges 69437 LYON CEDEX 03", "Lyon 3e Arrondissement (69)"),
        ("12 rue de Nulle-Part-Connue 69100", "69100 Villeurbanne"),
    ],
)
def test_the_end_of_an_address_stands_for_it_and_says_so(text: str, label: str):
    assert found(text).label == label
    assert not found(text).whole


def test_namesakes_are_given_the_most_populous_first():
    located = found("Saint-Denis")
    assert located.label == "Saint-Denis (974)"
    assert [PLACES.label(other) for other in located.others] == [
        "Saint-Denis (93)",
        "Saint-Denis (11)",
        "Saint-Denis (30)",
    ]


def test_a_namesake_can_be_chosen_by_its_label():
    for other in found("Saint-Denis").others:
        chosen = found(PLACES.label(other))
        assert (chosen.label, chosen.others) == (PLACES.label(other), ())


@pytest.mark.parametrize(
    "text", ["Trifouilly", "Château-Chinon", "(69)", "69", "arrondissement", "Lyon (Nulle part)", ""]
)
def test_what_names_no_place_finds_none(text: str):
    assert PLACES.locate(text) is None


@pytest.mark.parametrize(
    ("text", "suggestion"), [("Villeurbane", "Villeurbanne (69)"), ("Château-Chinon", "Château-Chinon (Ville) (58)")]
)
def test_an_unknown_place_has_suggestions(text: str, suggestion: str):
    assert suggestion in [PLACES.label(each) for each in PLACES.alike(text, 5)]


def test_a_beginning_suggests_the_most_populous():
    assert PLACES.label(PLACES.suggest("villeu", 3)[0]) == "Villeurbanne (69)"
    assert PLACES.label(PLACES.suggest("st deni", 1)[0]) == "Saint-Denis (974)"
    assert PLACES.label(PLACES.suggest("6910", 1)[0]) == "Villeurbanne (69)"
    assert PLACES.suggest("", 3) == ()


def test_the_very_name_is_suggested_before_a_more_populous_beginning():
    assert PLACES.label(PLACES.suggest("ars", 1)[0]).startswith("Ars (")
    assert PLACES.label(PLACES.suggest("havre", 1)[0]) == "Le Havre (76)"
    assert PLACES.label(PLACES.suggest("saint denis", 1)[0]) == "Saint-Denis (974)"


def test_every_commune_with_a_point_is_found_by_its_own_label():
    for commune in gazetteer().communes[::97]:
        if commune.point:
            assert distance_m(found(PLACES.label(commune)).point, commune.point) == 0


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading(text: str):
    located = PLACES.locate(text)
    assert located is None or located.label
    assert len(PLACES.suggest(text, 3)) <= 3
