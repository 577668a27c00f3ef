"""Slots checked at search time: the feeds ask, the database says what is offered now."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from indexer.documents import offers_for
from indexer.outbox import last_position
from ingestion.feeds.feeding import Feeding
from models.offer import Offer


class Checks:
    """`search_api.checking.Checking`, over the feeds and the database of a server."""

    def __init__(self, feeds: Feeding, database: Engine, clock: Callable[[], int]) -> None:
        self._feeds = feeds
        self._database = database
        self._clock = clock

    def ask(self, subjects: Iterable[str]) -> "Future[Mapping[str, str]]":
        """Ask again for some people, now."""
        return self._feeds.check(subjects)

    def offers(self, subjects: Iterable[str]) -> Mapping[str, Offer] | None:
        """What is offered of these people now, by the id of each offer; None when the database does not answer."""
        try:
            with self._database.connect() as connection:
                found = offers_for(connection, subjects, self._clock())
        except SQLAlchemyError:
            return None
        return {offer.id: offer for offers in found.values() for offer in offers}

    def position(self) -> int | None:
        """The position of the last change in the outbox; None when the database does not answer."""
        try:
            with self._database.connect() as connection:
                return last_position(connection)
        except SQLAlchemyError:
            return None
