"""Places as a form says them: names for codes, codes for names, and in which time zone its hours are."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter, ValidationError

from models.clock import zone_of
from models.folding import fold
from models.geo import Point
from search_api.parameters import Near, Pairs
from search_api.planning import Planner

_POINT: Final = TypeAdapter[Point](Near)
_WITH_DEPARTEMENT: Final = re.compile(r"(.+?)\s*\((\w{2,5})\)")


@dataclass(frozen=True, slots=True)
class PlaceNames:
    """The names of communes, départements and CPTS, from what the planner knows."""

    planner: Planner

    def label(self, parameter: str, code: str) -> str:
        """What a code of this parameter is called; the code itself when it is unknown."""
        return _LABELS[parameter](self.planner, code) or code

    def codes(self, parameter: str, text: str) -> tuple[str, ...]:
        """The codes that this text means; the text itself when it names nothing, or several communes."""
        if parameter not in _NAMED or self.planner.knows(parameter, text):
            return (text,)
        return _NAMED[parameter](self.planner, text) or (text,)

    def postal_codes(self, cpts: str) -> Sequence[str]:
        """The postal codes of a CPTS; none when it is unknown."""
        territory = self.planner.territories().get(cpts)
        return territory.postal_codes if territory else ()

    def departements(self) -> Sequence[tuple[str, str]]:
        """Every département: code and name."""
        return [(each.code, each.name) for each in self.planner.gazetteer.departements]

    def territories(self) -> Sequence[tuple[str, str]]:
        """Every CPTS by name: identifier and name."""
        known = ((each.id, each.name) for each in self.planner.territories().values())
        return sorted(known, key=lambda territory: fold(territory[1]))

    def zone(self, pairs: Pairs) -> str:
        """The time zone of the place that a request asks for; the capital's when it asks for none."""
        found = (_DEPARTEMENTS[name](self.planner, value) for name, value in pairs if name in _DEPARTEMENTS)
        return zone_of(next((departement for departement in found if departement), None))


def _commune_label(planner: Planner, code: str) -> str | None:
    commune = planner.gazetteer.commune(code)
    return planner.places.label(commune) if commune else None


def _departement_label(planner: Planner, code: str) -> str | None:
    departement = planner.gazetteer.departement(code)
    return f"{departement.name} ({code})" if departement else None


def _territory_label(planner: Planner, code: str) -> str | None:
    territory = planner.territories().get(code)
    return territory.name if territory else None


_LABELS: Final[Mapping[str, Callable[[Planner, str], str | None]]] = {
    "commune": _commune_label,
    "departement": _departement_label,
    "cpts": _territory_label,
}


def _communes(planner: Planner, text: str) -> tuple[str, ...]:
    """The commune of this name, with its département in brackets where others have the same name."""
    qualified = _WITH_DEPARTEMENT.fullmatch(text)
    name, departement = qualified.groups() if qualified else (text, None)
    named = [each for each in planner.gazetteer.named(name) if departement in {None, each.departement, each.insee}]
    return (named[0].insee,) if len(named) == 1 else ()


def _departements(planner: Planner, text: str) -> tuple[str, ...]:
    return planner.departements_named(text)


def _territories(planner: Planner, text: str) -> tuple[str, ...]:
    return tuple(each.id for each in planner.territories().values() if fold(each.name) == fold(text))


_NAMED: Final[Mapping[str, Callable[[Planner, str], tuple[str, ...]]]] = {
    "commune": _communes,
    "departement": _departements,
    "cpts": _territories,
}


def _of_address(planner: Planner, text: str) -> str | None:
    located = planner.places.locate(text)
    return located.departement if located else None


def _of_postal_code(planner: Planner, code: str) -> str | None:
    departement = planner.gazetteer.departement_of(postal_code=code)
    return departement.code if departement else None


def _of_commune(planner: Planner, code: str) -> str | None:
    commune = planner.gazetteer.commune(code)
    return commune.departement if commune else None


def _of_territory(planner: Planner, code: str) -> str | None:
    territory = planner.territories().get(code)
    return _of_postal_code(planner, territory.postal_codes[0]) if territory and territory.postal_codes else None


def _of_point(planner: Planner, text: str) -> str | None:
    try:
        return planner.gazetteer.nearest(_POINT.validate_python(text)).departement
    except ValidationError:
        return None


_DEPARTEMENTS: Final[Mapping[str, Callable[[Planner, str], str | None]]] = {
    "near": _of_point,
    "address": _of_address,
    "postal_code": _of_postal_code,
    "commune": _of_commune,
    "departement": lambda _, code: code,
    "cpts": _of_territory,
}
"""The département of the value of each parameter that says a place."""
