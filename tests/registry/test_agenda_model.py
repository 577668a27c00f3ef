"""Random sequences of operations on an agenda, against a plain day-by-day model of what it says."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, select

from indexer.reading import AVAILABILITY
from models.slot_rows import AHEAD_S, slot_rows
from models.slots import offered
from models.store import writing
from models.tables import AgendaEntry
from registry import absences, agenda
from registry.absences import PERIODS, Period
from registry.agenda import Chosen, Scope
from registry.drafts import Draft
from registry.practice import Practice, practice
from tests.indexer.given import Given, tables

DAYS = 45
"""Of the model: more than any test looks at."""
SEEN = 28
"""Of these, those that a test may come to look at."""
STARTS = [
    datetime(2026, 10, 20, 9, tzinfo=UTC),
    datetime(2027, 3, 9, 22, tzinfo=UTC),
    datetime(2027, 3, 22, 1, tzinfo=UTC),
]
"""Before the changes of hour of Paris and of Miquelon."""
DEPARTEMENTS = {"69": "Europe/Paris", "974": "Indian/Reunion", "975": "America/Miquelon"}
people = count(1)

Entry = tuple[str, int, int, tuple[str, ...], int | None]
"""What takes place: kind, minutes of start and end, modalities, capacity."""
Modelled = tuple[Draft, set[date], dict[date, Entry]]
"""An entry of the model: its draft, its holes, its days."""


@cache
def shown(day: date, minute: int, zone: str) -> int:
    """The first instant when clocks show a minute of a day, found by looking at every one of them."""
    wanted = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
    midnight = datetime.combine(day, datetime.min.time(), UTC)
    looked_at = (midnight + timedelta(minutes=quarter) for quarter in range(-15 * 60, 40 * 60, 15))
    found = (each for each in looked_at if each.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wanted)
    first = next(found, None)
    return int(first.timestamp()) if first else shown(day, minute + 60, zone)


def taking_place(draft: Draft, holes: set[date], since: date) -> dict[date, Entry]:
    """The days of a draft in the model, one by one."""
    what = (draft.kind, draft.starts, draft.ends, draft.modalities, draft.capacity if draft.kind == "plage" else None)
    every = (since + timedelta(days=number) for number in range(DAYS))
    return {
        day: what
        for day in every
        if day not in holes
        and day >= draft.first_day
        and (day == draft.first_day if not draft.weekdays else day.weekday() in draft.weekdays)
        and (draft.last_day is None or day <= draft.last_day)
    }


@st.composite
def drafts(draw: st.DrawFn, first: date) -> Draft:
    starts = draw(st.integers(0, 95)) * 15
    kind = draw(st.sampled_from(["creneau", "plage"]))
    day = first + timedelta(days=draw(st.integers(0, 12)))
    weekdays = tuple(sorted(draw(st.sets(st.integers(0, 6), max_size=3))))
    return Draft(
        kind,
        day,
        starts,
        min(1_440, starts + draw(st.integers(1, 24)) * 15),
        draw(st.sampled_from([("cabinet",), ("domicile", "teleconsultation")])),
        draw(st.integers(1, 9)) if kind == "plage" else None,
        weekdays,
        day + timedelta(days=draw(st.integers(7, 20))) if weekdays and draw(st.booleans()) else None,
    )


@st.composite
def periods(draw: st.DrawFn, first: date) -> list[Period]:
    """No absence, one until further notice, or dated ones that do not overlap."""
    if draw(st.integers(0, 3)) == 0:
        return [Period(first + timedelta(days=draw(st.integers(0, 6))))]
    found, day = [], first
    for apart, long in draw(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=PERIODS)):
        found.append(Period(day + timedelta(days=apart), day + timedelta(days=apart + long)))
        day += timedelta(days=apart + long + 1)
    return found


class Agendas(RuleBasedStateMachine):
    """One agenda, in the database and in the model; what was last removed, as both had it; when nobody is there."""

    database: ClassVar[Engine]
    given: ClassVar[Given]

    @initialize(start=st.sampled_from(STARTS), departement=st.sampled_from(sorted(DEPARTEMENTS)))
    def begin(self, start: datetime, departement: str) -> None:
        self.now, self.zone = int(start.timestamp()), DEPARTEMENTS[departement]
        self.first = start.astimezone(ZoneInfo(self.zone)).date()
        number = next(people)
        key = self.given.place(f"tech:M{number}", departement=departement)
        self.given.professional(f"8{number:011d}")
        self.given.activity(f"8{number:011d}", key)
        with self.database.connect() as connection:
            self.where: Practice = practice(connection, f"p:8{number:011d}", key)
        assert self.where.zone == self.zone
        self.model: dict[str, Modelled] = {}
        self.removed: tuple[AgendaEntry, Modelled] | None = None
        self.away: Sequence[Period] = ()

    @property
    def today(self) -> date:
        return datetime.fromtimestamp(self.now, ZoneInfo(self.zone)).date()

    def write(self, identifier: str, draft: Draft, holes: set[date]) -> None:
        self.model[identifier] = (draft, holes, taking_place(draft, holes, self.first))

    def drawn(self, data: st.DataObject, day: date) -> Draft | None:
        draft = data.draw(drafts(day))
        holds = draft.weekdays or shown(draft.first_day, draft.starts, self.zone) >= self.now
        return draft if holds else None

    def chosen(self, data: st.DataObject) -> tuple[str, date] | None:
        seen = self.first + timedelta(days=SEEN)
        occurrences = [
            (identifier, day)
            for identifier, (_, _, days) in self.model.items()
            for day in days
            if self.today <= day < seen
        ]
        return data.draw(st.sampled_from(occurrences)) if occurrences else None

    @rule(data=st.data())
    def create(self, data: st.DataObject) -> None:
        if draft := self.drawn(data, self.today):
            with writing(self.database) as connection:
                self.write(agenda.create(connection, self.where, draft, self.now).id, draft, set())

    @precondition(lambda self: self.model)
    @rule(data=st.data(), scope=st.sampled_from(Scope))
    def edit(self, data: st.DataObject, scope: Scope) -> None:
        found = self.chosen(data)
        draft = found and self.drawn(data, found[1])
        if not found or not draft:
            return
        identifier, day = found
        former, holes, _ = self.model[identifier]
        if scope is Scope.ALL and former.weekdays and not draft.weekdays:
            return
        if scope is Scope.FOLLOWING:
            draft = draft._replace(first_day=day)
            holes = {hole for hole in holes if hole > day}
            if not draft.weekdays and shown(day, draft.starts, self.zone) < self.now:
                return
        if scope is Scope.ALL and former.weekdays:
            draft = draft._replace(first_day=former.first_day)
            if draft.last_day and draft.last_day < former.first_day + timedelta(days=7):
                return
        if not former.weekdays or scope is Scope.ONE:
            holes = set()
        if draft.weekdays and not taking_place(draft, holes, draft.first_day):
            return
        with writing(self.database) as connection:
            changed = agenda.edit(connection, Chosen(identifier, scope, day), draft, self.now)
        self.take_out(identifier, scope, day)
        self.write(changed.id, draft, holes)

    @precondition(lambda self: self.model)
    @rule(data=st.data(), scope=st.sampled_from(Scope))
    def remove(self, data: st.DataObject, scope: Scope) -> None:
        if found := self.chosen(data):
            draft, holes, days = self.model[found[0]]
            with writing(self.database) as connection:
                former = agenda.entry(connection, found[0])
                agenda.remove(connection, Chosen(found[0], scope, found[1]), self.now)
            self.take_out(found[0], scope, found[1])
            self.removed = former, (draft, holes, days)

    @precondition(lambda self: self.removed)
    @rule()
    def put_back(self) -> None:
        if self.removed:
            former, modelled = self.removed
            with writing(self.database) as connection:
                agenda.restore(connection, self.where, former, self.now)
            self.model[former.id] = modelled
            self.removed = None

    @rule(data=st.data())
    def be_away(self, data: st.DataObject) -> None:
        self.away = data.draw(periods(self.today))
        with writing(self.database) as connection:
            absences.declare(connection, self.where, self.away, self.now)

    def take_out(self, identifier: str, scope: Scope, day: date) -> None:
        if self.removed and self.removed[0].id == identifier:
            self.removed = None  # what was changed since is not put back
        draft, holes, days = self.model[identifier]
        if scope is Scope.ALL or not draft.weekdays:
            del self.model[identifier]
        elif scope is Scope.ONE:
            self.model[identifier] = (draft, holes | {day}, {each: days[each] for each in days if each != day})
        else:
            before = {each: days[each] for each in days if each < day}
            self.model[identifier] = (draft._replace(last_day=day - timedelta(days=1)), holes, before)

    @rule(hours=st.integers(1, 60))
    def let_time_pass(self, hours: int) -> None:
        if self.today < self.first + timedelta(days=SEEN - 8):
            self.now += hours * 3600
            with writing(self.database) as connection:
                agenda.extend(connection, self.now)

    @invariant()
    def says_the_same(self) -> None:
        if not hasattr(self, "model"):
            return
        every = [(day, what) for _, _, days in self.model.values() for day, what in days.items()]
        assert self.stored(self.now + AHEAD_S) == self.said(every)
        present = [each for each in every if not any(period.holds(each[0]) for period in self.away)]
        assert self.offered() == self.said(present)

    def said(self, every: Iterable[tuple[date, Entry]]) -> list[tuple[Any, ...]]:
        """What the model says, from now until the horizon."""
        said = (
            (shown(day, what[1], self.zone), shown(day, what[2], self.zone), what[0], what[3], what[4])
            for day, what in every
        )
        return sorted(one for one in said if one[1] > self.now and one[0] < self.now + AHEAD_S)

    def stored(self, until: int) -> list[tuple[Any, ...]]:
        slot = AVAILABILITY.c
        mine = select(slot.start, slot.end, slot.kind, slot.modalities, slot.capacity).where(
            slot.subject == self.where.subject, slot.end > self.now, slot.start < until
        )
        with self.database.connect() as connection:
            rows = connection.execute(mine).all()
        return sorted((start, end, kind, tuple(ways), room) for start, end, kind, ways, room in rows)

    def offered(self) -> list[tuple[Any, ...]]:
        """What the regulation is shown."""
        with self.database.connect() as connection:
            rows = offered(slot_rows(connection, self.where.subject, self.now), self.where.place_key, self.zone)
        return sorted(
            (row.start, row.end, row.kind, tuple(json.loads(row.modalities)), row.capacity)
            for row in rows
            if row.end > self.now
        )


@pytest.fixture(scope="module")
def database() -> Iterator[Engine]:
    with tables("sqlite://") as engine:
        yield engine


def test_any_sequence_of_operations_says_what_the_model_says(database: Engine):
    Agendas.database, Agendas.given = database, Given(database)
    run_state_machine_as_test(
        Agendas,
        settings=settings(
            max_examples=80, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
