"""The request as a form: every criterion by its API name, what is ticked, what is wrong. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from models.clock import local
from search_api.pages import links, moments
from search_api.pages.asked import Asked
from search_api.pages.chips import RADII_KM, Chip, Link, beyond, chips, reset
from search_api.pages.faults import Wrong
from search_api.pages.fields import FACETS, FLAGS, KINDS, LABELS, ORDERS, Facet, drawn
from search_api.pages.places import PlaceNames
from search_api.parameters import FIELDS, MEMBERSHIP, Pairs

_IN_THE_BAR: Final = frozenset({"text", "address", "radius_km"})
_KEPT: Final = (frozenset(FIELDS) - {"cursor"}) | {
    links.PREFILL,
    links.VIEW,
    links.DOCTOR,
    links.PICKED,
    moments.CLICKED,
}
"""What a form sends on even where it draws nothing of it. It asks anew: from the first page."""
_NAMED: Final = ("commune", "departement", "cpts")
_MINUTES: Final = "%Y-%m-%dT%H:%M"
"""What a date-and-hour box takes."""


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
    faults: tuple[Wrong, ...]

    @property
    def chosen(self) -> tuple[str, ...]:
        """The labels of the ticked values."""
        return tuple(choice.label for choice in self.first if choice.checked)


@dataclass(frozen=True, slots=True)
class Button:
    """A named moment and its hours, or what is left of them; `pressed` when the request asks it."""

    name: str
    label: str
    hours: str
    pressed: bool


@dataclass(frozen=True, slots=True)
class Form:
    """The request as it is drawn. `values` are those of the parameters with one value; `kept` go along unseen.

    `counts` is where the values of its criteria are counted, if there is anything to count within.
    """

    values: Mapping[str, str]
    faults: tuple[Wrong, ...]
    moments: tuple[Button, ...]
    fields: Mapping[str, Field]
    chips: tuple[Chip, ...]
    reset: Link | None
    beyond: tuple[Link, ...]
    counts: str | None
    kept: Pairs
    places: PlaceNames

    def wrong(self, name: str) -> tuple[Wrong, ...]:
        """The faults of a field."""
        return tuple(fault for fault in self.faults if fault.field == name)

    @property
    def folded_fault(self) -> bool:
        """Whether a field that folds on a phone is wrong."""
        return any(fault.field in LABELS and fault.field not in _IN_THE_BAR for fault in self.faults)

    @property
    def orders(self) -> tuple[tuple[str, str], ...]:
        """The orders of the results: value and label."""
        return tuple(ORDERS.items())

    @property
    def flags(self) -> Mapping[str, str]:
        """What is asked or not: name and label."""
        return FLAGS

    @property
    def kinds(self) -> tuple[tuple[str, str], ...]:
        """People, structures or both: value and label."""
        return ("", "Les deux"), *KINDS.items()

    @property
    def radii(self) -> tuple[str, ...]:
        """The radii offered, and the one asked."""
        asked = self.values.get("radius_km")
        return RADII_KM if asked is None or asked in RADII_KM else (*RADII_KM, asked)

    @property
    def elsewhere(self) -> bool:
        """Whether codes of places are asked, or wrong."""
        return any(self.values.get(name) or self.wrong(name) for name in MEMBERSHIP)


def form(asked: Asked, faults: Sequence[Wrong]) -> Form:
    """The form of a request, with the criteria that its viewer may ask."""
    return Form(
        values=_values(asked),
        faults=tuple(faults),
        moments=tuple(_buttons(asked)),
        fields={facet.name: _field(facet, asked, faults) for facet in FACETS if asked.viewer in facet.viewers},
        chips=tuple(chips(asked)),
        reset=reset(asked),
        beyond=tuple(beyond(asked)),
        counts=None if faults else links.counts(asked.pairs),
        kept=[pair for pair in asked.pairs if pair[0] in _KEPT and not drawn(pair[0], asked.viewer)],
        places=asked.places,
    )


def _values(asked: Asked) -> Mapping[str, str]:
    """The parameters with one box as it shows them: every code of a place, by its name; hours of the place."""
    one = dict(reversed(asked.pairs))
    one |= {name: asked.places.text(name, asked.values(name)) for name in _NAMED}
    one["postal_code"] = " ".join(asked.values("postal_code"))
    one["earliest"] = f"{local(asked.at, asked.zone):{_MINUTES}}"
    start = moments.instant(one.get("from", ""))
    return one if start is None else one | {"from": f"{local(start, asked.zone):{_MINUTES}}"}


def _buttons(asked: Asked) -> Iterable[Button]:
    named = moments.named(asked.pairs, asked.at, asked.zone)
    for moment, _ in moments.offered(asked.at, asked.zone):
        hours = moments.hours(moment, asked.at, asked.zone)
        yield Button(moment.name, moment.label, hours, moment is named)


def _field(facet: Facet, asked: Asked, faults: Sequence[Wrong]) -> Field:
    """The ticked values in the order asked, then the common ones; the others by label."""
    ticked = [value for value in asked.values(facet.name) if value in facet.table]
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
