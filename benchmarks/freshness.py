"""How soon a change in the database is in the results, while loads write: `python -m benchmarks.freshness`.

Over the demo's four départements, on both engines. Beside the changes that are timed, feeds renew 100 agendas a second
by lots of 25, as a sweep of 60,000 agendas in ten minutes does, and one load touches 5,000 people at once, as a daily
file does.
"""

import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import Final

from sqlalchemy import Engine as Database
from sqlalchemy import select, update

from annuaire.demo.loading import steps
from annuaire.demo.writing import Plan as Demo
from annuaire.demo.writing import write_demo
from benchmarks.bounds import FRESH_S
from benchmarks.engines import ENGINES
from benchmarks.report import Line, show
from indexer.follow import Follower, following
from indexer.protocol import Engine
from indexer.reading import AVAILABILITY, PROFESSIONAL
from indexer.rebuild import rebuild
from ingestion.loading import Options
from models.codes import Viewer
from models.outbox import enqueue
from models.store import connect, migrate, writing
from relevance.plan import Plan
from relevance.text import question

SAMPLES: Final = 100
LOT: Final = 25
LOT_EVERY_S: Final = 0.25
TOUCHED_AT_ONCE: Final = 5_000
GIVE_UP_S: Final = 60
LETTERS: Final = str.maketrans("0123456789", "ABCDEFGHIJ")


def demo(folder: Path) -> Database:
    """A database with the demo, loaded as `make run` does."""
    url = f"sqlite:///{folder / 'annuaire.db'}"
    migrate(url)
    database = connect(url)
    manifest = write_demo(folder / "demo", Demo(1, int(time.time())), lambda *_: None)
    for step in steps(folder / "demo", manifest):
        step.load(database, step.path, Options(int(time.time())))
    return database


def subjects(database: Database, column: object) -> list[str]:
    """Some of those who are in a table, in an order that mixes territories."""
    with database.connect() as connection:
        return sorted(connection.scalars(select(column).distinct()), key=lambda subject: subject[::-1])  # type: ignore[call-overload] # a column of either table


def renew(database: Database, agendas: list[str], stop: Event) -> None:
    """Say of a lot of agendas after the other that they were checked, as a feed does; one load of many people first."""
    people = [f"p:{identifier}" for identifier in subjects(database, PROFESSIONAL.c.id)]
    with writing(database) as connection:
        enqueue(connection, people[:TOUCHED_AT_ONCE], int(time.time()))
    turn = cycle(agendas)
    while not stop.wait(LOT_EVERY_S):
        lot, now = list(islice(turn, LOT)), int(time.time())
        with writing(database) as connection:
            connection.execute(update(AVAILABILITY).where(AVAILABILITY.c.subject.in_(lot)).values(checked_at=now))
            enqueue(connection, lot, now)


def rename(database: Database, identifier: str, name: str) -> None:
    """Give someone a name that nobody has."""
    with writing(database) as connection:
        connection.execute(update(PROFESSIONAL).where(PROFESSIONAL.c.id == identifier).values(family_name=name))
        enqueue(connection, [f"p:{identifier}"], int(time.time()))


def delays(database: Database, engine: Engine, samples: int = SAMPLES) -> list[float]:
    """Seconds from each change's commit to the search that finds it."""
    rebuild(database, engine, int(time.time()))
    agendas, stop = subjects(database, AVAILABILITY.c.subject), Event()
    offered = {offer.subject for offer in engine.all_offers() if offer.person}
    people = [agenda[2:] for agenda in agendas if agenda in offered]
    loading = Thread(target=renew, args=(database, agendas, stop))
    with following(Follower(database, engine, lambda: int(time.time()))):
        loading.start()
        found = [waited(database, engine, one, rank) for rank, one in enumerate(people[:samples])]
        stop.set()
        loading.join()
    return found


def new_name(engine: str, rank: int) -> str:
    """A name that nobody has, two letters at least from every other: a search forgives one."""
    return f"ZZ{engine}".upper() + "".join(letter * 2 for letter in f"{rank:03d}".translate(LETTERS))


def waited(database: Database, engine: Engine, identifier: str, rank: int) -> float:
    """The delay of one change."""
    name = new_name(engine.name, rank)
    plan = Plan(int(time.time()) // 60 * 60, Viewer.REGULATION, text=question(name, prefix=False))
    assert not engine.search(plan).exact.hits
    rename(database, identifier, name)
    written = time.monotonic()
    while not engine.search(plan).exact.hits and time.monotonic() < written + GIVE_UP_S:
        time.sleep(0.02)
    return time.monotonic() - written


def main() -> None:
    """Measure each engine over the same database, polling as in service."""
    with tempfile.TemporaryDirectory() as folder:
        database = demo(Path(folder))
        for name, opened in ENGINES.items():
            with opened() as (engine, _):
                seconds = sorted(delays(database, engine))
            lines = [
                Line("p50", median(seconds), "s"),
                Line(f"p99 (la deuxième plus lente de {len(seconds)})", seconds[-2], "s", *FRESH_S),
                Line("la plus lente", seconds[-1], "s"),
            ]
            show(f"{name} : d'un changement en base aux résultats, pendant que des chargements écrivent", lines)
        database.dispose()


if __name__ == "__main__":
    main()
