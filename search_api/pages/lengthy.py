"""A request too long for a link: everything is kept but the longest box, which the page gives back to be cut. Pure."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

from models.codes import Viewer
from relevance.sentence import MOST_WORDS
from search_api.pages import fields, links
from search_api.parameters import QUERY_BYTES, Pairs
from search_api.problems import Fault

_RULE: Final = "c’est trop long pour une recherche, raccourcissez (le reste de la demande est gardé)"
_OF_A_SENTENCE: Final = (
    f"c’est trop long pour une recherche, dites qui, où et quand en {MOST_WORDS} mots au plus "
    "(le reste de la demande est gardé)"
)


@dataclass(frozen=True, slots=True)
class Lengthy:
    """The rest of the request, and what the longest box of the form (`field`) held, which is too long."""

    others: Pairs
    field: str
    value: str

    @property
    def fault(self) -> Fault:
        """What is wrong, as any other fault."""
        return Fault.of(self.field, self.value, _OF_A_SENTENCE if self.field == "text" else _RULE)


def lengthy(query_string: bytes, viewer: Viewer) -> Lengthy | None:
    """The box without which a request would not be too long; None when no box alone makes it so."""
    given = parse_qsl(query_string.decode(errors="replace"), keep_blank_values=True)
    name, value = max(given, key=lambda pair: len(pair[1]), default=("", ""))
    field = "text" if name == links.SENTENCE else name
    others = [pair for pair in given if pair[0] not in {name, field}]
    alone = len(links.values(given, name)) == 1 and len(urlencode(others)) <= QUERY_BYTES
    if not alone or not fields.drawn(field, viewer):
        return None
    return Lengthy(others, field, value)
