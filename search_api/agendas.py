"""The agenda of one place, by the id of its offer: read whole, and changed by the operations of the registry.

The API and the pages come here, so that both say the same errors. Until there are accounts nobody owns a place, and
this answers in development only.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import Connection

from indexer.documents import offers_for
from models.offer import Offer, offer_id
from models.slots import BY_HAND
from models.tables import AgendaEntry, Orientation
from registry import absences, agenda, drafts, mixing, orientations, refusals
from registry.absences import Period
from registry.agenda import Chosen, Scope
from registry.orientations import Expected
from registry.practice import Practice, place_of, practice, practices
from registry.recurrence import Interval
from search_api import spaces
from search_api.problems import NotFound
from search_api.services import Services

_Value = TypeVar("_Value")
_OFFER: Final = re.compile("[ps][0-9A-Za-z]+-[0-9a-f]{12}")
_ENTRY: Final = re.compile("[0-9A-Za-z]{1,64}")

WEEK: Final = timedelta(days=7)
SENT_S: Final = int(WEEK.total_seconds())
"""How long a patient who was sent somewhere is still read of in its agenda."""
FIRST_YEAR, LAST_YEAR = 2000, 2100
NO_PLACE: Final = "Ce lieu n’existe pas, ou cette personne n’y exerce plus."
NO_ENTRY: Final = "Cette disponibilité n’existe pas, n’existe plus, ou n’a pas lieu ce jour-là"


class Book(NamedTuple):
    """Everything of the agenda of one place. `changed_at` is in epoch seconds, None before anything was written.

    `offers` are those of the same person or structure, as searches will have them; `editors` are those whose slots are
    shown in the place of this agenda, `reason` is why it is only read, where it is. `places` are the ids of the offers
    that have an agenda, each with its change; `expected` is how many patients are at each occurrence. `sent` are the
    patients whom the regulation sent here, to any slot or beyond, those to come and of the last `SENT_S`.
    `everywhere` are the absences of all places, by their keys: they are not over, nor are `absences`;
    `over` are those of this one that are.
    """

    where: Practice
    entries: list[AgendaEntry]
    absences: list[Period]
    information: str | None
    changed_at: int | None
    editors: tuple[str, ...]
    reason: str | None
    offers: tuple[Offer, ...]
    places: Mapping[str, int | None]
    expected: Mapping[Expected, int] = {}
    sent: tuple[Orientation, ...] = ()
    everywhere: Mapping[str, Sequence[Period]] = {}
    over: Sequence[Period] = ()

    @property
    def identifier(self) -> str:
        """The id of the offer that this is the agenda of."""
        return offer_id(self.where.subject, self.where.place_key)

    @property
    def offer(self) -> Offer | None:
        """The offer as searches will have it; None for a place without an address."""
        return next((each for each in self.offers if each.id == self.identifier), None)

    def week(self, monday: date) -> list[tuple[AgendaEntry, date, Interval]]:
        """The occurrences of a week, in the order of time."""
        return agenda.availabilities_of(self.entries, monday, monday + WEEK - timedelta(days=1), self.where.zone)

    def is_away(self, day: date) -> bool:
        """Whether nobody is received here on this day, or was."""
        return any(one.holds(day) for one in (*self.absences, *self.over))

    def patients_at(self, entry: AgendaEntry, when: Interval) -> int:
        """How many patients are expected at an occurrence."""
        return sum(self.expected.get(Expected(named, when), 0) for named in (entry.id, None))


def read(services: Services, identifier: str, at: int) -> Book:
    """The agenda of a place, at this clock.

    Raises:
        NotFound: nobody practises there, or nobody may know; or this is not development.
        DatabaseDown: the database does not answer.

    """
    return spaces.read(services, lambda connection: _book(connection, _where(services, connection, identifier), at))


def change(services: Services, identifier: str, operation: Callable[[Connection, Practice], _Value]) -> _Value:
    """Do an operation of the registry on the agenda of a place, in a transaction of its own.

    Raises:
        Refused: it breaks rules; every fault is said, by the registry's names of fields.
        Conflict: somebody else changed the entry meanwhile.
        NotFound, DatabaseDown: as in `read`.

    """
    return spaces.write(
        services, lambda connection: _clocked(operation, connection, _where(services, connection, identifier))
    )


def own(connection: Connection, where: Practice, identifier: str) -> AgendaEntry:
    """An entry of this agenda; one of another is not there.

    Raises:
        NotThere: there is none.

    """
    if not _ENTRY.fullmatch(identifier):
        raise refusals.NotThere(NO_ENTRY)
    found = agenda.entry(connection, identifier)
    if (found.subject, found.place_key) != (where.subject, where.place_key):
        raise refusals.NotThere(NO_ENTRY)
    return found


def one_of(book: Book, identifier: str) -> AgendaEntry:
    """An entry of an agenda that was read.

    Raises:
        NotFound: it is not there.

    """
    found = next((entry for entry in book.entries if entry.id == identifier), None)
    if found is None:
        raise NotFound(f"{NO_ENTRY}.")
    return found


def _clocked(operation: Callable[[Connection, Practice], _Value], connection: Connection, where: Practice) -> _Value:
    """Do an operation; the minutes that it refuses are said as hours."""
    try:
        return operation(connection, where)
    except refusals.EditorSlots:
        raise
    except refusals.Refused as refused:
        raise refusals.Refused(*(fault._replace(value=_written(fault)) for fault in refused.faults)) from None


def _where(services: Services, connection: Connection, identifier: str) -> Practice:
    """The practice whose offer has this id."""
    if not _OFFER.fullmatch(identifier):
        raise NotFound(NO_PLACE)
    try:
        where = practice(connection, *place_of(connection, identifier))
    except refusals.NotThere:
        raise NotFound(NO_PLACE) from None
    if where.subject in services.suppressed():
        raise NotFound(NO_PLACE)
    return where


def _book(connection: Connection, where: Practice, at: int) -> Book:
    sent = tuple(orientations.sent_to(connection, *where[:2], at - SENT_S))
    return Book(
        where,
        agenda.entries(connection, where),
        absences.absences(connection, where, at),
        agenda.information(connection, where),
        agenda.last_change(connection, where),
        mixing.shown_editors(connection, where.subject),
        _reason(connection, where.subject),
        offers_for(connection, [where.subject], at)[where.subject],
        {offer_id(*each[:2]): agenda.last_change(connection, each) for each in practices(connection, where.subject)},
        Counter(_expected(sent, at)),
        sent,
        absences.everywhere(connection, where.subject, at),
        absences.past(connection, where, at),
    )


def _expected(sent: Iterable[Orientation], at: int) -> Iterator[Expected]:
    """Where each of these patients is expected in the agenda, after an instant."""
    for one in sent:
        if one.state == "made" and one.slot_end > at and one.source_kind in BY_HAND:
            yield Expected(one.entry, Interval(one.slot_start, one.slot_end))


def _reason(connection: Connection, subject: str) -> str | None:
    """Why somebody's agenda cannot be written; None when it can."""
    try:
        mixing.check(connection, subject)
    except refusals.Refused as refused:
        return refused.faults[0].rule
    return None


# What is written in fields ------------------------------------------------------------------------------------------


def hour(minute: int) -> str:
    """Minutes since midnight on a clock: 1,440 is `24:00`."""
    return f"{minute // 60:02}:{minute % 60:02}"


def minute(written: str) -> int | None:
    """Minutes since midnight of an hour (`08:30`), None for anything else. What it may be is for the rules."""
    hours, _, minutes = written.partition(":")
    if not all(len(part) == 2 and part.isascii() and part.isdigit() for part in (hours, minutes)):  # noqa: PLR2004 - two digits
        return None
    return int(hours) * 60 + int(minutes) if int(minutes) < drafts.HOUR else None


def day(written: str) -> date | None:
    """A day (`2026-11-30`, or `30/11/2026` where a browser has no calendar); None for anything else."""
    parts = written.split("/")
    try:
        found = date.fromisoformat("-".join(reversed(parts)) if len(parts) == 3 else written)  # noqa: PLR2004 - day, month, year
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def draft_of(entry: AgendaEntry) -> drafts.Draft:
    """What an entry says, as a draft."""
    values: dict[str, Any] = {name: getattr(entry, name) for name in drafts.Draft._fields}
    return drafts.Draft(**values | {name: tuple(values[name]) for name in ("modalities", "weekdays")})


def edited(entry: AgendaEntry, chosen: Chosen, given: Mapping[str, Any]) -> drafts.Draft:
    """What the chosen occurrences become: as they are, with the values that are given.

    Raises:
        refusals.Refused: one occurrence would repeat.

    """
    draft = draft_of(entry)
    if chosen.scope is Scope.ONE and entry.weekdays:
        draft = draft._replace(first_day=chosen.day, weekdays=(), last_day=None, skipped=())
        if given.get("weekdays"):
            raise refusals.Refused(refusals.Fault("weekdays", given["weekdays"], "une seule fois ne se répète pas"))
    return draft._replace(**given)


def _written(fault: refusals.Fault) -> object:
    """A refused value as it is written."""
    is_hour = fault.field in {"starts", "ends"} and isinstance(fault.value, int)
    return hour(fault.value) if is_hour else fault.value
