"""The words of criteria: labels of the lists, everyday words, and how people say the criteria that have no list. Pure.

A word is compared by its stem, so that numbers and genders are one; one typo is forgiven where nothing else is near.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from models import codes
from models.folding import fold
from relevance.sentence import DOUBTFUL, LIKELY, SURE, Meaning, Sentence, Understood
from relevance.typos import TYPO_FROM, may_be_mistyped, one_typo_away

_SHORTEST: Final = 4
"""Letters of a word that may be a plural."""
_WHOLE: Final = frozenset({"urgences"})
"""Plurals that mean something else: one goes to them, an urgency is a moment."""
_MASCULINE: Final = (("ienne", "ien"), ("iere", "ier"), ("euse", "eur"), ("trice", "teur"))

Values = tuple[tuple[str, str], ...]

_LABELS: Final[Mapping[str, codes.Table]] = {
    "profession": codes.PROFESSIONS,
    "specialty": {code: label for code, label in codes.SPECIALTIES.items() if codes.specialty_head(code) == code},
    "structure_type": codes.STRUCTURE_TYPES,
    "care": codes.CARE,
    "equipment": codes.EQUIPMENT,
}
"""The lists whose labels are words of a request. Those of skills are too many everyday words (`Douleur`, `Sommeil`)."""

NO_LABEL: Final = frozenset({("profession", "99"), ("structure_type", "cabinet")})
"""Codes whose label says something else in a sentence."""

_ALREADY: Final[Mapping[str, Values]] = {
    "visite a domicile": (("modality", "domicile"),),
}
"""A visit has hours: it is asked as a modality, and the care of this name only says that it is done."""

_NEAR: Final = "pres, proche, a cote, autour, a proximite, non loin, pas loin, aux alentours, aux environs, loin"
_OTHERWISE: Final = (
    "gastro enterite",
    "urgence vitale",
    *(
        f"{near} {home}"
        for near in _NEAR.split(", ")
        for home in ("de chez moi", "de chez lui", "de chez elle", "du domicile", "de mon domicile", "de son domicile")
    ),
)
"""Words that hold those of a criterion and say something else: near home is no visit."""

_BY: Final = ("via", "par", "sas", "sas via", "sas par")
"""Words before through whom somebody takes part."""

_WORDS: Final[Mapping[Values, str]] = {
    (("modality", "domicile"),): (
        "a domicile, domicile, visite, en visite, vad, a la maison, chez le patient, chez la patiente, chez "
        "moi, chez lui, "
        "chez elle, qui se deplace, se deplace, se deplacer, se deplacant, qui vient a domicile, au "
        "domicile, deplacement"
    ),
    (("modality", "teleconsultation"),): (
        "teleconsultation, tele consultation, en teleconsultation, visio, en visio, visioconference, "
        "visioconsultation, "
        "par visio, video, en video, par video, a distance, consultation a distance, consultation video, "
        "teleconsulte, "
        "consultation en ligne, en ligne"
    ),
    (("modality", "cabinet"),): "au cabinet, en cabinet, cabinet, en presentiel, presentiel, consultation au cabinet",
    (("accessible", "true"),): (
        "accessible, accessible en fauteuil, accessible aux fauteuils, fauteuil, fauteuil roulant, en fauteuil, pmr, "
        "en fauteuil roulant, accessible en fauteuil roulant, accessible pmr, acces pmr, plain pied, de plain pied, "
        "acces de plain pied, acces handicape, acces fauteuil, accessible handicape, accessible aux handicapes, "
        "accessible aux personnes handicapees, personne en fauteuil, acces facile, accessibilite, a mobilite reduite, "
        "mobilite reduite, personne a mobilite reduite"
    ),
    (("new_patients", "true"),): (
        "nouveaux patients, de nouveaux patients, nouveau patient, accepte de nouveaux patients, prend de "
        "nouveaux patients, "
        "prenant de nouveaux patients, accepte des nouveaux patients, prend des nouveaux patients, nouvelle "
        "patientele, "
        "acceptant de nouveaux patients, qui accepte les nouveaux patients, nouvelle patiente, nouveaux malades"
    ),
    (("participation", "true"),): (
        "participe au sas, sas, du sas, participant au sas, inscrit au sas, qui participe au sas, volontaire sas, "
        "effecteur sas, effecteur, effecteur du sas, adherent sas, adherent au sas, dans le sas"
    ),
    **{
        (("participation", via),): ", ".join(f"{by} {through}" for by in _BY for through in throughs)
        for via, throughs in (
            ("cpts", ("cpts", "une cpts", "la cpts", "sa cpts")),
            ("msp", ("msp", "une msp", "la msp", "sa msp", "une maison de sante", "la maison de sante")),
        )
    },
    (("overbooking", "true"),): "en sus, en sus de ses disponibilites, surbooking, recoit en sus, accepte en sus",
    (
        ("reorientation", "true"),
    ): "reorientation, forfait de reorientation, reorientation des urgences, forfait de reorientation des urgences",
    (("sector", "1"),): (
        "secteur 1, secteur un, conventionne secteur 1, en secteur 1, s1, sans depassement, sans depassements, "
        "sans depassement d honoraires, sans depassements d honoraires, tarif opposable, tarif secu"
    ),
    (("sector", "2"),): "secteur 2, secteur deux, conventionne secteur 2, en secteur 2, s2",
    (("sector", "1"), ("sector", "2")): "secteur 1 ou 2, secteur 1 ou secteur 2",
    (("sector", "0"),): "non conventionne, hors convention, deconventionne, secteur 3",
    (("order", "nearest"),): "le plus proche, la plus proche, les plus proches, au plus proche, au plus pres",
    (("order", "soonest"),): (
        "le plus tot possible, au plus vite, au plus tot, des que possible, le plus vite possible, le plus "
        "rapidement possible, premier creneau, premiere disponibilite, premier rdv, premier rendez vous, asap, le "
        "plus tot, rapidement, rapide, premiere dispo, prochaine disponibilite, prochain creneau"
    ),
    (("kind", "structure"),): "structures seulement",
    (("kind", "professional"),): "professionnels seulement",
}
"""How people say the criteria that have no list of labels; separated by commas."""

_LANGUAGE_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "arabophone": ("ar",),
    "anglophone": ("en",),
    "hispanophone": ("es",),
    "lusophone": ("pt",),
    "turcophone": ("tr",),
    "russophone": ("ru",),
    "germanophone": ("de",),
    "italophone": ("it",),
    "sinophone": ("zh",),
    "roumanophone": ("ro",),
    "polonophone": ("pl",),
    "berberophone": ("ber",),
    "persanophone": ("fa",),
    "francophone": ("fr",),
    "langue des signes": ("fsl",),
    "langue des signes francaise": ("fsl",),
    "langage des signes": ("fsl",),
    "lsf": ("fsl",),
    "signe en lsf": ("fsl",),
    "en langue des signes": ("fsl",),
}
"""Words that are about a language by themselves."""

_SPOKEN: Final[Mapping[str, tuple[str, ...]]] = {
    **{fold(label): (code,) for code, label in codes.LANGUAGES.items()},
    "mandarin": ("zh",),
    "farsi": ("fa",),
    "iranien": ("fa",),
    "kabyle": ("ber",),
    "creole": ("gcf", "rcf"),
    "algerien": ("ar",),
    "marocain": ("ar",),
    "flamand": ("nl",),
}
"""Names of languages: words for people and things too, so they are one after a verb of speech only."""
SPEECH: Final = frozenset(
    "parle parlent parlant parler parlez parlait langue langues en interprete traducteur comprend comprenant "
    "comprenne maitrise maitrisant locuteur locutrice".split()
)
"""Words before the name of a language."""
_INSPEECH: Final = frozenset("l le la et ou couramment bien aussi un peu egalement en".split())


def stem(word: str) -> str:
    """A folded word without the marks of number and gender: `infirmieres` is `infirmier`."""
    if word in _WHOLE:
        return word
    singular = word.removesuffix("s") if len(word) >= _SHORTEST else word
    return next((singular.removesuffix(end) + start for end, start in _MASCULINE if singular.endswith(end)), singular)


def stems(words: str) -> tuple[str, ...]:
    """The stems of folded words."""
    return tuple(map(stem, words.split()))


# Entries ------------------------------------------------------------------------------------------------------------


@cache
def entries() -> Mapping[tuple[str, ...], Values]:
    """The values that each sequence of stems means, or may mean; what is said first here wins."""
    found: dict[tuple[str, ...], Values] = {}
    for words, values in _all_entries():
        found.setdefault(stems(words), values)
    return found


@cache
def _everyday() -> Mapping[tuple[str, ...], Values]:
    return {stems(words): values for words, values in codes.EVERYDAY_WORDS.items()}


def everyday(words: str) -> Values:
    """The values of folded everyday words, whatever their number and gender; none for anything else."""
    return _everyday().get(stems(words), ())


def _all_entries() -> Iterator[tuple[str, Values]]:
    yield from _ALREADY.items()
    yield from codes.EVERYDAY_WORDS.items()
    for values, said in _WORDS.items():
        yield from ((words.strip(), values) for words in said.split(","))
    for words, languages in _LANGUAGE_WORDS.items():
        yield words, tuple(("language", code) for code in languages)
    for parameter, table in _LABELS.items():
        for code, label in table.items():
            yield from (
                (words, ((parameter, code),)) for words in _writings(label) if (parameter, code) not in NO_LABEL
            )


def _writings(label: str) -> Iterator[str]:
    """A label, what it says before brackets, and the short form that they hold."""
    yield fold(label)
    before, bracket, inside = label.partition(" (")
    if bracket:
        yield fold(before)
        short = inside.rstrip(")")
        yield from (fold(short),) if short.isupper() else ()


@cache
def _others() -> frozenset[tuple[str, ...]]:
    return frozenset(map(stems, _OTHERWISE))


@cache
def _longest() -> int:
    return max(map(len, entries()))


@cache
def _known_words() -> tuple[str, ...]:
    """The stems that a typo may have missed."""
    return tuple(dict.fromkeys(word for words in entries() for word in words if len(word) >= TYPO_FROM))


@cache
def _first_words() -> frozenset[str]:
    return frozenset(words[0] for words in (*entries(), *_others()))


def meanings(values: Values) -> tuple[Meaning, ...]:
    """What values mean: alternatives of one parameter are one meaning, several parameters are as many."""
    by_parameter: dict[str, list[str]] = {}
    for parameter, value in values:
        by_parameter.setdefault(parameter, []).append(value)
    return tuple(
        Meaning(" ou ".join(label(name, value) for value in each), tuple((name, value) for value in each))
        for name, each in by_parameter.items()
    )


_FLAGS: Final[Mapping[tuple[str, str], str]] = {
    ("accessible", "true"): "Accès de plain-pied",
    ("new_patients", "true"): "Accepte de nouveaux patients",
    ("participation", "true"): "Participe au SAS",
    ("overbooking", "true"): "Reçoit en sus de ses disponibilités",
    ("reorientation", "true"): "Forfait de réorientation des urgences",
    ("order", "nearest"): "Le plus proche d’abord",
    ("order", "soonest"): "Le plus tôt d’abord",
    ("kind", "structure"): "Structures seulement",
    ("kind", "professional"): "Professionnels seulement",
}


def label(parameter: str, value: str) -> str:
    """The French label of a value."""
    table: Mapping[str, str] = {
        **codes.TERMINOLOGIES,
        "modality": {str(k): v for k, v in codes.MODALITIES.items()},
        "participation": {str(k): f"Participe {v}" for k, v in codes.VIAS.items()},
    }.get(parameter, {})
    return table.get(value) or _FLAGS.get((parameter, value), value)


# Reading ------------------------------------------------------------------------------------------------------------


def criteria(said: Sentence, names: frozenset[int]) -> Iterator[Understood]:
    """Every criterion that words of the sentence say. `names`: the words that a title makes a name, never a typo."""
    words, mended = _mended(said, names)
    for start, word in enumerate(words):
        if word in _first_words():
            for end in range(start + 1, min(start + _longest(), len(words)) + 1):
                values = entries().get(words[start:end])
                if words[start:end] in _others():
                    yield Understood(start, end, "care", (), DOUBTFUL)
                elif values:
                    yield _understood(start, end, values, LIKELY if mended & set(range(start, end)) else SURE)
    yield from _languages(said, names)


def _understood(start: int, end: int, values: Values, certainty: float) -> Understood:
    found = meanings(values)
    return Understood(start, end, values[0][0], found, certainty if len(found) == 1 else DOUBTFUL)


def _mended(said: Sentence, names: frozenset[int]) -> tuple[tuple[str, ...], frozenset[int]]:
    """The stems of a sentence with their typos mended, and which were."""
    words = [stem(word) for word in said.words]
    mended = {index: right for index, word in enumerate(said.words) if index not in names and (right := mend(word))}
    return tuple(mended.get(index, word) for index, word in enumerate(words)), frozenset(mended)


def mend(word: str) -> str | None:
    """The only known stem one typo away, words with a meaning alone first; None for what is right, or a name."""
    bare = stem(word)
    if not may_be_mistyped(word) or bare in _known_set():
        return None
    alike = one_typo_away(bare, _known_words())
    alone = [found for found in alike if (found,) in entries()] or alike
    return alone[0] if len({entries().get((found,), found) for found in alone}) == 1 else None


@cache
def _known_set() -> frozenset[str]:
    """Words that are right as they are."""
    spoken = (stem(word) for word in (*_SPOKEN, *SPEECH))
    return frozenset(word for words in entries() for word in words) | frozenset(spoken)


def _languages(said: Sentence, names: frozenset[int]) -> Iterator[Understood]:
    """The languages that are named: asked after a verb of speech, offered elsewhere."""
    stemmed = tuple(map(stem, said.words))
    for start in range(len(said.words)):
        for size in (1, 2, 4):
            words = stemmed[start : start + size]
            if len(words) == size and words in _spoken() and start not in names:
                values = tuple(("language", code) for code in _spoken()[words])
                begun = _speech(said, start)
                certain = begun is not None
                yield Understood(
                    start if begun is None else begun,
                    start + size,
                    "language",
                    meanings(values),
                    SURE if certain else DOUBTFUL,
                )


@cache
def _spoken() -> Mapping[tuple[str, ...], tuple[str, ...]]:
    return {stems(words): languages for words, languages in _SPOKEN.items()}


def _speech(said: Sentence, start: int) -> int | None:
    """Where the verb of speech before a language is, other languages of the list between them; None without one."""
    for before in range(start - 1, -1, -1):
        word = said.word(before)
        if word in SPEECH and word != "un":
            listed = any((stem(each),) in _spoken() for each in said.words[before + 1 : start])
            return start if listed else before
        if word not in _INSPEECH and (stem(word),) not in _spoken():
            return None
    return None
