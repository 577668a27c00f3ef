"""An entry of an agenda as it is written, and the rules that it must hold: all are checked here, whoever asks.

The rules are those that the official platform leaves to the browser (its table of creation), and a bound on what
nobody means. A créneau of more than an hour is allowed, with a word of advice.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple, get_args

from models.offer import ModalityName
from registry.recurrence import Interval, interval, local_day, next_day
from registry.refusals import Fault

QUARTER: Final = 15
MIDNIGHT: Final = 1_440
"""The end of a day, in minutes."""
HOUR: Final = 60
CAPACITY: Final = 200
"""Patients of a plage, at most."""
AHEAD: Final = timedelta(days=366)
"""How far ahead an entry may begin."""

TOO_LONG: Final = "Un créneau reçoit un seul patient : au-delà d’une heure, une plage convient souvent mieux."
"""What is said of a créneau of more than an hour."""
MODALITIES: Final = frozenset(get_args(ModalityName))


class Draft(NamedTuple):
    """An entry to write. Minutes count from midnight; without `weekdays` (0 is Monday), it is on `first_day` alone."""

    kind: str
    first_day: date
    starts: int
    ends: int
    modalities: tuple[str, ...]
    capacity: int | None = None
    weekdays: tuple[int, ...] = ()
    last_day: date | None = None
    skipped: Sequence[str] = ()

    @property
    def values(self) -> dict[str, Any]:
        """The columns of `AgendaEntry` that it is."""
        lists = {
            "modalities": list(self.modalities),
            "weekdays": sorted(set(self.weekdays)),
            "skipped": list(self.skipped),
        }
        return self._asdict() | lists | {"capacity": self.capacity if self.kind == "plage" else None}


class Rule(NamedTuple):
    """A rule: the field that it is about, when it is broken, and how it is said."""

    field: str
    broken: Callable[[Draft], bool]
    said: str


RULES: Final = (
    Rule("kind", lambda draft: draft.kind not in {"creneau", "plage"}, "un créneau ou une plage"),
    Rule(
        "modalities",
        lambda draft: not draft.modalities or not MODALITIES.issuperset(draft.modalities),
        "au moins une modalité : cabinet, téléconsultation ou domicile",
    ),
    Rule(
        "starts",
        lambda draft: not 0 <= draft.starts < MIDNIGHT or draft.starts % QUARTER > 0,
        "un quart d’heure, de 00:00 à 23:45",
    ),
    Rule(
        "ends",
        lambda draft: not 0 < draft.ends <= MIDNIGHT or draft.ends % QUARTER > 0,
        "un quart d’heure, de 00:15 à 24:00",
    ),
    Rule("ends", lambda draft: draft.ends <= draft.starts, "une fin après le début, le même jour"),
    Rule(
        "capacity",
        lambda draft: draft.kind == "plage" and not 1 <= (draft.capacity or 0) <= CAPACITY,
        f"pour une plage, le nombre de patients, de 1 à {CAPACITY}",
    ),
    Rule(
        "capacity",
        lambda draft: draft.kind == "creneau" and draft.capacity not in {None, 1},
        "un créneau reçoit un seul patient : choisissez une plage pour plusieurs",
    ),
    Rule("weekdays", lambda draft: not set(draft.weekdays) <= set(range(7)), "des jours de 0 (lundi) à 6 (dimanche)"),
    Rule(
        "last_day",
        lambda draft: draft.last_day is not None and not draft.weekdays,
        "une date de fin va avec une répétition : choisissez des jours",
    ),
    Rule(
        "last_day",
        lambda draft: draft.last_day is not None and draft.last_day < draft.first_day,
        "une date de fin qui n’est pas avant la date de début",
    ),
    Rule(
        "weekdays",
        lambda draft: bool(draft.weekdays) and _sound(draft) and next_day(draft, draft.first_day) is None,
        "au moins un des jours choisis entre la première et la dernière date",
    ),
)
"""What can be said of a draft without a clock."""


def faults(draft: Draft, at: int, zone: str, former: Interval | None = None) -> tuple[Fault, ...]:
    """Every rule that a draft breaks, at an instant, on the clock of its place.

    `former` is the occurrence that it changes: one that is under way keeps its start, and ends when it may still end.
    """
    broken = [Fault(rule.field, getattr(draft, rule.field), rule.said) for rule in RULES if rule.broken(draft)]
    today = local_day(at, zone)
    if draft.first_day > today + AHEAD:
        broken.append(Fault("first_day", draft.first_day, "une date dans moins d’un an"))
    if draft.first_day < today:
        broken.append(Fault("first_day", draft.first_day, "une date qui n’est pas passée"))
    elif not broken and not draft.weekdays:
        when = interval(draft, draft.first_day, zone)
        broken.extend(_past(draft, when, at, former) if when.start < when.end else [_skipped(draft)])
    return tuple(broken)


def _skipped(draft: Draft) -> Fault:
    """The hours that the clocks skip when they are put forward."""
    return Fault("ends", draft.ends, "une heure qui existe : cette nuit-là, l’heure avance")


def _past(draft: Draft, when: Interval, at: int, former: Interval | None) -> Iterator[Fault]:
    """The hour that is past already: the end of what is under way, the start of anything else."""
    if former is not None and when.start == former.start and is_under_way(former, at):
        if when.end <= at:
            yield Fault("ends", draft.ends, "une fin qui n’est pas passée : la disponibilité est en cours")
    elif when.start < at:
        yield Fault("starts", draft.starts, "une heure qui n’est pas passée")


def is_under_way(when: Interval, at: int) -> bool:
    """Whether it has begun and is not over."""
    return when.start <= at < when.end


def advice(draft: Draft) -> str | None:
    """A word that helps, where nothing is wrong."""
    if draft.kind == "creneau" and draft.ends - draft.starts > HOUR:
        return TOO_LONG
    return None


def _sound(draft: Draft) -> bool:
    """Whether the days of a draft can be counted."""
    return set(draft.weekdays) <= set(range(7)) and (draft.last_day is None or draft.last_day >= draft.first_day)
