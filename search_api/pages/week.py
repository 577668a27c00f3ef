"""A week of an agenda as its page draws it: seven days, what takes place on each, on the clock of the place. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import quote, urlencode

from models.clock import PARIS, local
from models.codes import MODALITIES
from models.tables import AgendaEntry
from registry.absences import Period
from registry.recurrence import Interval, local_day
from search_api import agendas
from search_api.agendas import Book
from search_api.pages import french

DAY: Final = timedelta(days=1)
WEEKDAYS: Final = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry on a day. `href` opens it; None where it can only be read. `expected` patients are."""

    href: str | None
    hours: str
    what: str
    how: str
    repeats: str | None
    hidden: bool
    expected: int


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the week; `add` opens a new entry on it."""

    anchor: str
    label: str
    today: bool
    past: bool
    away: bool
    add: str | None
    shown: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from a Monday, and the ways to other weeks. `now` leads to this one, None when it is this one."""

    title: str
    days: tuple[Day, ...]
    before: str
    after: str
    now: str | None
    clock: str | None


def path(identifier: str, end: str = "", **said: str) -> str:
    """The address of an agenda, or of a page of it."""
    query = f"?{urlencode(said)}" if said else ""
    return f"/espace/{quote(identifier, safe='')}/agenda{end}{query}"


def monday_of(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())


def opening(book: Book, at: int) -> date:
    """The day whose week is shown at first: today, or in the next one once nothing but that is left to come."""
    today = local_day(at, book.where.zone)
    later = monday_of(today) + 7 * DAY
    left = any(when.end > at for _, _, when in book.week(monday_of(today)))
    return today if left or not book.week(later) else later


def week(book: Book, monday: date, at: int) -> Week:
    """The week of this Monday, at the clock `at`."""
    today = local_day(at, book.where.zone)
    of_week = book.week(monday)
    here = monday == monday_of(today)
    return Week(
        title=f"Du {french.calendar_day(monday)} au {french.calendar_day(monday + 6 * DAY)} {(monday + 6 * DAY).year}",
        days=tuple(
            _day(book, day, today, [(entry, when) for entry, its, when in of_week if its == day])
            for day in (monday + number * DAY for number in range(7))
        ),
        before=path(book.identifier, semaine=str(monday - 7 * DAY)),
        after=path(book.identifier, semaine=str(monday + 7 * DAY)),
        now=None if here else path(book.identifier, semaine=str(today)),
        clock=_clock(book.where.zone, at),
    )


def _day(book: Book, day: date, today: date, entries: Sequence[tuple[AgendaEntry, Interval]]) -> Day:
    writable = day >= today and not book.reason
    away = book.is_away(day)
    return Day(
        anchor=f"j-{day}",
        label=french.calendar_day(day),
        today=day == today,
        past=day < today,
        away=away,
        add=path(book.identifier, "/ajouter", jour=str(day)) if writable else None,
        shown=tuple(
            Shown(
                href=path(book.identifier, f"/{entry.id}", jour=str(day)) if writable else None,
                hours=hours(entry),
                what=what(entry),
                how=how(entry),
                repeats=repeats(entry),
                hidden=away,
                expected=book.patients_at(entry, when),
            )
            for entry, when in entries
        ),
    )


def hours(entry: AgendaEntry) -> str:
    """`18:00–20:00`."""
    return f"{agendas.hour(entry.starts)}–{agendas.hour(entry.ends)}"


def what(entry: AgendaEntry) -> str:
    """`Créneau`, `Plage, 5 patients`."""
    if entry.kind == "creneau":
        return "Créneau"
    capacity = entry.capacity or 0
    return f"Plage, {capacity} {french.plural(capacity, 'patient', 'patients')}"


def how(entry: AgendaEntry) -> str:
    """`cabinet, domicile`."""
    return ", ".join(label.lower() for modality, label in MODALITIES.items() if modality in entry.modalities)


def repeats(entry: AgendaEntry) -> str | None:
    """`chaque lundi et jeudi jusqu’au 31/12/2026`; None for what is once."""
    if not entry.weekdays:
        return None
    named = _days(sorted(entry.weekdays))
    return f"{named} jusqu’au {french.date(entry.last_day)}" if entry.last_day else named


def _days(numbers: Sequence[int]) -> str:
    """`chaque lundi et jeudi`, `du lundi au vendredi`, `chaque jour`."""
    names = [WEEKDAYS[number] for number in numbers]
    if len(names) == len(WEEKDAYS):
        return "chaque jour"
    if len(names) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:  # noqa: PLR2004 - two are said by their names
        return f"du {names[0]} au {names[-1]}"
    return "chaque " + " et ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def _clock(zone: str, at: int) -> str | None:
    """What the hours are those of, where they are not those of Paris."""
    if zone == PARIS:
        return None
    here, paris = (french.said_hour(local(at, each)) for each in (zone, PARIS))
    return f"Les heures sont celles de ce lieu : il y est {here}, et {paris} à Paris."


def periods(book: Book) -> Iterator[str]:
    """The absences in words."""
    return (_period(one) for one in book.absences)


def _period(period: Period) -> str:
    if period.last_day is None:
        return f"depuis le {french.date(period.first_day)}, jusqu’à nouvel ordre"
    if period.last_day == period.first_day:
        return f"le {french.date(period.first_day)}"
    return f"du {french.date(period.first_day)} au {french.date(period.last_day)}"
