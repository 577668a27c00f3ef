"""Where an answer goes on: a signed value that the caller gives back as it is.

It holds what its page was answered with (clock, origin, radius, generation) and the position of the last offer, so that
the next page goes on with the same question, whatever has moved meanwhile. It holds no name and no address.
"""

from typing import Final, Literal

import msgspec

from models.geo import Point
from relevance.criteria import POSITIONS
from relevance.found import After, Position
from search_api.problems import Expired, Fault, Refused
from search_api.signing import Signed

PartName = Literal["exact", "approximate"]
SALT: Final = "search-cursor"


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """A page's frame and the position after which the next one starts. Instants are epoch seconds, lengths metres."""

    request: str
    issued: int
    at: int
    generation: str
    origin: tuple[float, float] | None
    radius_m: float | None
    widened_from_m: float | None
    part: PartName
    rung: tuple[str, ...]
    score: float
    tie: int
    id: str

    @property
    def point(self) -> Point | None:
        """The origin of distances."""
        return Point(*self.origin) if self.origin else None

    @property
    def after(self) -> After:
        """What an engine goes on from."""
        position = Position(self.rung, self.score, self.tie, self.id)
        return After(**{self.part: position})


class Cursors:
    """Writes and reads cursors with the service's secret. They live `seconds`."""

    def __init__(self, secret: str | bytes, seconds: int) -> None:
        self._signed = Signed(secret, SALT, Cursor)
        self._seconds = seconds

    def write(self, cursor: Cursor) -> str:
        """The cursor as a parameter's value."""
        return self._signed.write(cursor)

    def read(self, value: str, now: int) -> Cursor:
        """A cursor that this service wrote.

        Raises:
            Refused: it was altered.
            Expired: it is too old, or of other rules.

        """
        cursor = self._signed.read(value)
        if cursor is None:
            raise _altered(value)
        if not all(key in POSITIONS for key in cursor.rung):
            raise Expired("les règles de classement ont changé")
        if now - cursor.issued > self._seconds:
            raise Expired("elle est trop ancienne")
        return cursor


def _altered(value: str) -> Refused:
    return Refused([Fault.of("cursor", value, "ce curseur n’est pas de ce service, ou il a été modifié")])


def of_another_request(value: str) -> Refused:
    """The refusal of a cursor that was given for other parameters."""
    return Refused([Fault.of("cursor", value, "ce curseur vient d’une autre demande : gardez les mêmes paramètres")])
