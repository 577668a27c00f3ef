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
from models.offer import Availability, Offer
from models.slots import EDITOR
from relevance.judge import judge, visible
from relevance.plan import Plan
from relevance.rungs import order

FIRST: Final = 20
"""Of an answer, the cards that may be checked: more than a regulator calls."""
FRESH_S: Final = 60
"""What an editor confirmed less long ago is not asked again."""

State = Literal["checked", "taken", "opened", "unknown"]


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

    `taken`: it no longer meets what it met. `opened`: it meets more, or has slots where none was known. `unknown`: an
    editor did not answer. `gone` are the starts (ISO 8601, at the place) of slots that are taken. `sources` says the
    same of each editor that was asked: its slots are taken, it has some where it had none, it did not answer.
    """

    offer: str
    state: State
    gone: tuple[str, ...] = ()
    sources: Mapping[str, State] = {}


def unsure(offers: Sequence[Offer], at: int) -> list[Offer]:
    """Those of the first offers whose editors were not asked just now, or did not answer."""
    return [offer for offer in offers[:FIRST] if _editors(offer) and _is_old(offer, at)]


def _is_old(offer: Offer, at: int) -> bool:
    return bool(_silent(offer)) or any(instant <= at - FRESH_S for instant in _answered(offer).values())


def _editors(offer: Offer) -> frozenset[str]:
    """The editors that answered about an offer, be it that they have no slot of it, or were silent."""
    return frozenset((*_answered(offer), *_silent(offer)))


def _answered(offer: Offer) -> dict[str, int]:
    """When the editors that answered did."""
    return {each.name: each.answered_at for each in offer.answered_sources if each.kind == EDITOR}


def _silent(offer: Offer) -> list[str]:
    return [each.name for each in offer.silent_sources if each.kind == EDITOR]


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
    before, after = visible(shown, plan), visible(now, plan) if now else ()
    left = {(slot.kind, slot.start) for slot in after}  # of any editor: another one may tell the same slot
    taken = (slot.start for slot in before if (slot.kind, slot.start) not in left)
    gone = tuple(dict.fromkeys(iso(start, shown.place.time_zone) for start in taken))
    state = _became(shown, now, plan, bool(before), bool(after)) if outcome == "ok" else "unknown"
    return CorrectionJson(shown.id, state, gone, _told(shown, now, before, after))


def _became(shown: Offer, now: Offer | None, plan: Plan, had: bool, has: bool) -> State:  # noqa: FBT001 - slots
    """What became of an offer that was asked again, which had slots, or none, and has some or none now."""
    if now is None or (had and not has):
        return "taken"
    former, present = order(judge(shown, plan).rung), order(judge(now, plan).rung)
    if present > former:
        return "taken"
    return "opened" if present < former or (has and not had) else "checked"


def _told(
    shown: Offer, now: Offer | None, before: Iterable[Availability], after: Iterable[Availability]
) -> dict[str, State]:
    """What each editor said that was asked since; all that they had is taken from whom is offered no more."""
    had, has = ({slot.source.name for slot in slots if slot.source.kind == EDITOR} for slots in (before, after))
    if now is None:
        return dict.fromkeys(sorted(had), "taken")
    former = _answered(shown)
    asked = [name for name, instant in _answered(now).items() if instant != former.get(name)]
    silent: dict[str, State] = dict.fromkeys(_silent(now), "unknown")
    return silent | {name: _source(name in had, name in has) for name in asked}


def _source(had: bool, has: bool) -> State:  # noqa: FBT001 - slots
    """What became of an editor's slots at a place."""
    if had != has:
        return "opened" if has else "taken"
    return "checked"


def is_open(viewer: Viewer, checking: Checking | None) -> bool:
    """Whether slots are checked for this viewer: the regulation alone spends the calls that editors allow."""
    return checking is not None and viewer is Viewer.REGULATION
