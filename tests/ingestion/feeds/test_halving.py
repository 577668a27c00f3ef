"""Who spoils the answer of others is found by halves; an editor at fault is not asked on."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.feeds.client import FAILURES, Cause, Failed, Reply, unknown
from ingestion.feeds.halving import FRUITLESS, Halving
from ingestion.feeds.requests import Request
from ingestion.fhir import Answer

GIVEN = Answer(answered=True, asked=frozenset())
LOT = tuple(f"p:{number}" for number in range(25))


def asked(fails: Callable[[tuple[str, ...]], Cause | None], lot: tuple[str, ...] = LOT) -> tuple[list[Reply], int]:
    """The replies of an editor to a lot and its parts, and the most failures in a row that count against it."""
    halving, replies, row, most = Halving(("ps", lot)), [], 0, 0
    while part := halving.part():
        request, cause = Request(*part, (0, 1)), fails(part[1])
        reply = unknown(request, Failed(cause), 0.0) if cause else Reply(request, "ok", GIVEN, 0.0)
        row = 0 if cause is None else row + (cause not in halving.forgiven)
        most = max(most, row)
        halving.learn(reply)
        replies.append(reply)
    return replies, most


def spoilt_by(*some: int) -> Callable[[tuple[str, ...]], Cause | None]:
    return lambda subjects: "status" if {f"p:{one}" for one in some} & set(subjects) else None


@given(st.sets(st.integers(0, 24), min_size=1, max_size=3))
def test_up_to_three_who_spoil_a_lot_are_unknown_alone_and_never_open_the_breaker(some: set[int]):
    replies, most = asked(spoilt_by(*some))
    answered = {subject for reply in replies if reply.outcome == "ok" for subject in reply.request.subjects}
    assert set(LOT) - answered == {f"p:{one}" for one in some}
    assert most < FAILURES


@given(st.integers(0, 24))
def test_one_who_spoils_a_lot_of_25_costs_eleven_requests_at_most(one: int):
    assert len(asked(spoilt_by(one))[0]) <= 11


def test_an_editor_that_answers_nothing_is_not_asked_beyond_the_quarters_and_that_counts():
    replies, most = asked(lambda _: "status")
    assert (len(replies), most) == (FRUITLESS, FAILURES)


@pytest.mark.parametrize("cause", ["timeout", "tls", "refused", "cut", "redirected", "paused"])
def test_what_is_about_nobody_is_not_asked_by_halves(cause: Cause):
    assert len(asked(lambda _: cause)[0]) == 1


def test_one_alone_is_asked_once():
    assert len(asked(lambda _: "status", LOT[:1])[0]) == 1
