"""Saying in French what the rules decided: criteria, rungs, signals, and the few words that pages and answers share.

Every sentence is read from the judgement, never computed beside it. "Non renseigné" is not "non", and "aucun créneau
connu" is not "aucun créneau".
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from models import codes
from models.clock import local
from models.offer import Availability, Code, ModalityName, Offer, Sinking
from relevance import signals as profiles
from relevance.criteria import POSITIONS, TABLE, Name
from relevance.found import Count
from relevance.judge import Judgement, State
from relevance.plan import BANDS_H, Circle, Plan
from relevance.rungs import Rung
from relevance.signals import Signal
from relevance.text import EQUAL, PREFIX

WAYS: Final[Mapping[ModalityName, str]] = {
    "cabinet": "au cabinet",
    "teleconsultation": "en téléconsultation",
    "domicile": "à domicile",
}
BANDS: Final = tuple(f"{start}-{end}" for start, end in BANDS_H)
"""The time bands by their hours: `0-4`, `4-8`…"""
_SILENT: Final = "une source de créneaux n’a pas répondu"
_DAYS: Final = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_FRUITLESS: Final[Mapping[Sinking, str]] = {
    "no_answer": "un appel sans réponse",
    "refused": "un appel refusé",
    "full_today": "complet aujourd’hui, dit par téléphone",
}
_QUALITIES: Final = {EQUAL: "nom exact", PREFIX: "début du nom"}


class Told(NamedTuple):
    """One criterion of an offer: its state and the sentence that says it."""

    name: Name
    state: State
    label: str


class Reason(NamedTuple):
    """One signal of an offer: its value in [0, 1], its weight, and the sentence that says it."""

    signal: Signal
    value: float
    weight: float
    text: str


# Words --------------------------------------------------------------------------------------------------------------


def either(words: Sequence[str]) -> str:
    """`["a", "b", "c"]` → `"a, b ou c"`."""
    return _joined(words, " ou ")


def both(words: Sequence[str]) -> str:
    """`["a", "b", "c"]` → `"a, b et c"`."""
    return _joined(words, " et ")


def _joined(words: Sequence[str], last: str) -> str:
    return last.join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def capital(sentence: str) -> str:
    """The sentence with its first letter in upper case, the rest as it is."""
    return sentence[:1].upper() + sentence[1:]


def total(count: Count) -> str:
    """`12`, `1 204`, or `10 000+` for a lower bound."""
    return f"{count.value:,}".replace(",", " ") + ("" if count.exact else "+")


def km(metres: float) -> str:
    """A distance as people say it: `640 m`, `1,2 km`, `23 km`, `6\u202f819 km`."""
    if metres < 995:  # noqa: PLR2004 - what rounds to less than a kilometre
        return f"{round(metres, -1):.0f} m"
    decimals = 1 if metres < 9_950 else 0  # noqa: PLR2004 - what rounds to less than ten kilometres
    grouped = f"{metres / 1000:_.{decimals}f}".removesuffix(".0").replace(".", ",")
    return grouped.replace("_", "\u202f") + " km"


def between(near: float, far: float) -> str:
    """`entre 5 et 10 km`; both units are said when they differ."""
    low, high = km(near), km(far)
    if low.split()[-1] == high.split()[-1]:
        low = low.split()[0]
    return f"entre {low} et {high}"


def hour(instant: int, zone: str) -> str:
    """`18 h` or `18 h 30`."""
    return oclock(local(instant, zone))


def oclock(time: datetime) -> str:
    """The hour of a local time: `18 h` or `18 h 30`."""
    return f"{time.hour} h" + (f" {time.minute:02}" if time.minute else "")


def day(instant: int, at: int, zone: str) -> str:
    """`aujourd’hui`, `demain`, or `mercredi 25`, seen from the clock."""
    date, today = local(instant, zone).date(), local(at, zone).date()
    named = {today: "aujourd’hui", today + timedelta(days=1): "demain"}
    return named.get(date, f"{_DAYS[date.weekday()]} {'1er' if date.day == 1 else date.day}")


@lru_cache(maxsize=4_096)
def moment(instant: int, at: int, zone: str) -> str:
    """`aujourd’hui à 18 h 30`; `maintenant` for what has begun."""
    return "maintenant" if instant <= at else f"{day(instant, at, zone)} à {hour(instant, zone)}"


def ago(seconds: int) -> str:
    """`il y a 4 min`."""
    return f"il y a {span(seconds)}"


def span(seconds: int) -> str:
    """`4 min`, in its largest unit."""
    units = ((86_400, "j"), (3_600, "h"), (60, "min"), (1, "s"))
    size, unit = next(((size, unit) for size, unit in units if seconds >= size), (1, "s"))
    return f"{max(seconds, 0) // size} {unit}"


def phone(number: str) -> str:
    """`+33400000000` → `04 00 00 00 00`; a number of another country is left as it is."""
    for country in ("+33", "+262", "+590", "+594", "+596"):
        rest = number.removeprefix(country)
        if rest != number and len(rest) == 9:  # noqa: PLR2004 - what follows the 0 of a French number
            return " ".join(("0" + rest)[start : start + 2] for start in range(0, 10, 2))
    return number


def widened(plan: Plan) -> str | None:
    """That the radius grew, and why; None when it did not."""
    if plan.widened_from_m is None or not isinstance(plan.area, Circle):
        return None
    return f"zone élargie à {km(plan.area.radius_m)} : trop peu de résultats à {km(plan.widened_from_m)}"


# What was asked -----------------------------------------------------------------------------------------------------

_TABLES: Final[dict[Name, codes.Table]] = {
    Name.PROFESSION: codes.PROFESSIONS,
    Name.STRUCTURE_TYPE: codes.STRUCTURE_TYPES,
    Name.SPECIALTY: codes.SPECIALTIES,
    Name.SKILL: codes.SKILLS,
    Name.CARE: codes.CARE,
    Name.EQUIPMENT: codes.EQUIPMENT,
    Name.LANGUAGE: codes.LANGUAGES,
    Name.SECTOR: codes.CONVENTION_SECTORS,
}

WANTED: Final[dict[Name, Callable[[Plan], frozenset[str]]]] = {
    Name.PROFESSION: lambda plan: plan.professions,
    Name.STRUCTURE_TYPE: lambda plan: plan.structure_types,
    Name.SPECIALTY: lambda plan: plan.specialties,
    Name.SKILL: lambda plan: plan.skills,
    Name.CARE: lambda plan: plan.care,
    Name.EQUIPMENT: lambda plan: plan.equipment,
    Name.LANGUAGE: lambda plan: plan.languages,
    Name.SECTOR: lambda plan: plan.sectors,
}
"""The codes that a plan asks, for each criterion that has a code list."""

_DECLARED: Final[dict[Name, Callable[[Offer], tuple[Code, ...]]]] = {
    Name.PROFESSION: lambda offer: offer.professions or (),
    Name.STRUCTURE_TYPE: lambda offer: _single(offer.structure.type),
    Name.SPECIALTY: lambda offer: offer.specialties or (),
    Name.SKILL: lambda offer: offer.skills or (),
    Name.CARE: lambda offer: offer.care or (),
    Name.EQUIPMENT: lambda offer: offer.equipment or (),
    Name.LANGUAGE: lambda offer: offer.languages or (),
    Name.SECTOR: lambda offer: _single(offer.sector),
}

_SHOWN_INSTEAD: Final = frozenset({Name.PROFESSION, Name.STRUCTURE_TYPE, Name.SPECIALTY, Name.SECTOR})
"""Criteria whose unmet label says what the offer has instead."""


def _single(code: Code | None) -> tuple[Code, ...]:
    return (code,) if code else ()


def asked(name: Name, plan: Plan) -> str:
    """The labels of the values asked, as alternatives."""
    return _alternatives(name, WANTED[name](plan))


@lru_cache(maxsize=1_024)
def _alternatives(name: Name, wanted: frozenset[str]) -> str:
    return either(sorted(codes.label(_TABLES[name], code) for code in wanted))


def modalities(names: Iterable[ModalityName]) -> str:
    """`au cabinet ou à domicile`, in the order given."""
    return either([WAYS[name] for name in names])


# Criteria -----------------------------------------------------------------------------------------------------------


def criteria(offer: Offer, plan: Plan, judgement: Judgement) -> tuple[Told, ...]:
    """Every criterion asked, in the order of the table, with its state and its sentence."""
    return tuple(
        Told(name, state, capital(_label(name, state, offer, plan, judgement)))
        for name, state in judgement.states.items()
    )


def _label(name: Name, state: State, offer: Offer, plan: Plan, judgement: Judgement) -> str:
    if name in _TABLES:
        return _coded(name, state, offer, plan)
    if name in _DECLARATIONS:
        return _DECLARATIONS[name][state]
    return _JUDGED[name](state, offer, plan, judgement)


def _coded(name: Name, state: State, offer: Offer, plan: Plan) -> str:
    """The values that meet; what the offer has instead; or that nobody said."""
    wanted, declared = asked(name, plan), _DECLARED[name](offer)
    if state is State.MET:
        return both([code.label for code in declared if code.code in WANTED[name](plan)])
    if state is State.UNKNOWN:
        return f"{wanted} : non renseigné"
    if name in _SHOWN_INSTEAD and declared:
        return f"{both([code.label for code in declared])}, et non {wanted}"
    return f"{wanted} : non"


_DECLARATIONS: Final[dict[Name, dict[State, str]]] = {
    Name.ACCESSIBLE: {
        State.MET: "accès de plain-pied",
        State.UNMET: "accès de plain-pied : non",
        State.UNKNOWN: "accès de plain-pied : non renseigné",
    },
    Name.NEW_PATIENTS: {
        State.MET: "accepte de nouveaux patients",
        State.UNMET: "nouveaux patients : non",
        State.UNKNOWN: "nouveaux patients : non renseigné",
    },
    Name.OVERBOOKING: {
        State.MET: "reçoit en sus de ses disponibilités",
        State.UNMET: "accueil en sus des disponibilités : non déclaré",
    },
    Name.REORIENTATION: {
        State.MET: "adhère au forfait de réorientation",
        State.UNMET: "forfait de réorientation : non déclaré",
    },
}


def _participation(state: State, offer: Offer, plan: Plan, _: Judgement) -> str:
    participation = offer.participation
    if participation is None or not participation.active:
        return "participation au SAS : non déclarée"
    via = codes.VIAS.get(participation.via, "") if participation.via else ""
    said = f"participe au SAS {via}".rstrip()
    if state is State.MET:
        return said
    return f"{said}, et non {either([label for way, label in codes.VIAS.items() if way in plan.participation])}"


def _name(state: State, offer: Offer, _: Plan, judgement: Judgement) -> str:
    del offer
    return "un autre nom" if state is State.UNMET else _quality(judgement.values.get(Signal.NAME, 0.0))


def _quality(value: float) -> str:
    return _QUALITIES.get(value, "nom à une faute près" if value else "un autre nom")


def _area(state: State, _: Offer, plan: Plan, judgement: Judgement) -> str:
    distance = judgement.distance_m
    if not isinstance(plan.area, Circle):
        where = {State.MET: "dans la zone demandée", State.UNMET: "hors de la zone demandée"}
        return where.get(state, "adresse sans code postal ni commune") + (
            "" if distance is None else f", {_at(distance)}"
        )
    if distance is None:
        return "adresse sans point : distance inconnue"
    return f"{_at(distance)} {_against(distance, plan.area.radius_m, plan.widened_from_m)}"


def _at(distance: float) -> str:
    return f"à {km(distance)}"


def _against(distance: float, radius: float, before: float | None) -> str:
    """The distance compared with what was asked, or with what the radius was before it grew."""
    if before is not None:
        return f"(zone élargie à {km(radius)})" if distance > before else f"({km(before)} par défaut)"
    more = ", juste au-delà" if distance > radius and km(distance) == km(radius) else ""
    return f"({km(radius)} demandés{more})"


def _when(state: State, offer: Offer, plan: Plan, judgement: Judgement) -> str:
    first = _first(offer, plan, judgement)
    if state is State.MET:
        return f"disponible {first}"
    if state is State.UNKNOWN:
        return _SILENT + (f" ; créneau connu {first}" if first else "")
    return f"pas au moment demandé, mais {first}" if first else f"{_no_slot(offer, plan)} au moment demandé"


def _no_slot(offer: Offer, plan: Plan) -> str:
    """That nothing was found, as surely as it is known: nobody answers for sources that were not asked."""
    if offer.slot_state == "none":
        return "aucun créneau connu"
    return "aucun créneau" if plan.viewer is codes.Viewer.REGULATION else "aucun créneau public"


def first_start(plan: Plan, judgement: Judgement) -> int | None:
    """When the first judged availability is (epoch seconds), inside what was searched; None without any."""
    elsewhere = judgement.states.get(Name.WHEN, State.MET) is not State.MET
    window = plan.horizon if elsewhere else plan.searched
    first = min((availability.start for availability in judgement.judged), default=None)
    return None if first is None else max(window.start, first)


def _first(offer: Offer, plan: Plan, judgement: Judgement) -> str:
    """The same in words; nothing without any."""
    start = first_start(plan, judgement)
    return "" if start is None else moment(start, plan.at, offer.place.time_zone)


def _modality(state: State, offer: Offer, plan: Plan, judgement: Judgement) -> str:
    offered = _offered(judgement.judged)
    if state is State.MET:
        return modalities(name for name in plan.modalities if name in offered)
    wanted = modalities(plan.modalities)
    if state is State.UNKNOWN:
        return f"{wanted} : {_SILENT}"
    return f"{modalities(offered)}, et non {wanted}" if offered else f"{_no_slot(offer, plan)} {wanted}"


def _offered(judged: Sequence[Availability]) -> tuple[ModalityName, ...]:
    """The modalities of these availabilities, in the order of the list."""
    return tuple(name for name in WAYS if any(name in availability.modalities for availability in judged))


_JUDGED: Final[dict[Name, Callable[[State, Offer, Plan, Judgement], str]]] = {
    Name.TEXT: _name,
    Name.AREA: _area,
    Name.PARTICIPATION: _participation,
    Name.MODALITY: _modality,
    Name.WHEN: _when,
}


# Signals ------------------------------------------------------------------------------------------------------------


def reasons(offer: Offer, plan: Plan, judgement: Judgement) -> tuple[Reason, ...]:
    """Every signal of the score, in the order of the profile, with its weight and its sentence."""
    weights = profiles.weights(plan.order, plan.viewer)
    return tuple(
        Reason(signal, value, weights[signal], _REASONS[signal](value, offer, plan, judgement))
        for signal, value in judgement.values.items()
    )


def _distance_reason(_: float, __: Offer, ___: Plan, judgement: Judgement) -> str:
    return "distance inconnue" if judgement.distance_m is None else _at(judgement.distance_m)


def _band_reason(value: float, offer: Offer, plan: Plan, judgement: Judgement) -> str:
    if not value:
        return "aucun créneau connu qui convienne"
    number = round((1 - value) * len(BANDS_H))
    return f"{_first(offer, plan, judgement)} (tranche {BANDS[number]} h)"


def _modality_reason(value: float, _: Offer, plan: Plan, judgement: Judgement) -> str:
    offered = _offered(judgement.judged)
    best = next((name for name in plan.modalities if name in offered), None)
    if best is None:
        return "aucune modalité demandée"
    return WAYS[best] + (", première modalité demandée" if value == 1 and len(plan.modalities) > 1 else "")


def _to_verify_reason(value: float, _: Offer, __: Plan, judgement: Judgement) -> str:
    if value:
        return "à vérifier : rien n’est refusé"
    partly = State.UNKNOWN in judgement.states.values()
    return "à vérifier en partie : autre chose ne convient pas" if partly else "rien à vérifier"


def _freshness_reason(value: float, offer: Offer, plan: Plan, judgement: Judgement) -> str:
    if not judgement.judged:
        return "aucun créneau à confirmer"
    if offer.unseen_since is None:
        return "une source répond" if offer.silent_sources else "créneaux à jour"
    if value == 1:
        return "créneaux à jour"
    return f"créneaux vus pour la dernière fois {ago(plan.at - offer.unseen_since)}"


def _call_reason(value: float, offer: Offer, plan: Plan, _: Judgement) -> str:
    call = offer.fruitless
    if value or call is None:
        return "aucun appel vain"
    return f"{_FRUITLESS[call.outcome]} {ago(plan.at - call.at) if call.at < plan.at else 'à l’instant'}"


_REASONS: Final[dict[Signal, Callable[[float, Offer, Plan, Judgement], str]]] = {
    Signal.DISTANCE: _distance_reason,
    Signal.BAND: _band_reason,
    Signal.FRESHNESS: _freshness_reason,
    Signal.MODALITY: _modality_reason,
    Signal.PARTICIPATION: lambda value, *_: "participe au SAS" if value else "ne participe pas au SAS",
    Signal.CALL: _call_reason,
    Signal.NAME: lambda value, *_: _quality(value),
    Signal.TO_VERIFY: _to_verify_reason,
}


# Rungs --------------------------------------------------------------------------------------------------------------


def rung_label(rung: Rung, plan: Plan, zone: str) -> str:
    """`la même demande, entre 5 et 10 km et demain ou après`: what is given up, in the order of the table.

    `zone` is the time zone of the place asked for.
    """
    return "la même demande, " + both([_given_up(key, rung, plan, zone) for key in rung])


def _given_up(key: str, rung: Rung, plan: Plan, zone: str) -> str:
    """One concession."""
    name = TABLE[POSITIONS[key]].criterion
    if name is Name.AREA:
        return _step(key, plan)
    if name is Name.WHEN:
        return _other_time(plan, zone) + _or_none(not plan.modalities or Name.MODALITY in rung)
    if name is Name.MODALITY:
        return f"autrement qu’{modalities(plan.modalities)}{_or_none(plan.window is None)}"
    return _CONCESSIONS[name].format(asked(name, plan) if name in _TABLES else "")


def _or_none(possible: bool) -> str:  # noqa: FBT001 - whether the rung holds offers without any slot too
    return " (ou sans créneau connu)" if possible else ""


def _other_time(plan: Plan, zone: str) -> str:
    """The rest of the 72 hours, as it is said."""
    window = plan.searched
    if window.start > plan.at:
        return "à un autre moment"
    end = local(window.end, zone)
    if end.date() - local(plan.at, zone).date() == timedelta(days=1) and end.hour == end.minute == 0:
        return "demain ou après"
    return f"après {day(window.end, plan.at, zone)} à {hour(window.end, zone)}"


def _step(key: str, plan: Plan) -> str:
    """How far outside the area."""
    radius = plan.area.radius_m if plan.area else 0.0
    circle = isinstance(plan.area, Circle)
    near = between(radius, 2 * radius) if circle else f"à moins de {km(2 * radius)}"
    steps = {
        "area:2R": near,
        "area:4R": between(2 * radius, 4 * radius),
        "area:beyond": f"à plus de {km(4 * radius)} (ou sans point connu)",
    }
    return steps[key] if circle else f"hors de la zone (ou sans code connu), {steps[key]}"


_CONCESSIONS: Final[dict[Name, str]] = {
    Name.TEXT: "un autre nom",
    Name.PROFESSION: "une autre profession que « {} » (ou non renseignée)",
    Name.STRUCTURE_TYPE: "un autre type de structure que « {} » (ou non renseigné)",
    Name.SPECIALTY: "une autre spécialité que « {} » (ou non renseignée)",
    Name.SKILL: "sans la compétence « {} » (ou non renseignée)",
    Name.CARE: "sans « {} » (ou non renseigné)",
    Name.EQUIPMENT: "sans « {} » (ou non renseigné)",
    Name.REORIENTATION: "sans le forfait de réorientation",
    Name.PARTICIPATION: "sans la participation au SAS demandée",
    Name.OVERBOOKING: "sans accueil en sus des disponibilités",
    Name.LANGUAGE: "sans la langue « {} » (ou non renseignée)",
    Name.ACCESSIBLE: "sans accès de plain-pied (ou non renseigné)",
    Name.NEW_PATIENTS: "sans accueil de nouveaux patients (ou non renseigné)",
    Name.SECTOR: "dans un autre secteur que « {} » (ou non renseigné)",
}
