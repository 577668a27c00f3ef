"""The agenda that somebody keeps by hand: what they write, edit and remove, each in one transaction.

An operation writes the entries, the availabilities that they are until the horizon, and the outbox: all or nothing.
What a change is about is its scope: one occurrence, this one and those that follow, or all of them.

Every operation runs in the connection's transaction (`models.store.writing`), and raises before it writes anything:
`Refused` (with every fault), `NotThere`, `Changed` (see `registry.refusals`).
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from hashlib import blake2b
from typing import Any, Final, NamedTuple
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update
from sqlmodel import SQLModel

from models.outbox import enqueue
from models.slots import AGENDA, BY_HAND, STRUCTURE
from models.tables import Agenda, AgendaEntry, Availability
from models.turns import take_turn
from registry import drafts, mixing, orientations
from registry.drafts import Draft, faults
from registry.orientations import Expected
from registry.practice import Practice, practice, zone_at
from registry.recurrence import DAY, Interval, days, interval, local_day, next_day
from registry.refusals import Changed, Fault, NotThere, Refused, check_unchanged
from registry.written import upsert

HORIZON_S: Final = 8 * 86_400
"""How far ahead entries are expanded: the seven days that the index holds, and one for the next extension to come."""
KEPT_S: Final = 86_400
"""How long the past occurrences stay: a search begun before still finds them."""
EXTENDED: Final = 200
"""Entries extended at once: a transaction that holds nobody up."""
FORGOTTEN: Final = 5_000
"""Past occurrences removed at once."""
ENTRIES: Final = 500
"""Entries of one agenda, at most."""
INFORMATION: Final = 1_000
"""Characters of the complementary information, at most."""
LABELS: Final = ["SNP"]
"""An agenda is written for the regulation: nobody else sees it."""

_ENTRY, _AVAILABILITY, _AGENDA = (
    SQLModel.metadata.tables[str(model.__tablename__)] for model in (AgendaEntry, Availability, Agenda)
)


_RESTORED: Final = {"last_day", "skipped"}
"""What `remove` changes in an entry that stays."""


class Scope(StrEnum):
    """Which occurrences a change is about, from the one that was chosen."""

    ONE = "one"
    FOLLOWING = "following"
    ALL = "all"


class Chosen(NamedTuple):
    """The occurrences that a change is about: of an entry, from the one on this day.

    `version` is the entry's as it was read, None to change it whatever happened since.
    """

    entry: str
    scope: Scope
    day: date
    version: int | None = None


# Reading -------------------------------------------------------------------------------------------------------------


def entries(connection: Connection, where: Practice) -> list[AgendaEntry]:
    """The entries of an agenda, by first day, then hour."""
    c = _ENTRY.c
    mine = select(_ENTRY).where(c.subject == where.subject, c.place_key == where.place_key)
    rows = connection.execute(mine.order_by(c.first_day, c.starts, c.id)).mappings()
    return [AgendaEntry(**row) for row in rows]


def entry(connection: Connection, identifier: str) -> AgendaEntry:
    """An entry by its identifier.

    Raises:
        NotThere: there is none.

    """
    row = connection.execute(select(_ENTRY).where(_ENTRY.c.id == identifier)).mappings().one_or_none()
    if row is None:
        raise NotThere(f"aucune disponibilité {identifier} dans l’agenda")
    return AgendaEntry(**row)


def information(connection: Connection, where: Practice) -> str | None:
    """The complementary information written for the regulation about a place."""
    mine = and_(_AGENDA.c.subject == where.subject, _AGENDA.c.place_key == where.place_key)
    found: str | None = connection.scalar(select(_AGENDA.c.information).where(mine))
    return found


def last_change(connection: Connection, where: Practice) -> int | None:
    """When the agenda of a place last changed (epoch seconds); None when nothing was ever written there."""
    mine = and_(_AGENDA.c.subject == where.subject, _AGENDA.c.place_key == where.place_key)
    found: int | None = connection.scalar(select(_AGENDA.c.changed_at).where(mine))
    return found


# Writing -------------------------------------------------------------------------------------------------------------


def create(
    connection: Connection, where: Practice, draft: Draft, at: int, identifier: str | None = None
) -> AgendaEntry:
    """Write a new entry. With an `identifier` it is written once: the same one again gives what it is now.

    Raises:
        Refused: the draft breaks rules, the agenda is full, or an editor's slots are shown.

    """
    take_turn(connection, where.subject)
    mixing.check(connection, where.subject)
    mine = and_(_ENTRY.c.subject == where.subject, _ENTRY.c.place_key == where.place_key)
    if known := connection.execute(select(_ENTRY).where(mine, _ENTRY.c.id == identifier)).mappings().one_or_none():
        return AgendaEntry(**known)
    _check(draft, at, where)
    if (connection.scalar(select(func.count()).where(mine)) or 0) >= ENTRIES:
        raise Refused(Fault("agenda", ENTRIES, f"au plus {ENTRIES} disponibilités par agenda"))
    written = _insert(connection, where, draft, at, identifier)
    _touch(connection, where, at)
    return written


def edit(connection: Connection, chosen: Chosen, draft: Draft, at: int, identifier: str | None = None) -> AgendaEntry:
    """Change the chosen occurrences to what the draft says; the entry that they are of now.

    One occurrence may move to another day; one that is under way ends sooner or later, and whoever is expected there
    still is. All of them keep their first day. `identifier` is that of the entry that occurrences become, when they
    leave theirs.

    Raises:
        Refused: the draft breaks rules, or an editor's slots are shown.
        NotThere: no such entry, or it does not take place on this day.
        Changed: the entry is not this version any more.

    """
    former, where = _asked(connection, chosen)
    scope, when = _scope(former, chosen), interval(former, chosen.day, where.zone)
    goes_on = _is_alone(former, chosen) and _goes_on(former, draft, when, where.zone, at)
    if not goes_on:
        _check_nobody_expected(connection, former, where, chosen, at)
    if scope is Scope.ALL and former.weekdays and draft.weekdays:
        whole = draft._replace(first_day=former.first_day, skipped=former.skipped)
        _check(whole, at, where, begun=True)
        changed = _rewrite(connection, where, former, whole.values, at)
    else:
        apart = _apart(former, scope, chosen.day, draft)
        _check(apart, at, where, when)
        _leave_out(connection, where, former, chosen._replace(scope=scope), at)
        changed = _insert(connection, where, apart, at, identifier)
        if goes_on:
            now = Expected(changed.id, interval(apart, apart.first_day, where.zone))
            orientations.follow(connection, former, when, now, at)
    _touch(connection, where, at)
    return changed


def remove(connection: Connection, chosen: Chosen, at: int) -> None:
    """Remove the chosen occurrences.

    Raises:
        Refused: an editor's slots are shown.
        NotThere: no such entry, or it does not take place on this day.
        Changed: the entry is not this version any more.

    """
    former, where = _asked(connection, chosen)
    _check_nobody_expected(connection, former, where, chosen, at)
    _leave_out(connection, where, former, chosen._replace(scope=_scope(former, chosen)), at)
    _touch(connection, where, at)


def restore(connection: Connection, where: Practice, former: AgendaEntry, at: int) -> AgendaEntry:
    """Put an entry back as it was before `remove`, when nothing else happened to it since.

    Raises:
        Refused: an editor's slots are shown.
        Changed: it was changed meanwhile.

    """
    take_turn(connection, where.subject)
    mixing.check(connection, where.subject)
    left = next((one for one in entries(connection, where) if one.id == former.id), None)
    values = former.model_dump(include=_RESTORED)
    if left is not None and left.model_dump(include=_RESTORED) == values:
        return left
    if left is None:
        connection.execute(insert(_ENTRY).values(**former.model_dump()))
    elif left.version != former.version + 1:
        raise Changed(f"disponibilité {former.id} : version {left.version}, et non {former.version + 1}")
    restored = _rewrite(connection, where, left or former, values, at)
    _touch(connection, where, at)
    return restored


def inform(connection: Connection, where: Practice, text: str, at: int, read: str | None = None) -> None:
    """Write the complementary information about a place; an empty text removes it.

    `read` is the one that was read, None to write whatever happened since.

    Raises:
        Refused: it is too long.
        Changed: somebody else wrote another meanwhile.

    """
    take_turn(connection, where.subject)
    if read is not None:
        check_unchanged(read.strip(), information(connection, where) or "", text.strip())
    if len(text) > INFORMATION:
        raise Refused(Fault("information", len(text), f"au plus {INFORMATION} caractères"))
    _touch(connection, where, at, information=text.strip() or None)


def extend(connection: Connection, at: int, most: int = EXTENDED) -> int:
    """Expand the entries that are due to today's horizon, the first `most` of them; how many were: 0 when none is left.

    To be called again until then, each time in a transaction of its own.
    """
    c = _ENTRY.c
    due = c.expanded_until < at + HORIZON_S - DAY.total_seconds()
    first = connection.execute(
        select(c.id, c.subject).where(due).order_by(c.expanded_until, c.subject, c.id).limit(most)
    ).all()
    subjects = sorted({subject for _, subject in first})
    take_turn(connection, *subjects)
    still = select(_ENTRY).where(due, c.id.in_([identifier for identifier, _ in first]))
    for row in connection.execute(still).mappings().all():
        one = AgendaEntry(**row)
        _expand(connection, one, zone_at(connection, one.place_key), at)
    enqueue(connection, subjects, at)
    return len(first)


def forget(connection: Connection, at: int, most: int = FORGOTTEN) -> int:
    """Remove the occurrences that have been over for a while, at most so many at once; how many there were."""
    c = _AVAILABILITY.c
    own = c.source_kind.in_(BY_HAND) & c.external_id.is_not(None)
    over = select(c.id).where(own, c.end < at - KEPT_S).limit(most)
    return connection.execute(delete(_AVAILABILITY).where(c.id.in_(over))).rowcount


# Parts ---------------------------------------------------------------------------------------------------------------


def _asked(connection: Connection, chosen: Chosen) -> tuple[AgendaEntry, Practice]:
    """The entry that a change is about, and where; nothing was changed meanwhile, and it takes place on this day."""
    take_turn(connection, entry(connection, chosen.entry).subject)
    former = entry(connection, chosen.entry)
    where = practice(connection, former.subject, former.place_key)
    mixing.check(connection, former.subject)
    if chosen.version is not None and chosen.version != former.version:
        raise Changed(f"disponibilité {former.id} : version {former.version}, et non {chosen.version}")
    if next_day(former, chosen.day) != chosen.day:
        raise NotThere(f"la disponibilité {former.id} n’a pas lieu le {chosen.day}")
    return former, where


def _goes_on(former: AgendaEntry, draft: Draft, when: Interval, zone: str, at: int) -> bool:
    """Whether a draft is the plage that is under way, as it began: only its end and its places may be other.

    Those who were sent there keep their place.
    """
    same = (draft.kind, former.kind, interval(draft, draft.first_day, zone).start) == ("plage", "plage", when.start)
    return same and not draft.weekdays and drafts.is_under_way(when, at) and {*draft.modalities} >= {*former.modalities}


def _is_alone(former: AgendaEntry, chosen: Chosen) -> bool:
    """Whether a change is of one occurrence: patients may be expected at others, which do not go on."""
    return chosen.scope is Scope.ONE or not former.weekdays


def _check_nobody_expected(
    connection: Connection, former: AgendaEntry, where: Practice, chosen: Chosen, at: int
) -> None:
    """Refuse to change an occurrence where a patient is expected."""
    if expected := _expected(connection, former, where, chosen, at):
        rule = f"un patient y est attendu le {expected[0]:%d/%m/%Y} : demandez d’abord à la régulation de l’annuler"
        raise Refused(Fault("agenda", expected[0], rule))


def _expected(connection: Connection, former: AgendaEntry, where: Practice, chosen: Chosen, at: int) -> list[date]:
    """The days, among the chosen occurrences, when a patient is expected."""
    taken = orientations.expected(connection, where.subject, where.place_key, at)
    days_of = [local_day(one.when.start, where.zone) for one in taken if _may_be_of(one, former, where.zone)]
    return [day for day in days_of if _is_chosen(chosen, day)]


def _may_be_of(one: Expected, former: AgendaEntry, zone: str) -> bool:
    """Whether a patient may be expected by this entry: within one of its occurrences where no entry was named."""
    if one.entry is not None:
        return one.entry == former.id
    day = local_day(one.when.start, zone)
    whole = interval(former, day, zone)
    return next_day(former, day) == day and whole.start <= one.when.start and one.when.end <= whole.end


def _is_chosen(chosen: Chosen, day: date) -> bool:
    """Whether an occurrence on this day is among the chosen ones."""
    return {Scope.ALL: True, Scope.ONE: day == chosen.day, Scope.FOLLOWING: day >= chosen.day}[chosen.scope]


def _scope(former: AgendaEntry, chosen: Chosen) -> Scope:
    """The scope of a change; what is once has no other occurrences."""
    return chosen.scope if former.weekdays else Scope.ALL


def _apart(former: AgendaEntry, scope: Scope, day: date, draft: Draft) -> Draft:
    """The entry that the chosen occurrences become; what follows a day begins on it, and leaves out the same days."""
    if scope is not Scope.FOLLOWING:
        return draft
    return draft._replace(first_day=day, skipped=[one for one in former.skipped if one > day.isoformat()])


def _check(draft: Draft, at: int, where: Practice, former: Interval | None = None, *, begun: bool = False) -> None:
    """Refuse a draft that breaks rules; the first day of what has begun is not asked again."""
    found = faults(draft, at, where.zone, former)
    if kept := tuple(fault for fault in found if not (begun and fault.field == "first_day")):
        raise Refused(*kept)


def _insert(
    connection: Connection, where: Practice, draft: Draft, at: int, identifier: str | None = None
) -> AgendaEntry:
    written = AgendaEntry(
        id=identifier or uuid4().hex,
        subject=where.subject,
        place_key=where.place_key,
        changed_at=at,
        expanded_until=0,
        **draft.values,
    )
    connection.execute(insert(_ENTRY).values(**written.model_dump()))
    return _expand(connection, written, where.zone, at)


def _leave_out(connection: Connection, where: Practice, former: AgendaEntry, chosen: Chosen, at: int) -> None:
    """Take the chosen occurrences out of an entry."""
    from_the_first = chosen.scope is Scope.FOLLOWING and next_day(former, former.first_day) == chosen.day
    if chosen.scope is Scope.ALL or from_the_first:
        _unless_changed(former, connection.execute(delete(_ENTRY).where(_same(former))).rowcount)
        _forget(connection, former)
        return
    skipped = {"skipped": sorted({*former.skipped, chosen.day.isoformat()})}
    left = skipped if chosen.scope is Scope.ONE else {"last_day": chosen.day - DAY}
    _rewrite(connection, where, former, left, at)


def _rewrite(
    connection: Connection, where: Practice, former: AgendaEntry, values: dict[str, Any], at: int
) -> AgendaEntry:
    changed = former.model_copy(update=values | {"version": former.version + 1, "changed_at": at})
    written = connection.execute(update(_ENTRY).where(_same(former)).values(**changed.model_dump()))
    _unless_changed(former, written.rowcount)
    return _expand(connection, changed, where.zone, at)


def _same(former: AgendaEntry) -> ColumnElement[bool]:
    """The condition that an entry is as it was read."""
    return and_(_ENTRY.c.id == former.id, _ENTRY.c.version == former.version)


def _unless_changed(former: AgendaEntry, written: int) -> None:
    """Check that an entry that was to be written was there, as it was read."""
    if not written:
        raise Changed(f"disponibilité {former.id} : quelqu’un d’autre vient de la changer")


def _expand(connection: Connection, written: AgendaEntry, zone: str, at: int) -> AgendaEntry:
    """Write the availabilities that an entry is from now until the horizon, in the place of those it was."""
    _forget(connection, written)
    since, until = at - KEPT_S, at + HORIZON_S
    expanded = [
        _availability(written, day, zone) for day in days(written, local_day(since, zone), local_day(until, zone))
    ]
    if rows := [row for row in expanded if since < row["end"] > row["start"] < until]:
        connection.execute(insert(_AVAILABILITY), rows)
    connection.execute(update(_ENTRY).where(_ENTRY.c.id == written.id).values(expanded_until=until))
    return written.model_copy(update={"expanded_until": until})


def _forget(connection: Connection, written: AgendaEntry) -> None:
    """Remove the availabilities that an entry was."""
    mine = (_AVAILABILITY.c.subject == written.subject, _AVAILABILITY.c.external_id == written.id)
    connection.execute(delete(_AVAILABILITY).where(*mine, _AVAILABILITY.c.source_kind == source_kind(written.subject)))


def source_kind(subject: str) -> str:
    """Where the availabilities that somebody writes here come from: their agenda, or the structure itself."""
    return AGENDA if subject.startswith("p:") else STRUCTURE


def _availability(written: AgendaEntry, day: date, zone: str) -> dict[str, Any]:
    """One occurrence, as a row of `Availability`."""
    when: Interval = interval(written, day, zone)
    return {
        "id": blake2b(f"{written.id}:{day}".encode(), digest_size=16).hexdigest(),
        "subject": written.subject,
        "place_key": written.place_key,
        "kind": written.kind,
        "start": when.start,
        "end": when.end,
        "modalities": written.modalities,
        "labels": LABELS,
        "audience": "regulation",
        "capacity": written.capacity,
        "specialties": [],
        "cpts": [],
        "source_kind": source_kind(written.subject),
        "source_name": AGENDA,
        "external_id": written.id,
        "checked_at": written.changed_at,
        "booking_url": None,
        "digest": "",
    }


def _touch(connection: Connection, where: Practice, at: int, **values: Any) -> None:
    """Say when an agenda last changed, and what is written of its place; the offers follow."""
    written = {"changed_at": at, **values}
    upsert(connection, _AGENDA, {"subject": where.subject, "place_key": where.place_key, **written}, written)
    enqueue(connection, [where.subject], at)


def availabilities_of(
    written: Iterable[AgendaEntry], since: date, until: date, zone: str
) -> list[tuple[AgendaEntry, date, Interval]]:
    """The occurrences of entries on the days from `since` to `until`, in the order of time."""
    found = [(one, day, interval(one, day, zone)) for one in written for day in days(one, since, until)]
    return sorted(found, key=lambda each: (each[2], each[0].id))
