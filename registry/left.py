"""What patients who were sent leave of the slots of offers: which are gone, how many places the others have.

It tells a page of results that is open, and was drawn before, what it shows in vain. Nothing of any patient.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select
from sqlmodel import SQLModel

from models import slots
from models.offer import offer_id
from models.slot_rows import AvailabilityRow, SlotRows, slot_rows, taking
from models.tables import Orientation
from registry.practice import places, subject_of, zone_at

_TABLE = SQLModel.metadata.tables[str(Orientation.__tablename__)]


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of the slots of an offer, by their starts: which have no place, how many the others have."""

    zone: str
    gone: tuple[int, ...]
    places: Mapping[int, int]


def left(connection: Connection, offers: Iterable[str], at: int) -> dict[str, Left]:
    """Of the offers whose subjects were sent patients: what is left of their slots."""
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for offer in offers:
        wanted[subject_of(offer)].add(offer)
    sent = select(_TABLE.c.subject).where(_TABLE.c.subject.in_(list(wanted)), taking(at)).distinct()
    found: dict[str, Left] = {}
    for subject in connection.scalars(sent).all():
        rows = slots.unmixed(slot_rows(connection, subject, at))
        of_offers = {offer_id(subject, key): key for key in places(connection, subject)}
        here = {offer: key for offer, key in of_offers.items() if offer in wanted[subject]}
        found |= {offer: _left(rows, key, zone_at(connection, key)) for offer, key in here.items()}
    return found


def _left(rows: SlotRows, key: str, zone: str) -> Left:
    """What is left at a place. A créneau that was taken is gone, whether or not its editor still tells it."""
    told, open_ = slots.offered(rows, key, zone), slots.at_place(rows, key, zone)
    taken = {one.slot_start for one in rows.orientations if one.kind == "creneau"}
    gone = ({row.start for row in told} | taken) - {row.start for row in open_}
    return Left(zone, tuple(sorted(gone)), dict(_places(open_)))


def _places(open_: Sequence[AvailabilityRow]) -> Iterator[tuple[int, int]]:
    """The places of each plage; of several that start together nobody could say whose they are."""
    together = Counter(row.start for row in open_)
    for row in open_:
        if row.kind == "plage" and row.capacity is not None and together[row.start] == 1:
            yield row.start, row.capacity
