"""How a page writes French."""

from datetime import date

import pytest

from search_api.pages import french


@pytest.mark.parametrize(
    ("plain", "set_right"),
    [
        ("Langue : arabe", "Langue\u00a0: arabe"),
        ("non ; oui !", "non\u202f; oui\u202f!"),
        ("« Arabe »", "«\u00a0Arabe\u00a0»"),
        ("à 1,2 km", "à 1,2\u00a0km"),
        ("il y a 3 min", "il y a 3\u00a0min"),
        ("à 18 h 30", "à 18\u00a0h\u00a030"),
        ("10 000+", "10\u202f000+"),
        ("Table d'examen", "Table d’examen"),
    ],
)
def test_spaces_and_apostrophes_are_set(plain, set_right):
    assert french.typeset(plain) == set_right


def test_days_are_said_from_today():
    today = date(2026, 11, 24)
    said = [french.day(date(2026, 11, day), today) for day in (24, 25, 26)]
    assert said == ["aujourd’hui", "demain", "jeu.\u00a026\u00a0nov."]


def test_the_first_of_a_month_is_an_ordinal():
    assert french.calendar_day(date(2026, 12, 1)) == "mar.\u00a01er\u00a0déc."


@pytest.mark.parametrize(("value", "text"), [(0.45, "0,45"), (2.0, "2"), (0.8, "0,8"), (12345, "12\u202f345")])
def test_numbers_have_commas_and_no_useless_zero(value, text):
    assert french.number(value) == text


def test_zero_is_singular():
    assert [french.plural(value, "place", "places") for value in (0, 1, 2)] == ["place", "place", "places"]


def test_phones_stay_on_one_line():
    assert french.phone("+33478000000") == "04\u00a078\u00a000\u00a000\u00a000"


@pytest.mark.parametrize(
    ("file", "people"),
    [
        ("12 RUE DES ÉRABLES", "12 rue des Érables"),
        ("8 rue DU 4 AOUT", "8 rue du 4 Aout"),
        ("ZAC DE LA GARE, BP 12", "ZAC de la Gare, BP 12"),
        ("5 PLACE JEAN XXIII", "5 place Jean XXIII"),
        ("2 BIS RUE DE L'ÉGLISE", "2 bis rue de L'Église"),
        ("rue Émile-Zola", "rue Émile-Zola"),
        ("JEAN-PIERRE", "Jean-Pierre"),
    ],
)
def test_what_files_write_in_capitals_is_read_as_people_write_it(file, people):
    assert french.capitals(file) == people


def test_an_arrondissement_is_written_by_its_number():
    assert french.town("Lyon 3e Arrondissement") == "Lyon 3e"
    assert french.town("Paris 1er Arrondissement (75)") == "Paris 1er (75)"
    assert french.town("Villeurbanne") == "Villeurbanne"
