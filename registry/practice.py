"""Where somebody practises: the place that an agenda is of, and the clock there."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, exists, select
from sqlmodel import SQLModel

from models.clock import zone_of
from models.tables import Activity, Place, Structure
from registry.refusals import NotThere

_ACTIVITY, _PLACE, _STRUCTURE = (
    SQLModel.metadata.tables[str(model.__tablename__)] for model in (Activity, Place, Structure)
)
_FINESS_LENGTH = 9


class Practice(NamedTuple):
    """A subject at one place, and the time zone (IANA) there."""

    subject: str
    place_key: str
    zone: str


def practice(connection: Connection, subject: str, place_key: str) -> Practice:
    """The practice of a person or of a structure at a place.

    Raises:
        NotThere: they are not known there today.

    """
    here = _of_person if subject.startswith("p:") else _of_structure
    if not connection.scalar(select(here(subject[2:], place_key))):
        raise NotThere(f"{subject} n’exerce pas à ce lieu : {place_key}")
    return Practice(subject, place_key, zone_of(_departement(connection, place_key)))


def _of_person(identifier: str, place_key: str) -> ColumnElement[bool]:
    mine = (_ACTIVITY.c.professional_id == identifier, _ACTIVITY.c.place_key == place_key)
    return exists().where(*mine, _ACTIVITY.c.departed_on.is_(None))


def _of_structure(identifier: str, place_key: str) -> ColumnElement[bool]:
    """At its own place, or at a fixed point of an association."""
    present = exists().where(_STRUCTURE.c.id == identifier, _STRUCTURE.c.departed_on.is_(None), _STRUCTURE.c.active)
    own = f"{'finess' if len(identifier) == _FINESS_LENGTH else 'siret'}:{identifier}"
    point = exists().where(_PLACE.c.key == place_key, _PLACE.c.siret == identifier)
    return present if place_key == own else and_(present, point)


def _departement(connection: Connection, place_key: str) -> str | None:
    """The département of a place: that of the structure there, else its own."""
    of_structure = select(_STRUCTURE.c.departement).where(_STRUCTURE.c.id == place_key.partition(":")[2])
    own = select(_PLACE.c.departement).where(_PLACE.c.key == place_key)
    found: str | None = connection.scalar(of_structure) or connection.scalar(own)
    return found
