"""From parameters to a plan: places become points and codes, hours become a window, the viewer is a fact.

What could not be said in the plan is said beside it: how the place asked for was understood.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from indexer.protocol import Searcher
from models.clock import PARIS, zone_of
from models.codes import Viewer, specialty_head
from models.folding import fold
from models.gazetteer import Commune, Gazetteer
from models.geo import Point, distance_m, mean_point
from relevance import widening
from relevance.criteria import Name, forbidden
from relevance.explain import both, km
from relevance.places import Located, Places
from relevance.plan import HORIZON_S, Area, Circle, Membership, Plan, Window
from relevance.text import question
from search_api.cursors import Cursor
from search_api.geocoding import Geocoder, GeocoderDown
from search_api.parameters import SearchParameters
from search_api.problems import RESERVED, Fault, Forbidden, Refused
from search_api.territories import Territories

USUAL_RADIUS_KM: Final = 20
"""Where the département has no usual radius."""
SMALLEST_MEMBERSHIP_M: Final = 5_000.0
AT_A_COMMUNE_M: Final = 10_000.0
"""A point farther than this from every commune is said to be near none."""
AWAY_M: Final = 50_000.0
"""A point farther than this from every commune is doubted; in Guyane, one may still be inside one."""
DOUBT: Final = (
    f"ce point est à plus de {km(AWAY_M)} du centre de toute commune de France : vérifiez l’ordre latitude, longitude"
)
SUGGESTIONS: Final = 5
NAMED: Final = 3
"""Codes of a membership that its label names."""


class Namesake(msgspec.Struct, frozen=True):
    """Another place of the same name, and the parameter that chooses it instead of the address.

    `insee` is None for a département.
    """

    label: str
    insee: str | None
    parameter: str
    value: str


@dataclass(frozen=True, slots=True)
class Where:
    """How the place asked for was understood. `note` says what was not."""

    label: str
    zone: str = PARIS
    others: tuple[Namesake, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and how its place was understood; `where` is None when no place is asked."""

    plan: Plan
    where: Where | None = None

    @property
    def zone(self) -> str:
        """The time zone of the place asked for, or the capital's."""
        return self.where.zone if self.where else PARIS


@dataclass(frozen=True, slots=True)
class _Spot:
    """A point that was asked for."""

    point: Point
    departement: str
    where: Where


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a request says of places."""

    area: Area | None = None
    origin: Point | None = None
    where: Where | None = None


@dataclass(frozen=True, slots=True)
class Planner:
    """What places mean: the gazetteer, the territories and, where there is one, a geocoder."""

    gazetteer: Gazetteer
    places: Places
    territories: Territories
    geocoder: Geocoder | None = None

    def knows(self, parameter: str, code: str) -> bool:
        """Whether this code of a place exists."""
        return bool(_KNOWN[parameter](self, code))

    def plan(self, asked: SearchParameters, at: int, viewer: Viewer) -> Planned:
        """The plan of a request.

        Raises:
            Refused: the address is nowhere.
            Forbidden: this viewer may not ask one of the criteria.

        """
        ground = self._ground(asked)
        planned = Planned(_plan(asked, at, viewer, ground), ground.where)
        refused = forbidden(planned.plan)
        if refused:
            raise Forbidden(Fault.of(name.value, _received(asked, name), RESERVED) for name in refused)
        return planned

    def faults_of_address(self, text: str) -> tuple[Fault, ...]:
        """What is wrong with the address of a request that is refused anyway; a geocoder is not asked for it."""
        may_be = self.geocoder is not None or self.places.locate(text) is not None
        return () if may_be else self._nowhere(text).faults

    def geocoded(self, text: str) -> tuple[Point, str] | None:
        """Where a geocoder finds this address, and how it writes it; None when it does not, or there is none."""
        return self._geocoded(text)[0]

    # The point asked for

    def _spot(self, asked: SearchParameters) -> _Spot | None:
        if asked.near is not None:
            return self._near(asked.near)
        return self._address(asked.address) if asked.address is not None else None

    def _near(self, point: Point, label: str | None = None) -> _Spot:
        """A point, said by the commune that it is in, or near."""
        commune = self.gazetteer.nearest(point)
        away = distance_m(point, commune.point) if commune.point else 0.0
        said = self.places.label(commune)
        said = said if away <= AT_A_COMMUNE_M else f"à {km(away)} de {said}"
        note = DOUBT if away > AWAY_M else None
        return _Spot(point, commune.departement, Where(label or said, zone_of(commune.departement), note=note))

    def _address(self, text: str) -> _Spot:
        """The gazetteer for a commune or a postal code, the geocoder for the rest, else the end of the address."""
        located = self.places.locate(text)
        if located is not None and located.whole:
            return self._located(located, others=tuple(self._departement_namesakes(text)))
        point, note = self._geocoded(text)
        if point is not None:
            return self._near(*point)
        if located is None:
            raise self._nowhere(text)
        return self._located(located, f"{note} : le point est celui de {located.label}")

    def _geocoded(self, text: str) -> tuple[tuple[Point, str] | None, str]:
        """What the geocoder found, or why it found nothing."""
        if self.geocoder is None:
            return None, "la rue n’a pas été cherchée"
        try:
            return self.geocoder.locate(text), "adresse introuvable"
        except GeocoderDown:
            return None, "le service d’adresses ne répond pas"

    def _located(self, located: Located, note: str | None = None, others: tuple[Namesake, ...] = ()) -> _Spot:
        zone = zone_of(located.departement)
        namesakes = (*others, *(self._namesake(other) for other in located.others))
        return _Spot(located.point, located.departement, Where(located.label, zone, namesakes, note))

    def _departement_namesakes(self, text: str) -> Iterator[Namesake]:
        """The départements of this name; not Paris, which is its only commune."""
        for code in self.departements_named(text):
            if len(self.gazetteer.in_departement(code)) > 1:
                yield Namesake(f"département {_departement_label(self, code)}", None, "departement", code)

    def _namesake(self, commune: Commune) -> Namesake:
        label = self.places.label(commune)
        return Namesake(label, commune.insee, "address", label)

    def _nowhere(self, text: str) -> Refused:
        labels = tuple(self.places.label(each) for each in self.places.alike(text, SUGGESTIONS))
        whole = [f"pour le département entier : departement={code}" for code in self.departements_named(text)]
        rules = ["lieu introuvable", *whole, *([f"peut-être {', '.join(labels)}"] if labels else [])]
        return Refused([Fault.of("address", text, " ; ".join(rules), labels)])

    def departements_named(self, name: str) -> tuple[str, ...]:
        """The codes of the départements of this name, whatever its case and accents."""
        return tuple(each.code for each in self.gazetteer.departements if fold(each.name) == fold(name))

    # The area

    def _ground(self, asked: SearchParameters) -> _Ground:
        """The area, the origin of distances, and how they are said; beside codes, a spot is only the origin."""
        spot = self._spot(asked)
        codes = _codes(asked, self)
        if codes is not None:
            return self._membership(codes, asked, spot)
        if spot is None:
            return _Ground()
        radius = asked.radius_km or self._usual_radius_km(spot.departement)
        return _Ground(Circle(radius * 1000), spot.point, spot.where)

    def _usual_radius_km(self, departement: str) -> float:
        known = self.gazetteer.departement(departement)
        return known.radius_km if known and known.radius_km else USUAL_RADIUS_KM

    def _membership(self, codes: Membership, asked: SearchParameters, spot: _Spot | None) -> _Ground:
        """Codes with their R: from the origin (the spot, else the mean of their points) to the farthest point."""
        communes = self.covered(codes)
        points = [commune.point for commune in communes if commune.point]
        origin = spot.point if spot else mean_point(points) if points else None
        farthest = max((distance_m(origin, point) for point in points), default=0.0) if origin else 0.0
        label = _some([_LABELS[name](self, code) for name in _LABELS for code in getattr(asked, name)])
        where = Where(label, zone_of(communes[0].departement if communes else None))
        if spot:
            where = replace(where, others=spot.where.others, note=spot.where.note)
        return _Ground(replace(codes, radius_m=max(farthest, SMALLEST_MEMBERSHIP_M)), origin, where)

    def covered(self, area: Membership) -> tuple[Commune, ...]:
        """Every commune that the codes cover, a city by its arrondissements."""
        covered = dict.fromkeys(each for commune in self._coded(area) for each in self._whole(commune))
        return tuple(covered)

    def _coded(self, area: Membership) -> Iterator[Commune]:
        for postal_code in sorted(area.postal_codes):
            yield from self.gazetteer.with_postal_code(postal_code)
        yield from filter(None, map(self.gazetteer.commune, sorted(area.communes)))
        for departement in sorted(area.departements):
            yield from self.gazetteer.in_departement(departement)

    def _whole(self, commune: Commune) -> Sequence[Commune]:
        return self.gazetteer.arrondissements(commune.insee) or (commune,)

    def contained(self, communes: Iterable[str]) -> frozenset[str]:
        """These communes and their arrondissements."""
        given = frozenset(communes)
        return given | {each.insee for insee in given for each in self.gazetteer.arrondissements(insee)}

    def postal_codes(self, territories: Iterable[str]) -> frozenset[str]:
        """The postal codes of these territories."""
        known = self.territories()
        return frozenset(code for each in territories if each in known for code in known[each].postal_codes)


_KNOWN: Final[dict[str, Callable[[Planner, str], object]]] = {
    "postal_code": lambda planner, code: planner.gazetteer.with_postal_code(code),
    "commune": lambda planner, code: planner.gazetteer.commune(code),
    "departement": lambda planner, code: planner.gazetteer.departement(code),
    "cpts": lambda planner, code: planner.postal_codes([code]),
}


def _codes(asked: SearchParameters, planner: Planner) -> Membership | None:
    """The codes asked, with what they contain; its R is not known yet. None when no code is asked."""
    codes = Membership(
        SMALLEST_MEMBERSHIP_M,
        frozenset(asked.postal_code) | planner.postal_codes(asked.cpts),
        planner.contained(asked.commune),
        frozenset(asked.departement),
    )
    return codes if asked.postal_code or asked.cpts or asked.commune or asked.departement else None


def _commune_label(planner: Planner, insee: str) -> str:
    commune = planner.gazetteer.commune(insee)
    return planner.places.label(commune) if commune else insee


def _territory_label(planner: Planner, identifier: str) -> str:
    territory = planner.territories().get(identifier)
    return territory.name if territory else identifier


def _departement_label(planner: Planner, code: str) -> str:
    departement = planner.gazetteer.departement(code)
    return f"{departement.name} ({code})" if departement else code


_LABELS: Final[dict[str, Callable[[Planner, str], str]]] = {
    "cpts": _territory_label,
    "departement": _departement_label,
    "commune": _commune_label,
    "postal_code": lambda _, code: code,
}


def _some(labels: Sequence[str]) -> str:
    """The first labels, and how many more there are."""
    if len(labels) <= NAMED + 1:
        return both(labels)
    return both([*labels[:NAMED], f"{len(labels) - NAMED} autres"])


# The plan -----------------------------------------------------------------------------------------------------------


def _received(asked: SearchParameters, name: Name) -> str:
    """The values that a request gave to a reserved criterion, as it wrote them."""
    given = getattr(asked, name.value)
    values = given if isinstance(given, tuple) else ("any",)
    return ", ".join("true" if value == "any" else value for value in values)


def _plan(asked: SearchParameters, at: int, viewer: Viewer, ground: _Ground) -> Plan:
    return Plan(
        at=at,
        viewer=viewer,
        kind=asked.kind[0] if len(asked.kind) == 1 else None,
        text=question(asked.text) if asked.text is not None else None,
        professions=frozenset(asked.profession),
        specialties=frozenset(map(specialty_head, asked.specialty)),
        structure_types=frozenset(asked.structure_type),
        skills=frozenset(asked.skill),
        care=frozenset(asked.care),
        equipment=frozenset(asked.equipment),
        languages=frozenset(asked.language),
        sectors=frozenset(asked.sector),
        participation=frozenset(asked.participation),
        overbooking=asked.overbooking,
        reorientation=asked.reorientation,
        accessible=asked.accessible,
        new_patients=asked.new_patients,
        origin=ground.origin,
        area=ground.area,
        window=_window(asked, at),
        modalities=asked.modality,
        order=asked.order,
        exact_limit=asked.exact_limit,
        approximate_limit=asked.approximate_limit,
    )


def _window(asked: SearchParameters, at: int) -> Window | None:
    """What is asked for, cut at the clock + 72 h; None when neither its start nor its length is given."""
    if asked.from_ is None and asked.within_hours is None:
        return None
    start, end = at if asked.from_ is None else asked.from_, at + HORIZON_S
    return Window(start, end if asked.within_hours is None else min(start + asked.within_hours * 3600, end))


def radii_of(plan: Plan, asked: SearchParameters) -> tuple[Plan, ...]:
    """The plan with each radius that may answer it: its own alone when the request gave a radius or a name."""
    return (plan,) if asked.radius_km is not None or plan.text is not None else widening.choices(plan)


def widened(plan: Plan, asked: SearchParameters, searcher: Searcher) -> Plan:
    """The plan with the radius that finds enough, when the request gave neither radius nor name. One round trip."""
    each = radii_of(plan, asked)
    return plan if len(each) == 1 else widening.chosen(each, searcher.counts(each, widening.ENOUGH))


def resumed(plan: Plan, cursor: Cursor) -> Plan:
    """The plan as the cursor's page was answered: same origin, same radius."""
    area = replace(plan.area, radius_m=cursor.radius_m) if plan.area and cursor.radius_m else plan.area
    return replace(plan, origin=cursor.point, area=area, widened_from_m=cursor.widened_from_m)
