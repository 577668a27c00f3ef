"""The analysis of names, once, for documents and for questions: engines only compare tokens.

A document keeps every word of its name, the other way to write its abbreviations, and its words joined two by two and
three by three (`LE GALL` is found by `legall`, `Jean-Pierre` by `jeanpierre`). A question drops titles and particles,
unless it holds nothing else.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from rapidfuzz.distance import OSA

from models.folding import fold
from relevance.plan import Text

EQUAL: Final = 1.0
PREFIX: Final = 0.75
TYPO: Final = 0.5
TYPO_FROM: Final = 4
"""Characters of an asked token from which one typo is forgiven."""

NOISE: Final = frozenset(
    "dr docteur pr professeur m mr mme mlle monsieur madame maitre d de du des l la le les et a au aux".split()
)

ABBREVIATIONS: Final[tuple[tuple[str, str], ...]] = (
    ("st", "saint"),
    ("ste", "sainte"),
    ("dr", "docteur"),
    ("pr", "professeur"),
    ("msp", "maison sante"),
    ("mmg", "maison medicale garde"),
    ("cds", "centre sante"),
    ("ch", "centre hospitalier"),
    ("chu", "centre hospitalier universitaire"),
    ("chr", "centre hospitalier regional"),
    ("cmp", "centre medico psychologique"),
    ("pmi", "protection maternelle infantile"),
    ("lbm", "laboratoire biologie medicale"),
    ("labo", "laboratoire"),
    ("phie", "pharmacie"),
    ("hop", "hopital"),
    ("clin", "clinique"),
    ("cab", "cabinet"),
    ("cpts", "communaute professionnelle territoriale sante"),
    ("ehpad", "etablissement hebergement personnes agees dependantes"),
    ("had", "hospitalisation domicile"),
    ("ssiad", "service soins infirmiers domicile"),
    ("gd", "grand"),
    ("gde", "grande"),
)

_WRITTEN_OUT: Final = {short: tuple(long.split()) for short, long in ABBREVIATIONS}


def question(text: str, *, prefix: bool = True) -> Text | None:
    """The tokens that a person asks for; `None` when the text holds no letter and no digit."""
    words = fold(text).split()
    asked = [word for word in words if word not in NOISE] or words
    return Text(tuple(dict.fromkeys(asked)), prefix) if asked else None


def name_tokens(name: str) -> frozenset[str]:
    """Every token that a question may meet in this name."""
    words = fold(name).split()
    return frozenset(words) | _joined(words) | _other_writings(words)


def _joined(words: Sequence[str]) -> frozenset[str]:
    """Neighbouring words written as one, two or three of them."""
    spans = ((start, start + size) for size in (2, 3) for start in range(len(words) - size + 1))
    return frozenset("".join(words[start:end]) for start, end in spans)


def _other_writings(words: Sequence[str]) -> frozenset[str]:
    """Abbreviations written out, and long forms abbreviated."""
    present = set(words)
    written_out = {token for word in words for token in _WRITTEN_OUT.get(word, ())}
    shortened = {short for short, long in _WRITTEN_OUT.items() if present.issuperset(long)}
    return frozenset(written_out | shortened)


def token_quality(asked: str, tokens: Iterable[str], *, growing: bool) -> float:
    """How well one asked token meets a name: equal, prefix (when it is still growing), one typo, or 0."""
    known = tokens if isinstance(tokens, frozenset) else frozenset(tokens)
    if asked in known:
        return EQUAL
    if growing and any(token.startswith(asked) for token in known):
        return PREFIX
    if len(asked) >= TYPO_FROM and any(one_typo(asked, token) for token in known):
        return TYPO
    return 0.0


def one_typo(asked: str, token: str) -> bool:
    """One insertion, deletion, substitution or transposition of neighbours apart."""
    return abs(len(asked) - len(token)) <= 1 and OSA.distance(asked, token, score_cutoff=1) <= 1


def name_quality(asked: Text, tokens: frozenset[str]) -> float:
    """The quality of the weakest asked token, in [0, 1]; 0 when one meets nothing."""
    last = len(asked.tokens) - 1
    return min(
        token_quality(token, tokens, growing=asked.prefix and position == last)
        for position, token in enumerate(asked.tokens)
    )
