"""Who takes part through a CPTS or a structure: what its manager sees of them, and of nobody else."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, exists, func, select
from sqlmodel import SQLModel

from models.tables import Activity, Participation, Professional, Suppression, Territory

_PARTICIPATION, _PROFESSIONAL, _ACTIVITY, _SUPPRESSION, _TERRITORY = (
    SQLModel.metadata.tables[str(model.__tablename__)]
    for model in (Participation, Professional, Activity, Suppression, Territory)
)


class Member(NamedTuple):
    """Somebody who takes part, by name: their professions (codes) today, and since when (epoch seconds)."""

    subject: str
    given_name: str
    family_name: str
    professions: tuple[str, ...]
    registered_at: int


def members(connection: Connection, structure: str) -> list[Member]:
    """Those who take part through a structure (its subject) or a CPTS (its identifier), are there and do not object.

    A CPTS that FINESS knows is a structure too: it is asked for by either.
    """
    who, settled = _PROFESSIONAL.c, _PARTICIPATION.c
    named = _named(connection, structure)
    through = (settled.structure.in_(named), settled.active, who.departed_on.is_(None))
    objects = exists().where(_SUPPRESSION.c.subject == settled.subject)
    found = (
        select(settled.subject, who.id, who.given_name, who.family_name, settled.registered_at)
        .join(_PROFESSIONAL, who.id == func.substr(settled.subject, 3))
        .where(*through, ~objects)
        .order_by(who.family_name, who.given_name, who.id)
    )
    professions = _professions(connection, named)
    return [
        Member(subject, given, family, tuple(professions[identifier]), registered_at)
        for subject, identifier, given, family, registered_at in connection.execute(found)
    ]


def _named(connection: Connection, structure: str) -> list[str]:
    """What people who take part through a structure may have chosen: itself, or the CPTS of its FINESS number."""
    cpts = select(_TERRITORY.c.id).where(_TERRITORY.c.finess == structure.removeprefix("s:"))
    return [structure, *connection.scalars(cpts)]


def _professions(connection: Connection, named: Sequence[str]) -> Mapping[str, list[str]]:
    """The professions (codes, ordered) that those who take part through a structure practise today, by identifier."""
    activity, settled = _ACTIVITY.c, _PARTICIPATION.c
    through = select(func.substr(settled.subject, 3)).where(settled.structure.in_(named), settled.active)
    theirs = (activity.professional_id.in_(through), activity.departed_on.is_(None))
    pairs = select(activity.professional_id, activity.profession).where(*theirs).distinct()
    practised: defaultdict[str, list[str]] = defaultdict(list)
    for identifier, profession in connection.execute(pairs.order_by(activity.profession)):
        practised[identifier].append(profession)
    return practised
