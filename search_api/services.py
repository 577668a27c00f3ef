"""What the routes are given: an engine, a clock, places, and the few facts that the server decides."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Request

from indexer.protocol import Searcher
from models.codes import Viewer
from search_api.answers import Frame, SourceJson
from search_api.cursors import Cursors
from search_api.planning import Planner

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that an answer is made from.

    `clock` gives epoch seconds. `lag` is how many seconds the index is behind the database, None when nobody knows.
    `viewer` is a fact of this server, never of the caller. `clock_settable`: requests may set their clock with `at`.
    `origins` are the sites that may call the API from a page.
    """

    searcher: Searcher
    planner: Planner
    clock: Callable[[], int]
    cursors: Cursors
    sources: Callable[[], tuple[SourceJson, ...]]
    lag: Callable[[], int | None]
    viewer: Viewer = Viewer.PUBLIC
    clock_settable: bool = False
    origins: tuple[str, ...] = ()

    def frame(self, generation: str) -> Frame:
        """What every answer of this generation says of itself."""
        return Frame(generation, self.lag(), self.sources())


class Recent(Generic[_Value]):
    """A value that is read again at most every so many seconds, by one thread at a time."""

    def __init__(self, read: Callable[[], _Value], seconds: float) -> None:
        self._read = read
        self._seconds = seconds
        self._lock = Lock()
        self._known: tuple[float, _Value] | None = None

    def __call__(self) -> _Value:
        """The value, `seconds` old at most."""
        with self._lock:
            if self._known is None or monotonic() - self._known[0] >= self._seconds:
                self._known = (monotonic(), self._read())
            return self._known[1]


def services(request: Request) -> Services:
    """The services of the application that answers."""
    given = request.app.state.services
    if not isinstance(given, Services):
        raise TypeError("an application is created with its services")
    return given


ServicesDep = Annotated[Services, Depends(services)]
