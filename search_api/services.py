"""What the routes are given: an engine, a clock, places, and the few facts that the server decides."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Annotated, Final, Generic, TypeVar
from urllib.parse import urlsplit

import structlog
from fastapi import Depends, Request

from indexer.protocol import Outdated, Searcher, Status
from models.codes import Viewer
from models.offer import Offer
from models.tables import Contact, ContactFile, Report
from search_api.answers import Frame, SourceJson
from search_api.checking import Checking
from search_api.cursors import Cursors
from search_api.planning import Planner
from search_api.posting import Pace
from search_api.problems import NotFound, Unavailable
from search_api.registering import Registry

_Value = TypeVar("_Value")

NO_INDEX: Final = "L’index est vide : chargez des données, puis reconstruisez l’index."
NO_ACCOUNTS: Final = (
    "Cette page n’existe pas ici : tant qu’il n’y a pas de comptes, elle ne s’ouvre qu’en développement."
)


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who publishes the service, how to reach them, who hosts it; empty where the settings do not say."""

    name: str = ""
    contact: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True)
class Tiles:
    """Where the images under the map come from (`{z}`, `{x}`, `{y}` in the address), and whom to credit: a text."""

    url: str
    attribution: str

    @property
    def origin(self) -> str:
        """The only other site that a page with a map may load images from."""
        address = urlsplit(self.url)
        return f"{address.scheme}://{address.netloc}"


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that an answer is made from.

    `clock` gives epoch seconds. `lag` is how many seconds the index is behind the database, None when nobody knows.
    `status` is the engine's, as it was a moment ago (asking costs a round trip); without it the engine is asked each
    time. `viewer` is a fact of this server, never of the caller. `clock_settable`: requests may set their clock.
    `origins` are the sites that may call the API from a page, `widget_sites` those that may show the widget in theirs.
    `suppressed` are the subjects who objected, as the
    database knows them: no answer shows them, even one of an index that holds them for some moments more.
    `launchers` are the programs that may open a search, None for any. `identifiers` are the ids of a subject's offers,
    as the database knows them; None when it does not answer. `practising` are those of the people who practise at a
    structure (its FINESS number or SIRET), in the same way. `tiles` are those of the map, None for a map without.
    `report` keeps an error that somebody says a card has,
    `write` a message with its files: True once the database has it, False when it does not answer. `secret` signs the
    forms, `pace` bounds how many an address sends. `registry` is what people declare; None where nobody may, as long as
    there are no accounts. `checking` asks editors again for slots that are shown; None where no editor is asked.
    `own_pace` is the pace of those who declare. `settled` is told whose participation was just written.
    `regulation_origin` is what booking links tell editors of a regulator, who has no rights there without it.
    """

    searcher: Searcher
    planner: Planner
    clock: Callable[[], int]
    cursors: Cursors
    sources: Callable[[], tuple[SourceJson, ...]]
    lag: Callable[[], int | None]
    status: Callable[[], Status] | None = None
    viewer: Viewer = Viewer.PUBLIC
    clock_settable: bool = False
    origins: tuple[str, ...] = ()
    widget_sites: tuple[str, ...] = ()
    suppressed: Callable[[], frozenset[str]] = frozenset
    launchers: frozenset[str] | None = None
    identifiers: Callable[[str], tuple[str, ...] | None] = lambda _: ()
    practising: Callable[[str], tuple[str, ...] | None] = lambda _: ()
    publisher: Publisher = field(default_factory=Publisher)
    tiles: Tiles | None = None
    report: Callable[[Report], bool] = lambda _: False
    write: Callable[[Contact, Sequence[ContactFile]], bool] = lambda _, __: False
    secret: str | bytes = field(default_factory=lambda: secrets.token_urlsafe(32))
    pace: Pace = field(default_factory=Pace)
    registry: Registry | None = None
    own_pace: Pace = field(default_factory=lambda: Pace(most=600))
    checking: Checking | None = None
    settled: Callable[[str], None] = lambda _: None
    regulation_origin: str = "sas"

    @property
    def booking_origin(self) -> str | None:
        """What booking links tell editors of whom they bring: of a regulator alone."""
        return self.regulation_origin if self.viewer is Viewer.REGULATION else None

    def current(self) -> Status:
        """The generation that answers, and its position.

        Raises:
            EngineDown: the engine does not answer.
            Outdated: its index was built by another version.
            Unavailable: it has no index.

        """
        status = self.status() if self.status else self.searcher.status()
        if not status.generation:
            raise Unavailable(NO_INDEX)
        if status.outdated:
            raise Outdated(status.generation)
        return status

    def opened(self) -> Registry:
        """What people declare.

        Raises:
            NotFound: this service has no such pages.

        """
        if self.registry is None:
            raise NotFound(NO_ACCOUNTS)
        return self.registry

    def shown(self, offers: Iterable[Offer]) -> Iterator[Offer]:
        """These offers, without those of the suppressed."""
        suppressed = self.suppressed()
        return (offer for offer in offers if offer.subject not in suppressed)

    def offer(self, identifier: str) -> Offer | None:
        """One offer that may be shown, by its id.

        Raises:
            EngineDown: the engine does not answer.

        """
        found = self.searcher.offer(identifier)
        return next(self.shown([found] if found else []), None)

    def offers(self, identifiers: Sequence[str]) -> dict[str, Offer]:
        """Those of these offers that may be shown, by their ids, in the order asked.

        Raises:
            EngineDown: the engine does not answer.

        """
        return {offer.id: offer for offer in self.shown(self.searcher.offers(identifiers).values())}

    def frame(self, generation: str, position: int) -> Frame:
        """What every answer of this generation says of itself."""
        return Frame(generation, position, self.lag(), self.sources(), self.booking_origin)


class Recent(Generic[_Value]):
    """A value that is read again at most every so many seconds, by one thread while the others use the last one.

    A read that fails by one of `failures` leaves the last value, or `otherwise` before the first.
    """

    def __init__(
        self,
        read: Callable[[], _Value],
        seconds: float,
        otherwise: _Value,
        failures: tuple[type[Exception], ...] = (),
    ) -> None:
        self._read = read
        self._seconds = seconds
        self._failures = failures
        self._lock = Lock()
        self._value = otherwise
        self._read_at: float | None = None

    def __call__(self) -> _Value:
        """The value, `seconds` old, or older while it is being read or cannot be."""
        if self._is_old() and self._lock.acquire(blocking=self._read_at is None):
            try:
                self._refresh()
            finally:
                self._lock.release()
        return self._value

    def _is_old(self) -> bool:
        return self._read_at is None or monotonic() - self._read_at >= self._seconds

    def _refresh(self) -> None:
        if not self._is_old():
            return
        try:
            self._value = self._read()
        except self._failures as failure:
            structlog.get_logger("search_api").warning("not read again", error=type(failure).__name__)
        self._read_at = monotonic()


def services(request: Request) -> Services:
    """The services of the application that answers."""
    given = request.app.state.services
    if not isinstance(given, Services):
        raise TypeError("an application is created with its services")
    return given


ServicesDep = Annotated[Services, Depends(services)]
