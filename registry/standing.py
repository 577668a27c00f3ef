"""Where somebody stands: what they settled, what their agenda opens, what indicators 8 and 9 give."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, select
from sqlmodel import SQLModel

from models.clock import PARIS, midnight
from models.tables import Activity, Participation, Professional, Structure
from registry import agenda, mixing, orientations
from registry.absences import absences
from registry.hours import Hours, Kept, hours
from registry.indicators import Indicator8, Indicator9, Taking, indicator8, indicator9, quarter
from registry.joining import Joinable, joinable
from registry.participation import participation, present
from registry.practice import Practice, practice, practices
from registry.recurrence import local_day

_WEEK_S = 7 * 86_400

_ACTIVITY, _PROFESSIONAL, _STRUCTURE = (
    SQLModel.metadata.tables[str(model.__tablename__)] for model in (Activity, Professional, Structure)
)


class Standing(NamedTuple):
    """Everything that is said to somebody of their participation.

    `category` is a structure's. `places` are those that have an agenda. `editors` are those whose slots are shown.
    `quarter` is the first day of the one that indicator 9 is about, and the first of the next.
    """

    subject: str
    name: str
    category: str | None
    settled: Participation | None
    joined: Joinable | None
    places: tuple[Practice, ...]
    editors: tuple[str, ...]
    hours: Hours
    indicator8: Indicator8
    indicator9: Indicator9
    quarter: tuple[date, date]


def standing(connection: Connection, subject: str, at: int) -> Standing:
    """Where somebody stands at an instant.

    Raises:
        NotThere: the directory has no such person or structure today.

    """
    present(connection, subject)
    name, category = _called(connection, subject)
    settled, places = participation(connection, subject), _places(connection, subject)
    shown = mixing.shown_editors(connection, subject)
    doctors = (settled.generalists if settled else None) or 1
    opened = hours([_kept(connection, where, at) for where in places], at, doctors)
    zone = places[0].zone if places else PARIS
    first, after = quarter(local_day(at, zone))
    beyond = orientations.en_sus(connection, subject, midnight(first, zone), midnight(after, zone))
    return Standing(
        subject,
        name,
        category,
        settled,
        joinable(connection, settled.via, settled.structure) if settled else None,
        places,
        shown,
        opened,
        indicator8(_taking(settled, shown, mixing.answering_editors(connection, subject), opened)),
        indicator9(beyond),
        (first, after),
    )


def _called(connection: Connection, subject: str) -> tuple[str, str | None]:
    """The name of somebody present, and the category of a structure."""
    if subject.startswith("p:"):
        who = _PROFESSIONAL.c
        person = connection.execute(select(who.given_name, who.family_name).where(who.id == subject[2:])).one()
        return " ".join(person), None
    what = _STRUCTURE.c
    named = select(what.long_name, what.name, what.category).where(what.id == subject[2:])
    long_name, name, category = connection.execute(named).one()
    return long_name or name, category


def _places(connection: Connection, subject: str) -> tuple[Practice, ...]:
    """Where a person practises today, or where a structure is, in the order of the keys."""
    if subject.startswith("s:"):
        return tuple(practices(connection, subject))
    here = _ACTIVITY.c
    mine = (here.professional_id == subject[2:], here.place_key.is_not(None), here.departed_on.is_(None))
    keys = connection.scalars(select(here.place_key).where(*mine).distinct().order_by(here.place_key)).all()
    return tuple(practice(connection, subject, key) for key in keys)


def _kept(connection: Connection, where: Practice, at: int) -> Kept:
    """The agenda of a place, with the absences of this week that are over."""
    return Kept(agenda.entries(connection, where), absences(connection, where, at - _WEEK_S), where.zone)


def _taking(settled: Participation | None, shown: tuple[str, ...], answering: tuple[str, ...], opened: Hours) -> Taking:
    """What indicator 8 is judged on; an editor that never answered shows nothing yet."""
    now = settled or Participation(subject="", places=[], changed_at=0)
    declared = now.editors or shown
    return Taking(now.active, now.via, answering, declared, now.refuses_editor_slots, opened)
