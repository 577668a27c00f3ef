"""The text box understands a whole request, shows what it understood as chips, and says the rest."""

from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from models.codes import Viewer
from tests.pages.reading import Document


def query(path: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(path).query)


def typed(visit, sentence: str, more: str = "", viewer: Viewer = Viewer.REGULATION):
    """The page after this sentence was sent from a form that asks `more`."""
    return visit(f"/recherche?sentence={quote(sentence)}{more}", viewer)


def notice(page: Document) -> str:
    return next((each.text for each in page.all("div", class_="warn") if "Non demandé" in each.text), "")


@pytest.mark.parametrize(
    ("sentence", "chips"),
    [
        (
            "généraliste à domicile ce soir vers Villeurbanne",
            ["Villeurbanne", "Médecine générale", "À domicile", "Ce soir · 18-24 h"],
        ),
        (
            "kiné qui parle arabe 69100 demain matin",
            ["69100", "Masseur-kinésithérapeute", "Demain matin · 8-12 h", "Arabe"],
        ),
        ("pharmacie de garde", ["Pharmacie d’officine"]),
        ("médecin Martel à moins de 10 km de Bron", ["Nom : Martel", "Bron · 10 km", "Médecin"]),
    ],
)
def test_what_is_understood_is_shown_as_chips(visit, sentence, chips):
    shown = typed(visit, sentence).page
    assert shown.chips == chips
    assert notice(shown) == ""


def test_each_chip_can_be_removed(visit):
    page = typed(visit, "kiné à Bron").page
    assert query(visit(page.href("×Retirer : Bron")).path) == [("profession", "70")]


@pytest.mark.parametrize("name", ["martel", "Dr Martel", "Jean Paris", "qsdfgh"])
def test_a_name_alone_stays_as_it_was_typed(visit, name):
    assert query(typed(visit, name).path) == [("text", name)]


def test_words_that_are_not_understood_are_said_with_a_link_to_look_for_them_as_a_name(visit):
    shown = typed(visit, "généraliste à Bron pour un genou")
    assert "« genou », non compris" in notice(shown.page)
    assert ("text", "genou") in query(visit(shown.page.href("Chercher le nom « genou »")).path)


def test_a_word_of_several_meanings_is_not_asked_and_each_is_offered(visit):
    shown = typed(visit, "psy à Bron")
    assert query(shown.path) == [("address", "Bron"), ("unasked", "psy")]
    assert "plusieurs sens possibles" in notice(shown.page)
    chosen = visit(shown.page.href("Profession : Psychologue"))
    assert query(chosen.path) == [("profession", "93"), ("address", "Bron")]


def test_a_small_commune_looked_for_as_a_name_is_offered_as_a_place(visit):
    shown = typed(visit, "kiné Bessenay")
    assert "« Bessenay », cherché comme un nom" in notice(shown.page)
    chosen = visit(shown.page.href("Lieu : Bessenay"))
    assert query(chosen.path) == [("profession", "70"), ("address", "Bessenay")]


def test_a_sentence_never_overrides_what_the_form_asks(visit):
    shown = typed(visit, "kiné à Bron ce soir", "&address=Villeurbanne&specialty=SM54&when=tomorrow_morning")
    assert shown.page.chips == ["Villeurbanne", "Médecine générale", "Demain matin · 8-12 h"]
    assert "« à Bron », la demande dit déjà autre chose" in notice(shown.page)
    assert "Bron" in visit(shown.page.href("Lieu : Bron")).page.chips


def test_what_the_form_asks_already_may_be_said_again(visit):
    shown = typed(visit, "généraliste à Bron", "&specialty=SM54&address=Bron&order=relevance")
    assert query(shown.path) == [("specialty", "SM54"), ("address", "Bron")]


def test_a_criterion_reserved_to_the_regulation_is_said_and_not_asked_of_others(visit):
    shown = typed(visit, "généraliste du SAS à Bron", viewer=Viewer.PUBLIC)
    assert shown.status == 200
    assert query(shown.path) == [("specialty", "SM54"), ("address", "Bron"), ("unasked", "du SAS")]
    assert "« du SAS », réservé à la régulation" in notice(shown.page)
    assert ("participation", "true") in query(typed(visit, "généraliste du SAS à Bron").path)


def test_a_moment_beyond_72_hours_and_an_exclusion_are_said(visit):
    said = notice(typed(visit, "kiné à Bron vendredi pas de téléconsultation, enfant").page)
    assert "« vendredi », au-delà des 72 heures, ou passé" in said
    assert "« pas de téléconsultation », une exclusion ne se demande pas" in said
    assert "« enfant », non compris" in said


def test_a_radius_without_a_place_is_not_asked(visit):
    shown = typed(visit, "kiné à moins de 10 km")
    assert shown.status == 200
    assert query(shown.path) == [("profession", "70"), ("unasked", "à moins de 10 km")]


def test_an_emptied_box_asks_no_name_any_more(visit):
    assert query(visit("/recherche?sentence=&text=martel&address=Bron").path) == [("address", "Bron")]


def test_a_name_that_was_asked_as_such_is_not_read_as_a_sentence_when_the_form_is_sent_again(visit):
    page = visit("/recherche?text=kiné&address=Bron").page
    assert {("sentence", "kiné"), ("text", "kiné")} <= set(page.sent)
    again = visit("/recherche?" + "&".join(f"{name}={quote(value)}" for name, value in page.sent))
    assert query(again.path) == [("text", "kiné"), ("address", "Bron")]


def test_hours_are_those_of_the_place_that_the_sentence_names(visit):
    shown = typed(visit, "kiné à Saint-Denis (974) demain matin")
    assert ("from", "2026-11-24T08:00:00+04:00") in query(shown.path)


def test_what_is_left_when_every_chip_is_removed_is_the_home_page(visit):
    page = typed(visit, "kiné genou").page
    assert visit(page.href("×Retirer : Masseur-kinésithérapeute")).path == "/"


@pytest.mark.parametrize(
    "odd", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "' OR 1=1 --"]
)
def test_markup_and_script_in_a_sentence_are_words(visit, odd):
    shown = typed(visit, f"généraliste {odd} Bron")
    assert shown.status == 200
    assert "Médecine générale" in shown.page.chips
    assert not shown.page.foreign
    assert "49" not in notice(shown.page)


def test_markup_in_a_link_is_words(visit):
    shown = visit("/recherche?address=Bron&unasked=%3Cscript%3Ealert(1)%3C/script%3E&unasked=%E2%80%AE&unasked=")
    assert shown.status == 200
    assert not shown.page.foreign


def test_a_sentence_of_ten_thousand_characters_is_refused_as_too_long(visit):
    assert typed(visit, "kiné " * 2_000).status == 414


def test_a_sentence_of_a_thousand_characters_is_read_in_its_first_words(visit):
    shown = typed(visit, "kiné à Bron " + "pourtant " * 110)
    assert shown.status == 200
    assert shown.page.chips == ["Bron", "Masseur-kinésithérapeute"]


def test_a_control_character_is_refused(visit):
    shown = typed(visit, "kiné\u202e à Bron")
    assert shown.status == 422
    assert "caractère de contrôle" in shown.page.text
