"""How requests to editors end: counted by hour, by outcome and by how long they took; said by `annuaire feeds status`.

Durations are counted on a ladder whose rungs are 19 % apart: enough for a median and a percentile, whatever the number
of calls.
"""

from collections import Counter
from collections.abc import Mapping
from math import log2
from typing import Final, NamedTuple

from sqlalchemy import Connection, Engine, case, delete, func, insert, select, update

from ingestion.staging import table_of
from models.slots import EDITOR
from models.store import writing
from models.tables import Availability, Editor, EditorOutcome, SlotFeed

KEPT_S: Final = 7 * 86_400
SHOWN_S: Final = 86_400
"""Status tells of the last day."""

_HOUR: Final = 3_600
_RUNGS: Final = 4
"""Rungs of the ladder for each doubling."""
_EDITOR, _OUTCOME = table_of(Editor), table_of(EditorOutcome)
_FEED, _AVAILABILITY = table_of(SlotFeed), table_of(Availability)


class EditorStatus(NamedTuple):
    """How an editor does: over the last day, `outcomes` by name, seconds of the requests that it answered."""

    name: str
    active: bool
    answered_at: int | None
    outcomes: Mapping[str, int]
    median_s: float | None
    p95_s: float | None
    slots: int
    people: int
    unknown: int


def note(engine: Engine, editor: str, outcome: str, seconds: float, now: int) -> None:
    """Count one request."""
    own = {"editor": editor, "hour": now // _HOUR * _HOUR, "outcome": outcome, "step": step(seconds)}
    same = [_OUTCOME.c[name] == value for name, value in own.items()]
    with writing(engine) as connection:
        connection.execute(select(_EDITOR.c.name).where(_EDITOR.c.name == editor).with_for_update())
        again = update(_OUTCOME).values(count=_OUTCOME.c["count"] + 1).where(*same)
        if connection.execute(again).rowcount == 0:
            connection.execute(insert(_OUTCOME).values(**own, count=1))
            connection.execute(delete(_OUTCOME).where(_OUTCOME.c.editor == editor, _OUTCOME.c.hour < now - KEPT_S))


def step(seconds: float) -> int:
    """The rung of a duration; those below a millisecond share the first."""
    return round(_RUNGS * log2(max(1.0, seconds * 1000)))


def duration(rung: int) -> float:
    """The seconds that a rung stands for."""
    return float(2 ** (rung / _RUNGS)) / 1000


def quantile(rungs: Mapping[int, int], share: float) -> float | None:
    """The seconds under which this share of the durations lies; None of none."""
    wanted, seen = share * sum(rungs.values()), 0
    for rung, count in sorted(rungs.items()):
        seen += count
        if seen >= wanted:
            return duration(rung)
    return None


def statuses(connection: Connection, now: int) -> list[EditorStatus]:
    """How each declared editor does, by name."""
    rows = connection.execute(select(_EDITOR.c.name, _EDITOR.c.active).order_by(_EDITOR.c.name)).all()
    return [_status(connection, row.name, now, active=row.active) for row in rows]


def _status(connection: Connection, name: str, now: int, *, active: bool) -> EditorStatus:
    """How one does."""
    recent = (_OUTCOME.c.editor == name, _OUTCOME.c.hour > now - SHOWN_S)
    outcomes, rungs = Counter[str](), Counter[int]()
    counted = select(_OUTCOME.c.outcome, _OUTCOME.c.step, _OUTCOME.c["count"]).where(*recent)
    for outcome, rung, count in connection.execute(counted):
        outcomes[outcome] += count
        if outcome == "ok":
            rungs[rung] += count
    of_feed = (_FEED.c.source_kind == EDITOR, _FEED.c.source_name == name)
    unknown = func.coalesce(func.sum(case((_FEED.c.answered, 0), else_=1)), 0)
    last, people, silent = connection.execute(
        select(func.max(_FEED.c.answered_at), func.count(), unknown).where(*of_feed)
    ).one()
    own = (_AVAILABILITY.c.source_kind == EDITOR, _AVAILABILITY.c.source_name == name)
    slots = connection.scalar(select(func.count()).select_from(_AVAILABILITY).where(*own)) or 0
    return EditorStatus(
        name, active, last, outcomes, quantile(rungs, 0.5), quantile(rungs, 0.95), slots, people, silent
    )
