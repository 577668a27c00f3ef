"""What calls gave is seen by the others at once, and for as long as it tells something. On both databases."""

import pytest
from sqlalchemy import Engine

from indexer.outbox import last_position, waiting
from models.store import writing
from models.tables import Call
from registry.calls import KEPT_S, calls, forget, note, withdraw
from registry.refusals import Refused

NOW = 1_795_000_000


def call(offer: str = "o1", outcome: str = "no_answer", regulator: str = "r1", at: int = NOW) -> Call:
    return Call(offer=offer, subject="p:810100000001", outcome=outcome, regulator=regulator, at=at)


@pytest.mark.parametrize(("outcome", "kept"), list(KEPT_S.items()))
def test_an_outcome_is_seen_for_as_long_as_it_tells_something(registered: Engine, outcome: str, kept: int):
    with writing(registered) as connection:
        note(connection, call(outcome=outcome))
        assert calls(connection, ["o1", "o2"], NOW + kept - 1) == {"o1": call(outcome=outcome)}
        assert calls(connection, ["o1"], NOW + kept) == {}


def test_the_last_call_counts(registered: Engine):
    with writing(registered) as connection:
        note(connection, call(outcome="calling"))
        note(connection, call(outcome="reached", regulator="r2", at=NOW + 60))
        assert calls(connection, ["o1"], NOW + 60) == {"o1": call(outcome="reached", regulator="r2", at=NOW + 60)}


def test_one_takes_back_what_one_said_and_nothing_else(registered: Engine):
    with writing(registered) as connection:
        note(connection, call())
        assert not withdraw(connection, "o1", "r2", NOW)
        assert withdraw(connection, "o1", "r1", NOW)
        assert calls(connection, ["o1"], NOW) == {}


def test_each_change_asks_for_the_offer_again(registered: Engine):
    with writing(registered) as connection:
        before = last_position(connection)
        note(connection, call())
        note(connection, call(outcome="reached", at=NOW + 60))
        withdraw(connection, "o1", "r2", NOW + 90)
        withdraw(connection, "o1", "r1", NOW + 120)
        asked = [(row.subject, row.created_at) for row in waiting(connection, before, 10)]
    assert asked == [("p:810100000001", at) for at in (NOW, NOW + 60, NOW + 120)]


def test_nothing_else_comes_of_a_call(registered: Engine):
    with writing(registered) as connection:
        with pytest.raises(Refused, match="outcome"):
            note(connection, call(outcome="patient: M. Martin"))
        assert calls(connection, ["o1"], NOW) == {}


def test_what_tells_nothing_any_more_is_forgotten(registered: Engine):
    with writing(registered) as connection:
        note(connection, call("old", at=NOW - max(KEPT_S.values())))
        note(connection, call("new"))
        assert forget(connection, NOW) == 1
        assert set(calls(connection, ["old", "new"], NOW)) == {"new"}
