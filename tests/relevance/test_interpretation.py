"""A whole request in one sentence: what is asked, what is offered, what is said not to be understood."""

import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import codes
from relevance import lexicon, vocabulary
from relevance.interpretation import Interpretation, interpret
from relevance.places import french_places
from relevance.sentence import MOST_WORDS

PARIS = "Europe/Paris"
AT = int(datetime(2026, 11, 23, 17, 42, tzinfo=ZoneInfo(PARIS)).timestamp())
"""A Monday."""
PLACES = french_places()


def read(text: str, at: int = AT, zone: str = PARIS) -> Interpretation:
    return interpret(text, at, zone, PLACES)


def asked(text: str) -> set[str]:
    """What a sentence asks, without its moment: `specialty=SM54`."""
    return {f"{name}={value}" for name, value in read(text).pairs if name not in {"from", "within_hours"}}


def moment(text: str, at: int = AT, zone: str = PARIS) -> tuple[str | None, str | None]:
    window = dict(read(text, at, zone).pairs)
    return window.get("from"), window.get("within_hours")


def offered(text: str) -> set[str]:
    """What a sentence may ask."""
    found = read(text)
    return {f"{name}={value}" for each in found.doubts for meaning in each.meanings for name, value in meaning.pairs}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("généraliste à domicile ce soir vers Villeurbanne", "specialty=SM54 modality=domicile address=Villeurbanne"),
        ("kiné qui parle arabe 69100 demain matin", "profession=70 language=ar address=69100"),
        ("pharmacie de garde", "structure_type=620"),
        ("infirmières au cabinet", "profession=60 modality=cabinet"),
        ("gynéco secteur 1 en visio", "specialty=SM20 specialty=SM19 sector=1 modality=teleconsultation"),
        ("médecin du SAS en sus", "profession=10 participation=true overbooking=true"),
        ("med gen vad tt de suite 69100", "specialty=SM54 modality=domicile address=69100"),
        ("inf dom sect 1 nvx patients", "profession=60 modality=domicile sector=1 new_patients=true"),
        ("cabinet infirmier Bron", "profession=60 address=Bron"),
        ("cabinet dentaire 69100", "profession=40 address=69100"),
        ("garde pharma Bron", "structure_type=620 address=Bron"),
        ("urgences dentaires Bron", "care=urgence-dentaire address=Bron"),
        ("pédiatre accessible en fauteuil, nouveaux patients", "specialty=SM40 accessible=true new_patients=true"),
        ("cardiologue avec échographe", "specialty=SM04 equipment=echographe"),
        ("médecin sans rendez-vous", "profession=10 care=consultation-non-programmee"),
        ("le dentiste le plus proche", "profession=40 order=nearest"),
        ("kiné ou ostéo", "profession=70 profession=71"),
        ("sage-femme anglophone", "profession=50 language=en"),
        ("médecin parlant turc ou kurde", "profession=10 language=tr language=ku"),
        ("infirmier langue des signes", "profession=60 language=fsl"),
    ],
)
def test_words_of_criteria_are_what_they_mean(text, expected):
    assert asked(text) == set(expected.split())
    assert read(text).name == ""
    assert read(text).unread == ()


@pytest.mark.parametrize("parameter", ["profession", "specialty", "structure_type", "care", "equipment"])
def test_every_code_may_be_said_by_its_label(parameter):
    for code, label in codes.TERMINOLOGIES[parameter].items():
        if codes.specialty_head(code) == code and (parameter, code) not in vocabulary.NO_LABEL:
            values = vocabulary.entries()[vocabulary.stems(vocabulary.fold(label))]
            assert {name for name, _ in values} & {parameter, "modality", "structure_type"}


@pytest.mark.parametrize("word", codes.EVERYDAY_WORDS)
def test_every_everyday_word_is_asked_or_offered(word):
    meant = {f"{name}={value}" for name, value in codes.EVERYDAY_WORDS[word]}
    found = asked(word) | offered(word)
    assert meant <= found or word == "visite a domicile"


def test_a_visit_is_a_modality_because_it_has_hours():
    assert asked("visite à domicile") == {"modality=domicile"}


def test_one_typo_is_forgiven_in_a_word_of_criteria():
    assert asked("cardioloque") == {"specialty=SM04"}
    assert asked("généralsite à domicle") == {"specialty=SM54", "modality=domicile"}


@pytest.mark.parametrize(("text", "right"), [("demin matin", "demain matin"), ("aujourdui", "aujourd’hui")])
def test_one_typo_is_forgiven_in_a_word_of_a_moment(text, right):
    assert moment(f"kiné {text}") == moment(f"kiné {right}") != (None, None)


@pytest.mark.parametrize("name", ["Lundy", "Marin", "Dr Lundy", "Dr matis", "mme lunde", "pour mme marde", "mr jeudy"])
def test_a_name_is_no_word_of_a_moment_that_a_typo_missed(name):
    assert moment(f"kiné {name} Villeurbanne") == (None, None)


def test_a_moment_stays_one_beside_a_name_that_resembles_a_day():
    found = read("visite mme jeudy 69003 ce soir")
    assert (found.name, dict(found.pairs)["within_hours"]) == ("jeudy", "6")
    assert asked(found.said.text) == {"modality=domicile", "address=69003"}


@pytest.mark.parametrize(
    "text", ["vers Perrache", "près de Part-Dieu", "du côté de Nullepart", "à Perrache", "gare de Perrache"]
)
def test_what_comes_where_a_place_is_said_is_no_name(text):
    assert read(f"médecin {text}").name == ""
    assert read(f"médecin {text}").unread != ()


def test_the_beginning_of_several_large_communes_is_offered_as_each_the_largest_first():
    found = read("urologue Villefranche")
    assert (found.name, asked("urologue Villefranche")) == ("", {"specialty=SM12"})
    labels = [meaning.label for each in found.doubts for meaning in each.meanings]
    assert labels == ["Villefranche-sur-Saône (69)", "Villefranche-de-Rouergue (12)"]
    assert read("Dr Villefranche").name == "Villefranche"


@pytest.mark.parametrize("text", ["ophtalmo à Saint-Genis", "ophtalmo Saint-Genis"])
def test_what_begins_the_name_of_a_commune_is_no_typo_in_the_name_of_another(text):
    assert asked(text) == {"specialty=SM38"}
    labels = [meaning.label for each in read(text).doubts for meaning in each.meanings]
    assert labels == ["Saint-Genis-Laval (69)", "Saint-Genis-Pouilly (01)"]


def test_a_number_before_a_commune_is_no_arrondissement():
    assert asked("maternité niveau 3 Lyon") == {"address=Lyon"}
    assert asked("généraliste Lyon 3") == {"specialty=SM54", "address=Lyon 3"}


@pytest.mark.parametrize(("text", "place"), [("69 100", "69100"), ("69 100 Villeurbanne", "69100 Villeurbanne")])
def test_a_postal_code_may_have_a_space(text, place):
    assert asked(f"kiné {text}") == {"profession=70", f"address={place}"}


def test_an_article_after_a_structure_begins_its_name_where_a_place_follows():
    assert asked("EHPAD Les Lilas Bron") == {"structure_type=500", "address=Bron"}
    assert asked("EHPAD Les Lilas") == {"structure_type=500", "address=Les Lilas"}


def test_a_band_of_the_table_is_counted_from_now_unless_a_day_is_said():
    assert moment("généraliste 0-4h") == moment("généraliste dans les 4 h")
    assert moment("généraliste demain 0-4h") == moment("généraliste demain entre 0h et 4h")


@pytest.mark.parametrize("text", ["près de chez moi", "pas loin du domicile"])
def test_near_home_is_no_visit(text):
    assert asked(f"médecin {text}") == {"profession=10"}
    assert asked(f"médecin {text}, à domicile") == {"profession=10", "modality=domicile"}


def test_a_cpts_beside_a_trade_is_offered_because_nobody_practises_in_it():
    assert asked("généraliste CPTS") == {"specialty=SM54"}
    assert asked("généraliste via une CPTS") == {"specialty=SM54", "participation=cpts"}
    assert asked("CPTS") == {"structure_type=604"}


@pytest.mark.parametrize("name", sorted(lexicon.NAMES))
def test_a_name_in_use_is_never_a_typo(name):
    assert vocabulary.mend(name) is None


def test_a_profession_that_the_specialty_implies_is_not_asked_too():
    assert asked("un médecin pédiatre") == {"specialty=SM40"}


def test_a_word_of_several_criteria_is_offered_and_not_asked():
    assert asked("psy") == set()
    assert offered("psy") == {"specialty=SM42", "profession=93"}


def test_another_trade_than_the_first_is_offered_because_both_together_are_nobody():
    assert asked("généraliste ou kiné") == {"specialty=SM54"}
    assert offered("généraliste ou kiné") == {"profession=70"}


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("pédiatre pas de téléconsultation", "pas de téléconsultation"),
        ("kiné sauf à domicile", "sauf à domicile"),
        ("médecin sans visio", "sans visio"),
    ],
)
def test_what_is_denied_is_not_asked_and_is_said(text, denied):
    assert not any(each.startswith("modality") for each in asked(text))
    assert read(text).unread == (denied,)


def test_what_is_denied_does_not_stand_before_another_trade():
    assert asked("pas de kiné, un ostéo à Bron") == {"profession=71", "address=Bron"}


def test_the_name_of_a_language_alone_is_not_asked():
    assert asked("infirmière arabe") == {"profession=60"}
    assert offered("infirmière arabe") == {"language=ar"}


# Moments ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "start", "hours"),
    [
        ("ce soir", "2026-11-23T18:00", "6"),
        ("cette nuit", "2026-11-23T20:00", "12"),
        ("demain", "2026-11-24T00:00", "24"),
        ("demain matin", "2026-11-24T08:00", "4"),
        ("demain après-midi", "2026-11-24T12:00", "6"),
        ("après-demain soir", "2026-11-25T18:00", "6"),
        ("mercredi", "2026-11-25T00:00", "24"),
        ("jeudi matin", "2026-11-26T08:00", "4"),
        ("aujourd’hui", None, "6"),
        ("lundi", None, "6"),
        ("maintenant", None, "4"),
        ("urgent", None, "4"),
        ("tout de suite", None, "4"),
        ("dans les 2 heures", None, "2"),
        ("d'ici 3h", None, "3"),
        ("sous 48h", None, "48"),
        ("dans l'heure", None, "1"),
        ("avant 20h", None, "2"),
        ("à partir de 18h30", "2026-11-23T18:30", "5"),
        ("après 19 heures", "2026-11-23T19:00", "5"),
        ("entre 18h et 20h", "2026-11-23T18:00", "2"),
        ("18h-20h", "2026-11-23T18:00", "2"),
        ("à 18:30", "2026-11-23T18:30", "1"),
        ("vers 19h", "2026-11-23T18:00", "2"),
        ("à 10h", "2026-11-24T10:00", "1"),
        ("demain à 10h", "2026-11-24T10:00", "1"),
        ("à 10h demain", "2026-11-24T10:00", "1"),
        ("demain avant midi", "2026-11-24T00:00", "12"),
        ("ce soir à 8h", "2026-11-23T20:00", "1"),
        ("demain 8h 12 rue Molière 69003 Lyon", "2026-11-24T08:00", "1"),
        ("ce soir après 21h", "2026-11-23T21:00", "3"),
        ("d'ici demain midi", None, "20"),
        ("demain mat", "2026-11-24T08:00", "4"),
        ("2h du matin", "2026-11-24T02:00", "1"),
        ("8h du soir", "2026-11-23T20:00", "1"),
        ("demain 9h du mat", "2026-11-24T09:00", "1"),
        ("urgent demain", "2026-11-24T00:00", "24"),
        ("en urgence mercredi", "2026-11-25T00:00", "24"),
    ],
)
def test_an_hour_and_a_day_are_one_moment(text, start, hours):
    assert moment(f"kiné {text} Bron") == (f"{start}:00+01:00" if start else None, hours)
    assert read(f"kiné {text} Bron").name == ""
    assert read(f"kiné {text} Bron").unread == ()


def test_a_night_that_is_not_said_to_be_this_one_is_offered():
    assert moment("kiné nuit Bron") == (None, None)
    assert offered("kiné nuit Bron") == {"from=2026-11-23T20:00:00+01:00", "within_hours=12"}


@pytest.mark.parametrize("text", ["vendredi", "jeudi soir", "ce matin", "avant 10h", "24h/24", "à 25h"])
def test_a_moment_that_is_over_or_beyond_72_hours_is_not_asked_and_is_said(text):
    found = read(f"kiné {text}")
    assert [name for name, _ in found.pairs] == ["profession"]
    assert found.unread or found.doubts


def test_in_two_hours_may_be_until_then_or_from_then():
    found = read("kiné dans 2 heures")
    assert moment("kiné dans 2 heures") == (None, None)
    assert [meaning.label for meaning in found.doubts[0].meanings] == ["d’ici 2 h", "dans 2 h"]


def test_hours_are_those_of_the_zone():
    assert moment("ce soir", AT - 4 * 3600, "Indian/Reunion") == ("2026-11-23T18:00:00+04:00", "6")


def test_a_named_moment_keeps_its_name():
    assert [each.moment for each in read("ce soir").understood] == ["evening"]


# Places -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("kiné à Mornant", "address=Mornant"),
        ("kiné près de Saint-Martin-d'Hères", "address=Saint-Martin-d'Hères"),
        ("kiné au Puy-en-Velay", "address=Puy-en-Velay"),
        ("kiné lyon 3e", "address=lyon 3e"),
        ("kiné Villeurbanne", "address=Villeurbanne"),
        ("kiné 69100 Villeurbanne", "address=69100 Villeurbanne"),
        ("kiné Saint-Denis (974)", "address=Saint-Denis (974)"),
        ("kiné 12 rue Molière 69003 Lyon", "address=12 rue Molière 69003 Lyon"),
        ("kiné 12 ter chemin du Moulin 69003 Lyon", "address=12 ter chemin du Moulin 69003 Lyon"),
        ("kiné au 7bis quai Perrache Lyon", "address=7bis quai Perrache Lyon"),
        ("kiné dans le Rhône", "departement=69"),
        ("kiné en Ardèche", "departement=07"),
        ("kiné dans le 38", "departement=38"),
        ("kiné à Décines", "address=Décines-Charpieu (69)"),
        ("kiné à Villeurbane", "address=Villeurbanne (69)"),
    ],
)
def test_a_place_is_found_where_it_is_said(text, place):
    assert asked(text) == {"profession=70", place}


def test_the_radius_goes_with_the_place():
    assert asked("kiné à moins de 10 km de Bron") == {"profession=70", "radius_km=10", "address=Bron"}
    assert asked("kiné 15 km autour de Bron") == {"profession=70", "radius_km=15", "address=Bron"}


def test_several_postal_codes_are_all_asked():
    assert asked("kiné 69100 ou 69003") == {"profession=70", "postal_code=69100", "postal_code=69003"}


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("kiné demain Bron 72h", "within_hours", "24"),
        ("kiné 10 km de Bron, 20 km", "radius_km", "10"),
        ("le plus proche kiné, au plus vite", "order", "nearest"),
    ],
)
def test_of_what_has_one_value_the_first_is_asked_and_another_offered(text, name, value):
    found = read(text)
    assert [each for key, each in found.pairs if key == name] == [value]
    assert any(key == name for each in found.doubts for meaning in each.meanings for key, _ in meaning.pairs)


@pytest.mark.parametrize("text", ["kiné arabe", "kiné parle arabe", "interprète langue des signes française", "arabe"])
def test_a_language_may_end_a_sentence(text):
    found = read(text)
    assert all(each.end <= len(found.said.words) for each in (*found.understood, *found.doubts))


def test_a_second_place_is_offered():
    assert asked("kiné Bron ou Villeurbanne") == {"profession=70", "address=Bron"}
    assert offered("kiné Bron ou Villeurbanne") == {"address=Villeurbanne"}


def test_a_small_commune_alone_is_a_name_and_is_offered_as_a_place_unless_it_is_a_family_name_in_use():
    assert read("kiné Bessenay").name == "Bessenay"
    assert offered("kiné Bessenay") == {"address=Bessenay"}
    assert read("kiné Marin").name == "Marin"
    assert offered("kiné Marin") == set()


def test_a_number_of_years_is_no_departement():
    assert asked("pédiatre enfant de 12 ans") == {"specialty=SM40"}


# Names --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("dr Martel", "Martel"),
        ("Docteur Jean Paris à Lyon", "Jean Paris"),
        ("kiné Le Gall", "Le Gall"),
        ("dr le gall", "le gall"),
        ("docteur de la Roncière", "de la Roncière"),
        ("jean-pierre vialatte", "jean-pierre vialatte"),
        ("pharmacie des Tilleuls", "des Tilleuls"),
        ("Pharmacie du Dr Martel", "Martel"),
        ("cabinet des Lilas", "cabinet des Lilas"),
        ("Docteur Matin", "Matin"),
        ("Villeurbanne", "Villeurbanne"),
        ("Jean Lyon", "Jean Lyon"),
    ],
)
def test_words_that_are_no_criterion_may_be_a_name(text, name):
    assert read(text).name == name


@pytest.mark.parametrize("family", ["laurent", "michel", "martin"])
def test_a_family_name_that_is_a_first_name_too_stands_alone_after_a_title(family):
    found = read(f"dr {family} villeurbanne")
    assert (found.name, dict(found.pairs)["address"]) == (family, "villeurbanne")


def test_an_unknown_word_without_a_capital_beside_a_criterion_is_not_taken_for_a_name():
    found = read("kiné vestibulaire vertigo")
    assert found.name == ""
    assert "vertigo" in " ".join(found.unread)


def test_the_name_of_a_patient_is_not_searched():
    found = read("généraliste pour Mme Durand 84 ans à Bron")
    assert found.name == ""
    assert "Mme Durand" in found.unread
    assert read("rendez-vous pour le docteur Durand").name == "Durand"


def test_a_place_that_the_gazetteer_does_not_have_is_neither_a_name_nor_cut():
    found = read("kiné à Annecy-le-Vieux")
    assert found.name == ""
    assert found.pairs == (("profession", "70"),)


def test_a_large_commune_after_a_family_name_is_a_place_and_after_a_first_name_only_a_name():
    assert (read("dr bernard villeurbanne").name, asked("dr bernard villeurbanne")) == (
        "bernard",
        {"address=villeurbanne"},
    )
    assert (read("dr julie villeurbanne").name, asked("dr julie villeurbanne")) == ("julie villeurbanne", set())


@pytest.mark.parametrize(
    ("text", "place"), [("mg dom villeurbane", "Villeurbanne (69)"), ("kiné Vileurbanne", "Villeurbanne (69)")]
)
def test_one_typo_is_forgiven_in_the_long_name_of_a_large_commune_without_a_preposition(text, place):
    assert f"address={place}" in asked(text)
    assert read(text).name == ""


@pytest.mark.parametrize("text", ["dr villeurbane", "villeurbane", "cabinet des Lilas", "kiné Chapelle"])
def test_what_may_be_a_name_is_not_mended_into_a_place(text):
    assert asked(text) <= {"profession=70"}


def test_the_sector_of_fees_is_no_arrondissement():
    assert asked("dermato secteur 1 Lyon") == {"specialty=SM15", "sector=1", "address=Lyon"}
    assert asked("dermato secteur 69100") == {"specialty=SM15", "address=69100"}


def test_a_commune_beside_a_word_of_several_criteria_is_a_place():
    assert asked("psy Lyon") == {"address=Lyon"}
    assert offered("psy Lyon") == {"specialty=SM42", "profession=93"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("docteur 69100", {"profession=10", "address=69100"}),
        ("doc 69100", {"profession=10", "address=69100"}),
        ("docteur Lyon 3", {"profession=10", "address=Lyon 3"}),
        ("médecin Anse", {"profession=10", "address=Anse"}),
    ],
)
def test_a_number_is_no_name_after_a_title_and_a_town_of_5000_is_a_place(text, expected):
    assert asked(text) == expected


def test_a_commune_after_a_title_is_a_name_and_is_offered_as_a_place():
    assert read("docteur Villeurbanne ce soir").name == "Villeurbanne"
    assert offered("docteur Villeurbanne ce soir") == {"address=Villeurbanne"}


def test_a_title_before_a_name_is_no_profession():
    assert asked("dr Martel") == set()
    assert asked("docteur demain") == {"profession=10"}


def test_words_of_a_request_that_are_no_criterion_are_said_not_to_be_understood():
    found = read("généraliste pour mon fils qui a de la fièvre à Bron")
    assert found.name == ""
    assert found.unread == ("fils qui a de la fièvre",)


# Anything -----------------------------------------------------------------------------------------------------------


def test_a_sentence_of_ten_thousand_characters_is_read_in_its_first_words_quickly():
    read("kiné à Lyonn")
    begun = time.process_time()
    found = read("kiné de Saint à Lyon " * 500)
    assert time.process_time() - begun < 1
    assert len(found.said.words) == MOST_WORDS
    assert ("profession", "70") in found.pairs
    assert found.rest.startswith("kiné de Saint à Lyon")


def test_markup_is_words_like_others():
    found = read("<script>alert('x')</script> généraliste <b>Bron</b>")
    assert set(found.pairs) == {("specialty", "SM54"), ("address", "Bron")}


@settings(deadline=None)  # the first example reads the gazetteer
@given(st.text(max_size=120))
def test_any_text_is_read(text):
    found = read(text)
    assert all(each.pairs for each in found.understood if each.kind not in {"profession", "when"})


WORDS = st.sampled_from(
    "kiné dr à Lyon Martel 69100 18h demain pas de parle arabe 10 km rue ce soir psy dans le 38".split()
)


@settings(deadline=None)
@given(st.lists(WORDS, max_size=12))
def test_no_word_is_understood_twice(words):
    found = read(" ".join(words))
    taken = [index for each in (*found.understood, *found.doubts) for index in each.words]
    assert len(taken) == len(set(taken))
