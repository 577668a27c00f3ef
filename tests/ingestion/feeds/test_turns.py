"""Whose turn it is: whoever was never asked for, then those whose answer feels oldest."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ingestion.feeds.turns import Turn, in_turn
from tests.ingestion.bundles import HOUR
from tests.ingestion.given import AT


def order(*turns: Turn, rested_s: int = 60) -> list[str]:
    return [turn.subject for turn in in_turn(turns, AT, rested_s=rested_s)]


def turn(subject: str, ago: int = 600, ahead: int | None = None, busy: float = 0.0) -> Turn:
    return Turn(subject, AT - ago, None if ahead is None else AT + ahead, busy)


def test_whoever_was_never_asked_for_comes_first():
    assert order(turn("old", 90_000), turn("never", AT)) == ["never", "old"]


def test_the_oldest_answer_comes_first():
    assert order(turn("b", 700), turn("a", 900), turn("c", 800)) == ["a", "c", "b"]


def test_the_soonest_slots_come_before_an_answer_that_is_a_little_older():
    assert order(turn("none", 900), turn("tonight", 400, HOUR), turn("tomorrow", 500, 20 * HOUR)) == [
        "tonight",
        "tomorrow",
        "none",
    ]


def test_the_busiest_territory_comes_first_of_two_that_are_as_old():
    assert order(turn("creuse", busy=0.04), turn("nord", busy=1.0)) == ["nord", "creuse"]


def test_the_hours_when_practices_are_closed_come_first_of_two_that_are_as_old():
    assert order(turn("a"), turn("sunday")._replace(closed=True)) == ["sunday", "a"]


def test_whoever_was_asked_for_in_vain_comes_before_an_answer_that_is_a_little_older():
    unknown = turn("unknown", 300)._replace(answered=False)
    assert order(turn("older", 800), unknown, turn("old", 1_000)) == ["old", "unknown", "older"]


def test_whoever_has_just_been_asked_for_rests():
    assert order(turn("just", 59), turn("due", 60)) == ["due"]


TURNS = st.tuples(st.integers(60, 10**6), st.integers(0, 3 * 86_400) | st.none(), st.floats(0, 1))


@given(st.lists(st.tuples(TURNS, st.booleans(), st.booleans()), min_size=2))
def test_nobody_waits_36_times_as_long_as_another(drawn):
    turns = [
        turn(f"p{rank:03}", *values)._replace(answered=known, closed=shut)
        for rank, (values, known, shut) in enumerate(drawn)
    ]
    found = in_turn(turns, AT, rested_s=60)
    for earlier, later in pairwise(found):
        assert (AT - later.asked_at) <= 36 * (AT - earlier.asked_at)
