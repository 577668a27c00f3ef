"""A sentence as words, and what may be understood of some of them: values that its readers share. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from models.folding import fold

SURE: Final = 1.0
LIKELY: Final = 0.9
"""One typo away, or a large commune without a preposition."""
DOUBTFUL: Final = 0.5
CONTRARY: Final = 0.4
"""Right, but against something that was said before."""
CERTAIN: Final = 0.8
"""From which something is asked. Below, it is offered."""
MOST_WORDS: Final = 60
"""Words of a sentence that are read."""

Pairs = tuple[tuple[str, str], ...]
"""Parameters of the API and their values."""

_ABBREVIATED: Final[Mapping[str, str]] = {
    "apm": "aprem",
    "avt": "avant",
    "certif": "certificat",
    "dispos": "dispo",
    "doc": "docteur",
    "dom": "domicile",
    "ds": "dans",
    "inf": "infirmier",
    "infi": "infirmier",
    "med": "medecin",
    "mn": "minutes",
    "nv": "nouveau",
    "nvx": "nouveaux",
    "pharma": "pharmacie",
    "sect": "secteur",
    "tel": "telephone",
    "teleconsult": "teleconsultation",
    "tlc": "teleconsultation",
    "tt": "tout",
    "tte": "toute",
}
"""How words of a request are shortened, word for word."""
_WORD: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What some words ask, and how it is said."""

    label: str
    pairs: Pairs


@dataclass(frozen=True, slots=True)
class Understood:
    """What the words `[start, end)` of a sentence mean.

    `kind` is that of the chip: a parameter, `when` or `where`. Several `meanings` are what they may mean; none, that
    they are about a moment that cannot be asked. `moment` is the name of a moment that has one (`evening`).
    """

    start: int
    end: int
    kind: str
    meanings: tuple[Meaning, ...]
    certainty: float = SURE
    moment: str = ""

    @property
    def certain(self) -> bool:
        """Whether it is asked without asking back."""
        return self.certainty >= CERTAIN and len(self.meanings) == 1

    @property
    def pairs(self) -> Pairs:
        """What it asks; nothing below certainty."""
        return self.meanings[0].pairs if self.certain else ()

    @property
    def words(self) -> range:
        """The indices of its words."""
        return range(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence: its text, its words folded, and where each is written."""

    text: str
    words: tuple[str, ...]
    bounds: tuple[tuple[int, int], ...]

    def written(self, start: int, end: int) -> str:
        """The words `[start, end)` as they were typed; with the bracket that closes one of theirs."""
        last = self.bounds[end - 1][1]
        typed = self.text[self.bounds[start][0] : last]
        return f"{typed})" if "(" in typed and ")" not in typed and self.text[last : last + 1] == ")" else typed

    def is_cut(self, start: int, end: int) -> bool:
        """Whether the words `[start, end)` are a part of a word with hyphens: `Annecy` of `Annecy-le-Vieux`."""
        first, last = self.bounds[start][0], self.bounds[end - 1][1]
        before, after = self.text[max(0, first - 2) : first], self.text[last : last + 2]
        return (before[1:] == "-" and before[:1].isalpha()) or (after[:1] == "-" and after[1:].isalpha())

    def between(self, start: int, end: int) -> str:
        """The words `[start, end)`, folded."""
        return " ".join(self.words[start:end])

    def word(self, index: int) -> str:
        """A word, folded; empty before the first and after the last."""
        return self.words[index] if 0 <= index < len(self.words) else ""


def sentence(text: str) -> Sentence:
    """Cut a text into words. A word of no Latin letter and no digit folds to nothing and is never understood."""
    whole = unicodedata.normalize("NFC", text)
    found = list(_WORD.finditer(whole))
    return Sentence(
        text=whole,
        words=tuple(_whole(fold(word[0]).replace(" ", "")) for word in found),
        bounds=tuple(word.span() for word in found),
    )


def _whole(word: str) -> str:
    return _ABBREVIATED.get(word, word)


def longest(candidates: Iterable[Understood]) -> tuple[Understood, ...]:
    """Those that do not overlap: the longest first, then the most certain, then the first of the sentence."""
    kept: dict[int, Understood] = {}
    for each in sorted(candidates, key=lambda one: (one.start - one.end, -one.certainty, one.start)):
        if not any(word in kept for word in each.words):
            kept.update(dict.fromkeys(each.words, each))
    return tuple(dict.fromkeys(kept[word] for word in sorted(kept)))
