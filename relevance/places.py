"""Reading a place as people write it: a commune, a postal code, an arrondissement, the end of an address. Pure.

An ambiguous name is never chosen silently: the most populous is used and its namesakes are given back.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from heapq import nlargest
from typing import Final

from rapidfuzz import fuzz, process

from models.folding import fold
from models.gazetteer import Commune, Departement, Gazetteer, gazetteer
from models.geo import Point

ARTICLES: Final = ("le", "la", "les", "l")
LONGEST_NAME: Final = 9
"""Words of the longest commune name that the end of an address is tried with."""
SHORTEST_BEGINNING: Final = 4
"""Letters of a part of a name that a postal code or a département completes: no article."""
ALIKE: Final = 60
"""Likeness, of 100, from which a name is suggested for one that is unknown."""

STREETS: Final = frozenset(
    "rue avenue av boulevard bd bld place pl chemin ch impasse imp allee allees quai route rte cours square passage "
    "montee lieu lieudit residence hameau zone za zac zi rond esplanade promenade sentier voie cite villa bp".split()
)
"""Words by which a text is an address: its end may then stand for it."""
_SAINTS: Final = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
_IN_BRACKETS: Final = re.compile(r"\(([^()]*)\)\s*$")
_POSTAL_CODE: Final = re.compile(r"\d{5}")
_ORDINAL: Final = re.compile(r"(\d{1,2})(?:er|e|eme|ieme)?")
_DEPARTEMENT: Final = re.compile(r"\d\d|2[ab]|9[78]\d")


@dataclass(frozen=True, slots=True)
class Located:
    """A place that was understood.

    `whole`: all of the text was; else only its end, and the rest (a street) was not looked for. `others`: the
    namesakes, the most populous first. `population`: that of the commune, or of the largest of a postal code.
    """

    label: str
    point: Point
    departement: str
    others: tuple[Commune, ...] = ()
    whole: bool = True
    population: int = 0


@dataclass(frozen=True, slots=True)
class _Words:
    """A text ready to be compared: its words, and what stood in brackets at its end."""

    words: tuple[str, ...]
    hint: str = ""


class Places:
    """Place names of a gazetteer."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer

    def locate(self, text: str) -> Located | None:
        """The place that this text names, or that it ends with; None when there is none with a point."""
        read = _read(text)
        return self._whole(read) or (self._end(read) if _is_address(read) else None)

    def named(self, text: str) -> Located | None:
        """The place that the whole of this text names; None when it names none with a point."""
        return self._whole(_read(text))

    def suggest(self, text: str, limit: int) -> tuple[Commune, ...]:
        """The communes whose name or postal code begins like this: those of this very name, then the most populous.

        Arrondissements only when a number is written: else a city would hide the others.
        """
        words = _read(text).words
        begun = " ".join(words)
        if not begun:
            return ()
        numbered = any(character.isdigit() for character in begun)
        met = (each for each in self._beginning(begun) if numbered or each.kind == "COM")
        exact = sorted(self._named(words), key=_population, reverse=True)
        return tuple(dict.fromkeys([*exact, *nlargest(limit, dict.fromkeys(met), key=_population)]))[:limit]

    def alike(self, text: str, limit: int) -> tuple[Commune, ...]:
        """The communes whose name looks the most like this one."""
        begun = self.suggest(text, limit)
        if begun:
            return begun
        wanted = " ".join(word for word in _read(text).words if not word.isdigit())
        found = process.extract(wanted, self._names, scorer=fuzz.ratio, limit=limit, score_cutoff=ALIKE)
        return tuple(dict.fromkeys(self._written[index][1] for _, _, index in found))

    def label(self, commune: Commune) -> str:
        """`Saint-Denis (974)`: enough to find this one again, by its INSEE code where the département has two."""
        twins = [each for each in self._gazetteer.named(commune.name) if each.departement == commune.departement]
        return f"{commune.name} ({commune.departement if len(twins) == 1 else commune.insee})"

    def large(self, population: int) -> tuple[Commune, ...]:
        """The communes with at least so many inhabitants, without arrondissements."""
        return tuple(each for each in self._gazetteer.communes if each.population >= population and each.kind == "COM")

    def departements(self) -> Mapping[str, str]:
        """The name of every département, by its code."""
        return self._departement_names

    # The text as a whole

    def _whole(self, read: _Words) -> Located | None:
        """A postal code alone, a name, a name with what tells it from its namesakes."""
        words = read.words
        if len(words) == 1 and not read.hint and _POSTAL_CODE.fullmatch(words[0]):
            return self._of_code(words[0])
        return self._of_communes(self._candidates(read))

    def _of_code(self, code: str) -> Located | None:
        """A postal code stands for all its communes; else it may be an INSEE code."""
        communes = sorted(self._gazetteer.with_postal_code(code), key=_population, reverse=True)
        point = self._gazetteer.point_of_postal_code(code)
        if not communes or point is None:
            return self._of_communes(filter(None, [self._gazetteer.commune(code)]))
        more = f" et {len(communes) - 1} autre{'s' * (len(communes) > 2)}" if len(communes) > 1 else ""  # noqa: PLR2004 - plural
        return Located(
            f"{code} {communes[0].name}{more}", point, communes[0].departement, population=communes[0].population
        )

    def _of_communes(self, communes: Iterable[Commune]) -> Located | None:
        located = [(each, each.point) for each in communes if each.point]
        if not located:
            return None
        (first, point), *others = sorted(located, key=lambda each: each[0].population, reverse=True)
        namesakes = tuple(other for other, _ in others)
        return Located(self.label(first), point, first.departement, namesakes, population=first.population)

    def _candidates(self, read: _Words) -> tuple[Commune, ...]:
        """The communes that these words name, with the département, postal code or arrondissement they may end with."""
        if named := self._named((*read.words, *read.hint.split())):
            return named
        if read.hint:
            return self._kept(self._named(read.words), read.hint) or self._kept(self._formerly(read.words), read.hint)
        if self._departement(" ".join(read.words)):
            return ()
        *front, last = read.words or ("",)
        first, *rear = read.words or ("",)
        return self._qualified(tuple(front), last) or self._qualified(tuple(rear), first)

    def _qualified(self, words: tuple[str, ...], qualifier: str) -> tuple[Commune, ...]:
        """A name and one more word: `Lyon 3e`, `Saint-Denis 974`, `69100 Villeurbanne`."""
        if words and words[-1] in {"arrondissement", "arr"}:
            return ()
        if qualifier in {"arrondissement", "arr"} and words:
            return self._arrondissement(self._named(words[:-1]), words[-1])
        named = self._named(words)
        return (
            self._arrondissement(named, qualifier)
            or self._kept(named, qualifier)
            or self._kept(self._formerly(words), qualifier)
        )

    def _formerly(self, words: tuple[str, ...]) -> Iterable[Commune]:
        """The communes whose name has grown from these words: `Grigny 69520`, `Pierre-Bénite (69)`."""
        part = " ".join(words)
        begun = self._beginning(f"{part} ") if len(part) >= SHORTEST_BEGINNING else ()
        return (*begun, *self._by_last_words.get(part, ()))

    def _arrondissement(self, cities: Iterable[Commune], ordinal: str) -> tuple[Commune, ...]:
        number = _ORDINAL.fullmatch(ordinal)
        return tuple(
            each
            for city in cities
            for each in self._gazetteer.arrondissements(city.insee)
            if number and int(each.insee[-2:]) == _rank(each, int(number[1]))
        )

    def _kept(self, communes: Iterable[Commune], hint: str) -> tuple[Commune, ...]:
        """Those of a département (its code or its name), of a postal code, or with this INSEE code."""
        among = tuple(communes)
        if not among:
            return ()
        departement = self._departement(hint)
        if departement:
            return tuple(each for each in among if each.departement == departement.code)
        return tuple(each for each in among if hint in each.postal_codes or hint == each.insee.lower())

    def _departement(self, hint: str) -> Departement | None:
        if _DEPARTEMENT.fullmatch(hint):
            return self._gazetteer.departement(hint.upper())
        return self._departements_by_name.get(_bare(hint))

    def _named(self, words: tuple[str, ...]) -> tuple[Commune, ...]:
        """The communes of exactly this name, with or without its article."""
        return self._communes_by_name.get(" ".join(words), ())

    # The end of an address

    def _end(self, read: _Words) -> Located | None:
        """The longest end of the text that names a place; without one, the postal code that it holds."""
        for start in range(max(1, len(read.words) - LONGEST_NAME), len(read.words)):
            located = self._whole(_Words(read.words[start:], read.hint))
            if located:
                return _partial(located)
        codes = [word for word in read.words if _POSTAL_CODE.fullmatch(word)]
        located = self._of_code(codes[-1]) if codes else None
        return located and _partial(located)

    # Names by their beginning

    @cached_property
    def _written(self) -> list[tuple[str, Commune]]:
        """Each way to write each commune: its name, with and without article, then its postal codes; in order."""
        return sorted(
            ((key, commune) for commune in self._gazetteer.communes for key in _writings(commune)),
            key=lambda written: written[0],
        )

    @cached_property
    def _communes_by_name(self) -> Mapping[str, tuple[Commune, ...]]:
        """The communes of each folded name; of a name without its article, where none is called so."""
        known = self._gazetteer.by_name
        bare = {_bare(name) for name in known} - known.keys()
        with_article = {name: [f"{article} {name}" for article in ARTICLES] for name in bare}
        return dict(known) | {
            name: tuple(commune for each in whole for commune in known.get(each, ()))
            for name, whole in with_article.items()
        }

    @cached_property
    def _by_last_words(self) -> Mapping[str, tuple[Commune, ...]]:
        """The communes by what their names end with, of two words or more: two that became one."""
        found: dict[str, list[Commune]] = {}
        for commune in self._gazetteer.communes:
            words = fold(commune.name).split()
            for start in range(1, len(words) - 1):
                if len(words[start]) >= SHORTEST_BEGINNING:
                    found.setdefault(" ".join(words[start:]), []).append(commune)
        return {words: tuple(those) for words, those in found.items()}

    @cached_property
    def _departements_by_name(self) -> Mapping[str, Departement]:
        return {_bare(fold(each.name)): each for each in reversed(self._gazetteer.departements)}

    @cached_property
    def _departement_names(self) -> dict[str, str]:
        return {each.code: each.name for each in self._gazetteer.departements}

    @cached_property
    def _names(self) -> list[str]:
        return [name for name, _ in self._written]

    def _beginning(self, begun: str) -> Iterator[Commune]:
        for index in range(bisect_left(self._names, begun), len(self._names)):
            if not self._names[index].startswith(begun):
                return
            yield self._written[index][1]


@cache
def french_places() -> Places:
    """The places of the package's gazetteer: what they are found by is built once, and safe to share."""
    return Places(gazetteer())


def _read(text: str) -> _Words:
    """Fold a text, write its saints out, and set aside what it ends with in brackets."""
    brackets = _IN_BRACKETS.search(text)
    body = text[: brackets.start()] if brackets else text
    words = tuple(_SAINTS.get(word, word) for word in fold(body).split() if word != "cedex")
    return _Words(words, fold(brackets[1]) if brackets else "")


def _is_address(read: _Words) -> bool:
    return any(word in STREETS or word.isdigit() for word in read.words)


def _writings(commune: Commune) -> set[str]:
    name = fold(commune.name)
    return {name, _bare(name), *commune.postal_codes}


def _bare(name: str) -> str:
    """The name without its article."""
    first, _, rest = name.partition(" ")
    return rest if first in ARTICLES and rest else name


def _rank(arrondissement: Commune, number: int) -> int:
    """The last two digits of the INSEE code of this arrondissement number: Lyon counts from 81, the others from 1."""
    return number + 80 if arrondissement.insee.startswith("693") else number


def _population(commune: Commune) -> int:
    return commune.population


def _partial(located: Located) -> Located:
    return replace(located, whole=False)
