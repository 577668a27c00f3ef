"""Places as a form says them: names for codes, codes for names, and in which time zone its hours are."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pydantic import TypeAdapter, ValidationError

from models.clock import zone_of
from models.folding import fold
from models.geo import Point
from search_api.parameters import Near, Pairs
from search_api.planning import SUGGESTIONS, Planner
from search_api.suggestions import Suggestion, of_places, of_territories

_POINT: Final = TypeAdapter[Point](Near)
_WITH_DEPARTEMENT: Final = re.compile(r"(.+?)\s*\((\w{2,5})\)")
_BETWEEN_NUMBERS: Final = re.compile(r"\s+(?=\d)")
SEPARATOR: Final = "; "
"""Between the places of one box."""


@dataclass(frozen=True, slots=True)
class PlaceNames:
    """The names of communes, départements and CPTS, from what the planner knows."""

    planner: Planner

    def label(self, parameter: str, code: str) -> str:
        """What a code of this parameter is called; the code itself when it is unknown."""
        return _LABELS[parameter](self.planner, code) or code

    def codes(self, parameter: str, text: str) -> tuple[str, ...]:
        """The codes that this text means: of a name, or of each of several; what names nothing, or too much, as it is.

        A comma separates names where no semicolon does, and a space does before the number of a département.
        """
        whole = self._of_one(parameter, text)
        parts = (text,) if whole else tuple(_parts(parameter, text))
        return whole or tuple(code for part in parts for code in self._of_one(parameter, part) or (part,)) or (text,)

    def _of_one(self, parameter: str, text: str) -> tuple[str, ...]:
        if parameter not in _NAMED or self.planner.knows(parameter, text):
            return (text,)
        return _NAMED[parameter](self.planner, text)

    def text(self, parameter: str, codes: Sequence[str]) -> str:
        """What a box says of these codes: their names, where they are read back as the same codes."""
        named = SEPARATOR.join(self.label(parameter, code) for code in codes)
        return named if self.codes(parameter, named) == tuple(codes) else SEPARATOR.join(codes)

    def alike(self, parameter: str, text: str) -> tuple[tuple[str, str], ...]:
        """What this text may mean: codes and names. The communes of this name, else what looks like it."""
        return tuple(_ALIKE[parameter](self.planner, text)) if parameter in _ALIKE and fold(text) else ()

    def communes_named(self, text: str) -> int:
        """How many communes have this name."""
        return len(self.planner.gazetteer.named(text))

    def departements_named(self, text: str) -> tuple[tuple[str, str], ...]:
        """The départements of this name: codes and names."""
        return tuple((code, self.label("departement", code)) for code in self.planner.departements_named(text))

    def postal_codes(self, cpts: str) -> Sequence[str]:
        """The postal codes of a CPTS; none when it is unknown."""
        territory = self.planner.territories().get(cpts)
        return territory.postal_codes if territory else ()

    def departements(self) -> Sequence[tuple[str, str]]:
        """Every département: code and name."""
        return [(each.code, each.name) for each in self.planner.gazetteer.departements]

    def territories(self) -> Sequence[tuple[str, str]]:
        """Every CPTS by name: what a box takes (the name; the code where others have the same), and its name."""
        known = sorted((_folded(each.name), each.name, each.id) for each in self.planner.territories().values())
        so_called = Counter(folded for folded, _, _ in known)
        return [(name if so_called[folded] == 1 else code, name) for folded, name, code in known]

    def departements_of(self, pairs: Pairs) -> Sequence[str]:
        """The départements of the places that a request asks for, the one of the most of them first."""
        named = [(name, value) for name, value in pairs if name in _DEPARTEMENTS]
        covered = [("postal_code", code) for name, cpts in named if name == "cpts" for code in self.postal_codes(cpts)]
        found = Counter(_DEPARTEMENTS[name](self.planner, value) for name, value in [*named, *covered])
        return [code for code, _ in found.most_common() if code]

    def zone(self, pairs: Pairs) -> str:
        """The time zone of the place that a request asks for; the capital's when it asks for none."""
        said = ((name, code) for name, value in pairs if name in _DEPARTEMENTS for code in self.codes(name, value))
        found = (_DEPARTEMENTS[name](self.planner, code) for name, code in said)
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
    """The département of this name, with or without its code in brackets."""
    qualified = _WITH_DEPARTEMENT.fullmatch(text)
    name, code = qualified.groups() if qualified else (text, None)
    return tuple(each for each in planner.departements_named(name) if code in {None, each})


def _territories(planner: Planner, text: str) -> tuple[str, ...]:
    """The CPTS of this name; else the only one whose name has these words."""
    name = fold(text)
    so_called = tuple(each.id for each in planner.territories().values() if _folded(each.name) == name)
    if so_called or not name:
        return so_called
    met = tuple(code for code, _ in _territories_alike(planner, text))
    return met if len(met) == 1 else ()


@lru_cache(maxsize=4_096)
def _folded(name: str) -> str:
    """The name of a territory as it is compared: every page lists them all."""
    return fold(name)


def _parts(parameter: str, text: str) -> Iterable[str]:
    """The places that a box lists."""
    listed = text.split(";" if ";" in text else ",")
    if parameter == "departement":
        listed = [code for part in listed for code in _BETWEEN_NUMBERS.split(part)]
    return filter(None, map(str.strip, listed))


_NAMED: Final[Mapping[str, Callable[[Planner, str], tuple[str, ...]]]] = {
    "commune": _communes,
    "departement": _departements,
    "cpts": _territories,
}


def _values(suggestions: Iterable[Suggestion], kind: str) -> Iterable[tuple[str, str]]:
    return ((each.value, each.label) for each in suggestions if each.kind == kind)


def _communes_alike(planner: Planner, text: str) -> Iterable[tuple[str, str]]:
    """The namesakes, the most populous first; else the communes whose name looks like this one."""
    named = sorted(planner.gazetteer.named(text), key=lambda commune: -commune.population)
    return ((each.insee, planner.places.label(each)) for each in named or planner.places.alike(text, SUGGESTIONS))


def _departements_alike(planner: Planner, text: str) -> Iterable[tuple[str, str]]:
    return _values(of_places(text, SUGGESTIONS, planner), "departement")


def _territories_alike(planner: Planner, text: str) -> Iterable[tuple[str, str]]:
    return _values(of_territories(text, SUGGESTIONS, planner.territories()), "cpts")


_ALIKE: Final[Mapping[str, Callable[[Planner, str], Iterable[tuple[str, str]]]]] = {
    "commune": _communes_alike,
    "departement": _departements_alike,
    "cpts": _territories_alike,
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


def point(text: str) -> Point | None:
    """The point that `near` says; None when it is ill-formed."""
    try:
        return _POINT.validate_python(text)
    except ValidationError:
        return None


def _of_point(planner: Planner, text: str) -> str | None:
    near = point(text)
    return planner.gazetteer.nearest(near).departement if near else None


_DEPARTEMENTS: Final[Mapping[str, Callable[[Planner, str], str | None]]] = {
    "near": _of_point,
    "address": _of_address,
    "postal_code": _of_postal_code,
    "commune": _of_commune,
    "departement": lambda _, code: code,
    "cpts": _of_territory,
}
"""The département of the value of each parameter that says a place."""
