"""The form of an entry of an agenda: what was typed, as a draft; every rule that it breaks, beside its field. Pure.

The rules are the registry's (`registry.drafts`); here is only what a field must be to be read at all.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from models.codes import MODALITIES
from models.tables import AgendaEntry
from registry import drafts
from registry.drafts import MIDNIGHT, QUARTER, Draft
from registry.recurrence import Interval, local_day
from registry.refusals import Fault
from search_api import agendas, problems
from search_api.pages import sending
from search_api.pages.faults import Wrong
from search_api.pages.sending import Box

LABELS: Final[Mapping[str, str]] = {
    "kind": "Ce que vous ouvrez",
    "first_day": "Date",
    "starts": "Début",
    "ends": "Fin",
    "capacity": "Nombre de patients",
    "modalities": "Où et comment",
    "weekdays": "Répétition",
    "last_day": "Jusqu’au",
    "scope": "Ce que vous modifiez",
}
KINDS: Final = {"creneau": "Un créneau : un seul patient", "plage": "Une plage : plusieurs patients"}
SCOPES: Final = {
    "one": "cette fois seulement",
    "following": "cette fois et les suivantes",
    "all": "toutes les fois",
}
STARTS: Final = tuple(agendas.hour(minute) for minute in range(0, MIDNIGHT, QUARTER))
ENDS: Final = tuple(agendas.hour(minute) for minute in range(QUARTER, MIDNIGHT + 1, QUARTER))
_LENGTH: Final = 40
_DIGITS: Final = 9
_CHOSEN: Final = ("kind", "first_day", "starts", "ends", "capacity", "last_day", "scope")
BOXES: Final = (
    *(Box(name, LABELS[name], _LENGTH, required=False) for name in _CHOSEN),
    *(Box(f"modality-{each}", LABELS["modalities"], _LENGTH, required=False) for each in MODALITIES),
    *(Box(f"weekday-{each}", LABELS["weekdays"], _LENGTH, required=False) for each in range(7)),
)
_UNREAD: Final[Mapping[str, str]] = {
    "first_day": "une date comme 30/11/2026",
    "starts": "une heure de la liste",
    "ends": "une heure de la liste",
    "capacity": "un nombre entier de patients",
    "last_day": "une date comme 31/12/2026, ou rien",
}
"""What a field that cannot be read should be."""


def values_of(entry: AgendaEntry, day: date) -> dict[str, str]:
    """What the form of an entry holds before anything is typed."""
    return {
        "kind": entry.kind,
        "first_day": str(day),
        "starts": agendas.hour(entry.starts),
        "ends": agendas.hour(entry.ends),
        "capacity": str(entry.capacity or ""),
        "last_day": str(entry.last_day or ""),
        "scope": "one",
        **{f"modality-{each}": "1" for each in entry.modalities},
        **{f"weekday-{each}": "1" for each in entry.weekdays},
    }


def new(day: date) -> dict[str, str]:
    """What an empty form holds."""
    return {"kind": "plage", "first_day": str(day), "starts": "", "ends": "", "modality-cabinet": "1"}


def read(
    values: Mapping[str, str], at: int, zone: str, former: Interval | None = None
) -> tuple[Draft, tuple[Fault, ...]]:
    """What was typed as a draft, and everything that is wrong with it, whatever of it could be read.

    `former` is the occurrence that it changes.
    """
    first_day, last_day = (agendas.day(values.get(name, "")) for name in ("first_day", "last_day"))
    starts, ends = (agendas.minute(values.get(name, "")) for name in ("starts", "ends"))
    capacity = _whole(values.get("capacity", ""))
    draft = Draft(
        kind=values.get("kind", ""),
        first_day=first_day or local_day(at, zone),
        starts=starts or 0,
        ends=MIDNIGHT if ends is None else ends,
        modalities=tuple(each for each in MODALITIES if values.get(f"modality-{each}")),
        capacity=capacity,
        weekdays=tuple(each for each in range(7) if values.get(f"weekday-{each}")),
        last_day=last_day,
    )
    asked = {"first_day": first_day, "starts": starts, "ends": ends}
    optional = {"capacity": capacity, "last_day": last_day}
    unread = [name for name, found in asked.items() if found is None]
    unread += [name for name, found in optional.items() if found is None and values.get(name)]
    broken = (fault for fault in drafts.faults(draft, at, zone, former) if fault.field not in unread)
    return draft, (*(Fault(name, values.get(name, ""), _UNREAD[name]) for name in unread), *broken)


def said(faults: Iterable[Fault | problems.Fault], labels: Mapping[str, str] = LABELS) -> tuple[Wrong, ...]:
    """Faults of the registry beside their fields; of the whole agenda, in the summary alone."""
    return tuple(
        sending.wrong(fault.field, labels[fault.field], fault.rule)
        if fault.field in labels
        else Wrong(fault.field, fault.rule, "Agenda", None, "", None, ())
        for fault in faults
    )


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None
