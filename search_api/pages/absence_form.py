"""The form of absences: from a day until further notice, or up to three dated periods. Pure.

The rules are the registry's (`registry.absences`); here is only what a field must be to be read at all.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from registry.absences import PERIODS, Period
from registry.refusals import Fault
from search_api import agendas
from search_api.pages import sending
from search_api.pages.faults import Wrong
from search_api.pages.sending import Box

NOW: Final = "now"
EVERYWHERE: Final = "everywhere"
ROWS: Final = range(PERIODS)
_ENDS: Final = {"first_day": "premier jour", "last_day": "dernier jour"}
LABELS: Final[Mapping[str, str]] = {
    NOW: "Jusqu’à nouvel ordre",
    EVERYWHERE: "Dans tous mes lieux",
    "periods": "Périodes",
    **{f"periods.{row}.{end}": f"Période {row + 1}, {said}" for row in ROWS for end, said in _ENDS.items()},
}
BOXES: Final = tuple(Box(name, label, 40, required=False) for name, label in LABELS.items())
_DATE: Final = "une date comme 30/11/2026"
_MISSING: Final = "elle manque : une période a deux dates"

Numbered = Sequence[tuple[str, Period]]
"""Periods with where each was typed: `now`, or the number of its row."""


def values_of(absences: Iterable[Period]) -> dict[str, str]:
    """What the form holds before anything is typed."""
    dated = [one for one in absences if one.last_day is not None]
    open_ended = dict([(NOW, str(one.first_day)) for one in absences if one.last_day is None][:1])
    rows = {f"periods.{row}.{end}": str(getattr(one, end)) for row, one in enumerate(dated[:PERIODS]) for end in _ENDS}
    return open_ended | rows


def read(values: Mapping[str, str], today: date) -> tuple[Numbered, tuple[Wrong, ...]]:
    """The periods that were typed, and the fields that cannot be read; a row without anything is none."""
    since = values.get(NOW)
    periods = [(NOW, Period(agendas.day(since) or today))] if since else []
    unread = []
    for row in ROWS:
        typed = {end: values.get(f"periods.{row}.{end}", "") for end in _ENDS}
        days = {end: agendas.day(text) for end, text in typed.items()}
        if not any(typed.values()):
            continue
        lacking = [(end, _DATE if typed[end] else _MISSING) for end, day in days.items() if day is None]
        unread += [(f"periods.{row}.{end}", rule) for end, rule in lacking]
        periods += [(str(row), Period(first, days["last_day"])) for first in [days["first_day"]] if first]
    return periods, tuple(sending.wrong(name, LABELS[name], rule) for name, rule in unread)


def said(faults: Iterable[Fault], numbered: Numbered) -> Iterator[Wrong]:
    """Faults of the registry beside the fields where their periods were typed."""
    for fault in faults:
        name = _field(fault.field, numbered)
        yield sending.wrong(name, LABELS[name], fault.rule)


def _field(name: str, numbered: Numbered) -> str:
    """The field of a fault, which counts the periods that were typed only."""
    periods, _, rest = name.partition(".")
    number, _, end = rest.partition(".")
    if not number:
        return periods
    row = numbered[int(number)][0]
    return NOW if row == NOW else f"{periods}.{row}.{end}"
