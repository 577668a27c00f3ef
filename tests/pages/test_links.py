"""What a form means, as a canonical link."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.gazetteer import gazetteer
from relevance.places import french_places
from search_api.pages import links, moments
from search_api.pages.places import PlaceNames
from search_api.parameters import FIELDS
from search_api.planning import Planner
from tests.pages.serving import TERRITORIES
from tests.pages.world import AT, HOUR, MINUTE

PARIS, REUNION = "Europe/Paris", "Indian/Reunion"
NAMES = PlaceNames(Planner(gazetteer(), french_places(), lambda: TERRITORIES))


def canonical(*pairs: tuple[str, str], zone: str = PARIS, at: int = AT) -> list[tuple[str, str]]:
    return list(links.canonical(pairs, at, zone, NAMES))


def test_empty_fields_are_not_in_the_link():
    assert canonical(("text", ""), ("address", "  "), ("specialty", "SM54")) == [("specialty", "SM54")]


def test_what_is_the_default_is_not_in_the_link():
    assert canonical(("text", "a"), ("order", "relevance"), ("exact_limit", "50")) == [("text", "a")]


def test_a_label_stands_for_its_code_whatever_its_accents():
    assert canonical(("specialty", "pediatrie")) == [("specialty", "SM40")]


def test_a_label_of_several_codes_stands_for_all_of_them():
    assert {code for _, code in canonical(("skill", "Addictologie"))} == {"DEC01", "DSM200", "SST01"}


def test_a_word_that_is_no_label_is_left_for_the_api_to_refuse():
    assert canonical(("specialty", "magie")) == [("specialty", "magie")]


def test_one_box_holds_several_postal_codes():
    assert canonical(("postal_code", "69100, 69003 69500")) == [
        ("postal_code", "69100"),
        ("postal_code", "69003"),
        ("postal_code", "69500"),
    ]


@pytest.mark.parametrize(
    ("name", "typed", "code"),
    [
        ("commune", "villeurbanne", "69266"),
        ("commune", "Saint-Denis (974)", "97411"),
        ("commune", "69266", "69266"),
        ("departement", "Rhône", "69"),
        ("departement", "2A", "2A"),
        ("departement", "Rhône (69)", "69"),
        ("cpts", "cpts est lyonnais", "690000200"),
        ("cpts", "est lyon", "690000200"),
    ],
)
def test_a_place_may_be_named(name, typed, code):
    assert canonical((name, typed)) == [(name, code)]


@pytest.mark.parametrize(
    ("name", "typed", "codes"),
    [
        ("commune", "Bron, Villeurbanne", ["69029", "69266"]),
        ("departement", "69 38", ["69", "38"]),
        ("departement", "Rhône; 2A", ["69", "2A"]),
        ("cpts", "est lyonnais; villeurbanne", ["690000200", "690000100"]),
    ],
)
def test_one_box_holds_several_places(name, typed, codes):
    assert canonical((name, typed)) == [(name, code) for code in codes]


def test_words_that_several_cpts_have_are_left_to_be_refused():
    assert canonical(("cpts", "CPTS")) == [("cpts", "CPTS")]


@pytest.mark.parametrize(("radius", "said"), [(10.0, "10"), (7.5, "7.5"), (0.00002, "0.00002"), (200, "200")])
def test_a_radius_is_said_as_the_api_reads_it(radius: float, said: str):
    assert links.kilometres(radius) == said


def test_a_name_of_several_communes_is_not_chosen_silently():
    assert canonical(("commune", "Saint-Denis")) == [("commune", "Saint-Denis")]


def test_a_named_moment_replaces_the_hours_of_the_form():
    asked = canonical(("from", "2026-11-24T08:00"), ("within_hours", "2"), ("when", "evening"))
    assert asked == [("from", "2026-11-23T18:00:00+01:00"), ("within_hours", "6")]


def test_a_window_that_has_begun_is_what_is_left_of_it():
    begun = canonical(("from", "2026-11-23T17:00:00+01:00"), ("within_hours", "2"))
    assert begun == [("within_hours", "1")]
    assert canonical(("from", "2026-11-23T16:00:00+01:00")) == [("within_hours", "70")]


def test_what_is_clicked_is_what_is_asked_at_any_minute():
    for at in range(AT, AT + 24 * HOUR, 11 * MINUTE):
        for moment, _ in moments.offered(at, PARIS):
            asked = canonical(("text", "a"), ("when", moment.name), at=at)
            assert moments.named(asked, at, PARIS) is moment


def test_two_moments_of_the_same_hours_are_told_apart_by_the_one_clicked():
    half_past_seven = AT + 108 * MINUTE
    evening = canonical(("text", "a"), ("when", "evening"), at=half_past_seven)
    assert evening == [("text", "a"), ("within_hours", "4"), ("moment", "evening")]
    assert canonical(("text", "a"), ("when", "now"), at=half_past_seven) == evening[:2]
    assert canonical(*evening, at=half_past_seven + HOUR) == evening[:2]


def test_a_link_of_this_evening_is_still_of_this_evening():
    link = [("from", "2026-11-23T18:00:00+01:00"), ("within_hours", "6")]
    half_past_seven = AT + 108 * MINUTE
    named = moments.named(canonical(*link, at=half_past_seven), half_past_seven, PARIS)
    assert named is moments.BY_NAME["evening"]


def test_a_moment_that_is_over_is_left_to_be_refused():
    assert canonical(("when", "this_morning")) == [("when", "this_morning")]


def test_a_window_that_is_over_is_left_for_the_api_to_refuse():
    over = [("from", "2026-11-23T12:00:00+01:00"), ("within_hours", "5")]
    assert canonical(*over) == over


def test_the_next_page_keeps_the_window_of_the_first():
    begun = [("from", "2026-11-23T17:00:00+01:00"), ("within_hours", "2"), ("cursor", "x")]
    assert canonical(*begun) == begun


def test_an_hour_of_the_form_is_that_of_the_place():
    assert canonical(("from", "2026-11-24T08:00"), zone=REUNION) == [("from", "2026-11-24T08:00:00+04:00")]


def test_an_instant_is_written_in_the_zone_of_the_place_on_a_whole_minute():
    assert canonical(("from", "2026-11-24T07:00:30Z")) == [("from", "2026-11-24T08:00:00+01:00")]
    assert canonical(("from", "2026-11-24T08:00:00 01:00")) == [("from", "2026-11-24T08:00:00+01:00")]


def test_a_point_is_rounded_to_a_hundred_metres():
    assert canonical(("near", "45.76649,-4.8")) == [("near", "45.766,-4.800")]


@pytest.mark.parametrize(
    ("name", "first", "other"),
    [
        ("view", "map", "table"),
        ("prefill", "690000200", "690000100"),
        ("doctor", "Martel", "Benali"),
        ("seen", "50", "100"),
    ],
)
def test_of_two_values_where_one_is_meant_the_first_is_kept(name, first, other):
    there = [("text", "a"), ("cursor", "x")]
    assert canonical(*there, (name, first), (name, other), (name, first)) == [*there, (name, first)]


def test_of_two_moments_the_first_is_asked():
    assert canonical(("when", "evening"), ("when", "night")) == canonical(("when", "evening"))
    assert canonical(("when", "noon"), ("when", "evening")) == [("when", "noon")]


def test_a_doctor_has_several_numbers():
    numbers = [("doctor", "10100000014"), ("doctor", "10100000027")]
    assert canonical(("text", "a"), *numbers) == [("text", "a"), *numbers]


def test_a_specialty_is_asked_by_the_head_of_its_group():
    assert canonical(("specialty", "SM53"), ("specialty", "SM26")) == [("specialty", "SM54")]


def test_how_much_was_seen_is_said_with_where_to_go_on_from_only():
    assert canonical(("text", "a"), ("seen", "50")) == [("text", "a")]
    assert canonical(("text", "a"), ("cursor", "x"), ("seen", "-1")) == [("text", "a"), ("cursor", "x")]
    following = links.following([("text", "a")], "x", 50)
    assert canonical(*following) == [("text", "a"), ("cursor", "x"), ("seen", "50")]
    assert links.without(following, "cursor") == [("text", "a")]


def test_an_address_replaces_the_point_of_the_link():
    assert canonical(("near", "45.7,4.8"), ("address", "Bron")) == [("address", "Bron")]


def test_a_radius_may_be_written_with_a_comma():
    assert canonical(("address", "Bron"), ("radius_km", "2,5"))[1] == ("radius_km", "2.5")


NAMED = st.sampled_from([*FIELDS, "when", "moment", "prefill", "seen", "view", "doctor", "x"])
WRITTEN = ["evening", "now", "4", "69 38", "Bron; Lyon", "45.76649,4.87", "professional", "2026-11-23T17:00:30Z", "50"]


@given(st.lists(st.tuples(NAMED, st.one_of(st.text(max_size=12), st.sampled_from(WRITTEN))), max_size=8))
def test_a_canonical_link_is_its_own_canonical_link(pairs):
    once = canonical(*pairs)
    assert canonical(*once) == once


def test_the_order_of_preference_is_kept():
    asked = canonical(("modality", "domicile"), ("modality", "cabinet"))
    assert links.preferring(asked, "modality", "cabinet") == [("modality", "cabinet"), ("modality", "domicile")]


def test_removing_the_place_removes_its_radius():
    asked = [("address", "Bron"), ("radius_km", "5"), ("text", "martel")]
    assert links.without(asked, "address") == [("text", "martel")]


def test_a_changed_request_starts_from_its_first_page():
    assert links.without([("text", "a"), ("sector", "1"), ("cursor", "x")], "sector") == [("text", "a")]


def test_a_request_that_asks_nothing_more_is_the_home_page():
    assert links.href([("order", "nearest")]) == "/"


@pytest.mark.parametrize(
    ("name", "value", "zone"),
    [
        ("address", "Saint-Denis (974)", REUNION),
        ("near", "-20.88,55.45", REUNION),
        ("postal_code", "97400", REUNION),
        ("commune", "97411", REUNION),
        ("departement", "974", REUNION),
        ("cpts", "690000200", PARIS),
        ("commune", "Saint-Denis (974)", REUNION),
        ("departement", "La Réunion", REUNION),
        ("address", "nulle part du tout", PARIS),
        ("near", "n'importe quoi", PARIS),
    ],
)
def test_hours_are_those_of_the_place_asked(name, value, zone):
    assert NAMES.zone([(name, value)]) == zone
