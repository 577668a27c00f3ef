"""The analysis of names, once, for documents and for questions: engines only compare tokens.

A document keeps every word of its name, the other way to write its abbreviations, and its words joined two by two and
three by three (`LE GALL` is found by `legall`, `Jean-Pierre` by `jeanpierre`). A question drops titles and particles,
unless it holds nothing else. One as short as a person's name has other readings, where neighbours are joined: `LEGALL`
is found by `le gall`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from rapidfuzz.distance import OSA

from models.folding import fold
from relevance.plan import Text

ANALYSIS: Final = 2
"""The version of the tokens that a name gives. It is raised when they change: indices built before must be rebuilt."""

EQUAL: Final = 1.0
PREFIX: Final = 0.5
TYPO: Final = 0.25
TYPO_FROM: Final = 4
"""Characters of an asked token from which one typo is forgiven."""

JOINED_UP_TO: Final = 4
"""Words of a question, beside its titles, up to which neighbours are also read as one: those of a person's name."""

TITLES: Final = frozenset("dr docteur pr professeur mr mme mlle monsieur madame maitre".split())
"""What is said before a name and never written in one word with it."""

NOISE: Final = TITLES | frozenset("m d de du des l la le les et a au aux".split())
"""What a question does without."""

ABBREVIATIONS: Final[tuple[tuple[str, str], ...]] = (
    ("st", "saint"),
    ("ste", "sainte"),
    ("sts", "saints"),
    ("stes", "saintes"),
    ("dr", "docteur"),
    ("pr", "professeur"),
    ("msp", "maison sante"),
    ("msp", "maison sante pluriprofessionnelle"),
    ("msp", "maison sante pluridisciplinaire"),
    ("mmg", "maison medicale garde"),
    ("cds", "centre sante"),
    ("ch", "centre hospitalier"),
    ("chu", "centre hospitalier universitaire"),
    ("chr", "centre hospitalier regional"),
    ("chru", "centre hospitalier regional universitaire"),
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
"""Short forms, each with the words that it stands for; several rows when several ways to write it out are in use."""

_LONG: Final = tuple((short, frozenset(long.split())) for short, long in ABBREVIATIONS)


def _writings(short: str) -> frozenset[str]:
    """The words that a short form stands for, in every way to write it out, and the short forms of some of them."""
    words = frozenset(word for other, long in _LONG if other == short for word in long)
    return words | {other for other, long in _LONG if long <= words}


_WRITTEN_OUT: Final = {short: _writings(short) for short, _ in ABBREVIATIONS}


# Questions ----------------------------------------------------------------------------------------------------------


class Asked(NamedTuple):
    """A token of a reading: whether it may still be growing, and whether one typo is forgiven."""

    token: str
    growing: bool = False
    forgiven: bool = False


def question(text: str, *, prefix: bool = True) -> Text | None:
    """What a person asks for; `None` when the text holds no letter and no digit."""
    words = fold(text).split()
    if not words:
        return None
    main = _distinct(_without_noise(words) or words)
    return Text(main, prefix, tuple(reading for reading in _joined_readings(words) if reading != main))


def _joined_readings(words: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The readings of a short question where some neighbours, particles included, are one."""
    named = [word for word in words if word not in TITLES]
    if len(named) > JOINED_UP_TO:
        return ()
    readings = (
        _distinct([*_without_noise(named[:start]), "".join(named[start:end]), *_without_noise(named[end:])])
        for start, end in _neighbours(len(named))
    )
    return tuple(dict.fromkeys(readings))


def _without_noise(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in NOISE]


def _distinct(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


def _neighbours(count: int) -> Iterator[tuple[int, int]]:
    """Where two or three neighbours start and end, among so many words."""
    return ((start, start + size) for size in (2, 3) for start in range(count - size + 1))


def readings(asked: Text) -> tuple[tuple[Asked, ...], ...]:
    """The ways to read a question; a name meets one of them by all its tokens. Only the first forgives typos."""
    joined = (_reading(tokens, prefix=asked.prefix, typos=False) for tokens in asked.joined)
    return _reading(asked.tokens, prefix=asked.prefix, typos=True), *joined


def _reading(tokens: Sequence[str], *, prefix: bool, typos: bool) -> tuple[Asked, ...]:
    last = len(tokens) - 1
    return tuple(
        Asked(token, prefix and position == last, typos and len(token) >= TYPO_FROM)
        for position, token in enumerate(tokens)
    )


# Names --------------------------------------------------------------------------------------------------------------


def name_tokens(name: str) -> frozenset[str]:
    """Every token that a question may meet in this name."""
    words = fold(name).split()
    return frozenset(words) | _joined(words) | _other_writings(words)


def _joined(words: Sequence[str]) -> frozenset[str]:
    """Neighbouring words written as one, two or three of them."""
    return frozenset("".join(words[start:end]) for start, end in _neighbours(len(words)))


def _other_writings(words: Iterable[str]) -> frozenset[str]:
    """Abbreviations written out, and long forms abbreviated."""
    present = frozenset(words)
    shortened = frozenset(short for short, long in _LONG if long <= present)
    return shortened.union(*(_WRITTEN_OUT.get(word, ()) for word in present))


# Qualities ----------------------------------------------------------------------------------------------------------


def token_quality(asked: Asked, tokens: frozenset[str]) -> float:
    """How well one asked token meets a name: equal, prefix (when it is still growing), one typo, or 0."""
    if asked.token in tokens:
        return EQUAL
    if asked.growing and any(token.startswith(asked.token) for token in tokens):
        return PREFIX
    if asked.forgiven and any(one_typo(asked.token, token) for token in tokens):
        return TYPO
    return 0.0


def one_typo(asked: str, token: str) -> bool:
    """One insertion, deletion, substitution or transposition of neighbours apart."""
    return abs(len(asked) - len(token)) <= 1 and OSA.distance(asked, token, score_cutoff=1) <= 1


def name_quality(asked: Text, tokens: frozenset[str]) -> float:
    """The best of the readings, each as good as its weakest token, in [0, 1]; 0 when no reading is met."""
    return max(min(token_quality(one, tokens) for one in reading) for reading in readings(asked))
