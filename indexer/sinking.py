"""What makes an offer sink for a while: slots that no source confirms any more, a call of which nothing came. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from indexer.rows import CallRow, SubjectRows
from models.calls import KEPT_S
from models.offer import FruitlessCall, Sinking, offer_id
from models.slot_rows import FeedRow


def sinking(rows: SubjectRows, key: str) -> dict[str, Any]:
    """The fields of an offer at this place that say so; none for most."""
    found = {"unseen_since": unseen_since(rows.feeds), "fruitless": _fruitless(rows.calls, offer_id(rows.subject, key))}
    return {name: value for name, value in found.items() if value is not None}


def unseen_since(feeds: Sequence[FeedRow]) -> int | None:
    """When a source last answered, if none answers any more; None if one does, or if none ever did.

    It is told by sources, never by slots: it is the same for whoever may see few of them.
    """
    if any(feed.answered for feed in feeds):
        return None
    return max((feed.answered_at for feed in feeds if feed.answered_at is not None), default=None)


def _fruitless(calls: Iterable[CallRow], offer: str) -> FruitlessCall | None:
    """The last call to an offer, of those that sink."""
    return next((_told(call) for call in calls if call.offer == offer), None)


def _told(call: CallRow) -> FruitlessCall:
    return FruitlessCall(cast("Sinking", call.outcome), call.at, call.at + KEPT_S[call.outcome])
