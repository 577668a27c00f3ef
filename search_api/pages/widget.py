"""The widget: the form with the fields that a portal shows, links that stay inside, what is fixed kept. Pure.

What is asked and not shown is fixed: every link of the widget has it and none changes it; a concession that gives it
up is not offered. What a person adds (a trade that was meant by a name) is shown from then on.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal
from urllib.parse import parse_qsl, urlsplit

import msgspec

from indexer.shape import ShapedAvailability
from models.offer import Availability, SlotSource
from relevance.judge import overlaps
from relevance.plan import Window
from search_api.answers import OfferJson, RungJson, SearchJson, TotalJson
from search_api.pages import links, widget_options
from search_api.pages.answer import Link
from search_api.pages.asked import Asked
from search_api.pages.fields import FLAGS, KINDS, LABELS, ORDERS
from search_api.pages.form import Choice, Form
from search_api.pages.widget_options import SHOWABLE, Options, field_of
from search_api.parameters import MEMBERSHIP, PLACES, Pairs

WIDGET: Final = "/widget"
LIMITS: Final = (("exact_limit", "10"), ("approximate_limit", "4"))
"""How many cards of each part a widget shows."""
_OF_THE_PAGE: Final = frozenset({"cursor", links.SEEN, links.UNASKED})
"""What says where one is in an answer: it asks nothing, and is not fixed."""
_ELSEWHERE: Final = frozenset({links.VIEW, links.DOCTOR, links.UNREAD, links.PICKED, *dict(LIMITS)})
"""What only whole pages know, and what a widget decides by itself."""
_OF_THE_AREA: Final = PLACES | MEMBERSHIP | {"radius_km"}
_GIVEN_UP: Final[Mapping[str, Collection[str]]] = {"area": _OF_THE_AREA, "when": ("from", "within_hours")}
"""The parameters of a criterion, where they have other names."""


@dataclass(frozen=True, slots=True)
class Widget:
    """A request (`asked`, at its canonical link) as a portal shows it."""

    options: Options
    asked: Asked

    @property
    def here(self) -> str:
        """Its own link."""
        return self._href(self.asked.pairs, self.options.fields)

    @property
    def directory(self) -> str:
        """The same request in the whole directory."""
        return links.href(links.without(self.asking.pairs, "cursor"))

    @property
    def fixed(self) -> Pairs:
        """What is asked and not shown."""
        return [pair for pair in self.asked.pairs if self._fixes(pair[0])]

    @property
    def asking(self) -> Asked:
        """What it asks: a radius that is fixed waits until there is something around which it may be."""
        names = {name for name, _ in self.asked.pairs}
        waits = self._fixes("radius_km") and (bool(names & MEMBERSHIP) or not names & PLACES)
        return replace(self.asked, pairs=_without(self.asked.pairs, {"radius_km"} if waits else ()))

    @property
    def asks(self) -> bool:
        """Whether it asks something."""
        return links.href(self.asking.pairs).startswith(links.SEARCH)

    @property
    def untouched(self) -> bool:
        """Whether a person has asked nothing yet of what is shown."""
        return not any(self.options.shows(name) for name, _ in self.asked.pairs)

    @property
    def kept(self) -> Pairs:
        """What its form sends on unseen."""
        return [*self.fixed, *self.options.pairs]

    def link(self, href: str) -> str | None:
        """A link of our pages, inside the widget; None when it would change what is fixed, or change nothing."""
        if href.startswith("#"):
            return href
        pairs = _without(parse_qsl(urlsplit(href).query), _ELSEWHERE)
        fixed = self.fixed
        if any(self._differs(name, pairs, fixed) for name, _ in fixed):
            return None
        added = {field_of(name) for name, _ in pairs if self._fixes(name) and name not in dict(fixed)}
        if not added <= set(SHOWABLE):
            return None
        there = self._href(_with(fixed, pairs), (*self.options.fields, *added))
        return None if there == self.here else there

    def promised(self, found: SearchJson) -> SearchJson:
        """The answer without the concessions that give up what is fixed."""
        fixed = {name for name, _ in self.fixed}

        def kept(each: RungJson | OfferJson) -> bool:
            return not any(fixed & set(_parameters(key)) for key in each.given_up)

        part = found.approximate
        rungs, offers = tuple(filter(kept, part.rungs)), tuple(filter(kept, part.offers))
        whole = len(offers) == len(part.offers)
        return msgspec.structs.replace(
            found,
            approximate=msgspec.structs.replace(
                part,
                total=part.total if rungs or offers else TotalJson(0, "eq"),
                next=part.next if whole else None,
                rungs=rungs,
                offers=offers,
            ),
        )

    def _fixes(self, name: str) -> bool:
        return name not in _OF_THE_PAGE and not self.options.shows(name)

    def _differs(self, name: str, pairs: Pairs, fixed: Pairs) -> bool:
        """Whether a link asks something else of what is fixed; one that forgets it is reminded."""
        return links.values(pairs, name) not in ([], links.values(fixed, name))

    def _href(self, pairs: Pairs, shown: Iterable[str]) -> str:
        own = self.options.pairs
        changed = set(shown) != set(self.options.fields)
        return links.href([*pairs, *(widget_options.showing(own, tuple(shown)) if changed else own)], WIDGET)


def widget(asked: Asked, given: Pairs, options: Options) -> Widget:
    """The widget of a request at its canonical link, which shows what reading `given` has added."""
    sent = {field_of(name) for name, _ in given}
    added = {field_of(name) for name, _ in asked.pairs} - sent
    shown = tuple(name for name in SHOWABLE if name in {*options.fields, *added})
    own = options.pairs if shown == options.fields else widget_options.showing(options.pairs, shown)
    pairs = _without(asked.pairs, _ELSEWHERE)
    return Widget(replace(options, fields=shown, pairs=own), replace(asked, pairs=pairs))


def _without(pairs: Pairs, names: Collection[str]) -> Pairs:
    return [pair for pair in pairs if pair[0] not in names]


def _with(fixed: Pairs, pairs: Pairs) -> Pairs:
    """The pairs with what is fixed and they have forgotten."""
    for name in dict(fixed):
        if not links.values(pairs, name):
            pairs = links.replacing(pairs, name, links.values(fixed, name))
    return pairs


def _parameters(key: str) -> Collection[str]:
    """The parameters that a rung gives up by this key."""
    name = key.partition(":")[0]
    return _GIVEN_UP.get(name, (name,))


# The cards ----------------------------------------------------------------------------------------------------------


def timely(found: SearchJson, window: Window | None) -> SearchJson:
    """The answer whose cards begin with what is in the window asked, where something is: they show a slot or two."""
    if window is None:
        return found
    parts = (
        msgspec.structs.replace(part, offers=tuple(_timely(offer, window) for offer in part.offers))
        for part in (found.exact, found.approximate)
    )
    exact, approximate = parts
    return msgspec.structs.replace(found, exact=exact, approximate=approximate)


def _timely(offer: OfferJson, window: Window) -> OfferJson:
    inside = tuple(each for each in offer.availabilities if overlaps(_availability(each), window))
    return msgspec.structs.replace(offer, availabilities=inside) if inside else offer


def _availability(shaped: ShapedAvailability) -> Availability:
    start, end = (int(datetime.fromisoformat(instant).timestamp()) for instant in (shaped.start, shaped.end))
    kind: Literal["creneau", "plage"] = "creneau" if shaped.kind == "creneau" else "plage"
    return Availability(kind, start, end, shaped.modalities, shaped.audience, SlotSource("editor", ""))


# The form -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Drawn:
    """A field as a widget draws it: its kind (`box`, `select`, `flag`, `ticks`), the choices of a list, `blank` first.

    `several`: the list holds several values that are asked together.
    """

    name: str
    label: str
    kind: str
    choices: tuple[Choice, ...] = ()
    blank: str | None = None
    several: bool = False


def drawn(each: Widget, form: Form) -> Iterator[Drawn]:
    """The fields that are shown, but for the moments, which have buttons of their own."""
    return (_drawn(name, form) for name in each.options.fields if name != "when")


def removable(each: Widget, form: Form) -> Iterator[Link]:
    """What is asked and may be given up, each with the link that does."""
    for chip in form.chips:
        without = each.link(chip.remove)
        if without:
            yield Link(without, chip.text)


def _drawn(name: str, form: Form) -> Drawn:
    if name == "radius_km":
        radii = tuple(Choice(km, f"{km.replace('.', ',')} km", km == form.values.get(name)) for km in form.radii)
        return Drawn(name, LABELS[name], "select", radii, "habituel")
    if name in _LISTS:
        values, blank = _LISTS[name]
        asked = form.values.get(name, "")
        choices = tuple(Choice(value, label, value == asked) for value, label in values.items())
        return Drawn(name, LABELS[name], "select", choices, blank)
    if name in form.fields:
        return _facet(name, form)
    return Drawn(name, LABELS[name], "flag" if name in FLAGS else "box")


def _facet(name: str, form: Form) -> Drawn:
    """A criterion of several values: ticks where they are few, else a list, by label."""
    field = form.fields[name]
    if not field.others:
        return Drawn(name, field.legend, "ticks", field.first)
    offered = field.first if name in _SHORTENED else (*field.first, *field.others)
    choices = tuple(sorted(offered, key=lambda choice: choice.label.casefold()))
    return Drawn(name, field.legend, "select", choices, "Indifférent", len(field.chosen) > 1)


_SHORTENED: Final = frozenset({"structure_type", "language"})
"""The lists of which a widget has what is common and what is asked: it must stay light."""
_LISTS: Final[Mapping[str, tuple[Mapping[str, str], str | None]]] = {
    "kind": (KINDS, "Les deux"),
    "order": (ORDERS, None),
}
"""The lists of one value, and the words for none."""
