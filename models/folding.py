"""Folding text to what is compared: lower case, no accent, one space between words."""

import re
import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "đ": "d", "ł": "l"})
_SEPARATORS = re.compile(r"[^0-9a-z]+")


def fold(text: str) -> str:
    """`"Saint-Étienne  (L')"` → `"saint etienne l"`: letters and digits of the Latin alphabet, single spaces."""
    lower = text.lower()
    return _SEPARATORS.sub(" ", lower if lower.isascii() else _without_accents(lower)).strip()


def _without_accents(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    return "".join(c for c in plain if not unicodedata.combining(c))
