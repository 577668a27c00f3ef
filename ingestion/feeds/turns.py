"""Whose turn it is to be asked for. Pure: rows in, an order out."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from ingestion.feeds.editors import NEVER

SOON: Final = ((4 * 3600, 4.0), (24 * 3600, 2.0))
"""A slot that starts within so many seconds makes its owner's answer age so many times as fast: it may be the next to
be taken, and the next to be shown."""
BUSY: Final = 1.0
"""How much faster an answer ages where most people live, than where nobody does."""
CLOSED: Final = 1.5
"""How much faster an answer ages in the hours when practices are closed and the regulation searches, or when its next
slot starts in them."""
UNKNOWN: Final = 3.0
"""How much faster whoever was asked for in vain comes again: often enough for an editor that is back, not so often that
somebody whom it never answers for takes the calls of others."""


class Turn(NamedTuple):
    """Somebody whom an editor may be asked for.

    When they were (0: never), when their next known slot starts (epoch seconds), how many live in their département, as
    a share of the most populous one (0 to 1), whether there was an answer, and whether practices are closed there, now
    or when the slot starts.
    """

    subject: str
    asked_at: int
    next_start: int | None
    busy: float
    answered: bool = True
    closed: bool = False


def in_turn(turns: Iterable[Turn], now: int, *, rested_s: int) -> list[Turn]:
    """Those to ask for, first first; whoever was asked less than `rested_s` ago rests.

    Nobody waits forever: nothing ages more than 36 times as fast as another.
    """
    due = (turn for turn in turns if turn.asked_at <= now - rested_s)
    return sorted(due, key=lambda turn: (turn.asked_at != NEVER, -age(turn, now), turn.subject))


def age(turn: Turn, now: int) -> float:
    """How old what is known of somebody feels: seconds, faster for soon, for busy and for closed."""
    ahead = (turn.next_start or now + SOON[-1][0]) - now
    faster = next((factor for within, factor in SOON if ahead < within), 1.0)
    elapsed = now - turn.asked_at if turn.asked_at != NEVER else 1
    hours = CLOSED if turn.closed else 1
    return elapsed * faster * hours * (1 + BUSY * turn.busy) * (1 if turn.answered else UNKNOWN)
