"""Reading what offers are made from, by sets of subjects.

One reader serves the rebuild (ranges of identifiers) and the follower (lists of them): a handful of statements for a
batch of subjects, whatever their number, and memory for one batch.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    case,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlmodel import SQLModel

from indexer.rows import (
    ActivityRow,
    AgendaRow,
    CallRow,
    DeclarationRow,
    PersonRow,
    PlaceRow,
    PracticeRow,
    SkillRow,
    StructureRow,
    SubjectRows,
)
from models import tables
from models.calls import KEPT_S, SINKING
from models.slot_rows import (
    AbsenceRow,
    AvailabilityRow,
    FeedRow,
    OrientationRow,
    ParticipationRow,
    indexed,
    read,
    taking,
)

BATCH: Final = 5_000
"""Subjects read at once."""

_Row = TypeVar(
    "_Row",
    AbsenceRow,
    ActivityRow,
    AgendaRow,
    AvailabilityRow,
    CallRow,
    DeclarationRow,
    FeedRow,
    OrientationRow,
    ParticipationRow,
    PersonRow,
    PlaceRow,
    PracticeRow,
    SkillRow,
    StructureRow,
)


def _table(model: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(model.__tablename__)]


PROFESSIONAL: Final = _table(tables.Professional)
ACTIVITY: Final = _table(tables.Activity)
SKILL: Final = _table(tables.Skill)
PLACE: Final = _table(tables.Place)
STRUCTURE: Final = _table(tables.Structure)
DECLARATION: Final = _table(tables.Declaration)
AVAILABILITY: Final = _table(tables.Availability)
FEED: Final = _table(tables.SlotFeed)
ABSENCE: Final = _table(tables.Absence)
AGENDA: Final = _table(tables.Agenda)
ORIENTATION: Final = _table(tables.Orientation)
CALL: Final = _table(tables.Call)
PARTICIPATION: Final = _table(tables.Participation)
SUPPRESSION: Final = _table(tables.Suppression)
UNKNOWN_CODE: Final = _table(tables.UnknownCode)


# Which subjects ------------------------------------------------------------------------------------------------------


class Selection(Protocol):
    """Some identifiers of professionals or of structures."""

    def among(self, column: ColumnElement[Any], prefix: str = "") -> ColumnElement[bool]:
        """The condition that a column holds one of them, after this prefix."""


@dataclass(frozen=True, slots=True)
class Range:
    """The identifiers from the first to the last, both included, in the database's order."""

    first: str
    last: str

    def among(self, column: ColumnElement[Any], prefix: str = "") -> ColumnElement[bool]:
        """The condition that a column is in the range, after this prefix."""
        return column.between(prefix + self.first, prefix + self.last)


@dataclass(frozen=True, slots=True)
class Listed:
    """These identifiers."""

    identifiers: tuple[str, ...]

    def among(self, column: ColumnElement[Any], prefix: str = "") -> ColumnElement[bool]:
        """The condition that a column is one of them, after this prefix."""
        return column.in_([prefix + identifier for identifier in self.identifiers])


def ranges(connection: Connection, table: Table, size: int = BATCH) -> Iterator[Range]:
    """The identifiers of a table, cut into ranges of `size`."""
    last: str | None = ""
    while True:
        batch = select(table.c.id).where(table.c.id > last).order_by(table.c.id).limit(size).subquery()
        first, last = connection.execute(select(func.min(batch.c.id), func.max(batch.c.id))).one()
        if last is None:
            return
        yield Range(first, last)


# Conditions ----------------------------------------------------------------------------------------------------------

LIVE: Final = and_(
    ACTIVITY.c.departed_on.is_(None),
    ACTIVITY.c.category.in_(("C", "M")),
    func.coalesce(ACTIVITY.c.genre, "").in_(("GENR01", "")),
)
"""An activity that patients are offered: not departed, civil or military, of care or nothing said."""

OPEN: Final = and_(STRUCTURE.c.departed_on.is_(None), STRUCTURE.c.active)
"""A structure that exists today."""

EDITORS: Final = PLACE.c.source != literal_column("'rpps'")
"""A place that only an editor knows; written as the index `place_of_editor` is."""

ADDRESS: Final = ("street", "distribution", "cedex", "postal_code", "insee", "commune")
"""A place with none of these has no address."""


def addressed(table: Table) -> ColumnElement[bool]:
    """The condition that a place or a structure has an address."""
    return or_(*(func.coalesce(table.c[name], "") != "" for name in ADDRESS))


def refuses_editors(subject: ColumnElement[Any]) -> ColumnElement[bool]:
    """The condition that a subject refuses that an editor's slots are shown."""
    return exists().where(PARTICIPATION.c.subject == subject, PARTICIPATION.c.refuses_editor_slots)


def sinking(now: int) -> ColumnElement[bool]:
    """The condition that what a call gave sinks its offer still."""
    return or_(*(and_(CALL.c.outcome == outcome, CALL.c.at > now - KEPT_S[outcome]) for outcome in sorted(SINKING)))


def suppressed(subject: ColumnElement[Any]) -> ColumnElement[bool]:
    """The condition that a subject objected."""
    return exists().where(SUPPRESSION.c.subject == subject)


def person_subject(identifier: ColumnElement[Any]) -> ColumnElement[Any]:
    """The subject of a professional's identifier."""
    return literal("p:").concat(identifier)


def structure_subject(identifier: ColumnElement[Any]) -> ColumnElement[Any]:
    """The subject of a structure's identifier."""
    return literal("s:").concat(identifier)


# Reading -------------------------------------------------------------------------------------------------------------


def people(connection: Connection, which: Selection, now: int) -> Iterator[SubjectRows]:
    """The professionals of a selection, not departed, not suppressed, with their live activities."""
    activities = _grouped(connection, ActivityRow, ACTIVITY, which.among(ACTIVITY.c.professional_id), LIVE)
    declared = _Declared.read(connection, which, "p:", now)
    keys = {activity.place_key for mine in activities.values() for activity in mine if activity.place_key}
    keys |= declared.place_keys
    skills = _grouped(connection, SkillRow, SKILL, which.among(SKILL.c.professional_id), SKILL.c.departed_on.is_(None))
    places = _by_key(connection, PlaceRow, PLACE, PLACE.c.key.in_(sorted(keys)))
    structures = _by_key(connection, StructureRow, STRUCTURE, STRUCTURE.c.id.in_(_structures_at(keys)), OPEN)
    present = and_(PROFESSIONAL.c.departed_on.is_(None), ~suppressed(person_subject(PROFESSIONAL.c.id)))
    for person in read(connection, PersonRow, PROFESSIONAL, which.among(PROFESSIONAL.c.id), present):
        yield SubjectRows(
            f"p:{person.id}",
            person,
            places,
            structures,
            activities=activities.get(person.id, ()),
            skills=skills.get(person.id, ()),
            **declared.of(f"p:{person.id}"),
            now=now,
        )


def structures(connection: Connection, which: Selection, now: int) -> Iterator[SubjectRows]:
    """The open structures of a selection, not suppressed, with what is practised at their place."""
    mine = and_(which.among(STRUCTURE.c.id), OPEN, ~suppressed(structure_subject(STRUCTURE.c.id)))
    known = _by_key(connection, StructureRow, STRUCTURE, mine)
    at = or_(*(which.among(ACTIVITY.c.place_key, prefix) for prefix in PREFIXES))
    stays = ~suppressed(person_subject(ACTIVITY.c.professional_id))
    practices = _grouped(connection, PracticeRow, ACTIVITY, at, LIVE, stays)
    declared = _Declared.read(connection, which, "s:", now)
    named = PLACE.c.key.in_(sorted(declared.place_keys))
    own = (which.among(PLACE.c.key, prefix) for prefix in PREFIXES)
    places = _by_key(connection, PlaceRow, PLACE, or_(named, *own))
    fixed_points = _fixed_points(connection, known)
    joined = _joined(connection, which)
    for identifier, structure in known.items():
        yield SubjectRows(
            f"s:{identifier}",
            structure,
            places,
            known,
            practices=practices.get(structure_key(identifier), ()),
            **declared.of(f"s:{identifier}"),
            fixed_points=fixed_points.get(identifier, ()),
            joined=joined.get(f"s:{identifier}"),
            now=now,
        )


def _fixed_points(connection: Connection, known: Iterable[str]) -> Mapping[str, Sequence[PlaceRow]]:
    """The places of associations, by association."""
    associations = [identifier for identifier in known if structure_key(identifier).startswith("siret:")]
    found: dict[str, list[PlaceRow]] = defaultdict(list)
    for place in read(connection, PlaceRow, PLACE, EDITORS, PLACE.c.siret.in_(associations)) if associations else ():
        found[place.siret or ""].append(place)
    return found


def _joined(connection: Connection, which: Selection) -> Mapping[str, int]:
    """The structures that somebody takes part through, who is there and did not object; when the last settled it."""
    identifier = func.substr(PARTICIPATION.c.subject, 3)  # the key of people is found by its index
    present = exists().where(PROFESSIONAL.c.id == identifier, PROFESSIONAL.c.departed_on.is_(None))
    takes_part = (PARTICIPATION.c.active, PARTICIPATION.c.via == "msp", present, ~suppressed(PARTICIPATION.c.subject))
    structure, last = PARTICIPATION.c.structure, func.max(PARTICIPATION.c.changed_at)
    through = select(structure, last).where(which.among(structure, "s:"), *takes_part).group_by(structure)
    return dict(connection.execute(through).all())


def structures_of(connection: Connection, subjects: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Who among these subjects practises, or did, at which structure, or takes part through which: subjects both."""
    people = [subject[2:] for subject in subjects if subject.startswith("p:")]
    here = STRUCTURE.c.id == identifier_of(ACTIVITY.c.place_key)
    pairs = select(ACTIVITY.c.professional_id, STRUCTURE.c.id).join(STRUCTURE, here).distinct()
    for person, structure in connection.execute(pairs.where(ACTIVITY.c.professional_id.in_(people))):
        yield f"p:{person}", f"s:{structure}"
    mine = PARTICIPATION.c.subject.in_([f"p:{person}" for person in people])
    through = select(PARTICIPATION.c.subject, PARTICIPATION.c.structure).where(mine)
    yield from map(tuple, connection.execute(through.where(PARTICIPATION.c.structure.like("s:%"))))


PREFIXES: Final = ("finess:", "siret:")
_FINESS_LENGTH: Final = 9


def structure_key(identifier: str) -> str:
    """The place key of a structure: by its FINESS number, or by the SIRET of an association."""
    return f"{'finess' if len(identifier) == _FINESS_LENGTH else 'siret'}:{identifier}"


def key_of(identifier: ColumnElement[Any]) -> ColumnElement[Any]:
    """The place key of a structure, in the database: the same as `structure_key`."""
    prefix = case((func.length(identifier) == _FINESS_LENGTH, "finess:"), else_="siret:")
    return prefix.concat(identifier)


def identifier_of(key: ColumnElement[Any]) -> ColumnElement[Any]:
    """The identifier of the structure whose place key this is; of another key, what no structure has."""
    for prefix in PREFIXES:
        key = func.replace(key, prefix, "")
    return key


def _structures_at(keys: Iterable[str]) -> list[str]:
    """The identifiers of the structures that may be at these places."""
    return sorted(key.partition(":")[2] for key in keys if key.startswith(PREFIXES))


def unknown_labels(connection: Connection) -> dict[tuple[str, str], str]:
    """The labels of the codes that no list of ours has, by terminology and code."""
    names = (UNKNOWN_CODE.c.terminology, UNKNOWN_CODE.c.code, UNKNOWN_CODE.c.label)
    found = connection.execute(select(*names).order_by(*names)).all()
    return {(terminology, code): label for terminology, code, label in found}


@dataclass(frozen=True, slots=True)
class _Declared:
    """What is declared or published of a selection of subjects, by subject."""

    declarations: Mapping[str, Sequence[DeclarationRow]]
    availabilities: Mapping[str, Sequence[AvailabilityRow]]
    feeds: Mapping[str, Sequence[FeedRow]]
    absences: Mapping[str, Sequence[AbsenceRow]]
    agendas: Mapping[str, Sequence[AgendaRow]]
    participation: Mapping[str, Sequence[ParticipationRow]]
    orientations: Mapping[str, Sequence[OrientationRow]]
    calls: Mapping[str, Sequence[CallRow]]

    @property
    def place_keys(self) -> set[str]:
        """Where the availabilities are."""
        return {slot.place_key for slots in self.availabilities.values() for slot in slots if slot.place_key}

    def of(self, subject: str) -> dict[str, Any]:
        """The fields of `SubjectRows` that they are, of one subject."""
        return {field.name: getattr(self, field.name).get(subject, ()) for field in fields(self)}

    @classmethod
    def read(cls, connection: Connection, which: Selection, prefix: str, now: int) -> "_Declared":
        def of(row: type[_Row], table: Table, *where: ColumnElement[bool]) -> Mapping[str, list[_Row]]:
            return _grouped(connection, row, table, which.among(table.c.subject, prefix), *where)

        return cls(
            of(DeclarationRow, DECLARATION),
            of(AvailabilityRow, AVAILABILITY, indexed(now)),
            of(FeedRow, FEED),
            of(AbsenceRow, ABSENCE),
            of(AgendaRow, AGENDA),
            of(ParticipationRow, PARTICIPATION),
            of(OrientationRow, ORIENTATION, taking(now)),
            of(CallRow, CALL, sinking(now)),
        )


def _grouped(
    connection: Connection, row: type[_Row], table: Table, *where: ColumnElement[bool]
) -> Mapping[str, list[_Row]]:
    """The rows by their first field."""
    groups: dict[str, list[_Row]] = defaultdict(list)
    for each in read(connection, row, table, *where):
        groups[each[0]].append(each)
    return groups


def _by_key(connection: Connection, row: type[_Row], table: Table, *where: ColumnElement[bool]) -> dict[str, _Row]:
    """The rows by their first field, which is the key of the table."""
    return {each[0]: each for each in read(connection, row, table, *where)}
