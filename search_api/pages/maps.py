"""The answer on a map: its pins, what was asked, rings of distance, the communes around. Pure.

The map is drawn twice by the same data: here as a still picture, for those without JavaScript and for paper; then by
`static/map.js`, which takes the points from the cards, and the rest from `Chart.data`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, hypot, inf
from typing import Final, NamedTuple
from urllib.parse import urlencode

import msgspec

from models.gazetteer import Commune, Gazetteer
from models.geo import Point, distance_m
from relevance.plan import Membership
from search_api import searching
from search_api.answers import AreaJson, OfferJson
from search_api.pages import cards, french, links
from search_api.pages.answer import Answer, Numbered
from search_api.pages.asked import Asked
from search_api.pages.projection import (
    HEIGHT,
    METRES_PER_DEGREE,
    NORTHMOST,
    SMALLEST_M,
    WIDTH,
    Box,
    Projection,
    around,
    holding,
    nice,
)
from search_api.parameters import MEMBERSHIP, PLACES
from search_api.services import Tiles

PIN: Final = 14
SEVERAL: Final = 20
"""Half of the width of a pin, and of one that stands for several; half of the height of both is the first."""
APART: Final = (42, 30)
"""Pins nearer than this to one another, across and down, are drawn as one: they would cover one another."""
CROSS: Final = 5
"""Half of the size of a mark."""
FARTHER: Final = 2
"""Approximate offers farther than so many radii are left out of the first view, and said."""
MARKS: Final = 30
TOWNS: Final = 12
TOWNS_READ: Final = 60
"""Places asked that are marked, communes named on the picture, and those that may be."""
_LETTER: Final = 6
_LINE: Final = 12
"""Width and height of a letter in the picture, bold ones included."""
_BELOW: Final = 15
"""Under a mark, or a ring, the line of its words."""


class Spot(NamedTuple):
    """Where something is drawn, and its words: their middle, on their line."""

    x: int
    y: int
    text: str


class Ring(NamedTuple):
    """Points at the same distance of the place asked: `asked`, `usual` before the area was widened, or `distance`."""

    metres: float
    text: str
    kind: str


class Circle(NamedTuple):
    """A ring as it is drawn around the centre: its radius, its look, what it says."""

    r: int
    kind: str
    text: str


class Room(NamedTuple):
    """What something takes of the picture: its middle, half of its width and of its height."""

    x: float
    y: float
    half: float
    high: float


@dataclass(frozen=True, slots=True)
class Pin:
    """One card, or several at the same spot: the link of the first, what is written, what is read aloud."""

    x: int
    y: int
    href: str
    text: str
    title: str
    kind: str

    @property
    def half(self) -> int:
        """Half of its width."""
        return SEVERAL if self.kind.endswith("several") else PIN


@dataclass(frozen=True, slots=True)
class Scale:
    """A length of the ground, and how long it is drawn."""

    length: int
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """The still picture; `far` are the words of its circles."""

    centre: Spot | None
    circles: tuple[Circle, ...]
    far: tuple[Spot, ...]
    marks: tuple[Spot, ...]
    towns: tuple[Spot, ...]
    pins: tuple[Pin, ...]
    scale: Scale


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that the map writes. Without `drawing`, `said` tells why there is none.

    `data` is what the script draws from (JSON, `Data`), `here` the request without its place nor what is
    picked, `kinds` those of the pins.
    """

    drawing: Drawing | None
    said: tuple[str, ...]
    kinds: frozenset[str]
    data: str
    here: str


class Data(msgspec.Struct, frozen=True):
    """What the script needs beside the cards."""

    box: Box
    centre: Point | None
    place: str
    rings: tuple[Ring, ...]
    marks: tuple[tuple[str, float, float], ...]
    tiles: str
    credit: str


@dataclass(frozen=True, slots=True)
class _Located:
    """A card and its point."""

    card: Numbered
    point: Point
    kind: str


LEGEND: Final = (("exact", "exact"), ("near", "approchant"), ("loose", "au centre de la commune"))
"""What the look of a pin means."""


def drawn(found: searching.Answer, answer: Answer, asked: Asked, tiles: Tiles | None) -> dict[str, object]:
    """What the templates of a page with a map are given; the table has none, the list has it beside."""
    view = asked.value(links.VIEW)
    return {
        "chart": None if view == links.TABLE else chart(found, answer, asked, tiles),
        "beside": view != links.MAP,
        "legend": LEGEND,
        "width": WIDTH,
        "height": HEIGHT,
    }


def chart(found: searching.Answer, drawn: Answer, asked: Asked, tiles: Tiles | None = None) -> Chart | None:
    """The map of an answer; None when nothing of it has a place."""
    area, centre = found.json.area, _point(found.json.area)
    located, without = _located(found, drawn)
    if not located and centre is None:
        return None
    marks = _marked(found, asked)
    box = _box(centre, found.plan.area.radius_m if found.plan.area else None, marks, located)
    if max(box.north, -box.south) > NORTHMOST:
        return Chart(None, (_POLES,), frozenset(), "", "")
    rings = tuple(_rings(area, box))
    projection = Projection.of(box)
    outside = [each.card.number for each in located if not projection.holds(each.point, PIN)]
    return Chart(
        drawing=_drawing(
            projection,
            centre,
            rings=rings,
            marks=marks,
            located=located,
            gazetteer=asked.places.planner.gazetteer,
        ),
        said=tuple(_said(outside, without)),
        kinds=frozenset(kind for each in located for kind in each.kind.split()),
        data=msgspec.json.encode(_data(box, area, rings, marks, tiles)).decode(),
        here=urlencode(links.without_all(asked.pairs, _PLACE), safe=":,"),
    )


def _data(
    box: Box, area: AreaJson | None, rings: tuple[Ring, ...], marks: Sequence[Commune], tiles: Tiles | None
) -> Data:
    return Data(
        box,
        _point(area),
        area.label if area else "",
        rings,
        tuple((short(each), *rounded(each.point)) for each in marks if each.point),
        tiles.url if tiles else "",
        tiles.attribution if tiles else "",
    )


_PLACE: Final = PLACES | MEMBERSHIP | {"radius_km", links.PREFILL, links.UNREAD, links.PICKED}
_POLES: Final = "La carte ne va pas jusqu’aux pôles : les distances sont sur les fiches."


# What is on it ------------------------------------------------------------------------------------------------------


def _located(found: searching.Answer, drawn: Answer) -> tuple[list[_Located], list[int]]:
    """The cards that have a point, in order, and the numbers of those that have none."""
    offers = {cards.anchor(each): each for each in (*found.json.exact.offers, *found.json.approximate.offers)}
    parts = [("exact", drawn.exact), *(("near", group.results) for group in drawn.here)]
    every = [(kind, card, offers[card.result.anchor]) for kind, those in parts for card in those]
    located = [_Located(card, point, _kind(kind, offer)) for kind, card, offer in every if (point := _at(offer))]
    return located, [card.number for _, card, offer in every if _at(offer) is None]


def _at(offer: OfferJson) -> Point | None:
    place = offer.place.point
    return Point(place.lat, place.lon) if place else None


def _kind(kind: str, offer: OfferJson) -> str:
    """The classes of a pin: `exact` or `near` (what approaches), and `loose` at the centre of a commune."""
    return f"{kind} loose" if cards.is_loose(offer.place) else kind


def _point(area: AreaJson | None) -> Point | None:
    return Point(area.origin.lat, area.origin.lon) if area and area.origin else None


def _marked(found: searching.Answer, asked: Asked) -> list[Commune]:
    """The communes of the codes asked, the most populous first."""
    area = found.plan.area
    covered = asked.places.planner.covered(area) if isinstance(area, Membership) else ()
    return sorted((each for each in covered if each.point), key=lambda each: -each.population)[:MARKS]


def _said(outside: Sequence[int], without: Sequence[int]) -> Iterator[str]:
    """Which cards the picture does not show, and why."""
    if outside:
        yield f"Plus loin que cette carte : {_numbers(outside)}."
    if without:
        yield f"Sans point connu : {_numbers(without)}."


def _numbers(numbers: Sequence[int]) -> str:
    """`1, 3 à 5 et 9`, more or less: runs are said by their ends."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]} à {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)  # noqa: PLR2004 - two are listed


# Where it looks -----------------------------------------------------------------------------------------------------


def _box(centre: Point | None, radius_m: float | None, marks: Iterable[Commune], located: Sequence[_Located]) -> Box:
    """What the first view holds: what was asked and the exact offers; the others unless they are far."""
    within = FARTHER * radius_m if centre and radius_m is not None else inf
    shown = [
        each.point
        for each in located
        if each.kind.startswith("exact") or centre is None or distance_m(centre, each.point) <= within
    ]
    corners = around(centre, radius_m or 0.0) if centre else ()
    return holding([*corners, *(each.point for each in marks if each.point), *shown])


# Rings --------------------------------------------------------------------------------------------------------------


def _rings(area: AreaJson | None, box: Box) -> Iterator[Ring]:
    """The circle asked, its half and its double; the usual one too when it was widened; else round distances."""
    if area is None or area.origin is None:
        return
    if area.kind != "circle" or area.radius_km is None:
        yield from map(_ring, _round_distances(box))
        return
    radius, before = area.radius_km * 1000, area.widened_from_km
    if before is not None:
        yield _ring(before * 1000, "rayon habituel", "usual")
        yield _ring(radius, "zone élargie", "asked")
        return
    yield _ring(radius / 2)
    yield _ring(radius, "rayon", "asked")
    yield _ring(radius * 2)


def _ring(metres: float, what: str = "", kind: str = "distance") -> Ring:
    said = french.distance(metres)
    return Ring(round(metres, 1), f"{what} {said}".strip(), kind)


def _round_distances(box: Box) -> Iterator[float]:
    """Three round distances up to the edge of the box."""
    height = (box.north - box.south) / 2 * METRES_PER_DEGREE
    step = nice(max(height, SMALLEST_M) / 3)
    return (step * times for times in (1, 2, 3))


# The picture --------------------------------------------------------------------------------------------------------


def _drawing(
    projection: Projection,
    centre: Point | None,
    *,
    rings: Sequence[Ring],
    marks: Sequence[Commune],
    located: Sequence[_Located],
    gazetteer: Gazetteer,
) -> Drawing:
    seen = projection.seen
    others = [each for each in gazetteer.within(*seen)[:TOWNS_READ] if each not in marks]
    named, around = _spots(projection, marks), _spots(projection, others)
    circles = tuple(_circles(projection, centre, rings)) if centre else ()
    pins = tuple(_pins(projection, [each for each in located if projection.holds(each.point, PIN)]))
    far = [_above_or_below(projection, centre, each) for each in circles] if centre else []
    middle = Spot(*projection.at(centre), "") if centre else None
    crosses = [Room(spot.x, spot.y, CROSS, CROSS) for spot in (*named, *filter(None, (middle,)))]
    taken = [*_CORNERS, *crosses, *(Room(pin.x, pin.y, pin.half, PIN) for pin in pins)]
    words = _apart([*far, *((_under(spot),) for spot in named), *((spot,) for spot in around)], taken)
    return Drawing(
        centre=middle,
        circles=circles,
        far=tuple(spot for places in far for spot in places if spot in words),
        marks=tuple(spot if _under(spot) in words else spot._replace(text="") for spot in named),
        towns=tuple(spot for spot in around if spot in words)[:TOWNS],
        pins=pins,
        scale=_scale(projection, centre.lat if centre else (seen.south + seen.north) / 2),
    )


def _spots(projection: Projection, communes: Iterable[Commune]) -> list[Spot]:
    return [Spot(*projection.at(each.point), short(each)) for each in communes if each.point]


def short(commune: Commune) -> str:
    """Its name on a map: `Lyon 3e`."""
    return french.town(commune.name)


def _under(mark: Spot) -> Spot:
    """Where the words of a mark are."""
    return mark._replace(y=mark.y + _BELOW)


def _above_or_below(projection: Projection, centre: Point, circle: Circle) -> tuple[Spot, ...]:
    """Where the words of a ring may be: over its top, else under its foot."""
    x, y = projection.at(centre)
    return Spot(x, y - circle.r - 3, circle.text), Spot(x, y + circle.r + _BELOW - 3, circle.text)


def _apart(words: Iterable[tuple[Spot, ...]], room_taken: Iterable[Room]) -> set[Spot]:
    """The first place of each where words are whole in the picture, and cover nothing, nor words before them."""
    taken, kept = [*room_taken], set[Spot]()
    for places in words:
        for spot in places:
            room = Room(spot.x, spot.y - _LINE / 4, len(spot.text) * _LETTER / 2, _LINE / 2)
            if _whole(room) and all(_clear(room, other) for other in taken):
                kept.add(spot)
                taken.append(room)
                break
    return kept


_CORNERS: Final = (Room(WIDTH - 16, 24, 8, 16), Room(50, HEIGHT - 18, 42, 12))
"""Where the north and the scale are."""


def _whole(room: Room) -> bool:
    return room.half <= room.x <= WIDTH - room.half and room.high <= room.y <= HEIGHT - room.high


def _clear(one: Room, other: Room) -> bool:
    """Whether two things do not touch."""
    return abs(one.x - other.x) > one.half + other.half or abs(one.y - other.y) > one.high + other.high


def _circles(projection: Projection, centre: Point, rings: Sequence[Ring]) -> Iterator[Circle]:
    """The rings that the picture has some of, the widest first."""
    for ring in sorted(rings, reverse=True):
        r = round(projection.length(ring.metres, centre.lat))
        if r < hypot(WIDTH, HEIGHT):
            yield Circle(r, ring.kind, ring.text)


def _pins(projection: Projection, located: Sequence[_Located]) -> Iterator[Pin]:
    """A pin for each card, or for those that would cover one another, in order."""
    groups: list[tuple[tuple[int, int], list[_Located]]] = []
    for each in located:
        at = projection.at(each.point)
        near = next((those for there, those in groups if _covers(there, at)), None)
        if near is None:
            groups.append((at, [each]))
        else:
            near.append(each)
    return (_pin(at, those) for at, those in groups)


def _covers(there: tuple[int, int], at: tuple[int, int]) -> bool:
    return all(abs(one - other) < least for one, other, least in zip(there, at, APART, strict=True))


def _pin(at: tuple[int, int], those: Sequence[_Located]) -> Pin:
    first, *others = those
    more = f"+{len(others)}" if others else ""
    return Pin(
        *at,
        href=f"#{first.card.result.anchor}",
        text=f"{first.card.number}{more}",
        title=_title(first, [each.card.number for each in others]),
        kind=f"{first.kind} several" if others else first.kind,
    )


def _title(first: _Located, others: Sequence[int]) -> str:
    """`3, Dr Claire Martel, 1,2 km`, and the other numbers of the same pin."""
    card = first.card
    said = ", ".join(filter(None, (str(card.number), card.result.card.name, card.result.km)))
    return f"{said} ; tout près : {_numbers(others)}" if others else said


def _scale(projection: Projection, lat: float) -> Scale:
    """The roundest length that is under a quarter of the picture."""
    metres = nice(WIDTH / 4 / projection.length(1, lat))
    return Scale(ceil(projection.length(metres, lat)), french.distance(metres))


def rounded(point: Point | None) -> tuple[float, float]:
    """Its degrees, to the metre."""
    return (round(point.lat, 5), round(point.lon, 5)) if point else (0.0, 0.0)
