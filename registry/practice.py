"""Where somebody practises: the place that an agenda is of, and the clock there."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, exists, select
from sqlmodel import SQLModel

from models.clock import zone_of
from models.offer import offer_id
from models.tables import Activity, Availability, Place, Structure
from registry.refusals import NotThere

_ACTIVITY, _AVAILABILITY, _PLACE, _STRUCTURE = (
    SQLModel.metadata.tables[str(model.__tablename__)] for model in (Activity, Availability, Place, Structure)
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
    return Practice(subject, place_key, zone_at(connection, place_key))


def place_of(connection: Connection, offer: str) -> tuple[str, str]:
    """The subject of an offer, and the key of its place, by the offer's id (`models.offer.offer_id`).

    Raises:
        NotThere: nobody is offered by this id today.

    """
    subject = subject_of(offer)
    for key in places(connection, subject):
        if offer_id(subject, key) == offer:
            return subject, key
    raise NotThere(f"aucun lieu d’exercice pour l’offre {offer}")


def subject_of(offer: str) -> str:
    """Whose offer an id is (`models.offer.offer_id`)."""
    return f"{offer[:1]}:{offer[1:].partition('-')[0]}"


def places(connection: Connection, subject: str) -> list[str]:
    """The keys of the places of a person or of a structure: where they practise, where they have slots."""
    activities = select(_ACTIVITY.c.place_key).where(_ACTIVITY.c.professional_id == subject[2:])
    slots = select(_AVAILABILITY.c.place_key).where(_AVAILABILITY.c.subject == subject)
    points = select(_PLACE.c.key).where(_PLACE.c.siret == subject[2:], _PLACE.c.source != "rpps")
    of_person, of_structure = activities.where(_ACTIVITY.c.departed_on.is_(None)), points
    found = connection.scalars((of_person if subject.startswith("p:") else of_structure).union(slots))
    own = [] if subject.startswith("p:") else [_own_key(subject[2:])]
    return sorted({*own, *(key for key in found if key)})


def practices(connection: Connection, subject: str) -> list[Practice]:
    """Every place where a person or a structure practises today, by its key; none for somebody unknown."""
    here = _of_person if subject.startswith("p:") else _of_structure
    known = (key for key in places(connection, subject) if connection.scalar(select(here(subject[2:], key))))
    return [Practice(subject, key, zone_at(connection, key)) for key in known]


def _own_key(structure: str) -> str:
    """The key of a structure's own place."""
    return f"{'finess' if len(structure) == _FINESS_LENGTH else 'siret'}:{structure}"


def _of_person(identifier: str, place_key: str) -> ColumnElement[bool]:
    mine = (_ACTIVITY.c.professional_id == identifier, _ACTIVITY.c.place_key == place_key)
    return exists().where(*mine, _ACTIVITY.c.departed_on.is_(None))


def _of_structure(identifier: str, place_key: str) -> ColumnElement[bool]:
    """At its own place, or at a fixed point of an association."""
    present = exists().where(_STRUCTURE.c.id == identifier, _STRUCTURE.c.departed_on.is_(None), _STRUCTURE.c.active)
    point = exists().where(_PLACE.c.key == place_key, _PLACE.c.siret == identifier)
    return present if place_key == _own_key(identifier) else and_(present, point)


def zone_at(connection: Connection, place_key: str) -> str:
    """The time zone (IANA) of a place, by the département of the structure there, else its own; Paris's by default."""
    of_structure = select(_STRUCTURE.c.departement).where(_STRUCTURE.c.id == place_key.partition(":")[2])
    own = select(_PLACE.c.departement).where(_PLACE.c.key == place_key)
    return zone_of(connection.scalar(of_structure) or connection.scalar(own))
