"""What an answer costs does not depend on how many others there are: every stored row is found by an index."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, Engine, event
from sqlmodel import SQLModel

from annuaire.demo.agendas import Agenda, Slot
from annuaire.demo.bundles import searchset
from ingestion.feeds import budget, journal
from ingestion.feeds.client import understood
from ingestion.feeds.editors import Declared
from ingestion.feeds.requests import Request, window
from ingestion.slots import Replacing, replacing
from tests.ingestion.feeds.world import agenda, declared, rpps, slot
from tests.ingestion.given import AT


@contextmanager
def plans(engine: Engine) -> Iterator[set[str]]:
    """How SQLite goes about every statement of a block, a line each."""
    found = set[str]()

    def explain(_on: Connection, cursor: Any, statement: str, parameters: Any, *_more: object) -> None:
        if statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
            first = parameters[0] if isinstance(parameters, list) else parameters
            rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", first)
            found.update(row[3] for row in rows)

    event.listen(engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", explain)


def scanned(found: set[str]) -> set[str]:
    """The stored tables that are read from end to end."""
    read = {line.split()[1] for line in found if line.startswith("SCAN ")}
    return read & SQLModel.metadata.tables.keys()


def applied(to: Replacing, one: Agenda, slots: list[Slot], at: int) -> int:
    """Write an answer about somebody; how many subjects' offers change."""
    request = Request("ps", (f"p:{one.id}",), window(at))
    bundle = searchset([(one, slots)], "ps", "https://x.example/fhir/Slot?a", at)
    return to.apply("azur", [understood(bundle, request)], at).touched


def test_an_answer_reads_no_table_from_end_to_end(database: Engine):
    declared(database, Declared("azur", "https://azur.example", ("ps",)), rpps(1))
    here = agenda(1)
    named = replace(here, places=(replace(here.places[0], name="Cabinet du Parc"),))
    with replacing(database) as to, plans(database) as found:
        assert applied(to, here, [slot("a"), slot("b", AT + 9_000)], AT)
        assert applied(to, named, [slot("b", AT + 9_000)], AT + 60)
        assert applied(to, named, [], AT + 120)
    assert "availability" in " ".join(found)
    assert scanned(found) == set()


def test_a_call_is_counted_without_reading_a_table_from_end_to_end(database: Engine):
    declared(database, Declared("azur", "https://azur.example", ("ps",)), rpps(1))
    with plans(database) as found:
        assert budget.claim(database, "azur", "sweep", AT)
        journal.note(database, "azur", "ok", 0.2, AT)
    assert scanned(found) == set()
