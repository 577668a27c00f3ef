"""People with agendas at a test editor, and what is asked and stored of them."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

from sqlalchemy import Engine, select

from annuaire.demo.agendas import Agenda, AgendaPlace, Slot
from annuaire.demo.editor_server import Setup
from ingestion.feeds.editors import Declared, add_agendas, declare
from ingestion.feeds.sweeping import Clock, Feeds, Swept
from models.store import writing
from tests.ingestion.bundles import HOUR
from tests.ingestion.given import AT
from tests.ingestion.test_loads import table

_Value = TypeVar("_Value")
NOT_LONG_AGO = AT - 300


def rpps(number: int) -> str:
    """The prefixed identifier of an invented professional."""
    return f"8{number:011d}"


def agenda(number: int, flow: Any = "ps", **values: Any) -> Agenda:
    """The agenda of an invented general practitioner of Villeurbanne."""
    street, town = "12 rue de la République", "VILLEURBANNE"
    place = AgendaPlace(f"4{number:014d}", "", street, town, "69100", "0472000001", "Europe/Paris")
    made = {
        "id": rpps(number),
        "editor": "azur",
        "flow": flow,
        "family": "MARTEL",
        "given": "Claire",
        "specialty": "SM54",
        "styles": ("cabinet",),
        "rate": 4.0,
        "labels": "open",
        "places": (place,),
    }
    return Agenda(**made | values)


def slot(name: str, start: int = AT + HOUR, **values: Any) -> Slot:
    """A free public créneau of a quarter of an hour."""
    made = {"end": start + 900, "place": 0, "kind": "creneau", "modalities": ("AMB",), "labels": ("PUBLIC",)}
    return Slot(**{"id": name, "start": start, **made} | values)


def setup(agendas: Iterable[Agenda], slots: dict[str, list[Slot]], **values: Any) -> Setup:
    """A test editor whose clock stands still."""
    return Setup(agendas=list(agendas), slots=slots, **{"now": AT} | values)


def one_each(*numbers: int) -> Setup:
    """These people, with a slot each: in an hour for the first, in two for the second…"""
    starts = {number: AT + (1 + (number - 1) % 48) * HOUR for number in numbers}
    return setup(map(agenda, numbers), {rpps(one): [slot(f"s{one}", start)] for one, start in starts.items()})


def declared(engine: Engine, editor: Declared, *numbers: str) -> Declared:
    """The same editor, declared, with the agendas of these people."""
    with writing(engine) as connection:
        declare(connection, editor, AT)
        add_agendas(connection, editor.name, numbers, AT)
    return editor


def with_feeds(
    engine: Engine, use: Callable[[Feeds], Awaitable[_Value]], at: int | Clock = AT, **values: Any
) -> _Value:
    """What somebody does with the feeds of a database, by a clock that stands still unless it is given."""
    clock = at if callable(at) else lambda: at

    async def used() -> _Value:
        async with Feeds(engine, clock, **values) as feeds:
            return await use(feeds)

    return asyncio.run(used())


def sweep(engine: Engine, editor: Declared, at: int = AT, most: int | None = None, **values: Any) -> Swept:
    """Ask an editor for everybody once."""
    return with_feeds(engine, lambda feeds: feeds.sweep(editor, most), at, **values)


def slots_of(engine: Engine, subject: str | None = None) -> list[tuple[str, int, int]]:
    """Subject, start and when it was checked of each stored slot, in order."""
    slots = table("availability").c
    query = select(slots.subject, slots.start, slots.checked_at).order_by(slots.subject, slots.start)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(query)]
    return [row for row in found if subject in (None, row[0])]


def feed_of(engine: Engine, number: str = rpps(1)) -> tuple[int, bool, int | None]:
    """When somebody's feed was asked, whether it answered, and when it last did."""
    feeds = table("slot_feed").c
    query = select(feeds.asked_at, feeds.answered, feeds.answered_at).where(feeds.subject == f"p:{number}")
    with engine.connect() as connection:
        return tuple(connection.execute(query).one())


def until(true: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Whether something becomes true soon."""
    deadline = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found
