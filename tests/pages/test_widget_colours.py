"""The colours of a widget: what WCAG says of two colours, and what is made of those that a portal gives."""

import re
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_api.pages import render, widget_colours
from search_api.pages.widget_colours import CONTROL, TEXT, Colour, Wanted, contrast, palette, verdicts

OURS = widget_colours.tokens((render.STATIC / "style.css").read_text("utf-8"))
TEXTS = ("ink", "muted", "accent", "warn", "danger")
GROUNDS = ("ground", "surface", "accent-soft", "warn-soft", "danger-soft")
RED = Colour(0xBB, 0, 0)
colours = st.builds(Colour, *[st.integers(0, 255)] * 3)
wanted = st.builds(
    Wanted,
    accent=st.none() | colours,
    ground=st.none() | colours,
    ink=st.none() | colours,
    scheme=st.sampled_from(["auto", "light", "dark"]),
)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("ffffff", "000000", 21.0),
        ("777777", "ffffff", 4.478),
        ("767676", "ffffff", 4.542),
        ("ff0000", "ffffff", 3.998),
        ("0000ff", "ffffff", 8.592),
        ("123456", "123456", 1.0),
    ],
)
def test_the_contrast_of_two_colours_is_that_of_wcag(one, other, ratio):
    first, second = widget_colours.colour(one), widget_colours.colour(other)
    assert first is not None
    assert second is not None
    assert isclose(contrast(first, second), ratio, abs_tol=0.001)
    assert contrast(first, second) == contrast(second, first)


@pytest.mark.parametrize("text", ["0a5a7c", "#0A5A7C", "#0a5a7c"])
def test_a_colour_is_six_hexadecimal_digits(text):
    assert widget_colours.colour(text) == Colour(0x0A, 0x5A, 0x7C)


def test_three_digits_stand_for_six():
    assert widget_colours.colour("b0f") == Colour(0xBB, 0x00, 0xFF)


@pytest.mark.parametrize(
    "text", ["", "red", "0a5a7", "0a5a7c;", "##0a5a7c", "0a5a7c00", "٠a5a7c", "0a5a7c\n", "url(x)"]
)
def test_anything_else_is_no_colour(text):
    assert widget_colours.colour(text) is None


def test_our_own_colours_are_those_of_our_pages_and_can_be_read():
    assert OURS["light"].keys() == OURS["dark"].keys() >= {*TEXTS, *GROUNDS, "control", "accent-ink", "line", "focus"}
    assert not list(unreadable(OURS["light"])) + list(unreadable(OURS["dark"]))


@given(wanted)
def test_whatever_a_portal_gives_every_text_and_every_control_can_be_read(each):
    for scheme in each.schemes:
        assert not list(unreadable(palette(each, OURS[scheme])))


def unreadable(tokens):
    """The pairs of tokens that nobody can tell apart."""
    for ground in GROUNDS:
        yield from ((text, ground) for text in TEXTS if contrast(tokens[text], tokens[ground]) < TEXT)
    yield from ("control", "focus")[: contrast(tokens["control"], tokens["surface"]) < CONTROL]
    yield from ("accent-ink", "accent")[: contrast(tokens["accent-ink"], tokens["accent"]) < TEXT]


def test_colours_that_can_be_read_are_taken_as_they_are():
    ground, ink, accent = Colour(255, 247, 230), Colour(30, 30, 60), RED
    taken = palette(Wanted(accent, ground, ink), OURS["light"])
    assert (taken["ground"], taken["surface"], taken["ink"], taken["accent"]) == (ground, ground, ink, accent)


def test_a_colour_that_cannot_be_read_is_replaced_by_ours():
    taken = palette(Wanted(accent=Colour(255, 255, 0), ink=Colour(200, 200, 200)), OURS["light"])
    assert (taken["accent"], taken["ink"]) == (OURS["light"]["accent"], OURS["light"]["ink"])


def test_a_ground_decides_whether_the_widget_is_dark():
    assert Wanted(ground=Colour(20, 20, 40)).schemes == ("dark",)
    assert Wanted(ground=Colour(250, 250, 240), scheme="dark").schemes == ("light",)


def test_without_a_ground_the_system_decides_unless_the_portal_does():
    assert Wanted(accent=RED).schemes == ("light", "dark")
    assert Wanted(accent=RED, scheme="dark").schemes == ("dark",)


def test_a_verdict_says_what_was_asked_how_it_reads_and_what_is_taken_instead():
    light, dark = ([each for each in verdicts(Wanted(accent=RED), OURS[scheme]) if each.given] for scheme in OURS)
    assert [(each.front, each.fits, each.instead) for each in light] == [(RED, True, None)]
    assert [(each.front, each.fits, each.instead) for each in dark] == [(RED, False, OURS["dark"]["accent"])]
    assert dark[0].ratio < TEXT


def test_a_ratio_is_never_rounded_up_to_what_is_needed():
    (verdict, *_) = verdicts(Wanted(ground=Colour(255, 255, 255), ink=Colour(0x77, 0x77, 0x77)), OURS["light"])
    assert (verdict.ratio, verdict.fits) == (4.4, False)


@given(wanted)
def test_a_sheet_is_made_of_our_names_and_six_digits_only(each):
    sheet = widget_colours.sheet(each, OURS)
    assert sheet.count(":root") == len(each.schemes)
    rest = re.sub(r"--[a-z-]+: #[0-9a-f]{6}; ?|color-scheme: (light|dark); ?", "", sheet)
    assert re.fullmatch(r":root \{ \}\n(@media \(prefers-color-scheme: dark\) \{ :root \{ \}\n\}\n)?", rest)
