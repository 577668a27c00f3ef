"""The tables of relevance as the page about ranking shows them."""

from dataclasses import dataclass
from typing import Any, Final, get_args

from models.calls import KEPT_S, SINKING
from models.codes import Viewer
from relevance import explain
from relevance.criteria import TABLE, Row
from relevance.plan import BANDS_H, Order
from relevance.signals import AGES_H, AUDIENCES, PIVOT_M, PROFILES, Signal, Weight, band_value
from relevance.text import EQUAL, JOINED_UP_TO, PREFIX, TYPO, TYPO_FROM
from relevance.widening import ENOUGH, WIDEST_M
from search_api.pages import french
from search_api.pages.calling import BUTTONS
from search_api.pages.fields import ORDERS

SIGNALS: Final[dict[Signal, str]] = {
    Signal.DISTANCE: "Distance",
    Signal.BAND: "Tranche horaire",
    Signal.FRESHNESS: "Fraîcheur des créneaux",
    Signal.MODALITY: "Modalité",
    Signal.PARTICIPATION: "Participation",
    Signal.CALL: "Appels",
    Signal.NAME: "Nom",
    Signal.TO_VERIFY: "À vérifier",
}


@dataclass(frozen=True, slots=True)
class Criterion:
    """A row of the table of criteria; `reserved` to the regulation."""

    label: str
    loss: float
    unknown: str
    reason: str
    reserved: bool


@dataclass(frozen=True, slots=True)
class Weighed:
    """A signal and its weight in each order."""

    label: str
    weights: tuple[Weight, ...]
    reserved: bool


def rules() -> dict[str, Any]:
    """What the template of the page takes."""
    orders: tuple[Order, ...] = get_args(Order)
    return {
        "criteria": tuple(_criterion(row) for row in TABLE),
        "orders": tuple(ORDERS[order] for order in orders),
        "signals": tuple(_weighed(signal, orders) for signal in Signal),
        "pivot": french.distance(PIVOT_M),
        "bands": french.typeset(explain.both([f"{start}-{end} h" for start, end in BANDS_H])),
        "last_band": french.number(band_value(len(BANDS_H) - 1)),
        "ages": french.typeset(f"{explain.both([str(hours) for hours in AGES_H])} h"),
        "calls": _calls(),
        "names": _names(),
        "enough": ENOUGH,
        "widest": french.distance(WIDEST_M),
    }


def _criterion(row: Row) -> Criterion:
    return Criterion(row.label, row.loss, row.unknown, row.reason, Viewer.PUBLIC not in row.audiences)


def _weighed(signal: Signal, orders: tuple[Order, ...]) -> Weighed:
    weights = tuple(PROFILES[order][signal] for order in orders)
    return Weighed(SIGNALS[signal], weights, Viewer.PUBLIC not in AUDIENCES[signal])


def _calls() -> str:
    """For how long each outcome of a call sinks, in words."""
    sinking = (outcome for outcome in BUTTONS if outcome in SINKING)
    return french.typeset(", ".join(f"« {BUTTONS[each]} » pendant {explain.span(KEPT_S[each])}" for each in sinking))


def _names() -> str:
    """How well a name is met, in words."""
    equal, prefix, typo = (french.number(value) for value in (EQUAL, PREFIX, TYPO))
    return (
        f"{equal} pour un mot égal, {prefix} pour un début de mot (le dernier seulement), {typo} à une faute près "
        f"(à partir de {TYPO_FROM} lettres) ; c’est le mot le moins bien trouvé qui compte. "
        f"Jusqu’à {JOINED_UP_TO} mots, deux ou trois voisins peuvent s’écrire en un seul : « le gall » trouve LEGALL."
    )
