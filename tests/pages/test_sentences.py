"""The text box understands a whole request, shows what it understood as chips, and says the rest."""

from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


@pytest.mark.parametrize("sentence", ["sages-femmes CPTS Villeurbanne demain", "CPTS Est lyonnais : kiné demain"])
def test_a_cpts_that_is_named_beside_a_trade_is_where_it_is_searched(visit, sentence):
    asked = dict(query(typed(visit, sentence).path))
    code = "690000100" if "Villeurbanne" in sentence else "690000200"
    assert asked["cpts"] == code
    assert asked["from"].startswith("2026-11-24T00:00")
    assert set(asked) == {"profession", "cpts", "from", "within_hours"}


def test_a_cpts_alone_is_looked_for_itself(visit):
    asked = query(typed(visit, "CPTS Villeurbanne").path)
    assert ("structure_type", "604") in asked
    assert "cpts" not in dict(asked)


def test_a_cpts_beside_a_trade_and_another_place_is_offered(visit):
    shown = typed(visit, "kiné CPTS Villeurbanne", "&address=Bron")
    asked = query(shown.path)
    assert {name for name, _ in asked} == {"profession", "address", "unasked"}
    assert ("unasked", "CPTS") in asked
    assert "Type de structure : Communauté professionnelle" in notice(shown.page)


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


@pytest.mark.parametrize("place", ["Villeurbanne", "Bessenay"])
def test_a_place_alone_is_looked_for_as_a_name_and_offered_as_a_place(visit, place):
    shown = typed(visit, place)
    assert f"« {place} », cherché comme un nom" in notice(shown.page)
    assert query(visit(shown.page.href(f"Lieu : {place}")).path) == [("address", place)]


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


def test_a_radius_beyond_the_widest_is_not_asked_and_is_said(visit):
    shown = typed(visit, "kiné à 500 km de Bron")
    assert shown.page.chips == ["Bron", "Masseur-kinésithérapeute"]
    assert "200 km au plus" in notice(shown.page)


@pytest.mark.parametrize("sentence", ["demain kiné 72h", "kiné arabe", "kiné 10 km de Bron ou 20 km"])
def test_a_sentence_that_says_a_thing_twice_or_ends_with_a_language_is_answered(visit, sentence):
    assert typed(visit, sentence).status == 200


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
    page = typed(visit, "kiné à Bron").page
    left = visit(page.href("×Retirer : Masseur-kinésithérapeute")).page
    assert visit(left.href("×Retirer : Bron")).path == "/"


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


@pytest.mark.parametrize(
    "sentence", ["kiné " * 2_000, "é" * 10_000, "\U0001f4a5" * 3_000], ids=["words", "a word", "emoji"]
)
def test_a_sentence_that_is_too_long_for_a_link_keeps_the_form_and_says_what_to_do_beside_its_box(visit, sentence):
    shown = typed(visit, sentence, "&address=Bron&specialty=SM54&when=evening")
    assert shown.status == 414
    assert shown.page.chips == ["Bron", "Médecine générale", "Ce soir · 18-24 h"]
    (box,) = shown.page.all("input", id="f-text")
    assert box.attributes["value"] == sentence
    assert box.attributes["aria-describedby"] == "faute-text"
    assert "dites qui, où et quand en 60 mots au plus" in shown.page.one("span", id="faute-text").text
    kept = visit(shown.page.href("Retirer : Nom ou phrase"))
    assert {("address", "Bron"), ("specialty", "SM54")} < set(query(kept.path))


def test_another_box_that_is_too_long_is_said_and_the_sentence_is_read(visit):
    shown = typed(visit, "kiné ce soir", f"&address={'nulle part ' * 1_000}")
    assert shown.status == 414
    assert shown.page.chips == ["Masseur-kinésithérapeute", "Ce soir · 18-24 h"]
    assert "C’est trop long" in shown.page.one("span", id="faute-address").text


@pytest.mark.parametrize("many", ["care=suture&" * 1_000, f"x={'a' * 9_000}"])
def test_what_no_box_alone_makes_too_long_is_a_page_that_says_so(visit, many):
    shown = visit(f"/recherche?{many}")
    assert shown.status == 414
    assert "La demande dépasse 8 192 octets" in shown.page.text


def test_a_sentence_of_a_thousand_characters_is_read_in_its_first_words_and_says_the_others(visit):
    shown = typed(visit, "kiné à Bron " + "pourtant " * 110)
    assert shown.status == 200
    assert shown.page.chips == ["Bron", "Masseur-kinésithérapeute"]
    assert "« … pourtant pourtant" in notice(shown.page)
    assert "après les 60 premiers mots, non lu" in notice(shown.page)


def test_of_many_words_that_are_not_understood_the_last_are_said_together(visit):
    odd = ("genou", "fesse", "bras", "dos", "cou", "pied", "main", "coude", "nez", "dents")
    said = notice(typed(visit, f"kiné {' kiné '.join(odd)} à Bron").page)
    assert all(word in said for word in odd)
    assert "« coude … nez … dents », non compris" in said


def test_what_is_not_asked_is_said_in_the_order_of_the_sentence(visit):
    said = notice(typed(visit, "kiné genou psy à Bron, généraliste, pas de visio").page)
    assert sorted(["genou", "psy", "généraliste", "pas de visio"], key=said.index) == [
        "genou",
        "psy",
        "généraliste",
        "pas de visio",
    ]


def test_what_is_between_words_is_a_space(visit):
    assert typed(visit, "kiné\tà \n Bron").page.chips == ["Bron", "Masseur-kinésithérapeute"]


@pytest.mark.parametrize("control", ["\x00", "\x1b", "\u202e", "\u2067"])
def test_a_control_character_is_refused(visit, control):
    shown = typed(visit, f"kiné{control} à Bron")
    assert shown.status == 422
    assert "caractère de contrôle" in shown.page.one("span", id="faute-text").text


def test_words_that_are_not_in_latin_letters_are_said_not_to_be_understood(visit):
    shown = typed(visit, "طبيب dentiste \U0001f9b7 Bron")
    assert shown.page.chips == ["Bron", "Chirurgien-dentiste"]
    assert "« طبيب », non compris" in notice(shown.page)


@pytest.mark.parametrize("nothing", ["\U0001f9b7", "طبيب في ليون", "...", "-"])
def test_what_has_no_letter_that_is_read_is_refused_beside_the_box(visit, nothing):
    shown = typed(visit, nothing)
    assert shown.status == 422
    assert shown.page.one("span", id="faute-text").text == "Au moins une lettre latine ou un chiffre"


def test_a_sentence_of_which_nothing_may_be_asked_leads_to_the_home_page_which_says_why(visit):
    shown = typed(visit, "effecteur", viewer=Viewer.PUBLIC)
    assert shown.path == "/?unasked=effecteur"
    assert "« effecteur », réservé à la régulation" in notice(shown.page)


WORDS = (
    "kiné dr à Lyon Bron Martel 69100 69003 18h demain ce soir pas de parle arabe 10 km 500 km rue psy dans le 38 mg "
    "vad dom sf garde pharmacie sas effecteur ( ) 2A 974 <b> secteur 1 avant après vendredi 25:99 12 bis nuit le plus "
    "Saint-Denis proche d'ici 3 heures 72h ' & ou sans 20 km"
).split()


@pytest.mark.parametrize("viewer", [Viewer.PUBLIC, Viewer.REGULATION])
def test_no_words_of_requests_make_a_page_that_refuses(visit, viewer):
    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.sampled_from(WORDS), max_size=10))
    def answered(words):
        shown = typed(visit, f"kiné {' '.join(words)}", viewer=viewer)
        assert (shown.status, shown.page.foreign) == (200, [])

    answered()
