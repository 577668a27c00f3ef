"""What a search knows of the territories (CPTS): their names and the postal codes that they stand for."""

from collections.abc import Callable, Mapping

import msgspec


class Territory(msgspec.Struct, frozen=True):
    """A CPTS. `postal_codes` and `communes` (INSEE codes) are ordered."""

    id: str
    name: str
    finess: str | None = None
    postal_codes: tuple[str, ...] = ()
    communes: tuple[str, ...] = ()


Territories = Callable[[], Mapping[str, Territory]]
"""Every territory by its identifier; what it gives may be a few seconds old."""
