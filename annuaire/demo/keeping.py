"""Doctors of the demo whom no editor knows, and who keep their agenda by hand: written as they would write it."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, Engine, exists, literal, select

from annuaire.demo.draws import draw, some
from ingestion.staging import table_of
from models.store import writing
from models.tables import Activity, SlotFeed
from registry import agenda
from registry.drafts import Draft
from registry.practice import Practice, practice
from registry.recurrence import local_day

MOST: Final = 150
"""Agendas, at most."""
SHARE: Final = 0.06
"""Of the doctors whom no editor knows, those who keep one."""
INFORMED: Final = 0.3
"""Of those who keep one, those who write something for the regulation."""
DOCTOR: Final = "10"
INFORMATION: Final = "Appelez le secrétariat avant 12 h ; après, mon portable."

_WEEK: Final = (0, 1, 2, 3, 4)
_HABITS: Final = (
    (("plage", 18 * 60, 20 * 60, ("cabinet",), 4), (0, 1, 3)),
    (("plage", 9 * 60, 12 * 60, ("cabinet", "teleconsultation"), 8), (5,)),
    (("plage", 19 * 60, 21 * 60, ("domicile",), 3), (1, 3)),
    (("creneau", 12 * 60, 12 * 60 + 15, ("teleconsultation",), None), _WEEK),
    (("creneau", 11 * 60 + 45, 12 * 60, ("cabinet",), None), _WEEK),
)
"""What they open (kind, start and end in minutes, modalities, patients), and on which days of the week."""

_ACTIVITY, _FEED = table_of(Activity), table_of(SlotFeed)


def keep_agendas(database: Engine, seed: int, at: int) -> int:
    """Write the agendas of some doctors, once; how many keep one."""
    with writing(database) as connection:
        keepers = list(_keepers(connection, seed))
        for where in keepers:
            _write(connection, where, seed, at)
    return len(keepers)


def _keepers(connection: Connection, seed: int) -> Iterator[Practice]:
    """Where they practise: a place each."""
    c = _ACTIVITY.c
    known = exists().where(_FEED.c.subject == literal("p:") + c.professional_id)
    here = (c.profession == DOCTOR, c.departed_on.is_(None), c.place_key.is_not(None), ~known)
    found = dict(
        connection.execute(select(c.professional_id, c.place_key).where(*here).order_by(c.professional_id)).all()
    )
    drawn = [who for who in found if draw(seed, "keeps", who).random() < SHARE]
    return (practice(connection, f"p:{who}", found[who]) for who in drawn[:MOST])


def _write(connection: Connection, where: Practice, seed: int, at: int) -> None:
    rng = draw(seed, "keeping", where.subject)
    for number, ((kind, starts, ends, modalities, capacity), weekdays) in enumerate(some(rng, _HABITS, 1, 3)):
        draft = Draft(kind, local_day(at, where.zone), starts, ends, modalities, capacity, weekdays)
        agenda.create(connection, where, draft, at, f"demo{where.subject[2:]}n{number}")
    if rng.random() < INFORMED:
        agenda.inform(connection, where, INFORMATION, at)
