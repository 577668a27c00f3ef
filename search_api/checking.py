"""Checking slots at search time, for the regulation: whose are asked again, and what that corrects on a card.

The answer leaves at once. A correction changes neither its order, nor its totals, nor its cursor: it judges again what
is shown, and says so on the card.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Final, Literal, Protocol

import msgspec

from models.clock import iso
from models.codes import Viewer
from models.offer import Offer
from models.slots import EDITOR
from relevance.judge import judge, visible
from relevance.plan import Plan

FIRST: Final = 20
"""Of an answer, the cards that may be checked: more than a regulator calls."""
FRESH_S: Final = 60
"""What an editor confirmed less long ago is not asked again."""

State = Literal["checked", "taken", "unknown"]


class Checking(Protocol):
    """What asks editors again, and what the database then knows."""

    def ask(self, subjects: Iterable[str]) -> "Future[Mapping[str, str]]":
        """Ask again for some people; how that ended by subject: `ok`, `spent`, or a cause."""

    def offers(self, subjects: Iterable[str]) -> Mapping[str, Offer] | None:
        """What is offered of these people now, by the id of each offer; None when the database does not answer."""

    def position(self) -> int | None:
        """How far the index must follow the database to hold what was just written; None when it does not answer."""


class CorrectionJson(msgspec.Struct, frozen=True):
    """What is now known of an offer that was shown.

    `taken`: it no longer meets what it met. `gone` are the starts (ISO 8601, at the place) of slots that are taken.
    """

    offer: str
    state: State
    gone: tuple[str, ...] = ()


def unsure(offers: Sequence[Offer], at: int) -> list[Offer]:
    """Those of the first offers whose editors were not asked just now, or did not answer."""
    return [offer for offer in offers[:FIRST] if _editors(offer) and _is_old(offer, at)]


def _is_old(offer: Offer, at: int) -> bool:
    checked = [slot.checked_at for slot in offer.availabilities if slot.source.kind == EDITOR]
    return bool(offer.silent_sources) or any(instant is None or instant <= at - FRESH_S for instant in checked)


def _editors(offer: Offer) -> frozenset[str]:
    """The editors that an offer has slots of, or that were silent about it."""
    known = {(slot.source.kind, slot.source.name) for slot in offer.availabilities}
    known |= {(source.kind, source.name) for source in offer.silent_sources}
    return frozenset(name for kind, name in known if kind == EDITOR)


def together(offers: Iterable[Offer]) -> list[list[Offer]]:
    """The offers that the same editors are asked about, so that a slow editor holds back nobody else's answer."""
    groups: dict[frozenset[str], list[Offer]] = {}
    for offer in offers:
        groups.setdefault(_editors(offer), []).append(offer)
    return list(groups.values())


def correction(shown: Offer, now: Offer | None, outcome: str, plan: Plan) -> CorrectionJson | None:
    """What to say on a card; None when nothing was asked. `now` None: nobody is offered by this id any more."""
    if outcome == "spent":
        return None
    if outcome != "ok":
        return CorrectionJson(shown.id, "unknown")
    before, after = visible(shown, plan), visible(now, plan) if now else ()
    left = {(slot.kind, slot.start) for slot in after}  # of any editor: another one may tell the same slot
    taken = (slot.start for slot in before if (slot.kind, slot.start) not in left)
    gone = tuple(dict.fromkeys(iso(start, shown.place.time_zone) for start in taken))
    is_taken = now is None or judge(now, plan).rung != judge(shown, plan).rung or bool(before and not after)
    return CorrectionJson(shown.id, "taken" if is_taken else "checked", gone)


def is_open(viewer: Viewer, checking: Checking | None) -> bool:
    """Whether slots are checked for this viewer: the regulation alone spends the calls that editors allow."""
    return checking is not None and viewer is Viewer.REGULATION
