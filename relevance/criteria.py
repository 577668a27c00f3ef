"""The one table of criteria: what giving each up costs, who may ask it, when it is unknown, and why.

The order of the rows is part of the meaning: between rungs of the same loss, the first positions come first.
Losses are multiples of 1/4, so that their sums are exact in every engine. The area has one row per step.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from models.codes import Viewer
from relevance.plan import Plan

EVERYONE: Final = frozenset(Viewer)
REGULATION: Final = frozenset({Viewer.REGULATION})


class Name(StrEnum):
    """The criteria, by the names of the API's parameters (the place: `area`; the window: `when`)."""

    TEXT = "text"
    PROFESSION = "profession"
    STRUCTURE_TYPE = "structure_type"
    SPECIALTY = "specialty"
    SKILL = "skill"
    CARE = "care"
    EQUIPMENT = "equipment"
    AREA = "area"
    REORIENTATION = "reorientation"
    PARTICIPATION = "participation"
    OVERBOOKING = "overbooking"
    MODALITY = "modality"
    LANGUAGE = "language"
    ACCESSIBLE = "accessible"
    NEW_PATIENTS = "new_patients"
    SECTOR = "sector"
    WHEN = "when"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that can be given up. `key` names it in answers; `factor` is the area step's outer radius, in R."""

    key: str
    criterion: Name
    loss: float
    audiences: frozenset[Viewer]
    label: str
    unknown: str
    reason: str
    factor: float | None = None


_NOT_DECLARED: Final = "Personne ne l’a renseigné."
_NEVER: Final = "Jamais : cela n’existe que par déclaration."
_NO_POINT: Final = "Par rayon : l’adresse n’a pas de point. Par codes : l’adresse n’a aucun code."
_SILENT: Final = "Aucune disponibilité connue ne convient et une source de créneaux n’a pas répondu."

TABLE: Final[tuple[Row, ...]] = (
    Row(
        "text",
        Name.TEXT,
        40.0,
        EVERYONE,
        "le nom",
        "Jamais : toute fiche a un nom.",
        "Qui cherche un nom ne veut presque jamais quelqu’un d’autre.",
    ),
    Row(
        "profession",
        Name.PROFESSION,
        16.0,
        EVERYONE,
        "la profession",
        "Pour une structure dont aucune activité n’est connue.",
        "Une autre profession ne peut pas rendre le soin : cela coûte plus que d’être loin.",
    ),
    Row(
        "structure_type",
        Name.STRUCTURE_TYPE,
        12.0,
        EVERYONE,
        "le type de structure",
        "Le type du lieu d’exercice n’est pas connu.",
        "Une pharmacie ne remplace pas un laboratoire.",
    ),
    Row(
        "specialty",
        Name.SPECIALTY,
        11.0,
        EVERYONE,
        "la spécialité",
        "Aucune spécialité n’est enregistrée.",
        "La même profession dans une autre spécialité aide parfois, rarement.",
    ),
    Row(
        "skill",
        Name.SKILL,
        9.0,
        EVERYONE,
        "la compétence",
        _NOT_DECLARED,
        "Une compétence particulière est demandée pour une raison médicale.",
    ),
    Row(
        "care",
        Name.CARE,
        8.0,
        EVERYONE,
        "la prise en charge",
        _NOT_DECLARED,
        "Le soin demandé est la raison de l’appel.",
    ),
    Row(
        "equipment",
        Name.EQUIPMENT,
        7.0,
        EVERYONE,
        "l’équipement",
        _NOT_DECLARED,
        "Sans le matériel, le soin est souvent à refaire ailleurs.",
    ),
    Row(
        "area:2R",
        Name.AREA,
        1.0,
        EVERYONE,
        "la zone, jusqu’à deux fois plus loin",
        _NO_POINT,
        "Un peu plus loin reste possible pour la plupart des patients.",
        2.0,
    ),
    Row(
        "area:4R",
        Name.AREA,
        2.5,
        EVERYONE,
        "la zone, jusqu’à quatre fois plus loin",
        _NO_POINT,
        "Nettement plus loin : un vrai trajet.",
        4.0,
    ),
    Row(
        "area:beyond",
        Name.AREA,
        6.0,
        EVERYONE,
        "la zone, au-delà",
        _NO_POINT,
        "Hors de portée d’un trajet ordinaire, ou lieu sans point : moins grave que la mauvaise profession.",
    ),
    Row(
        "reorientation",
        Name.REORIENTATION,
        5.0,
        REGULATION,
        "le forfait de réorientation",
        _NEVER,
        "Sans adhésion, l’établissement ne peut pas réorienter dans ce cadre.",
    ),
    Row(
        "participation",
        Name.PARTICIPATION,
        3.5,
        REGULATION,
        "la participation au SAS",
        _NEVER,
        "Qui ne participe pas peut refuser l’appel de la régulation.",
    ),
    Row(
        "overbooking",
        Name.OVERBOOKING,
        3.0,
        REGULATION,
        "l’accueil en sus des disponibilités",
        _NEVER,
        "Sans accord pour recevoir en sus, il faut un créneau.",
    ),
    Row(
        "modality",
        Name.MODALITY,
        2.25,
        EVERYONE,
        "la modalité",
        _SILENT,
        "Un patient qui ne peut pas se déplacer préfère attendre ou voir quelqu’un de plus loin.",
    ),
    Row(
        "language",
        Name.LANGUAGE,
        2.0,
        EVERYONE,
        "la langue",
        _NOT_DECLARED,
        "Un interprète peut aider.",
    ),
    Row(
        "accessible",
        Name.ACCESSIBLE,
        1.75,
        EVERYONE,
        "l’accès de plain-pied",
        _NOT_DECLARED,
        "Une aide ou une visite à domicile est parfois possible.",
    ),
    Row(
        "new_patients",
        Name.NEW_PATIENTS,
        1.5,
        EVERYONE,
        "l’accueil de nouveaux patients",
        _NOT_DECLARED,
        "Un appel peut lever le refus pour un soin non programmé.",
    ),
    Row(
        "sector",
        Name.SECTOR,
        1.25,
        EVERYONE,
        "le secteur de conventionnement",
        _NOT_DECLARED,
        "Le reste à charge change, pas le soin.",
    ),
    Row(
        "when",
        Name.WHEN,
        0.75,
        EVERYONE,
        "le moment",
        _SILENT,
        "Demain plutôt que ce soir : le moindre des écarts, dans les trois jours.",
    ),
)

POSITIONS: Final[dict[str, int]] = {row.key: position for position, row in enumerate(TABLE)}
LOSSES: Final[dict[str, float]] = {row.key: row.loss for row in TABLE}
ROWS: Final[dict[Name, tuple[Row, ...]]] = {name: tuple(row for row in TABLE if row.criterion is name) for name in Name}
ORDER: Final[tuple[Name, ...]] = tuple(dict.fromkeys(row.criterion for row in TABLE))

_ASKED: Final[dict[Name, Callable[[Plan], object]]] = {
    Name.TEXT: lambda plan: plan.text,
    Name.PROFESSION: lambda plan: plan.professions,
    Name.STRUCTURE_TYPE: lambda plan: plan.structure_types,
    Name.SPECIALTY: lambda plan: plan.specialties,
    Name.SKILL: lambda plan: plan.skills,
    Name.CARE: lambda plan: plan.care,
    Name.EQUIPMENT: lambda plan: plan.equipment,
    Name.AREA: lambda plan: plan.area,
    Name.REORIENTATION: lambda plan: plan.reorientation,
    Name.PARTICIPATION: lambda plan: plan.participation,
    Name.OVERBOOKING: lambda plan: plan.overbooking,
    Name.MODALITY: lambda plan: plan.modalities,
    Name.LANGUAGE: lambda plan: plan.languages,
    Name.ACCESSIBLE: lambda plan: plan.accessible,
    Name.NEW_PATIENTS: lambda plan: plan.new_patients,
    Name.SECTOR: lambda plan: plan.sectors,
    Name.WHEN: lambda plan: plan.window,
}


def asked(plan: Plan) -> tuple[Name, ...]:
    """The criteria that the plan asks, in the order of the table."""
    return tuple(name for name in ORDER if _ASKED[name](plan))


def forbidden(plan: Plan) -> tuple[Name, ...]:
    """The criteria asked that the plan's viewer may not ask."""
    return tuple(name for name in asked(plan) if plan.viewer not in ROWS[name][0].audiences)
