"""A request at its canonical link, with what it is read with."""

from dataclasses import dataclass

from models.codes import Viewer
from search_api.pages.places import PlaceNames
from search_api.parameters import Pairs


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked (`pairs`), by whom, at which clock (epoch seconds), in the time zone of which place."""

    pairs: Pairs
    viewer: Viewer
    at: int
    zone: str
    places: PlaceNames

    def values(self, name: str) -> list[str]:
        """Every value of a parameter, in order."""
        return [value for key, value in self.pairs if key == name]

    def value(self, name: str) -> str | None:
        """The first value of a parameter."""
        return next(iter(self.values(name)), None)
