"""The keys of the search page: one table, which pages show and `static/keyboard.js` reads in the list of the page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Key:
    """What to press, what it does, and the name of the act in the script; none for what browsers do."""

    pressed: tuple[str, ...]
    does: str
    act: str = ""


KEYS: Final = (
    Key(("/",), "aller à la demande (nom, ou phrase)", "text"),
    Key(("l",), "aller au lieu", "place"),
    Key(("j", "↓"), "fiche suivante, ou écart suivant", "next"),
    Key(("k", "↑"), "fiche précédente, ou écart précédent", "previous"),
    Key(("Entrée",), "ouvrir la fiche, ou déplier l’écart"),
    Key(("n",), "lien suivant que proposent les messages", "offered"),
    Key(("x",), "choisir la fiche, ou la laisser", "pick"),
    Key(("t",), "liste ou tableau", "view"),
    Key(("m",), "carte", "map"),
    Key(("?",), "liste des touches", "keys"),
)
"""Those of one character can be turned off; all leave alone who types, and the combinations of the browser."""
EVENTS: Final[Mapping[str, str]] = {"↓": "ArrowDown", "↑": "ArrowUp"}
"""What `KeyboardEvent.key` calls a key, where it is not what is written on it."""
