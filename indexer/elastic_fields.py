"""Every field of the Elasticsearch index, named once: mapping, documents and queries import these names."""

from enum import StrEnum
from typing import Final, Literal

from models.codes import Viewer
from models.offer import ModalityName
from relevance.criteria import Name
from relevance.plan import MODALITIES

Modality = ModalityName | Literal["any"]


class F(StrEnum):
    """The fields that a query, a sort or an answer may name, beside the families below."""

    ID = "id"
    TIE = "tie"
    CELL = "cell"
    SUBJECT = "subject"
    KIND = "kind"
    NAME = "name"
    PROFESSION = "profession"
    SPECIALTY = "specialty"
    STRUCTURE_TYPE = "structure_type"
    SKILL = "skill"
    CARE = "care"
    EQUIPMENT = "equipment"
    LANGUAGE = "language"
    SECTOR = "sector"
    ACCESSIBLE = "accessible"
    NEW_PATIENTS = "new_patients"
    PARTICIPATION = "participation"
    OVERBOOKING = "overbooking"
    REORIENTATION = "reorientation"
    POINT = "point"
    POSTAL_CODE = "postal_code"
    COMMUNE = "commune"
    DEPARTEMENT = "departement"
    UNKNOWN = "unknown"
    UNSEEN_SINCE = "unseen_since"
    SINKS_UNTIL = "sinks_until"
    OFFER = "offer"
    SLOTS = "slots"


FACETED: Final[tuple[Name, ...]] = (
    Name.PROFESSION,
    Name.STRUCTURE_TYPE,
    Name.SPECIALTY,
    Name.SKILL,
    Name.CARE,
    Name.EQUIPMENT,
    Name.LANGUAGE,
    Name.SECTOR,
)
"""The criteria whose values are codes with labels, so that they can be counted."""


def available(viewer: Viewer, modality: Modality) -> str:
    """The intervals that this viewer may see, of one modality or of any."""
    return f"available.{viewer}.{modality}"


def facet(name: Name) -> str:
    """The values of a criterion with their labels, for counting."""
    return f"facet.{name}"


_MODALITIES: Final[tuple[Modality, ...]] = (*MODALITIES, "any")
AVAILABLE: Final = tuple(available(viewer, modality) for viewer in Viewer for modality in _MODALITIES)
FACETS: Final = tuple(facet(name) for name in FACETED)
FIELDS: Final[frozenset[str]] = frozenset({*F, *AVAILABLE, *FACETS})
