"""A whole request in one sentence: what it asks, what it may ask, the name, what was not understood. Pure.

Below certainty nothing is asked: it is offered. What a sentence denies ("pas de téléconsultation") is not asked either.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from relevance.lexicon import (
    AFTER_NEGATOR,
    FAMILY,
    FILLERS,
    GIVEN,
    NAMES,
    NEGATORS,
    ORDINARY,
    ORDINARY_ENDINGS,
    PARTICLES,
    UNITS,
)
from relevance.places import ARTICLES, STREETS, Places
from relevance.sentence import CONTRARY, DOUBTFUL, MOST_WORDS, Meaning, Pairs, Sentence, Understood, longest, sentence
from relevance.text import TITLES
from relevance.times import times
from relevance.vocabulary import SPEECH, criteria
from relevance.whereabouts import follows_preposition, places

NAME_WORDS: Final = 4
"""Words of a name, beside its particles, at most."""
_PROFESSION_OF: Final = {"SM": "10", "SC": "40", "SI": "60", "SP": "21"}
"""The profession of a specialty, by the first letters of its code."""
_ORDINARY_FROM: Final = 6
"""Letters from which the end of a word tells that it is no name."""


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What a sentence means.

    `understood` is certain; `doubts` are not, each with what it may mean; both in the order of the sentence. `name` is
    the name that the other words are, as they were typed, or empty. `unread` are the others, run by run; `rest` is what
    comes after the words that are read, or empty.
    """

    said: Sentence
    understood: tuple[Understood, ...] = ()
    doubts: tuple[Understood, ...] = ()
    name: str = ""
    unread: tuple[str, ...] = ()
    rest: str = ""

    @property
    def pairs(self) -> Pairs:
        """The parameters of the API that are asked, without the name; each once."""
        return tuple(dict.fromkeys(pair for each in self.understood for pair in each.pairs))

    def written(self, each: Understood) -> str:
        """The words of something understood, as they were typed."""
        return self.said.written(each.start, each.end)


def interpret(text: str, at: int, zone: str, where: Places) -> Interpretation:
    """Read a sentence at this clock (epoch seconds), with hours of this time zone and these places.

    Words after the first sixty are not read.
    """
    whole = sentence(text)
    said = Sentence(whole.text, whole.words[:MOST_WORDS], whole.bounds[:MOST_WORDS])
    rest = whole.written(MOST_WORDS, len(whole.words)) if len(whole.words) > MOST_WORDS else ""
    met = longest(_candidates(said, at, zone, where))
    denied = _denied(met, said)
    read = _settled([each for each in met if each not in denied], said)
    doubts = tuple(each for each in read if not each.certain)
    certain = tuple(each for each in read if each.certain)
    named, others = _names(said, [*certain, *(each for each in doubts if not _may_be_name(each, said))], denied)
    offered = tuple(each for each in doubts if not _is_of_name(each, said, named))
    return Interpretation(said, certain, offered, _written(said, named), tuple(others), rest)


def _is_of_name(each: Understood, said: Sentence, named: frozenset[int]) -> bool:
    """Whether a doubt is a part of the name, or all of one in use: there is nothing to offer."""
    words = set(each.words)
    return words < named or (words == named and all(said.word(index) in NAMES for index in words))


def _candidates(said: Sentence, at: int, zone: str, where: Places) -> Iterator[Understood]:
    """Everything that may be understood, overlaps included."""
    names = _after_titles(said)
    yield from criteria(said, names)
    yield from times(said, at, zone, names | {index + 1 for index, word in enumerate(said.words) if word in _CIVIL})
    yield from places(said, where, names)


def _after_titles(said: Sentence) -> frozenset[int]:
    """The words that a title makes a name: the next one, and the one after what is a first name only."""
    found: set[int] = set()
    for index, word in enumerate(said.words):
        if word in _NAMING or (word in TITLES and word not in FILLERS):
            first = index + 1 + (said.word(index + 1) in TITLES)
            found.add(first)
            if said.word(first) in _GIVEN_ONLY or said.word(first) in PARTICLES:
                found.add(first + 1)
    return frozenset(index for index in found if not said.word(index)[:1].isdigit())


_GIVEN_ONLY: Final = GIVEN - FAMILY
_NAMING: Final = frozenset({"nomme", "nommee", "appele"})
"""Words before a name, beside titles."""


# What goes together -------------------------------------------------------------------------------------------------


def _settled(read: Sequence[Understood], said: Sentence) -> tuple[Understood, ...]:
    """One title, moment, radius, order, place, trade: what contradicts what came before is doubted."""
    untitled = [each for each in read if not _titles_a_name(each, said, read) and not _begins_a_name(each, said, read)]
    one_place = _first_place(_without_names(_first_of_its_kind(untitled), said))
    return tuple(_through_a_cpts(_one_trade(_lone(one_place, said))))


def _through_a_cpts(read: Iterable[Understood]) -> Iterator[Understood]:
    """Nobody practises in a CPTS: beside a trade, both together would be nobody, and it is offered."""
    listed = list(read)
    trade = any(each.certain and each.kind in _TRADES for each in listed)
    for each in listed:
        yield replace(each, certainty=CONTRARY) if trade and each.pairs == _CPTS else each


_CPTS: Final = (("structure_type", "604"),)


def _first_of_its_kind(read: Iterable[Understood]) -> Iterator[Understood]:
    """Of what has one value, the first is asked; what says it again says nothing more."""
    asked: dict[str, Pairs] = {}
    for each in read:
        first = asked.setdefault(each.kind, each.pairs) if each.kind in _SINGLE and each.pairs else each.pairs
        yield each if each.pairs == first else replace(each, certainty=CONTRARY)


_SINGLE: Final = frozenset({"when", "radius_km", "order"})


def _titles_a_name(each: Understood, said: Sentence, read: Sequence[Understood]) -> bool:
    """Whether this is a title before a name, and no profession that is asked."""
    if said.between(each.start, each.end) not in TITLES:
        return False
    rest = (index for index in range(each.end, len(said.words)) if said.word(index) not in PARTICLES)
    index = next(rest, len(said.words))
    known = said.word(index) in FILLERS or any(index in other.words and other.certain for other in read)
    return index < len(said.words) and not known and not _is_ordinary(said.word(index), said, index)


def _begins_a_name(each: Understood, said: Sentence, read: Sequence[Understood]) -> bool:
    """Whether this is the first word of the name of a structure: `cabinet des Lilas`."""
    free = all(each.end not in other.words for other in read)
    return said.between(each.start, each.end) == "cabinet" and each.end < len(said.words) and free


def _plain(word: str) -> bool:
    """Whether a word is no name, whatever is around."""
    return word in FILLERS or word in ORDINARY or word in UNITS or word in NEGATORS or word[:1].isdigit()


def _without_names(read: Iterable[Understood], said: Sentence) -> Iterator[Understood]:
    """Of several places, one with its article right after a type of structure is its name: `EHPAD Les Lilas, Bron`."""
    listed = list(read)
    ends = {each.end for each in listed if each.kind == "structure_type" and said.word(each.end) in ARTICLES}
    named = [each for each in listed if each.kind == "where" and each.start in ends]
    others = any(each.kind == "where" and each.certain and each not in named for each in listed)
    yield from (each for each in listed if not (others and each in named))


def _first_place(read: Iterable[Understood]) -> Iterator[Understood]:
    """Several postal codes are as many; of several other places the first is asked, the others are offered."""
    listed = list(read)
    found = [each for each in listed if each.kind == "where" and each.certain]
    codes = [each.pairs[0][1] for each in found if each.pairs[0][0] == "address"]
    if len(found) > 1 and len(codes) == len(found) and all(len(code) == 5 and code.isdigit() for code in codes):  # noqa: PLR2004
        for each in listed:
            yield replace(each, meanings=(_as_code(each.meanings[0]),)) if each in found else each
        return
    departements = all(each.pairs[0][0] == "departement" for each in found)
    for each in listed:
        yield replace(each, certainty=CONTRARY) if each in found[1:] and not departements else each


def _as_code(meaning: Meaning) -> Meaning:
    return Meaning(meaning.label, (("postal_code", meaning.pairs[0][1]),))


def _lone(read: Iterable[Understood], said: Sentence) -> Iterator[Understood]:
    """A commune beside words that may be a name, where nothing else is asked, may be one of them: `Jean Paris`."""
    listed = list(read)
    others = any(each.kind != "where" and (each.certain or len(each.meanings) > 1) for each in listed)
    taken = {word for each in listed for word in each.words}
    for each in listed:
        alone = each.kind == "where" and each.certainty < 1 and not others
        neighbours = [index for index in (each.start - 1, each.end) if index not in taken]
        named = len(taken) == len(said.words) or any(_calls_for_another(index, said) for index in neighbours)
        yield replace(each, certainty=DOUBTFUL) if alone and named else each


def _calls_for_another(index: int, said: Sentence) -> bool:
    """Whether a word is a name in use that may go with another; not a family name after a title: `Dr Martin`."""
    word = said.word(index)
    return word in NAMES and not (word in FAMILY and said.word(index - 1) in TITLES)


def _one_trade(read: Iterable[Understood]) -> Iterator[Understood]:
    """The profession that a specialty implies is not asked beside it; another one is an alternative, and is offered."""
    listed = list(read)
    asked = [each for each in listed if each.certain and each.kind in _TRADES]
    first = asked[0] if asked else None
    implied = {_PROFESSION_OF.get(value[:2]) for each in asked for name, value in each.pairs if name == "specialty"}
    for each in listed:
        if each not in asked or first is None:
            yield each
        elif each.kind == "profession" and each.pairs[0][1] in implied:
            yield replace(each, meanings=(Meaning(each.meanings[0].label, ()),))
        else:
            apart = each.kind != first.kind and not _implied_by(first, implied)
            yield replace(each, certainty=CONTRARY) if apart else each


_TRADES: Final = frozenset({"profession", "specialty"})


def _implied_by(first: Understood, implied: set[str | None]) -> bool:
    return first.kind == "profession" and first.pairs[0][1] in implied


# What is denied -----------------------------------------------------------------------------------------------------


def _denied(read: Iterable[Understood], said: Sentence) -> tuple[Understood, ...]:
    """What follows a negation."""
    return tuple(each for each in read if _negation(each, said) is not None)


def _negation(each: Understood, said: Sentence) -> int | None:
    """Where the word that denies this is; the words between may only be articles."""
    for before in range(each.start - 1, -1, -1):
        if said.word(before) in NEGATORS:
            return before
        if said.word(before) not in AFTER_NEGATOR:
            return None
    return None


# What is left -------------------------------------------------------------------------------------------------------


def _may_be_name(each: Understood, said: Sentence) -> bool:
    """A place that is doubted may be a family name, unless it may be several; a language, where it is one in use."""
    words = said.words[each.start : each.end]
    known = each.kind == "where" or any(word in NAMES for word in words)
    doubted = each.kind in {"where", "language"} and each.certainty == DOUBTFUL
    return doubted and known and len(each.meanings) == 1 and not any(map(_plain, words))


def _names(
    said: Sentence, read: Iterable[Understood], denied: Iterable[Understood]
) -> tuple[frozenset[int], list[str]]:
    """The words of the name, and the runs of words that were not understood."""
    taken = {word for each in read for word in each.words}
    refused = {word for each in denied for word in range(_negation(each, said) or 0, each.end)}
    names: list[list[int]] = []
    others: list[list[int]] = []
    for run in _runs(index for index in range(len(said.words)) if index not in taken or index in refused):
        for part in _parts(run, said, refused):
            (names if _is_name(part, said) else others).append(part)
    chosen = _chosen(names, said, alone=not any(each.certain for each in read))
    others += [part for part in names if part is not chosen]
    unread = [said.written(part[0], part[-1] + 1) for part in sorted(others) if _says_something(part, said, refused)]
    return frozenset(_with_particles(chosen, said, taken) if chosen else ()), unread


def _runs(indices: Iterable[int]) -> Iterator[list[int]]:
    """Neighbours, together."""
    run: list[int] = []
    for index in indices:
        if run and index != run[-1] + 1:
            yield run
            run = []
        run.append(index)
    if run:
        yield run


def _parts(run: Sequence[int], said: Sentence, refused: set[int]) -> Iterator[list[int]]:
    """A run cut where words stop or begin to look like a name, or to be denied; without fillers around its parts."""
    part: list[int] = []
    looks = None
    for index in run:
        silent = index not in refused and said.word(index) in _SILENT
        kind = index in refused, _is_ordinary(said.word(index), said, index) or index in refused
        if part and not silent and looks is not None and kind != looks:
            yield _trimmed(part, said, refused)
            part = []
        looks = looks if silent else kind
        part.append(index)
    yield _trimmed(part, said, refused)


def _trimmed(part: list[int], said: Sentence, refused: set[int]) -> list[int]:
    """A part from its first to its last telling word, with the particles and titles before them."""
    telling = [index for index in part if index in refused or said.word(index) not in _SILENT]
    if not telling:
        return part
    start = telling[0]
    while start - 1 in part and said.word(start - 1) in PARTICLES | TITLES:
        start -= 1
    return list(range(start, telling[-1] + 1))


def _is_ordinary(word: str, said: Sentence, index: int) -> bool:
    """Whether a word is no name: it is known, holds a digit, or ends like a common word and has no capital."""
    capital = said.text[said.bounds[index][0]].isupper()
    if word in NAMES or (capital and said.word(index - 1) in TITLES):
        return False
    ends = len(word) >= _ORDINARY_FROM and word.endswith(ORDINARY_ENDINGS) and not capital
    known = word in ORDINARY or word in UNITS or word in NEGATORS or word in STREETS
    return known or ends or not word or any(character.isdigit() for character in word)


def _is_name(part: Sequence[int], said: Sentence) -> bool:
    words = [said.word(index) for index in part]
    telling = [word for word in words if word not in _SILENT]
    ordinary = any(_is_ordinary(said.word(index), said, index) for index in part if said.word(index) in telling)
    place = bool(part) and (_is_like_a_place(part[0], part[-1] + 1, said) or _is_where(part, said))
    known = ordinary or place or _is_of_patient(part, said)
    return 0 < len(telling) <= NAME_WORDS and not known and any(len(word) > 1 for word in telling)


def _is_where(part: Sequence[int], said: Sentence) -> bool:
    """Whether these words are a place that is not known: `vers Perrache`; a title makes them a name."""
    telling = next((index for index in part if said.word(index) not in _SILENT), part[0])
    return follows_preposition(said, telling) and not _titled(part, said)


def _is_of_patient(part: Sequence[int], said: Sentence) -> bool:
    """Whether a name is that of who is to be seen, never searched: `pour Mme Durand`."""
    title = part[0] - (said.word(part[0]) not in _CIVIL) if part else -1
    return said.word(title) in _CIVIL and said.word(title - 1) == "pour"


_CIVIL: Final = frozenset("m mr mme mlle monsieur madame".split())


def _is_like_a_place(start: int, end: int, said: Sentence) -> bool:
    """Whether words are a place with hyphens, or a part of one."""
    return said.is_cut(start, end) or bool(_LIKE_A_PLACE.search(said.written(start, end)))


_LIKE_A_PLACE: Final = re.compile(r"\w-(?:l[ea]s?|lès|lez|sur|sous|en|des?|du|aux?|l['’]|d['’])-?\w", re.IGNORECASE)
"""`Annecy-le-Vieux`, `Île-de-France`: places that the gazetteer does not have."""


def _chosen(names: Sequence[list[int]], said: Sentence, *, alone: bool) -> list[int] | None:
    """The name: after a title, else what looks like one; anything, where the sentence asks nothing else."""
    titled = [part for part in names if _titled(part, said)]
    alike = [part for part in names if any(_looks_like_name(index, said) for index in part)]
    return next((found[0] for found in (titled, alike, names if alone else ()) if len(found) == 1), None)


def _titled(part: Sequence[int], said: Sentence) -> bool:
    around = [said.word(part[0] - 1), *(said.word(index) for index in part)]
    return any(word in TITLES or word in _NAMING for word in around)


def _looks_like_name(index: int, said: Sentence) -> bool:
    """Whether a word is a name in use, or has a capital that begins no sentence, in a text that is not all capitals."""
    capital = index > 0 and said.text[said.bounds[index][0]].isupper() and not said.text.isupper()
    return said.word(index) in NAMES or capital


def _with_particles(part: Sequence[int], said: Sentence, taken: set[int]) -> range:
    """The words of a name without the fillers around it, with the particles that begin it."""
    telling = [index for index in part if said.word(index) not in _SILENT]
    start = telling[0]
    while start - 1 in part and start - 1 not in taken and said.word(start - 1) in PARTICLES:
        start -= 1
    return range(start, telling[-1] + 1)


def _written(said: Sentence, named: frozenset[int]) -> str:
    return said.written(min(named), max(named) + 1) if named else ""


def _says_something(part: Sequence[int], said: Sentence, refused: set[int]) -> bool:
    """Whether words that were not understood are worth saying so."""
    return any(index in refused or (said.word(index) not in _SILENT and len(said.word(index)) != 1) for index in part)


_SILENT: Final = FILLERS | PARTICLES | TITLES | SPEECH
"""Words that say nothing by themselves."""
