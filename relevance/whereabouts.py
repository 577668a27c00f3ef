"""Places in a sentence: "vers Villeurbanne", "69100", "dans le Rhône", "12 rue Molière 69003 Lyon". Pure.

A commune is certain after a preposition, with its postal code or its département, or when many people live there; else
it may be a family name, and is offered.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from models.codes import label
from models.folding import fold
from models.gazetteer import Commune
from relevance.lexicon import FILLERS, NAMES, NEGATORS, ORDINARY, PARTICLES, UNITS
from relevance.places import ARTICLES, LONGEST_NAME, STREETS, Located, Places
from relevance.sentence import DOUBTFUL, LIKELY, SURE, Meaning, Sentence, Understood
from relevance.vocabulary import entries, stem

LARGE: Final = 5_000
"""Inhabitants from which a commune is understood without a preposition."""
MENDED_FROM: Final = 6
"""Letters of a commune's name from which one typo is offered, after a preposition."""
MENDED_ALONE: Final = 8
"""Letters from which that typo is mended, where the first letter is right; with or without a preposition."""
MEANINGS: Final = 4
"""Communes that the beginning of a name is offered as, at most."""
_ADDRESS_WORDS: Final = 8
"""Words between a street's and its commune, at most."""

_PREPOSITIONS: Final = tuple(
    tuple(words.split())
    for words in (
        "pas loin de, pas loin d, pas tres loin de, a proximite de, a proximite d, aux alentours de, aux "
        "alentours d, aux environs de, aux environs d, "
        "autour de, "
        "autour d, pres de, pres d, proche de, proche d, proches de, a cote de, a cote d, du cote de, du "
        "cote d, secteur de, "
        "dans le secteur de, secteur, cote, vers, sur, a, au, aux, dans, sur la commune de, commune de, "
        "ville de, dans la "
        "ville de, a la ville de, environs de, alentours de, region de, en, proximite, quartier, non loin "
        "de, non loin d, "
        "habite, habite a, domicilie a, domiciliee a, qui habite a, j habite, j habite a, je suis a, situe a, situee a"
    ).split(", ")
)
_BEFORE_PLACES: Final = tuple(
    each for each in _PREPOSITIONS if " ".join(each) not in {"a", "au", "aux", "cote", "dans", "en", "sur", "secteur"}
)
"""Those after which nothing but a place comes."""
_OF_DEPARTEMENTS: Final = tuple(
    tuple(words.split())
    for words in "dans le, dans la, dans l, dans les, dans, en, departement, departement de, departement du, dans le "
    "departement, dans le departement de, dans le departement du, departement de l, dept, dep, departement de la, "
    "dans tout le, tout le".split(", ")
)
_POSTAL_CODE: Final = re.compile(r"\d{5}")
_DEPARTEMENT: Final = re.compile(r"\d\d|2[ab]|9[78]\d")
_RADIUS: Final = re.compile(
    r"\b(?:(?:a |dans un rayon de |rayon de |rayon |dans les |a moins de |moins de |a max |maximum |jusqu a |max )*)"
    r"(?P<km>\d{1,3})(?: (?P<tenths>\d))? ?(?:km|kms|kilometres?)"
    r"(?P<more> (?:max|maximum|autour|a la ronde|alentour))?\b"
)


def places(said: Sentence, where: Places, names: frozenset[int]) -> Iterator[Understood]:
    """Every place that words of the sentence may say. `names` are the words that a title makes a name."""
    found = [*_communes(said, where, names)]
    yield from found
    yield from _addresses(said, found)
    yield from _departements(said, where, names)
    yield from _radii(said)


def _address(start: int, end: int, said: str, certainty: float) -> Understood:
    return Understood(start, end, "where", (Meaning(said, (("address", said),)),), certainty)


def follows_preposition(said: Sentence, index: int) -> bool:
    """Whether a word is where a place is said, known or not: `vers Perrache`, `gare de Vaise`; not `à la clinique`."""
    before = next(each for each in range(index - 1, -2, -1) if said.word(each) not in PARTICLES)
    landmark = said.word(before) in _LANDMARKS
    return landmark or said.word(index - 1) == "a" or _preposed(said, index, _BEFORE_PLACES) < index


_LANDMARKS: Final = frozenset("gare metro tram mairie ecole college lycee aeroport stade eglise".split())
"""Words whose name is that of a spot, and of nobody."""


# Communes and postal codes ------------------------------------------------------------------------------------------


def _communes(said: Sentence, where: Places, names: frozenset[int]) -> Iterator[Understood]:
    for start in range(len(said.words)):
        begun = _preposed(said, start, _PREPOSITIONS)
        for end in range(start + 1, min(start + LONGEST_NAME, len(said.words)) + 1):
            located = _located(said, start, end, where)
            if located:
                titled = begun == start and bool(names & set(range(start, end)))
                certainty = _certainty(said, start, end, located, preposed=begun < start, titled=titled)
                yield _address(begun, end, said.written(start, end), certainty)
                yield _address(start, end, said.written(start, end), certainty)
        yield from _cut_code(said, begun, start, where)
        yield from _by_beginning(said, begun, start, where, names)
        if begun < start or start not in names:
            yield from _mended(said, begun, start, where)


def _cut_code(said: Sentence, begun: int, start: int, where: Places) -> Iterator[Understood]:
    """A postal code with a space in it, and its commune: `69 100 Villeurbanne`."""
    code = said.word(start) + said.word(start + 1)
    if len(said.word(start)) == len("69") and _POSTAL_CODE.fullmatch(code):
        for end in range(start + 2, min(start + 2 + LONGEST_NAME, len(said.words)) + 1):
            written = f"{code} {said.written(start + 2, end)}" if end > start + 2 else code
            if where.named(written):
                yield _address(begun, end, written, SURE)


def _located(said: Sentence, start: int, end: int, where: Places) -> Located | None:
    """The place that these words name as a whole; None for words of a request, and for `Martin 76`, a beginning."""
    last, words = said.words[end - 1], said.words[start:end]
    sector = said.word(start - 1) == "secteur" and words[0] in _SECTORS
    if sector or (last.isdigit() and said.word(end) in UNITS) or _is_said(words) or not all(words):
        return None
    if said.is_cut(start, end):
        return None
    located = where.named(said.between(start, end))
    name = tuple(word for word in words if not word[0].isdigit())
    of_somebody = located and name and name[0] in NAMES and not _is_whole_name(name, located)
    of_something = located and name and _is_count(words[0]) and words[0] != located.departement
    return None if of_somebody or of_something else located


def _is_count(word: str) -> bool:
    """Whether a number before a name may count something else: `niveau 3 Lyon` is no third arrondissement."""
    return word.isdigit() and not _POSTAL_CODE.fullmatch(word)


_SECTORS: Final = frozenset({"1", "2", "3"})
"""What `secteur` before it says of fees, not of a place: `secteur 1 Lyon` is no first arrondissement."""


def _is_said(words: tuple[str, ...]) -> bool:
    """Whether these words are no place whatever the gazetteer says: numbers, fillers, criteria, in their entirety."""
    numbers = all(word.isdigit() and not _POSTAL_CODE.fullmatch(word) for word in words)
    return (
        numbers
        or all(word in _PLAIN for word in words)
        or tuple(map(stem, words)) in entries()
        or words[-1] in PARTICLES
    )


_PLAIN: Final = FILLERS | ORDINARY | NEGATORS | PARTICLES
"""Words that are no place by themselves."""


def _certainty(
    said: Sentence, start: int, end: int, located: Located, *, preposed: bool, titled: bool = False
) -> float:
    words = said.words[start:end]
    if preposed or any(_POSTAL_CODE.fullmatch(word) for word in words):
        return SURE
    if titled and not words[-1].isdigit():
        return DOUBTFUL
    if (words[0] in NAMES and len(words) == 1) or (words[0] in ARTICLES and not _is_whole_name(words, located)):
        return DOUBTFUL
    if not _is_whole_name(words, located):
        return LIKELY if any(word[0].isdigit() for word in words) else DOUBTFUL
    return LIKELY if located.population >= LARGE or len(words) > 1 else DOUBTFUL


def _is_whole_name(words: tuple[str, ...], located: Located) -> bool:
    """Whether the words are the whole name of the place, its article included."""
    name = fold(located.label.partition(" (")[0])
    return [_long(word) for word in words] == name.split()


def _long(word: str) -> str:
    return {"st": "saint", "ste": "sainte"}.get(word, word)


def _preposed(said: Sentence, start: int, prepositions: tuple[tuple[str, ...], ...]) -> int:
    """Where the longest preposition that ends before this word starts; the word itself without one."""
    lengths = (len(each) for each in prepositions if said.words[max(0, start - len(each)) : start] == each)
    return start - max(lengths, default=0)


@cache
def _large_names(where: Places) -> Mapping[str, Commune]:
    """The communes that a typo may have missed, by their folded name."""
    return {name: each for each in where.large(LARGE) if len(name := fold(each.name)) >= MENDED_FROM}


def _mended(said: Sentence, begun: int, start: int, where: Places) -> Iterator[Understood]:
    """The only large commune whose name is one typo away from these words; without a preposition, where it is sure.

    What begins the name of a commune is that beginning, not a typo in another's: `Saint-Genis`.
    """
    for end in range(start + 1, min(start + 4, len(said.words)) + 1):
        written = said.between(start, end)
        if len(written) >= MENDED_FROM and not _is_said(said.words[start:end]) and not _is_place(written, where):
            near = process.extract(written, _large_names(where).keys(), scorer=OSA.distance, score_cutoff=1, limit=2)
            if len(near) == 1:
                sure = len(written) >= MENDED_ALONE and near[0][0][0] == written[0]
                if begun < start or (sure and not any(word in NAMES for word in said.words[start:end])):
                    label = where.label(_large_names(where)[near[0][0]])
                    yield _address(begun, end, label, LIKELY if sure else DOUBTFUL)


def _is_place(written: str, where: Places) -> bool:
    return written in _beginnings(where) or written in _shared(where) or bool(where.named(written))


def _by_beginning(said: Sentence, begun: int, start: int, where: Places, names: frozenset[int]) -> Iterator[Understood]:
    """The only large commune whose name begins, or ends, with these words: `Décines` for `Décines-Charpieu`."""
    for end in range(start + 1, min(start + 3, len(said.words)) + 1):
        words = said.between(start, end)
        commune = _beginnings(where).get(words) or (_ends(where).get(words) if begun < start else None)
        free = begun < start or not names & set(range(start, end))
        if commune and free and not _is_said(said.words[start:end]) and not where.named(words):
            certainty = LIKELY if begun < start or words not in NAMES else DOUBTFUL
            yield _address(begun, end, where.label(commune), certainty)
        elif free and words in _shared(where) and words not in NAMES and not where.named(words):
            labels = map(where.label, _shared(where)[words])
            yield Understood(
                begun, end, "where", tuple(Meaning(each, (("address", each),)) for each in labels), DOUBTFUL
            )


@cache
def _beginnings(where: Places) -> Mapping[str, Commune]:
    """The large communes by the words that begin the name of none other: the part before a hyphen that is a name."""
    return {words: those[0] for words, those in _by_parts(where, _starts).items() if len(those) == 1}


@cache
def _shared(where: Places) -> Mapping[str, list[Commune]]:
    """The few large communes by the words that begin the names of several, the largest first: `Villefranche`."""
    found = {words: those for words, those in _by_parts(where, _starts).items() if 1 < len(those) <= MEANINGS}
    return {words: sorted(those, key=lambda each: -each.population) for words, those in found.items()}


def _starts(words: list[str]) -> Iterable[list[str]]:
    return (words[:end] for end in range(1, min(len(words), 4)))


@cache
def _ends(where: Places) -> Mapping[str, Commune]:
    """The large communes by the last words of their name alone, of two that became one: `Oullins-Pierre-Bénite`."""
    found = _by_parts(where, lambda words: (words[start:] for start in range(1, len(words) - 1)))
    return {words: those[0] for words, those in found.items() if len(those) == 1}


def _by_parts(where: Places, parts: Callable[[list[str]], Iterable[list[str]]]) -> Mapping[str, list[Commune]]:
    """The large communes by these parts of their names."""
    found: dict[str, list[Commune]] = {}
    for commune in where.large(LARGE * 2):
        for part in parts(fold(commune.name).split()):
            found.setdefault(" ".join(part), []).append(commune)
    return {words: those for words, those in found.items() if len(words) >= MENDED_FROM - 1}


# Addresses ----------------------------------------------------------------------------------------------------------


def _addresses(said: Sentence, communes: list[Understood]) -> Iterator[Understood]:
    """A street, with or without its number, as far as the commune that follows it."""
    for index, word in enumerate(said.words):
        start = _number(said, index)
        if word in STREETS and (start < index or word in _PLAIN_STREETS):
            begun = _preposed(said, start, _PREPOSITIONS)
            for commune in communes:
                if index + 1 < commune.start <= index + _ADDRESS_WORDS and commune.certainty > DOUBTFUL:
                    yield _address(begun, commune.end, said.written(start, commune.end), SURE)


def _number(said: Sentence, index: int) -> int:
    """Where the number before a street starts (`12`, `12bis`, `12 bis`); the street itself without one."""
    starts = (start for start in (index - 2, index - 1) if start >= 0 and _NUMBER.fullmatch(said.between(start, index)))
    return next(starts, index)


_NUMBER: Final = re.compile(r"\d{1,5} ?(?:bis|ter|quater|[a-f])?")
_PLAIN_STREETS: Final = frozenset("rue avenue av boulevard bd bld chemin impasse allee allees quai".split())
"""Words that are a street's without a number too."""


# Départements -------------------------------------------------------------------------------------------------------


def _departements(said: Sentence, where: Places, names: frozenset[int]) -> Iterator[Understood]:
    for start in range(len(said.words)):
        begun = _preposed(said, start, _OF_DEPARTEMENTS)
        for end in range(start + 1, min(start + 4, len(said.words)) + 1):
            code = _departement(said, start, end, where)
            if code and (begun < start or not names & set(range(start, end))):
                meaning = Meaning(label(where.departements(), code), (("departement", code),))
                yield Understood(begun, end, "where", (meaning,), _how_sure(said, start, end, preposed=begun < start))


def _departement(said: Sentence, start: int, end: int, where: Places) -> str | None:
    """The code of the département that these words say, by its name or its number."""
    words = said.between(start, end)
    if _DEPARTEMENT.fullmatch(words):
        in_units = said.word(end) in UNITS or said.word(end)[:1].isdigit() or said.word(start - 1)[:1].isdigit()
        return words.upper() if not in_units and words.upper() in where.departements() else None
    return _departement_names(where).get(words)


@cache
def _departement_names(where: Places) -> Mapping[str, str]:
    return {fold(name): code for code, name in where.departements().items()}


def _how_sure(said: Sentence, start: int, end: int, *, preposed: bool) -> float:
    """A number alone is a département's at the end of a sentence; a name alone is, where it is no commune's."""
    if preposed:
        return SURE
    words = said.between(start, end)
    if words[0].isdigit():
        return LIKELY if end == len(said.words) and start > 0 else DOUBTFUL
    return DOUBTFUL if words in ORDINARY or len(words) < MENDED_FROM - 1 else LIKELY


# Radius -------------------------------------------------------------------------------------------------------------


def _radii(said: Sentence) -> Iterator[Understood]:
    """How far, in kilometres."""
    text = " ".join(said.words)
    for met in _RADIUS.finditer(text):
        km = met["km"].lstrip("0") + (f".{met['tenths']}" if met["tenths"] else "")
        start = text[: met.start()].count(" ")
        end = start + met[0].count(" ") + 1
        if km and not km.startswith("."):
            meant = (Meaning(f"{km.replace('.', ',')} km", (("radius_km", km),)),)
            yield Understood(start, end, "radius_km", meant, SURE)
            yield Understood(start, end - len((met["more"] or "").split()), "radius_km", meant, SURE)
