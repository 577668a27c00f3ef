"""How a page writes French: no-break spaces and apostrophes, days, local hours, numbers. Pure.

The sentences come from `relevance.explain`; here they are set, and what only a page shows is said.
"""

import re
from datetime import date as date_type
from datetime import datetime
from functools import lru_cache
from typing import Final

from relevance import explain

NBSP: Final = "\u00a0"
THIN: Final = "\u202f"
"""The narrow no-break space: before `;` `!` `?` and between thousands."""

_RULES: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r" (?=[:»%])", NBSP),
        (r"(?<=«) ", NBSP),
        (r" (?=[;!?])", THIN),
        (r"(?<=\d) (?=\d{3}\b)", THIN),
        (r"(?<=\d) (?=(?:k?m|min|h|s|j)\b)", NBSP),
        (rf"(?<=\d{NBSP}h) (?=\d\d\b)", NBSP),
        (r"(?<=\w)'(?=\w)", "’"),
    )
)
_WORDS: Final = re.compile(r"[^\W\d_]+")
_KEPT: Final = re.compile(r"[IVX]+|BP|CS|TSA|Z[ACI]+|CEDEX|CH[RU]?|MSP|EHPAD|SNCF|RN|RD")
"""Words that stay in capitals: numbers, and what is spelt."""
_SMALL: Final = frozenset(
    "rue avenue boulevard bd place chemin impasse allée allee allées allees quai route cours square passage montée "
    "montee lieu dit résidence residence hameau de des du la le les sur sous aux au et en bis ter quater".split()
)
_DAYS: Final = ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim.")
_MONTHS: Final = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")
_NEAR_DAYS: Final = {-1: "hier", 0: "aujourd’hui", 1: "demain"}


@lru_cache(maxsize=4_096)
def typeset(text: str) -> str:
    """A French sentence with the no-break spaces and the apostrophes that it deserves."""
    for plain, set_right in _RULES:
        text = plain.sub(set_right, text)
    return text


def capitals(text: str) -> str:
    """Words that files write in capitals, as people write them: "12 RUE DES ÉRABLES" is "12 rue des Érables"."""
    return _WORDS.sub(lambda word: _written(word[0]), text)


def _written(word: str) -> str:
    if not word.isupper() or len(word) == 1 or _KEPT.fullmatch(word):
        return word
    return word.lower() if word.lower() in _SMALL else word.capitalize()


def number(value: float, digits: int = 2) -> str:
    """A number with a comma and thin spaces between thousands, without useless zeros: "10 000", "0,45", "2"."""
    whole, _, decimals = f"{value:,.{digits}f}".partition(".")
    decimals = decimals.rstrip("0")
    return whole.replace(",", THIN) + (f",{decimals}" if decimals else "")


def town(commune: str) -> str:
    """A commune as people write it: an arrondissement by its number alone, `Lyon 3e (69)`."""
    return commune.replace(" Arrondissement", "")


def plural(value: int, one: str, many: str) -> str:
    """The word for so many: zero and one are singular in French."""
    return many if value > 1 else one


@lru_cache(maxsize=1_024)
def day(which: date_type, today: date_type) -> str:
    """A day as people say it: "aujourd’hui", "demain", "mer. 25 nov."."""
    return _NEAR_DAYS.get((which - today).days) or calendar_day(which)


def near_day(which: date_type, today: date_type) -> str:
    """A day of this week, in a word: "aujourd’hui", "demain", "mer."."""
    return _NEAR_DAYS.get((which - today).days) or _DAYS[which.weekday()]


def calendar_day(which: date_type) -> str:
    """The date with its weekday: "mer. 25 nov.", "mar. 1er déc."."""
    ordinal = "1er" if which.day == 1 else str(which.day)
    return f"{_DAYS[which.weekday()]}{NBSP}{ordinal}{NBSP}{_MONTHS[which.month - 1]}"


def date(day_of_source: date_type) -> str:
    """23/11/2026."""
    return f"{day_of_source:%d/%m/%Y}"


def hour(instant: datetime) -> str:
    """A local hour alone in a list, a cell, a range or a field: "18:30"."""
    return f"{instant:%H:%M}"


def said_hour(instant: datetime) -> str:
    """A local hour in a sentence: "18 h 30"."""
    return typeset(explain.oclock(instant))


def distance(metres: float) -> str:
    """How far: "640 m", "1,2 km"."""
    return typeset(explain.km(metres))


def ago(seconds: float) -> str:
    """How long ago: "il y a 3 min", "à l’instant" under a second."""
    return typeset(explain.ago(int(seconds))) if seconds >= 1 else "à l’instant"


def phone(value: str) -> str:
    """`"+33478000000"` as "04 78 00 00 00", on one line."""
    return explain.phone(value).replace(" ", NBSP)
