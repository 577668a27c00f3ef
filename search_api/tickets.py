"""What a form that is posted carries: that this service drew it, when, and the reference that its sending will have.

There is no session and no cookie. The reference is chosen when the form is drawn, so that a form sent twice is one.
"""

import secrets
from typing import Final, Generic, TypeVar

import msgspec

from search_api.signing import Signed

_Held = TypeVar("_Held")

LIFE_S: Final = 2 * 3_600
"""How long a form may stay open, in seconds."""
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Of references: what is read aloud without being taken for something else (no I, L, O, U)."""
_HALF: Final = 5


class Ticket(msgspec.Struct, Generic[_Held], frozen=True):
    """A form that was drawn at `issued` (epoch seconds). `held` is what was shown with it."""

    reference: str
    issued: int
    held: _Held

    def is_old(self, now: int) -> bool:
        """Whether the form stayed open too long."""
        return now - self.issued > LIFE_S


class Tickets(Generic[_Held]):
    """The tickets of a form, and the receipts of what was sent with it."""

    def __init__(self, secret: str | bytes, form: str, kind: type[_Held]) -> None:
        self._tickets = Signed(secret, f"form-{form}", Ticket[kind])  # type: ignore[valid-type]  # read at run time
        self._receipts = Signed(secret, f"receipt-{form}", str)

    def issue(self, held: _Held, now: int) -> str:
        """A new form's ticket, as its field holds it."""
        return self._tickets.write(Ticket(f"{_half()}-{_half()}", now, held))

    def read(self, written: str) -> Ticket[_Held] | None:
        """A ticket that this service issued for this form; None for anything else."""
        return self._tickets.read(written)

    def receipt(self, reference: str) -> str:
        """What the address of the thanks holds: the reference, which nobody else can make."""
        return self._receipts.write(reference)

    def reference(self, receipt: str) -> str | None:
        """The reference of a receipt; None for anything else."""
        return self._receipts.read(receipt)


def _half() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_HALF))
