"""Asking a geocoder for the point of an address, for at most a moment."""

from functools import lru_cache
from typing import Final, Protocol

import structlog
from geopy.exc import GeopyError
from geopy.geocoders.base import Geocoder as GeopyGeocoder

from models.geo import Point

TIMEOUT_S: Final = 2.0
REMEMBERED: Final = 1_000
"""Addresses whose point is kept in memory: pages of one answer ask again. A failure is never kept."""


class GeocoderDown(Exception):  # noqa: N818 - named by what happened
    """The geocoder does not answer, or not in time."""


class Geocoder(Protocol):
    """Where an address is."""

    def locate(self, address: str) -> tuple[Point, str] | None:
        """The point of an address and the address as the geocoder writes it; None when it finds none.

        Raises:
            GeocoderDown: it does not answer.

        """


class Geopy:
    """A geocoder of geopy (BAN, Pelias, Nominatim…), asked with a bounded time."""

    def __init__(self, geocoder: GeopyGeocoder, timeout: float = TIMEOUT_S) -> None:
        self._geocoder = geocoder
        self._timeout = timeout
        self.locate = lru_cache(maxsize=REMEMBERED)(self._locate)

    def _locate(self, address: str) -> tuple[Point, str] | None:
        try:
            found = self._geocoder.geocode(address, exactly_one=True, timeout=self._timeout)
        except GeopyError as error:
            structlog.get_logger("search_api").warning("geocoder failed", error=type(error).__name__)
            raise GeocoderDown from error
        return (Point(found.latitude, found.longitude), found.address) if found else None
