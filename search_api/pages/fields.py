"""The criteria as people know them: their names, their lists, which values are common, who may ask them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from models import codes
from models.codes import Viewer
from relevance.criteria import EVERYONE, REGULATION


@dataclass(frozen=True, slots=True)
class Facet:
    """A criterion of several values: its list, which are common, who may ask it."""

    name: str
    legend: str
    table: Mapping[str, str]
    common: tuple[str, ...] = ()
    viewers: frozenset[Viewer] = EVERYONE


SPECIALTIES: Final = {code: label for code, label in codes.SPECIALTIES.items() if codes.specialty_head(code) == code}
"""One per group: the codes of a group are asked together."""
WAYS: Final = {"true": "Participe, par qui que ce soit"} | {
    str(way): f"Participe {label}" for way, label in codes.VIAS.items()
}
MODALITIES: Final = {str(modality): label for modality, label in codes.MODALITIES.items()}

FACETS: Final = (
    Facet("modality", "Comment", MODALITIES, tuple(MODALITIES)),
    Facet("specialty", "Spécialité", SPECIALTIES, codes.COMMON["specialty"]),
    Facet("profession", "Profession", codes.PROFESSIONS, codes.COMMON["profession"]),
    Facet("structure_type", "Type de structure", codes.STRUCTURE_TYPES, codes.COMMON["structure_type"]),
    Facet("care", "Prise en charge", codes.CARE, codes.COMMON["care"]),
    Facet("equipment", "Équipement", codes.EQUIPMENT, codes.COMMON["equipment"]),
    Facet("skill", "Compétence", codes.SKILLS),
    Facet("language", "Langue parlée", codes.LANGUAGES, codes.COMMON["language"]),
    Facet("sector", "Convention", codes.CONVENTION_SECTORS, tuple(codes.CONVENTION_SECTORS)),
    Facet("participation", "Participation au SAS", WAYS, tuple(WAYS), REGULATION),
)
FLAGS: Final = {
    "accessible": "Accès de plain-pied",
    "new_patients": "Accepte de nouveaux patients",
    "overbooking": "Reçoit en sus de ses disponibilités",
    "reorientation": "Forfait de réorientation des urgences",
}
KINDS: Final = {"professional": "Professionnels seulement", "structure": "Structures seulement"}
ORDERS: Final = {"relevance": "Pertinence", "nearest": "Le plus proche", "soonest": "Le plus tôt"}
VIEWS: Final = {"list": "Liste", "table": "Tableau", "map": "Carte"}
BOXES: Final = {
    "text": "Nom ou phrase",
    "address": "Adresse ou commune",
    "radius_km": "Rayon",
    "when": "Quand",
    "from": "À partir de",
    "within_hours": "Pendant",
    "postal_code": "Codes postaux",
    "commune": "Commune",
    "departement": "Département",
    "cpts": "CPTS",
    "kind": "Professionnels ou structures",
    "order": "Ordre",
}
LABELS: Final = BOXES | {facet.name: facet.legend for facet in FACETS} | FLAGS
"""What each field of the form is called; its identifier in the page is `f-` and its name."""
_RESERVED: Final = frozenset({"participation", "overbooking", "reorientation"})
WITHOUT_FIELD: Final = {
    "near": "Point",
    "cursor": "Suite de la réponse",
    "at": "Instant",
    "exact_limit": "Nombre de résultats exacts",
    "approximate_limit": "Nombre de résultats approchants",
}
"""What the parameters that only links have are called."""


def drawn(name: str, viewer: Viewer) -> bool:
    """Whether the form of this viewer has this field."""
    return name in LABELS and (name not in _RESERVED or viewer in REGULATION)
