"""One typo in a word of a sentence: which words may have one, and what was meant. Pure."""

from collections.abc import Sequence
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from relevance.lexicon import FILLERS, NAMES, ORDINARY

TYPO_FROM: Final = 5
"""Letters of a word from which one typo is forgiven."""


def may_be_mistyped(word: str) -> bool:
    """Whether a folded word is long enough for a typo, and neither a name nor an ordinary word that is right."""
    return len(word) >= TYPO_FROM and word not in NAMES and word not in ORDINARY and word not in FILLERS


def one_typo_away(word: str, among: Sequence[str]) -> list[str]:
    """The words among these that this one misses by a letter, or by two that changed places; never the first."""
    near = process.extract(word, among, scorer=OSA.distance, score_cutoff=1, limit=None)
    return [right for right, _, _ in near if right[0] == word[0]]
