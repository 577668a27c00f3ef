"""What is active: a chip for each value asked, with the link that removes it. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from models import codes
from models.clock import local
from relevance import explain
from search_api.pages import fields, french, links, moments
from search_api.pages.asked import Asked


@dataclass(frozen=True, slots=True)
class Link:
    """A neighbour of the request, and what it says."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Chip:
    """An active criterion: what it says, the link that removes it, the one that prefers it, those of other radii."""

    text: str
    remove: str
    prefer: str | None = None
    nearer: Link | None = None
    farther: Link | None = None


ORDER: Final = (
    "text", "near", "address", "radius_km", "postal_code", "commune", "departement", "cpts", "specialty", "profession",
    "structure_type", "kind", "care", "equipment", "skill", "modality", "from", "within_hours", "participation",
    "overbooking", "reorientation", "new_patients", "accessible", "language", "sector",
)  # fmt: skip
"""Who is looked for and where, what for, how, when, then the rest."""
_SAID_WITH: Final[Mapping[str, frozenset[str]]] = {
    "radius_km": frozenset({"address", "near"}),
    "within_hours": frozenset({"from"}),
}
"""Parameters that another one's chip says when it is there."""


def chips(asked: Asked) -> Iterator[Chip]:
    """A chip for each value asked; a CPTS has one for each of its postal codes too."""
    for name in ORDER:
        yield from (_chip(name, value, asked) for value in _said(name, asked))
        if name == "cpts":
            yield from _covered(asked)


def words(name: str, asked: Asked) -> tuple[str, ...]:
    """What the values of a parameter are called; none when another one's words say it."""
    return tuple(_words(name, value, asked) for value in _said(name, asked))


def _said(name: str, asked: Asked) -> list[str]:
    """The values that have a chip."""
    elsewhere = any(asked.values(other) for other in _SAID_WITH.get(name, ()))
    return [] if elsewhere else asked.values(name)


def reset(asked: Asked) -> Link | None:
    """Bring back every postal code of the CPTS that the request started from."""
    cpts = asked.value(links.PREFILL)
    covered = asked.places.postal_codes(cpts) if cpts else ()
    if cpts is None or set(covered) <= set(asked.values("postal_code")):
        return None
    bare = links.without(links.without(asked.pairs, links.PREFILL), "postal_code")
    return Link(
        f"Réinitialiser{french.NBSP}: {asked.places.label('cpts', cpts)}",
        links.href(links.replacing(bare, "cpts", [cpts])),
    )


def beyond(asked: Asked) -> Iterator[Link]:
    """The neighbours of a request of structures, and of a territory."""
    yield from _structures(asked)
    yield from _departements(asked)


def _structures(asked: Asked) -> Iterator[Link]:
    """Without the people who work there: a pharmacy has as many cards as pharmacists."""
    if asked.values("structure_type") and not asked.values("kind"):
        only = links.replacing(asked.pairs, "kind", ["structure"])
        yield Link("Sans les personnes qui y exercent", links.href(only))


def _departements(asked: Asked) -> Iterator[Link]:
    """The request of a territory in its départements, the one with the most of it first."""
    asking = frozenset(name for name, _ in asked.pairs) & _OF_A_TERRITORY
    if asking and not asked.values("departement"):
        for code in asked.places.departements_of(asked.pairs)[:MOST_BEYOND]:
            label = asked.places.label("departement", code)
            wider = links.replacing(links.without_all(asked.pairs, _OF_A_TERRITORY | _LOST), "departement", [code])
            yield Link(french.typeset(f"Élargir : tout le département {label}"), links.href(wider))


MOST_BEYOND: Final = 2
"""Départements that a territory is widened to, at most."""
_OF_A_TERRITORY: Final = frozenset({"cpts", "postal_code", "commune"})
_LOST: Final = frozenset({links.PREFILL})


def _covered(asked: Asked) -> Iterator[Chip]:
    """The postal codes of the CPTS asked: removing one leaves the others, and remembers the CPTS."""
    for cpts in asked.values("cpts"):
        covered = asked.places.postal_codes(cpts)
        kept = links.without(asked.pairs, "cpts", cpts)
        for code in covered:
            others = [*links.values(kept, "postal_code"), *(other for other in covered if other != code)]
            left = links.replacing(links.replacing(kept, "postal_code", others), links.PREFILL, [cpts])
            yield Chip(code, links.href(left))


def _chip(name: str, value: str, asked: Asked) -> Chip:
    whole = name not in fields.LABELS or name in fields.FLAGS or name in _WHOLE
    remove = links.href(links.without(asked.pairs, name, None if whole else value))
    return Chip(_words(name, value, asked), remove, _prefer(name, value, asked), *_radii(name, asked))


RADII_KM: Final = ("1", "2", "5", "10", "15", "20", "30", "50", "75", "100")


def _radii(name: str, asked: Asked) -> tuple[Link | None, Link | None]:
    """The same place with the radius before, and with the one after, where one is asked."""
    try:
        radius = float(asked.value("radius_km") or "")
    except ValueError:
        return None, None
    if name not in _SAID_WITH["radius_km"]:
        return None, None
    smaller = next((each for each in reversed(RADII_KM) if float(each) < radius), None)
    larger = next((each for each in RADII_KM if float(each) > radius), None)
    return _radius(smaller, asked), _radius(larger, asked)


def _radius(radius: str | None, asked: Asked) -> Link | None:
    return (
        Link(french.typeset(f"Rayon de {radius} km"), links.href(links.replacing(asked.pairs, "radius_km", [radius])))
        if radius
        else None
    )


_WHOLE: Final = frozenset({"text", "address", "radius_km", "from", "within_hours"})
"""Parameters with one value: what goes with them is removed too."""


def _prefer(name: str, value: str, asked: Asked) -> str | None:
    """Modalities have an order of preference: those after the first can become the first."""
    if name != "modality" or asked.value(name) == value:
        return None
    return links.href(links.preferring(asked.pairs, name, value))


# Words --------------------------------------------------------------------------------------------------------------

TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    **{facet.name: facet.table for facet in fields.FACETS},
    "specialty": codes.SPECIALTIES,
    "kind": fields.KINDS,
}


def _words(name: str, value: str, asked: Asked) -> str:
    return french.typeset(_TEXTS.get(name, _label)(name, value, asked))


def _label(name: str, value: str, _: Asked) -> str:
    """The label of a code, the name of a yes, else the value itself."""
    return fields.FLAGS.get(name) or TABLES.get(name, {}).get(value, value)


def _place(name: str, value: str, asked: Asked) -> str:
    return asked.places.label(name, value)


def _circle(name: str, value: str, asked: Asked) -> str:
    """The place and its radius, when one is asked."""
    place = value if name == "address" else "Autour d’un point"
    radius = asked.value("radius_km")
    return f"{place} · {radius.replace('.', ',')} km" if radius else place


def _moment(name: str, value: str, asked: Asked) -> str:
    """The window asked: its named moment, or its hours."""
    named = moments.named(asked.pairs, asked.at, asked.zone)
    if named:
        return f"{named.label} · {moments.hours(named, asked.at, asked.zone)}"
    if name == "within_hours":
        return "Dans l’heure" if value == "1" else f"Dans les {value} heures"
    start, hours = moments.instant(value), asked.value("within_hours")
    begins = f"À partir de : {_instant(start, asked)}" if start is not None else value
    return f"{begins}, pendant {hours} h" if hours else begins


def _instant(start: int, asked: Asked) -> str:
    """A day and an hour of the place; what is past too, since it may be what is wrong."""
    then, now = local(start, asked.zone), local(asked.at, asked.zone)
    return f"{french.day(then.date(), now.date())} à {explain.hour(start, asked.zone)}"


_TEXTS: Final[Mapping[str, Callable[[str, str, Asked], str]]] = {
    "text": lambda _, value, __: f"Nom : {value}",
    "near": _circle,
    "address": _circle,
    "radius_km": lambda _, value, __: f"Rayon : {value.replace('.', ',')} km",
    "commune": _place,
    "departement": _place,
    "cpts": _place,
    "from": _moment,
    "within_hours": _moment,
}
