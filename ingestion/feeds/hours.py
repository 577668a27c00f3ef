"""The hours when practices are closed and the regulation searches: those of the permanence des soins. Pure.

Nights from 20:00 to 8:00, Saturdays from noon, Sundays and public holidays, by the clock of the place.
"""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from dateutil.easter import easter

from models.clock import local, zone_of

OPENS, CLOSES, NOON = 8, 20, 12
SATURDAY, SUNDAY = 5, 6

_DAYS: Final = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
"""Month and day of the public holidays that do not move (Code du travail, L3133-1)."""
_AFTER_EASTER: Final = (1, 39, 50)
"""Easter Monday, Ascension Day, Whit Monday."""
_THEIRS: Final = {
    **dict.fromkeys(("57", "67", "68"), (12, 26)),
    "971": (5, 27),
    "972": (5, 22),
    "973": (6, 10),
    "974": (12, 20),
    "976": (4, 27),
    "977": (10, 9),
    "978": (5, 28),
}
"""What Moselle and Alsace have besides (L3134-13), and the days of the abolition of slavery (L3422-2)."""
_GOOD_FRIDAY: Final = {"57", "67", "68"}


@lru_cache(maxsize=16_384)
def closed(instant: int, departement: str | None) -> bool:
    """Whether practices are closed at an instant (epoch seconds), where a département has its clocks."""
    there = local(instant, zone_of(departement))
    weekday = there.weekday()
    if weekday == SUNDAY or not OPENS <= there.hour < CLOSES or (weekday == SATURDAY and there.hour >= NOON):
        return True
    return there.date() in holidays(there.year, departement)


@lru_cache(maxsize=1_024)
def holidays(year: int, departement: str | None) -> frozenset[date]:
    """The public holidays of a year in a département."""
    sunday = easter(year)
    moving = (*_AFTER_EASTER, -2) if departement in _GOOD_FRIDAY else _AFTER_EASTER
    days = (*_DAYS, _THEIRS[departement]) if departement in _THEIRS else _DAYS
    return frozenset([*(date(year, *day) for day in days), *(sunday + timedelta(after) for after in moving)])
