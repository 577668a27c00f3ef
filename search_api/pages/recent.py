"""What a browser may keep of a request, among the recent ones of its device. Pure.

A desk is shared, and the place of a request may be a patient's: what is kept says a commune, never a street nor a
point; nor the patient's doctor, words that were not understood, what was picked. A named moment is kept by its name,
so that "ce soir" asked again is this evening; other hours, which will be over, are not kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from search_api.pages import chips, links, moments
from search_api.pages.asked import Asked
from search_api.pages.places import PlaceNames, point
from search_api.parameters import CRITERIA, Pairs

WORDS: Final = 160
"""Characters of what a recent request is called, at most."""
_HOURS: Final = frozenset({"from", "within_hours", moments.CLICKED})
_LEFT: Final = frozenset({"near", "address", "cursor", "at"}) | links.OF_PAGES | _HOURS


@dataclass(frozen=True, slots=True)
class Recent:
    """A request as a browser may keep it."""

    href: str
    words: str


def kept(asked: Asked) -> Recent | None:
    """What may be kept of this request; None where nothing is left of it."""
    moment = moments.named(asked.pairs, asked.at, asked.zone)
    place = tuple(_commune(asked))
    pairs = [pair for pair in asked.pairs if pair[0] not in _LEFT and (place or pair[0] != "radius_km")]
    general: Pairs = sorted([*pairs, *place], key=links.rank)
    if not any(name in CRITERIA for name, _ in general):
        return None
    said = [*(chip.text for chip in chips.chips(replace(asked, pairs=general))), *([moment.label] if moment else [])]
    words = " · ".join(said)
    when = [(links.MOMENT, moment.name)] if moment else []
    return Recent(links.href([*general, *when]), words if len(words) <= WORDS else f"{words[: WORDS - 1]}…")


def _commune(asked: Asked) -> Iterator[tuple[str, str]]:
    """The commune of the place asked for."""
    address, near = asked.value("address"), asked.value("near")
    label = _of_address(address, asked.places) if address else _of_point(near, asked.places) if near else None
    if label:
        yield "address", label


def _of_address(address: str, places: PlaceNames) -> str | None:
    """The address itself where the gazetteer reads all of it: a commune, a postal code; else what it ends with."""
    located = places.planner.places.locate(address)
    return None if located is None else address if located.whole else located.label


def _of_point(near: str, places: PlaceNames) -> str | None:
    there = point(near)
    return places.planner.places.label(places.planner.gazetteer.nearest(there)) if there else None
