"""The keys of the search page, as people are told them; `static/keyboard.js` does what they say."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Key:
    """What to press, and what it does."""

    pressed: tuple[str, ...]
    does: str


KEYS: Final = (
    Key(("/",), "aller à la demande (nom, ou phrase)"),
    Key(("l",), "aller au lieu"),
    Key(("j", "↓"), "fiche suivante, ou écart suivant"),
    Key(("k", "↑"), "fiche précédente, ou écart précédent"),
    Key(("Entrée",), "ouvrir la fiche, ou déplier l’écart"),
    Key(("n",), "lien suivant que proposent les messages"),
    Key(("x",), "choisir la fiche, ou la laisser"),
    Key(("t",), "liste ou tableau"),
)
