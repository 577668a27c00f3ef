"""How well whole requests are understood: sentences written for it, with what each must ask.

`sentences.ndjson` has a sentence a line, and what is `expected` of it: parameters of the API with their values, `when`
(the day of November 2026, the hour and the hours that follow), `name`, the words that must be said not to be understood
(`unread`) and what must be offered (`doubt`). No person in it exists. Half of them, by a hash of their words, were read
while the rules were written; the others only measure.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from importlib.resources import files
from typing import Final

from models.folding import fold
from relevance.interpretation import Interpretation, interpret
from relevance.places import french_places
from relevance.text import NOISE

AT: Final = 1_795_452_120
"""Monday 23 November 2026, 17:42 in Paris."""
ZONE: Final = "Europe/Paris"

KINDS: Final[Mapping[str, str]] = {
    "profession": "profession",
    "specialty": "spécialité",
    "structure_type": "type de structure",
    "care": "prise en charge",
    "equipment": "équipement",
    "skill": "compétence",
    "modality": "modalité",
    "when": "moment",
    "address": "lieu",
    "postal_code": "codes postaux",
    "departement": "département",
    "radius_km": "rayon",
    "language": "langue",
    "sector": "secteur",
    "accessible": "accès",
    "new_patients": "nouveaux patients",
    "participation": "participation",
    "overbooking": "en sus",
    "reorientation": "réorientation",
    "order": "ordre",
    "name": "nom",
    "doubt": "proposé, non demandé",
    "unread": "dit non compris",
}
"""The kinds of chips, in the order of the report."""

Values = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence and what it must give."""

    sentence: str
    expected: Values

    @property
    def kept(self) -> bool:
        """Whether it is of the half that measures."""
        return blake2b(self.sentence.encode(), digest_size=1).digest()[0] % 2 == 1


@dataclass(frozen=True, slots=True)
class Result:
    """What a sentence gave; `wrong` are the kinds that are not as expected."""

    case: Case
    found: Values

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that are expected, or found."""
        return tuple(kind for kind in KINDS if self.case.expected.get(kind) or self.found.get(kind))

    @property
    def wrong(self) -> tuple[str, ...]:
        """The kinds that are not as expected."""
        return tuple(kind for kind in self.kinds if not self._right(kind))

    @property
    def unexpected(self) -> tuple[str, ...]:
        """The kinds that are asked though nobody said so: a guess."""
        return tuple(kind for kind in self.wrong if self.found.get(kind) and kind not in {"unread", "doubt"})

    def _right(self, kind: str) -> bool:
        expected, found = self.case.expected.get(kind, frozenset()), self.found.get(kind, frozenset())
        if kind == "unread":
            said = " ".join(sorted(found))
            return bool(expected) == bool(found) and all(word in said for word in expected)
        return expected <= found if kind == "doubt" else expected == found


def cases() -> Iterator[Case]:
    """Every sentence of the set."""
    for line in (files("benchmarks.sentences") / "sentences.ndjson").read_text(encoding="utf-8").splitlines():
        read = json.loads(line)
        yield Case(read["sentence"], {kind: _compared(kind, values) for kind, values in read["expected"].items()})


def results(among: Sequence[Case]) -> list[Result]:
    """What each sentence gives."""
    where = french_places()
    return [Result(case, _found(interpret(case.sentence, AT, ZONE, where))) for case in among]


def _compared(kind: str, values: Sequence[str]) -> frozenset[str]:
    """Values as they are compared: places and words whatever their accents, names without particles."""
    if kind == "name":
        return frozenset(" ".join(word for word in fold(value).split() if word not in NOISE) for value in values)
    return frozenset(map(fold, values)) if kind in {"address", "unread"} else frozenset(values)


def _found(read: Interpretation) -> Values:
    asked: dict[str, list[str]] = {}
    for name, value in read.pairs:
        asked.setdefault(name, []).append(value)
    start, hours = asked.pop("from", None), asked.pop("within_hours", None)
    asked["when"] = [_moment(start[0] if start else None, hours[0])] if hours else []
    asked["name"] = [read.name] if read.name else []
    asked["unread"] = [*read.unread, *(read.written(each) for each in read.doubts if not each.meanings)]
    asked["doubt"] = [
        f"{name}:{value}" for each in read.doubts for meaning in each.meanings for name, value in meaning.pairs
    ]
    return {kind: _compared(kind, values) for kind, values in asked.items() if values}


def _moment(start: str | None, hours: str) -> str:
    """`23T18:00+6`, or `+4` from now."""
    return (f"{datetime.fromisoformat(start):%dT%H:%M}" if start else "") + f"+{hours}"
