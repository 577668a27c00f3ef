"""Who has an agenda where, and what their turn depends on, as the database has it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, func, select

from ingestion.feeds.editors import Declared, editors
from ingestion.feeds.hours import closed
from ingestion.feeds.turns import Turn
from ingestion.staging import table_of
from models.gazetteer import gazetteer
from models.slots import EDITOR
from models.tables import Activity, Availability, Editor, Participation, Place, SlotFeed

_FEED, _AVAILABILITY, _PARTICIPATION = table_of(SlotFeed), table_of(Availability), table_of(Participation)
_ACTIVITY, _PLACE, _EDITOR = table_of(Activity), table_of(Place), table_of(Editor)


def agendas(connection: Connection, subjects: Sequence[str], before: int) -> dict[tuple[Declared, bool], list[str]]:
    """At which active editors these people have an agenda that nobody asked for since an instant.

    By editor, and by whether it answered for them the last time.
    """
    query = select(_FEED.c.source_name, _FEED.c.subject, _FEED.c.answered).where(
        _FEED.c.subject.in_(subjects), _FEED.c.asked_at <= before, *_to_ask()
    )
    named = {editor.name: editor for editor in editors(connection, active=True)}
    found: dict[tuple[Declared, bool], list[str]] = {}
    for name, subject, answered in connection.execute(query):
        if name in named:
            found.setdefault((named[name], answered), []).append(subject)
    return found


def last_answers(connection: Connection) -> dict[str, int]:
    """When each declared editor that ever answered last did, by name."""
    query = (
        select(_FEED.c.source_name, func.max(_FEED.c.answered_at))
        .join(_EDITOR, _EDITOR.c.name == _FEED.c.source_name)
        .where(_FEED.c.source_kind == EDITOR, _FEED.c.answered_at.is_not(None))
        .group_by(_FEED.c.source_name)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def turns(connection: Connection, editor: str, now: int) -> Iterator[Turn]:
    """Everybody who has an agenda at an editor."""
    crowds = crowding()
    for row in connection.execute(_turns(editor, now)):
        shut = any(closed(instant, row.departement) for instant in (now, row.next_start) if instant is not None)
        yield Turn(row.subject, row.asked_at, row.next_start, crowds.get(row.departement, 0.0), row.answered, shut)


def _turns(editor: str, now: int) -> Select[Any]:
    """Subject, when asked, next start, département; each found by an index, so that 60,000 agendas take a second."""
    number = func.substr(_FEED.c.subject, 3)
    following = select(func.min(_AVAILABILITY.c.start)).where(
        _AVAILABILITY.c.subject == _FEED.c.subject, _AVAILABILITY.c.start >= now
    )
    practice = (
        select(func.min(_PLACE.c.departement))
        .select_from(_ACTIVITY.join(_PLACE, _PLACE.c.key == _ACTIVITY.c.place_key))
        .where(_ACTIVITY.c.professional_id == number, _ACTIVITY.c.departed_on.is_(None))
    )
    return select(
        _FEED.c.subject,
        _FEED.c.asked_at,
        _FEED.c.answered,
        following.scalar_subquery().label("next_start"),
        practice.scalar_subquery().label("departement"),
    ).where(_FEED.c.source_name == editor, *_to_ask())


def _to_ask() -> tuple[ColumnElement[bool], ...]:
    """The conditions that a feed is an editor's, of somebody who does not refuse that its slots are shown."""
    refuses = exists().where(_PARTICIPATION.c.subject == _FEED.c.subject, _PARTICIPATION.c.refuses_editor_slots)
    return _FEED.c.source_kind == EDITOR, ~refuses


@lru_cache(maxsize=1)
def crowding() -> Mapping[str, float]:
    """How many people live in each département, as a share of the most populous one."""
    people = Counter[str]()
    for commune in gazetteer().communes:
        if commune.kind == "COM":
            people[commune.departement] += commune.population
    most = max(people.values())
    return {departement: count / most for departement, count in people.items()}
