"""What somebody settled of their participation, as their offers say it: the last word over what files declare. Pure."""

from collections.abc import Sequence
from typing import Final, cast

import msgspec

from indexer.reading import structure_key
from indexer.rows import SubjectRows
from models.clock import PARIS, local
from models.offer import Participation, StructureRef, Via
from models.slot_rows import ParticipationRow

CDS: Final = "124"
"""The type of a centre de santé, which takes part itself, for the people who practise there."""
OVERBOOKING: Final = frozenset({"individual", "cpts"})
"""Through whom a person receives beyond their open slots; otherwise the structure says whether it does."""

Settled = dict[str, Participation]
"""The field of an offer, or none when nothing is settled."""


def of_person(rows: Sequence[ParticipationRow], key: str, structure: StructureRef) -> Settled:
    """A person's participation at a place.

    In a centre de santé only who takes part through it does. A CPTS concerns the places that were chosen: elsewhere
    they take part, and it is not said through whom.
    """
    for row in rows:
        active = row.active and _takes_part(row, key, structure)
        concerned = active and (row.via != "cpts" or key in msgspec.json.decode(row.places))
        via = cast("Via | None", row.via) if concerned else None
        overbooking = concerned and row.via in OVERBOOKING
        return {"participation": Participation(active, via, overbooking, row.reorientation, day(row.changed_at))}
    return {}


def _takes_part(row: ParticipationRow, key: str, structure: StructureRef) -> bool:
    if row.via == "cds":
        return key == structure_key((row.structure or "")[2:])
    return structure.type is None or structure.type.code != CDS


def of_structure(rows: SubjectRows, declared: Participation | None) -> Settled:
    """A structure's participation: its own, or that of a maison de santé which somebody takes part through."""
    for row in rows.participation:
        via = cast("Via | None", row.via)
        return {"participation": Participation(row.active, via, row.active, row.reorientation, day(row.changed_at))}
    if rows.joined is None:
        return {}
    reorientation = declared is not None and declared.reorientation
    return {"participation": Participation(True, "msp", True, reorientation, day(rows.joined))}  # noqa: FBT003 # as above


def day(instant: int) -> str:
    """The day of an instant, in Paris: ISO 8601."""
    return local(instant, PARIS).date().isoformat()
