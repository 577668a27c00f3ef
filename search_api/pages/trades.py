"""The words by which people call trades, typed where a name is expected: what they may have meant. Pure."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from models.folding import fold
from relevance import vocabulary
from search_api.pages.chips import TABLES
from search_api.suggestions import of_codes

CALLED: Final[Mapping[str, str]] = {
    "specialty": "la spécialité",
    "profession": "la profession",
    "structure_type": "le type de structure",
    "care": "la prise en charge",
    "equipment": "l’équipement",
}
"""What each list is called, and the lists that are looked through."""
_SHORTEST: Final = 4
"""Letters of a word that may be the beginning of a label."""
_EACH: Final = 2
_SEVERAL: Final = 4


def everyday(text: str) -> tuple[tuple[str, str], ...]:
    """The parameters and the codes of an everyday word for care; none for anything else."""
    return tuple(meaning for meaning in vocabulary.everyday(fold(text)) if meaning[0] in CALLED)


def meant(text: str) -> tuple[tuple[str, str], ...]:
    """The parameters and the codes that a text may mean: of an everyday word, else of what labels begin with it."""
    return everyday(text) or tuple(islice(_of_labels(text), _SEVERAL))


def _of_labels(text: str) -> Iterator[tuple[str, str]]:
    if len(fold(text)) >= _SHORTEST:
        yield from ((each.parameter, each.value) for each in of_codes(text, _EACH) if each.parameter in CALLED)


def words(parameter: str, code: str) -> str:
    """`Chercher la spécialité « Médecine générale »`."""
    return f"Chercher {CALLED[parameter]} « {TABLES[parameter][code]} »"
