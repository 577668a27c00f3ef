"""When somebody receives nobody: what may be declared, and what is kept of it. On both databases."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, select

from models.store import writing
from models.tables import Outbox
from registry.absences import Period, absences, declare, faults, forget, past, turned
from registry.practice import Practice
from registry.refusals import Changed, Refused
from tests.registry.test_recurrence import MONDAY, at

NOW = at("2026-10-19T07:00")
DAY = timedelta(days=1)


def days(first: int, last: int | None = None) -> Period:
    return Period(MONDAY + first * DAY, None if last is None else MONDAY + last * DAY)


def test_periods_replace_those_that_were_and_the_index_is_told(registered: Engine, where: Practice):
    with writing(registered) as connection:
        declare(connection, where, [days(9, 10), days(1, 3)], NOW)
        assert absences(connection, where, NOW) == [days(1, 3), days(9, 10)]
        declare(connection, where, [Period(MONDAY)], NOW)
        assert absences(connection, where, NOW) == [Period(MONDAY)]
        declare(connection, where, [], NOW)
        assert absences(connection, where, NOW) == []
        assert len(connection.scalars(select(Outbox.seq)).all()) == 3  # type: ignore[call-overload]  # SQLModel


def test_a_period_that_is_over_is_said_no_more(registered: Engine, where: Practice):
    with writing(registered) as connection:
        declare(connection, where, [days(0, 1), days(3, 4)], NOW)
        assert absences(connection, where, NOW + 2 * 86_400) == [days(3, 4)]
        assert past(connection, where, NOW + 2 * 86_400) == [days(0, 1)]


def test_a_period_that_is_over_is_not_lost_when_others_are_written(registered: Engine, where: Practice):
    later = NOW + 3 * 86_400
    with writing(registered) as connection:
        declare(connection, where, [days(0, 1)], NOW)
        declare(connection, where, [days(5, 6)], later)
        assert absences(connection, where, NOW) == [days(0, 1), days(5, 6)]


def test_what_is_declared_over_what_was_read_is_refused_when_another_is_there_now(registered: Engine, where: Practice):
    with writing(registered) as connection:
        declare(connection, where, [days(1, 3), days(9, 10)], NOW)
        for read in ([], [days(1, 3)]):
            with pytest.raises(Changed):
                declare(connection, where, [days(5, 6)], NOW, read)
        declare(connection, where, [days(5, 6)], NOW, [days(9, 10), days(1, 3)])
        declare(connection, where, [days(5, 6)], NOW, [days(9, 10), days(1, 3)])  # sent twice, it is written once
        assert absences(connection, where, NOW) == [days(5, 6)]


def test_what_is_over_since_it_was_read_is_no_change(registered: Engine, where: Practice):
    with writing(registered) as connection:
        declare(connection, where, [days(0, 0), days(4, 5)], NOW)
        declare(connection, where, [days(5, 6)], NOW + 86_400, [days(0, 0), days(4, 5)])


@pytest.mark.parametrize("former", [days(0, 5), Period(MONDAY)])
def test_a_period_that_had_begun_and_is_left_out_ended_yesterday(registered: Engine, where: Practice, former: Period):
    later = NOW + 2 * 86_400
    with writing(registered) as connection:
        declare(connection, where, [former], NOW)
        declare(connection, where, [], later)
        assert (absences(connection, where, NOW), absences(connection, where, later)) == ([days(0, 1)], [])


def test_a_period_that_has_been_over_for_a_month_is_erased(registered: Engine, where: Practice):
    with writing(registered) as connection:
        declare(connection, where, [days(0, 1), days(5, 9)], NOW)
        assert forget(connection, NOW + 32 * 86_400) == 0
        assert forget(connection, NOW + 33 * 86_400) == 1
        assert absences(connection, where, NOW) == [days(5, 9)]


def test_a_period_of_today_that_is_left_out_never_was(registered: Engine, where: Practice):
    with writing(registered) as connection:
        declare(connection, where, [days(0, 5)], NOW)
        declare(connection, where, [], NOW)
        assert absences(connection, where, NOW) == []


def test_a_period_that_has_begun_may_end_another_day(registered: Engine, where: Practice):
    later = NOW + 2 * 86_400
    with writing(registered) as connection:
        declare(connection, where, [days(0, 5)], NOW)
        declare(connection, where, [days(0, 3)], later)
        assert absences(connection, where, later) == [days(0, 3)]
        with pytest.raises(Refused):
            declare(connection, where, [days(1, 3)], later)
        assert absences(connection, where, later) == [days(0, 3)]


@pytest.mark.parametrize(
    ("periods", "field"),
    [
        ([days(0, 0), days(2, 2), days(4, 4), days(6, 6)], "periods"),
        ([days(0), days(2, 2)], "periods"),
        ([days(-1, 2)], "periods.0.first_day"),
        ([days(-1)], "periods.0.first_day"),
        ([days(2, 1)], "periods.0.last_day"),
        ([days(0, 3), days(3, 4)], "periods"),
        ([days(0, 3), days(6, 5)], "periods.1.last_day"),
        ([days(3, 4), days(0, 9)], "periods"),
        ([days(0, 731)], "periods.0.last_day"),
    ],
    ids=str,
)
def test_periods_that_break_a_rule_are_refused(periods: list[Period], field: str):
    assert field in {fault.field for fault in faults(periods, MONDAY, set())}


@pytest.mark.parametrize("periods", [[], [days(0)], [days(0, 0)], [days(0, 1), days(2, 3), days(200, 730)]], ids=str)
def test_periods_that_hold_the_rules_have_no_fault(periods: list[Period]):
    assert faults(periods, date(2026, 10, 19), set()) == ()


def test_those_who_leave_or_are_back_are_told_once_at_the_midnight_of_their_place(registered: Engine, where: Practice):
    with writing(registered) as connection:
        declare(connection, where, [Period(MONDAY + DAY, MONDAY + 2 * DAY)], NOW)
    midnights = [at("2026-10-19T22:00"), at("2026-10-21T22:00")]
    since = NOW
    for midnight in midnights:
        with writing(registered) as connection:
            assert turned(connection, since, midnight - 1) == 0
            assert turned(connection, midnight - 1, midnight) == 1
        since = midnight
    with writing(registered) as connection:
        assert turned(connection, midnights[1], midnights[1] + 30 * 86_400) == 0
