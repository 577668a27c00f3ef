"""The request as a form and as chips: every criterion by its API name, what is active, what is wrong. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from models import codes
from models.clock import local
from models.codes import Viewer
from relevance import explain
from search_api.pages import french, links, moments
from search_api.pages.places import PlaceNames
from search_api.parameters import MEMBERSHIP, Pairs
from search_api.problems import Fault

EVERYONE: Final = frozenset(Viewer)
REGULATION: Final = frozenset({Viewer.REGULATION})
RADII_KM: Final = ("1", "2", "5", "10", "15", "20", "30", "50", "75", "100")
HOURS: Final = ("1", "2", "4", "6", "8", "12", "24", "48", "72")


@dataclass(frozen=True, slots=True)
class Facet:
    """A criterion of several values: its list, which are common, who may ask it."""

    name: str
    legend: str
    table: codes.Table
    common: tuple[str, ...] = ()
    viewers: frozenset[Viewer] = EVERYONE


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that can be ticked."""

    value: str
    label: str
    checked: bool


@dataclass(frozen=True, slots=True)
class Field:
    """A facet as it is drawn: the ticked and the common values first, then the others by label."""

    name: str
    legend: str
    first: tuple[Choice, ...]
    others: tuple[Choice, ...]
    faults: tuple[Fault, ...]

    @property
    def ticked(self) -> int:
        """How many values are ticked."""
        return sum(choice.checked for choice in (*self.first, *self.others))


@dataclass(frozen=True, slots=True)
class Button:
    """A named moment; `pressed` when the request asks it."""

    name: str
    label: str
    hours: str
    pressed: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """An active criterion: what it says, the link that removes it, the link that prefers it to the others."""

    text: str
    remove: str
    prefer: str | None = None


@dataclass(frozen=True, slots=True)
class Reset:
    """The link that brings back the postal codes of a CPTS."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Form:
    """The request as it is drawn. `values` are those of the parameters with one value; `kept` go along unseen."""

    values: Mapping[str, str]
    faults: tuple[Fault, ...]
    moments: tuple[Button, ...]
    fields: Mapping[str, Field]
    chips: tuple[Chip, ...]
    reset: Reset | None
    kept: Pairs
    places: PlaceNames

    def wrong(self, name: str) -> tuple[Fault, ...]:
        """The faults of a field."""
        return tuple(fault for fault in self.faults if fault.field == name)

    @property
    def active(self) -> int:
        """How many criteria are active."""
        return len(self.chips)

    @property
    def folded_fault(self) -> bool:
        """Whether a field that folds on a phone is wrong."""
        return any(fault.field in LABELS and fault.field not in _IN_THE_BAR for fault in self.faults)

    @property
    def orders(self) -> tuple[tuple[str, str], ...]:
        """The orders of the results: value and label; relevance is what an empty value means."""
        return tuple(ORDERS.items())

    @property
    def radii(self) -> tuple[str, ...]:
        """The radii offered, and the one asked."""
        asked = self.values.get("radius_km")
        return RADII_KM if asked in {None, *RADII_KM} else (*RADII_KM, str(asked))

    @property
    def elsewhere(self) -> bool:
        """Whether the codes of places are asked, or wrong."""
        return any(self.values.get(name) or self.wrong(name) for name in MEMBERSHIP)


SPECIALTIES: Final = {code: label for code, label in codes.SPECIALTIES.items() if codes.specialty_head(code) == code}
"""One per group: the codes of a group are asked together."""

WAYS: Final = {"true": "Participe, par qui que ce soit", **{way: f"… {label}" for way, label in codes.VIAS.items()}}

FACETS: Final = (
    Facet("modality", "Comment", codes.MODALITIES, tuple(codes.MODALITIES)),
    Facet(
        "specialty",
        "Spécialité",
        SPECIALTIES,
        ("SM54", "SM40", "SM20", "SM34", "SM38", "SM15", "SM04", "SM42", "SI01"),
    ),
    Facet("profession", "Profession", codes.PROFESSIONS, ("10", "60", "70", "50", "40", "21", "91", "80")),
    Facet(
        "structure_type",
        "Type de structure",
        codes.STRUCTURE_TYPES,
        ("cabinet", "603", "124", "sos", "mmg", "355", "620", "611", "619"),
    ),
    Facet("care", "Prise en charge", codes.CARE, ("consultation-non-programmee", "visite-domicile", "suture")),
    Facet("equipment", "Équipement", codes.EQUIPMENT, ("ecg", "echographe", "radiographie")),
    Facet("skill", "Compétence", codes.SKILLS),
    Facet("language", "Langue parlée", codes.LANGUAGES, ("en", "ar", "pt", "es", "tr", "fsl")),
    Facet("sector", "Convention", codes.CONVENTION_SECTORS, tuple(codes.CONVENTION_SECTORS)),
    Facet("participation", "Participation au SAS", WAYS, tuple(WAYS), REGULATION),
)
FLAGS: Final[Mapping[str, str]] = {
    "accessible": "Accès de plain-pied",
    "new_patients": "Accepte de nouveaux patients",
    "overbooking": "Reçoit en sus de ses disponibilités",
    "reorientation": "Forfait de réorientation des urgences",
}
KINDS: Final = {"professional": "Professionnels", "structure": "Structures"}
ORDERS: Final = {"relevance": "Pertinence", "nearest": "Le plus proche", "soonest": "Le plus tôt"}

LABELS: Final[Mapping[str, str]] = {
    "text": "Nom",
    "address": "Adresse ou commune",
    "radius_km": "Rayon",
    "from": "À partir de",
    "within_hours": "Pendant",
    "postal_code": "Codes postaux",
    "commune": "Commune",
    "departement": "Département",
    "cpts": "CPTS",
    "kind": "Professionnels ou structures",
    "order": "Ordre",
    **{facet.name: facet.legend for facet in FACETS},
    **FLAGS,
}
"""What each field of the form is called."""

_IN_THE_BAR: Final = frozenset({"text", "address", "radius_km"})
_KEPT: Final = ("near", "exact_limit", "approximate_limit", "at", links.PREFILL)
_ONE_BY_FACET: Final = {facet.name: facet for facet in FACETS}


def form(pairs: Pairs, faults: Sequence[Fault], viewer: Viewer, at: int, zone: str, names: PlaceNames) -> Form:
    """The form of a request, as the viewer may ask it. `at` is the clock, `zone` that of the place asked."""
    return Form(
        values=_values(pairs, at, zone),
        faults=tuple(faults),
        moments=_buttons(pairs, at, zone),
        fields={facet.name: _field(facet, pairs, faults) for facet in FACETS if viewer in facet.viewers},
        chips=tuple(_chips(pairs, at, zone, names)),
        reset=_reset(pairs, names),
        kept=[(name, value) for name, value in pairs if name in _KEPT],
        places=names,
    )


def _values(pairs: Pairs, at: int, zone: str) -> Mapping[str, str]:
    """The parameters with one value as their boxes show them: several postal codes in one, hours of the place."""
    one = dict(reversed(pairs))
    one["postal_code"] = " ".join(links.values(pairs, "postal_code"))
    if "from" in one:
        one["from"] = _local_value(one["from"], zone)
    return one | {"earliest": f"{local(at, zone):%Y-%m-%dT%H:%M}"}


def _local_value(value: str, zone: str) -> str:
    """What a date-and-hour box takes: no offset, whole minutes; a value that is no instant as it is."""
    instant = _instant(value)
    return value if instant is None else f"{local(int(instant.timestamp()), zone):%Y-%m-%dT%H:%M}"


def _instant(value: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant if instant.tzinfo else None


def _buttons(pairs: Pairs, at: int, zone: str) -> tuple[Button, ...]:
    offered = moments.offered(at, zone)
    return tuple(
        Button(moment.name, moment.label, moment.hours, moments.same(pairs, asked)) for moment, asked in offered
    )


def _field(facet: Facet, pairs: Pairs, faults: Sequence[Fault]) -> Field:
    """The ticked values in the order asked, then the common ones; the others by label."""
    ticked = [value for value in links.values(pairs, facet.name) if value in facet.table]
    first = dict.fromkeys([*ticked, *facet.common])
    others = sorted((code for code in facet.table if code not in first), key=lambda code: facet.table[code].casefold())
    return Field(
        name=facet.name,
        legend=facet.legend,
        first=_choices(facet, first, ticked),
        others=_choices(facet, others, ()),
        faults=tuple(fault for fault in faults if fault.field == facet.name),
    )


def _choices(facet: Facet, values: Iterable[str], ticked: Sequence[str]) -> tuple[Choice, ...]:
    return tuple(Choice(value, facet.table[value], value in ticked) for value in values)


# Chips --------------------------------------------------------------------------------------------------------------

_SHOWN: Final = (
    "text", "near", "address", "radius_km", "postal_code", "commune", "departement", "cpts", "profession", "specialty",
    "structure_type", "skill", "care", "equipment", "modality", "from", "within_hours", *FLAGS, "participation",
    "sector", "language", "kind",
)  # fmt: skip
"""The order of the chips: who, where, what, how, when, then the rest."""

_SAID_WITH: Final = {"radius_km": ("address", "near"), "within_hours": ("from",)}
"""Parameters that another one's chip says when it is there."""


def _chips(pairs: Pairs, at: int, zone: str, names: PlaceNames) -> Iterable[Chip]:
    """A chip for each value asked; a CPTS has one for each of its postal codes too."""
    present = {name for name, _ in pairs}
    for name in _SHOWN:
        if present.isdisjoint(_SAID_WITH.get(name, ())):
            yield from (_chip(name, value, pairs, at, zone, names) for value in links.values(pairs, name))
        if name == "cpts":
            yield from _covered(pairs, names)


def _chip(name: str, value: str, pairs: Pairs, at: int, zone: str, names: PlaceNames) -> Chip:
    one = name in _ALONE
    remove = links.href(links.without(pairs, name, None if one else value))
    return Chip(french.typeset(_text(name, value, pairs, at, zone, names)), remove, _prefer(name, value, pairs))


def _prefer(name: str, value: str, pairs: Pairs) -> str | None:
    """Modalities have an order of preference: those after the first can become the first."""
    asked = links.values(pairs, name)
    if name != "modality" or asked.index(value) == 0:
        return None
    return links.href(links.preferring(pairs, name, value))


def _covered(pairs: Pairs, names: PlaceNames) -> Iterable[Chip]:
    """The postal codes of the CPTS asked: removing one leaves the others, and remembers the CPTS."""
    for cpts in links.values(pairs, "cpts"):
        covered = names.postal_codes(cpts)
        kept = links.without(pairs, "cpts", cpts)
        for code in covered:
            others = [*links.values(kept, "postal_code"), *(other for other in covered if other != code)]
            left = links.replacing(links.replacing(kept, "postal_code", others), links.PREFILL, [cpts])
            yield Chip(code, links.href(left))


def _reset(pairs: Pairs, names: PlaceNames) -> Reset | None:
    """Bring back every postal code of the CPTS that the request started from."""
    cpts = next(iter(links.values(pairs, links.PREFILL)), None)
    covered = names.postal_codes(cpts) if cpts else ()
    if cpts is None or not covered or set(covered) <= set(links.values(pairs, "postal_code")):
        return None
    whole = links.replacing(links.without(links.without(pairs, links.PREFILL), "postal_code"), "cpts", [cpts])
    return Reset(f"Réinitialiser{french.NBSP}: {names.label('cpts', cpts)}", links.href(whole))


_ALONE: Final = frozenset({"text", "near", "address", "radius_km", "from", "within_hours", *FLAGS})
_LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    **{facet.name: facet.table for facet in FACETS},
    "specialty": codes.SPECIALTIES,
    "kind": KINDS,
}
_PLACED: Final = {"commune": "{}", "departement": "{}", "cpts": "{}"}


def _text(name: str, value: str, pairs: Pairs, at: int, zone: str, names: PlaceNames) -> str:
    """What a chip says."""
    if name in _LABELS:
        label = _LABELS[name].get(value, value)
        return f"SAS : {label.removeprefix('… ')}" if name == "participation" else label
    if name in _PLACED:
        return names.label(name, value)
    return _SAID.get(name, lambda each, *_: each)(value, pairs, at, zone)


def _circle(value: str, pairs: Pairs, _: int, __: str) -> str:
    radius = next(iter(links.values(pairs, "radius_km")), None)
    return f"{value} · {radius.replace('.', ',')} km" if radius else value


def _moment(value: str, pairs: Pairs, at: int, zone: str) -> str:
    """The window asked: its named moment, or its hours."""
    named = next((moment for moment, asked in moments.offered(at, zone) if moments.same(pairs, asked)), None)
    if named:
        return f"{named.label} · {named.hours}"
    start = _instant(value)
    hours = next(iter(links.values(pairs, "within_hours")), None)
    begins = f"À partir de {explain.moment(int(start.timestamp()), at, zone)}" if start else value
    return f"{begins}, pendant {hours} h" if hours else begins


_SAID: Final[Mapping[str, Callable[[str, Pairs, int, str], str]]] = {
    "text": lambda value, *_: f"Nom : {value}",
    "near": lambda _, *rest: _circle("Autour d’un point", *rest),
    "address": _circle,
    "radius_km": lambda value, *_: f"{value} km",
    "from": _moment,
    "within_hours": lambda value, pairs, at, zone: _within(value, pairs, at, zone),
    **{flag: lambda _, *__, label=label: label for flag, label in FLAGS.items()},  # type: ignore[misc]
}


def _within(value: str, pairs: Pairs, at: int, zone: str) -> str:
    named = next((moment for moment, asked in moments.offered(at, zone) if moments.same(pairs, asked)), None)
    return f"{named.label} · {named.hours}" if named else f"Dans les {value} heures"
