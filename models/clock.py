"""Instants (UTC epoch seconds) as people read them, in the time zone of a place. Nothing here reads the clock."""

from datetime import date, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

PARIS: Final = "Europe/Paris"

DEPARTEMENT_ZONES: Final[dict[str, str]] = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/Guadeloupe",
    "978": "America/Guadeloupe",
    "986": "Pacific/Wallis",
    "987": "Pacific/Tahiti",
    "988": "Pacific/Noumea",
}
"""IANA names; every other département is on Paris time. 987 has three zones: Tahiti's holds nearly everybody."""


def zone_of(departement: str | None) -> str:
    """The time zone of a département."""
    return DEPARTEMENT_ZONES.get(departement or "", PARIS)


def whole_minute(instant: int) -> int:
    """The instant rounded down to the minute."""
    return instant // 60 * 60


@lru_cache(maxsize=16_384)
def local(instant: int, zone: str) -> datetime:
    """The instant in this zone."""
    return datetime.fromtimestamp(instant, ZoneInfo(zone))


@lru_cache(maxsize=16_384)
def midnight(day: date, zone: str) -> int:
    """The instant when a day begins in this zone."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp())


@lru_cache(maxsize=16_384)
def iso(instant: int, zone: str) -> str:
    """ISO 8601 with the offset of the zone: `2026-11-23T17:42:00+01:00`."""
    return local(instant, zone).isoformat()
