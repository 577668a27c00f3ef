"""What checking slots at search time costs and brings: `python -m benchmarks.checks`.

Twenty doctors at two test editors, whose slots were stored two minutes ago; meanwhile three in ten were taken. The page
of a regulator is asked for with checking off, then on, with editors that take 50 ms, 500 ms, and that never answer;
then the stream of its corrections is read. Times are in one run, so that they compare. Then one editor of two stops
answering and answers again, before, during and after. Last, on agendas of the demo that live a Monday from 8 to 19 h:
how many cards a check finds wrong, by how old what is known of them is.
"""

import asyncio
import itertools
import json
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, Final

import msgspec
from sqlalchemy import Engine as Database
from sqlalchemy import insert, select
from sqlmodel import SQLModel

from annuaire.demo.agendas import Agenda, AgendaPlace, Slot
from annuaire.demo.editor_server import Setup, running
from annuaire.demo.living import LIVING
from annuaire.demo.writing import Plan, roster, write_demo
from annuaire.logs import configure_logs
from annuaire.server import listen, server_of
from annuaire.serving import application
from annuaire.settings import Settings
from benchmarks.report import Line, show
from indexer.duckdb_engine import DuckDBEngine
from indexer.rebuild import rebuild
from ingestion.feeds.editors import Declared, add_agendas, declare
from ingestion.feeds.feeding import Feeding, feeding
from ingestion.feeds.sweeping import Feeds
from models.codes import Viewer
from models.store import connect, migrate, writing
from models.tables import Activity, Availability, Place, Professional
from search_api.pages.verifying import CHECKS
from tests.servers.local import free_port

DOCTORS: Final = 20
SLOTS: Final = 4
TAKEN: Final = 0.3
TIMES: Final = 15
STORED_S: Final = 120
"""How long ago slots were stored when the page is asked for."""
SEARCH: Final = "/recherche?specialty=SM54&postal_code=69003&approximate_limit=0"
SPEEDS: Final = {
    "à 50 ms": [{"name": "slow", "seconds": 0.05}],
    "à 500 ms": [{"name": "slow", "seconds": 0.5}],
    "muets": [{"name": "slow", "seconds": 30}],
}
"""What editors do, by how they are called."""
MONDAY: Final = 1_796_022_000
"""Monday 30 November 2026, 8 o'clock in Paris."""
HOUR: Final = 3_600
WORKED: Final = range(MONDAY, MONDAY + 12 * HOUR, 2 * HOUR)
CARDS: Final = 60
"""Of each editor of the demo whose slots live."""
AGES: Final = (2, 10, 30)
"""Minutes since what is known was known."""
HORIZON_S: Final = 72 * HOUR


def identifier(number: int) -> str:
    """The prefixed RPPS of an invented doctor."""
    return f"8{number:011d}"


def practice(number: int) -> Iterator[tuple[type[SQLModel], dict[str, Any]]]:
    """The rows of a general practitioner of Lyon 3e."""
    key, who = f"tech:B{number}", identifier(number)
    address = {"street": f"{number} rue Neuve", "postal_code": "69003", "insee": "69383", "departement": "69"}
    point = {"lat": 45.755 + number / 5_000, "lon": 4.86, "precision": "housenumber"}
    yield Professional, {"id": who, "number": who[1:], "family_name": f"N{number}", "given_name": "Ana", "digest": ""}
    yield Place, {"key": key, "digest": "", "source": "rpps", **address, **point}
    what = {"profession": "10", "category": "C", "genre": "GENR01", "skill_type": "S", "skill": "SM54"}
    yield Activity, {"id": f"a{number}", "professional_id": who, "place_key": key, "digest": "", **what}


def setup(numbers: range, at: int) -> Setup:
    """An editor with the agendas of these doctors."""
    found, slots = [], {}
    for number in numbers:
        place = AgendaPlace(f"4{number:014d}", "", f"{number} rue Neuve", "LYON", "69003", "", "Europe/Paris")
        found.append(
            Agenda(identifier(number), "e", "ps", f"N{number}", "Ana", "SM54", ("cabinet",), 4.0, "open", (place,))
        )
        starts = [at + 3_600 * rank for rank in range(1, SLOTS + 1)]
        slots[identifier(number)] = [
            Slot(f"{number}-{rank}", start, start + 900, 0, "creneau", ("AMB",), ("PUBLIC",))
            for rank, start in enumerate(starts)
        ]
    return Setup(found, slots=slots, now=at)


class World:
    """The service over a database of doctors, and its editors."""

    def __init__(self, folder: Path, ports: list[int], at: int) -> None:
        self.at, self.ports = at, ports
        self.settings = Settings(
            data_dir=folder,
            database_url=f"sqlite:///{folder}/annuaire.db",
            viewer=Viewer.REGULATION,
            environment="development",
            port=free_port(),
            log_level="error",
        )
        configure_logs(self.settings)
        migrate(self.settings.database_url)
        self.database: Database = connect(self.settings.database_url)
        self.engine = DuckDBEngine(folder / "index.duckdb")

    def begin(self) -> None:
        """Store the doctors, what their editors say of them two minutes before now, and index them."""
        with writing(self.database) as connection:
            for number in range(DOCTORS):
                for model, row in practice(number):
                    connection.execute(insert(model).values(**row))
        editors = []
        for rank, port in enumerate(self.ports):
            editor = Declared(f"e{rank}", f"http://127.0.0.1:{port}/fhir", ("ps",), calls_per_hour=100_000)
            with writing(self.database) as connection:
                declare(connection, editor, self.at)
                add_agendas(connection, editor.name, map(identifier, half(rank)), self.at)
            editors.append(editor)
        asyncio.run(self._swept(editors))
        rebuild(self.database, self.engine, self.at, forced=True)

    async def _swept(self, editors: list[Declared]) -> None:
        async with Feeds(self.database, lambda: self.at - STORED_S) as feeds:
            await asyncio.gather(*map(feeds.sweep, editors))

    @contextmanager
    def served(self, feeds: Feeding | None) -> Iterator[HTTPConnection]:
        """A connection to the service, for the time of a block."""
        server = server_of(application(self.settings, self.engine, self.database, lambda: 0, feeds))
        listening = listen(self.settings)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield HTTPConnection("127.0.0.1", listening.getsockname()[1], timeout=30)
        server.should_exit = True
        thread.join()


def half(rank: int) -> range:
    """The doctors of an editor."""
    return range(rank * DOCTORS // 2, (rank + 1) * DOCTORS // 2)


def told(port: int, path: str, order: object) -> None:
    """Tell an editor something."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", path, json.dumps(order))
    connection.getresponse().read()
    connection.close()


def page_ms(connection: HTTPConnection) -> tuple[float, str]:
    """Milliseconds until the last byte of the page, and its text."""
    start = time.perf_counter()
    connection.request("GET", SEARCH)
    text = connection.getresponse().read().decode()
    return 1000 * (time.perf_counter() - start), text


def corrections_ms(connection: HTTPConnection, text: str) -> tuple[list[dict[str, Any]], float, float]:
    """What a page's stream says, with the milliseconds until its first event and its end."""
    address = text.partition(f'data-checks="{CHECKS}')[2].partition('"')[0].replace("&amp;", "&")
    start = time.perf_counter()
    connection.request("GET", f"{CHECKS}{address}")
    answer, found, first = connection.getresponse(), [], 0.0
    while line := answer.readline():
        if line.startswith(b"data: {"):
            first = first or time.perf_counter() - start
            found.append(json.loads(line[6:]))
        if line.startswith(b"event: end"):
            break
    answer.read()
    return found, 1000 * first, 1000 * (time.perf_counter() - start)


def off(world: World) -> list[Line]:
    """The page without checking."""
    with world.served(None) as connection:
        times = [page_ms(connection)[0] for _ in range(TIMES)]
    return [Line("sans vérification : la page, p50", median(times), "ms")]


def on(world: World, how: str, faults: list[dict[str, Any]]) -> list[Line]:
    """The page with checking, and its corrections."""
    for port in world.ports:
        told(port, "/_faults", faults)
    with (
        feeding(world.database, lambda: world.at, round_s=3_600, rested_s=3_600) as feeds,
        world.served(feeds) as asked,
    ):
        times, text = [], ""
        for _ in range(TIMES):
            took, text = page_ms(asked)
            times.append(took)
        said, first, last = corrections_ms(asked, text)
    wrong = sum(bool(each["gone"]) for each in said)
    return [
        Line(f"éditeurs {how} : la page, p50", median(times), "ms"),
        Line(f"éditeurs {how} : première correction", first, "ms"),
        Line(f"éditeurs {how} : dernière correction", last, "ms"),
        Line(f"éditeurs {how} : fiches corrigées, sur {DOCTORS}", wrong, ""),
        Line(f"éditeurs {how} : fiches inconnues", sum(each["state"] == "unknown" for each in said), ""),
    ]


def dying() -> list[Line]:
    """The page while both editors answer, while one is dead, and once it answers again; what it says of its doctors."""
    at, lines = int(time.time()) // 60 * 60, []
    with tempfile.TemporaryDirectory() as folder, _editors(Path(folder), at) as ports:
        world = World(Path(folder), ports, at)
        world.begin()
        with (
            feeding(world.database, lambda: world.at, round_s=HOUR, rested_s=HOUR) as feeds,
            world.served(feeds) as asked,
        ):
            for moment, faults in (("avant", []), ("pendant", [{"name": "slow", "seconds": 30}]), ("après", [])):
                told(ports[0], "/_faults", faults)
                pages = [page_ms(asked) for _ in range(TIMES)]
                said, _, last = corrections_ms(asked, pages[-1][1])
                lines += [
                    Line(f"un éditeur de deux se tait, {moment} : la page, p50", median(ms for ms, _ in pages), "ms"),
                    Line(f"… {moment} : dernière correction", last, "ms"),
                    Line(f"… {moment} : fiches inconnues", sum(one["state"] == "unknown" for one in said), ""),
                ]
                world.at += STORED_S
        world.engine.close()
        world.database.dispose()
    return lines


def in_the_demo() -> list[Line]:
    """Of the demo's cards, those that a check corrects, by the age of what was known."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_demo(folder, Plan(1, MONDAY, ("69",)), lambda *_: None)
        agendas = [one for editor in LIVING for one in itertools.islice(roster(folder, editor), CARDS)]
        alive = Setup(agendas, seed=1, lively=True, now=MONDAY)
        with running(folder / "setup.json", alive) as (port, _):
            return [line for age in AGES for line in _aged(folder, port, alive, age)]


def _aged(folder: Path, port: int, alive: Setup, age: int) -> Sequence[Line]:
    """What checks correct of what is so many minutes old, over a database of its own."""
    migrate(url := f"sqlite:///{folder}/{age}.db")
    database = connect(url)
    editor = Declared("demo", f"http://127.0.0.1:{port}/fhir", ("ps",), calls_per_hour=100_000)
    with writing(database) as connection:
        declare(connection, editor, MONDAY)
        add_agendas(connection, editor.name, (agenda.id for agenda in alive.agendas), MONDAY)
    lines = asyncio.run(_corrected(database, editor, port, alive, age))
    database.dispose()
    return lines


async def _corrected(database: Database, editor: Declared, port: int, alive: Setup, age: int) -> Sequence[Line]:
    """What checks correct over a day, of what a sweep knew so many minutes before."""
    clock = [MONDAY]

    def move(at: int) -> None:
        clock[0] = at
        told(port, "/_setup", msgspec.to_builtins(msgspec.structs.replace(alive, now=at)))

    subjects = [f"p:{agenda.id}" for agenda in alive.agendas]
    shown = wrong = gone = 0
    async with Feeds(database, lambda: clock[0], rested_s=0) as feeds:
        for at in WORKED:
            move(at - 60 * age)
            await feeds.sweep(editor)
            before = known(database, at)
            move(at)
            await feeds.check(subjects)
            after = known(database, at)
            shown += sum(bool(slots) for slots in before.values())
            wrong += sum(before.get(one, set()) != after.get(one, set()) for one in subjects)
            gone += sum(bool(slots - after.get(one, set())) for one, slots in before.items())
    whole = len(WORKED) * len(subjects)
    return (
        Line(f"démo, su depuis {age} min : fiches corrigées, sur {whole}", wrong, ""),
        Line(f"… dont un créneau montré était pris, sur {shown} fiches à créneaux", gone, ""),
    )


def known(database: Database, at: int) -> dict[str, set[tuple[int, int]]]:
    """What is stored for the 72 hours after an instant, by subject."""
    found: dict[str, set[tuple[int, int]]] = {}
    table = SQLModel.metadata.tables[str(Availability.__tablename__)]
    columns = (table.c.subject, table.c.start, table.c.end)
    with database.connect() as connection:
        for subject, *slot in connection.execute(select(*columns).where(table.c.start.between(at + 1, at + HORIZON_S))):
            found.setdefault(subject, set()).add((slot[0], slot[1]))
    return found


def measured() -> list[Line]:
    """Everything, each way with slots of its own."""
    lines: list[Line] = []
    for rank, (how, faults) in enumerate(SPEEDS.items()):
        at = int(time.time()) // 60 * 60
        with tempfile.TemporaryDirectory() as folder, _editors(Path(folder), at) as ports:
            world = World(Path(folder), ports, at)
            world.begin()
            lines += off(world) if rank == 0 else []
            for port, numbers in zip(ports, (half(0), half(1)), strict=True):
                told(port, "/_slots", {"taken": drawn(numbers)})
            lines += on(world, how, faults)
            world.engine.close()
            world.database.dispose()
    return lines


def drawn(numbers: range) -> list[str]:
    """The slots that were taken meanwhile."""
    rng = Random(numbers.start)
    return [f"{number}-{rank}" for number in numbers for rank in range(SLOTS) if rng.random() < TAKEN]


@contextmanager
def _editors(folder: Path, at: int) -> Iterator[list[int]]:
    """The ports of two editors."""
    with (
        running(folder / "0.json", setup(half(0), at)) as (one, _),
        running(folder / "1.json", setup(half(1), at)) as (
            other,
            _,
        ),
    ):
        yield [one, other]


def main() -> None:
    """Measure and print."""
    show("Vérifier les créneaux montrés", [*measured(), *dying(), *in_the_demo()])


if __name__ == "__main__":
    main()
