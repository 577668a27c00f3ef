"""The answer as a table: a row for each offer, a column for each time band, in each cell the modalities. Pure.

The rows are the cards of the answer, by the same parts and with the same numbers; the bands are those that rank them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from indexer.shape import ShapedAvailability
from models import codes
from models.clock import local
from models.offer import ModalityName, SlotState
from relevance import explain
from relevance.judge import band_of
from relevance.plan import BANDS_H
from search_api.answers import OfferJson, SearchJson
from search_api.pages import cards, french
from search_api.pages.answer import Answer, Numbered, Rung, preferred
from search_api.pages.asked import Asked


@dataclass(frozen=True, slots=True)
class Column:
    """A time band: its hours from the clock, and those that a clock shows at its start and at its end."""

    band: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Line:
    """A modality in a cell: its first availability, and how many more start in the band; `asked`, or none is.

    `left` is what the first one can still take, when it is a plage that says it; `reserved` says for whom it is, when
    it is not for everybody.
    """

    modality: str
    iso: str
    hours: str
    left: str | None
    reserved: str | None
    more: int
    asked: bool


@dataclass(frozen=True, slots=True)
class Nothing:
    """A cell without anything: what is seen, and what is heard."""

    seen: str
    heard: str


@dataclass(frozen=True, slots=True)
class Row:
    """An offer, and its lines in each band."""

    offer: Numbered
    cells: tuple[tuple[Line, ...], ...]
    nothing: Nothing


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of a concession; those of the exact offers have none."""

    rung: Rung | None
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Everything that the table writes. `since` is the instant that bands are counted from."""

    since: str
    columns: tuple[Column, ...]
    parts: tuple[Part, ...]


NOTHING: Final[Mapping[SlotState, Nothing]] = {
    "known": Nothing("—", "aucun créneau connu"),
    "unknown": Nothing("inconnu", "créneaux inconnus"),
    "none": Nothing("—", "aucun agenda connu"),
}
MODALITIES: Final[Mapping[ModalityName, str]] = {name: way.split()[-1] for name, way in explain.WAYS.items()}
"""The modalities in a word: `cabinet`, `téléconsultation`, `domicile`."""


def table(found: SearchJson, drawn: Answer, asked: Asked) -> Table | None:
    """The answer `drawn`, as a table; None when there is no offer to draw."""
    at = int(datetime.fromisoformat(found.at).timestamp())
    offers = {cards.anchor(offer): offer for offer in (*found.exact.offers, *found.approximate.offers)}
    parts = [(None, drawn.exact), *((rung, rung.results) for rung in drawn.here)]
    modalities = preferred(asked.pairs)
    if not offers:
        return None
    return Table(
        since=drawn.clock,
        columns=tuple(_columns(at, asked.zone)),
        parts=tuple(
            Part(rung, tuple(_row(each, offers[each.result.anchor], at, modalities) for each in numbered))
            for rung, numbered in parts
            if numbered
        ),
    )


# Columns ------------------------------------------------------------------------------------------------------------


def _columns(at: int, zone: str) -> Iterator[Column]:
    """The bands by their hours; a day is said where it is not the one that was said before."""
    for start, end in BANDS_H:
        first, last = (at + hours * 3600 for hours in (start, end))
        yield Column(f"{start}-{end}{french.NBSP}h", _said(first, at, at, zone), _said(last, first, at, zone))


def _said(instant: int, before: int, at: int, zone: str) -> str:
    """An hour of the place on one line, with its day when it is not that of the instant before: `demain 00:42`."""
    day, said, today = (local(each, zone).date() for each in (instant, before, at))
    hour = french.hour(local(instant, zone))
    return (hour if day == said else f"{french.near_day(day, today)} {hour}").replace(" ", french.NBSP)


# Rows ---------------------------------------------------------------------------------------------------------------


def _row(offer: Numbered, known: OfferJson, at: int, asked: Sequence[ModalityName]) -> Row:
    """An offer by its bands: an availability is in the first one that it overlaps."""
    bands: list[list[ShapedAvailability]] = [[] for _ in BANDS_H]
    for availability in known.availabilities:
        bands[band_of(_epoch(availability.start), at)].append(availability)
    cells = tuple(tuple(_lines(those, at, asked)) for those in bands)
    return Row(offer, cells, NOTHING[known.slot_state])


def _lines(those: Sequence[ShapedAvailability], at: int, asked: Sequence[ModalityName]) -> Iterator[Line]:
    """A line for each modality of a cell, those asked first."""
    for modality in dict.fromkeys([*asked, *codes.MODALITIES]):
        of_it = [availability for availability in those if modality in availability.modalities]
        for first in of_it[:1]:
            yield Line(
                modality=MODALITIES[modality],
                iso=first.start,
                hours=_hours(first, at),
                left=cards.left(first.kind, first.capacity),
                reserved=cards.RESERVED.get(first.audience),
                more=len(of_it) - 1,
                asked=not asked or modality in asked,
            )


def _hours(first: ShapedAvailability, at: int) -> str:
    """The hour when it starts, at its place; a plage that has begun says so."""
    if first.kind != "creneau" and _epoch(first.start) <= at:
        return "en cours"
    return french.hour(datetime.fromisoformat(first.start))


def _epoch(iso: str) -> int:
    return int(datetime.fromisoformat(iso).timestamp())
