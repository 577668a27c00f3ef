"""The signals of a score and the profiles that weigh them: one table, published to the users.

Every signal is in [0, 1] and is its own maximum. A profile's weights sum to 1. A signal that an audience may not see
takes part in nothing for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from models.codes import Viewer
from relevance.criteria import EVERYONE, REGULATION
from relevance.plan import BANDS_H, Order


class Signal(StrEnum):
    """The named parts of a score, in the order of the explanation."""

    DISTANCE = "distance"
    BAND = "band"
    FRESHNESS = "freshness"
    MODALITY = "modality"
    PARTICIPATION = "participation"
    CALL = "call"
    NAME = "name"
    TO_VERIFY = "to_verify"


PIVOT_M: Final = 5_000.0
"""Distance at which the distance signal is worth one half."""

AGES_H: Final = (1, 4, 12)
"""After how many hours without an answer slots sink one step more: an hour may be a breakdown, and after half a day
others than us have decided much of the next one. After a day they leave."""

RESERVED: Final = frozenset({Signal.PARTICIPATION, Signal.CALL})
"""What only the regulation knows: who takes part, and what a regulator's call gave."""

AUDIENCES: Final[dict[Signal, frozenset[Viewer]]] = {
    signal: REGULATION if signal in RESERVED else EVERYONE for signal in Signal
}

FULL_BY_DEFAULT: Final = frozenset({Signal.FRESHNESS, Signal.CALL})
"""Signals that an offer has in full unless something is known against it: there is something to say when it has not."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What a signal is worth in a profile, and why (French, published)."""

    value: float
    reason: str


PROFILES: Final[dict[Order, dict[Signal, Weight]]] = {
    "relevance": {
        Signal.DISTANCE: Weight(0.19, "Le plus proche d’abord : c’est la première question de la régulation."),
        Signal.BAND: Weight(0.105, "Puis le plus tôt : une tranche de gagnée vaut 500 m tout près, 2 km à 5 km."),
        Signal.FRESHNESS: Weight(0.03, "Un créneau que son éditeur ne confirme plus est peut-être pris."),
        Signal.MODALITY: Weight(0.035, "La première modalité demandée est préférée aux suivantes."),
        Signal.PARTICIPATION: Weight(
            0.02, "À égalité, qui participe au SAS attend l’appel ; jamais plus que la distance."
        ),
        Signal.CALL: Weight(
            0.05, "Un appel vient d’être vain : d’abord ses voisins, à 2 km de plus tout près, à 11 km de plus à 5 km."
        ),
        Signal.NAME: Weight(
            0.55, "Qui demande un nom cherche cette personne : son nom exact passe avant un nom voisin plus proche."
        ),
        Signal.TO_VERIFY: Weight(0.02, "Ce qui n’est pas renseigné mérite un appel avant ce qui est refusé."),
    },
    "nearest": {
        Signal.DISTANCE: Weight(0.74, "La distance décide."),
        Signal.BAND: Weight(0.05, "Le plus tôt départage des voisins."),
        Signal.FRESHNESS: Weight(0.02, "Puis les créneaux que leur source confirme."),
        Signal.MODALITY: Weight(0.03, "Puis la modalité préférée."),
        Signal.PARTICIPATION: Weight(0.01, "Puis la participation au SAS."),
        Signal.CALL: Weight(0.10, "Un appel vain ne fait passer que derrière les voisins."),
        Signal.NAME: Weight(0.03, "Puis la qualité du nom."),
        Signal.TO_VERIFY: Weight(0.02, "Puis ce qui reste à vérifier."),
    },
    "soonest": {
        Signal.DISTANCE: Weight(0.11, "La distance départage une même tranche horaire."),
        Signal.BAND: Weight(0.74, "La première tranche horaire disponible décide."),
        Signal.FRESHNESS: Weight(0.02, "Puis les créneaux que leur source confirme."),
        Signal.MODALITY: Weight(0.03, "Puis la modalité préférée."),
        Signal.PARTICIPATION: Weight(0.01, "Puis la participation au SAS."),
        Signal.CALL: Weight(0.05, "Un appel vain fait passer derrière qui est libre dans la même tranche."),
        Signal.NAME: Weight(0.02, "Puis la qualité du nom."),
        Signal.TO_VERIFY: Weight(0.02, "Puis ce qui reste à vérifier."),
    },
}


@cache
def weights(order: Order, viewer: Viewer) -> Mapping[Signal, float]:
    """The weights that count for this viewer."""
    return {signal: weight.value for signal, weight in PROFILES[order].items() if viewer in AUDIENCES[signal]}


def distance_value(metres: float) -> float:
    """`p / (p + d)`."""
    return PIVOT_M / (PIVOT_M + metres)


def band_value(band: int) -> float:
    """`(6 - k) / 6` for the band k."""
    return (len(BANDS_H) - band) / len(BANDS_H)


def modality_value(rank: int, asked: int) -> float:
    """`1 - j / m` for the best asked modality j of m."""
    return 1 - rank / asked


def freshness_value(age_s: int) -> float:
    """`(3 - n) / 3` for slots last seen so many seconds ago, past n of the ages."""
    return (len(AGES_H) - sum(age_s >= hours * 3600 for hours in AGES_H)) / len(AGES_H)


def tells(signal: str, value: float) -> bool:
    """Whether there is something to say of a signal with this value."""
    return value < 1 if signal in FULL_BY_DEFAULT else value > 0
