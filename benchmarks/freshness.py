"""How soon a change in the database is in the results, while a load writes: `python -m benchmarks.freshness`."""

import tempfile
import time
from pathlib import Path
from statistics import median
from threading import Event, Thread

from benchmarks.report import Line, show
from indexer.duckdb_engine import DuckDBEngine
from indexer.follow import Follower, following
from indexer.protocol import Engine
from indexer.rebuild import rebuild
from models.codes import Viewer
from models.geo import Point
from models.store import connect, migrate
from relevance.plan import Circle, Plan, Window
from tests.indexer.given import HOUR, NOW, Given
from tests.indexer.test_engines import load, people

VILLEURBANNE = Point(45.7667, 4.88)


def delays(engine: Engine, url: str) -> list[float]:
    """Seconds from each change's commit to the search that finds it."""
    database = connect(url)
    given, stop, found = Given(database), Event(), []
    subjects = people(given)
    rebuild(database, engine, NOW)
    at = NOW // 60 * 60
    plan = Plan(at, Viewer.REGULATION, origin=VILLEURBANNE, area=Circle(1_000), window=Window(at, at + 60 * HOUR))
    loading = Thread(target=load, args=(database, stop))
    with following(Follower(database, engine, lambda: NOW, poll_s=0.25)):
        loading.start()
        for subject in [subject for number, subject in enumerate(subjects) if number % 3]:
            before = engine.search(plan).exact.total.value
            given.slot(subject)
            given.changed(subject)
            written = time.monotonic()
            while engine.search(plan).exact.total.value == before and time.monotonic() < written + 60:
                time.sleep(0.01)
            found.append(time.monotonic() - written)
        stop.set()
        loading.join()
    database.dispose()
    return found


def main() -> None:
    """Measure the embedded engine over SQLite, polling as in service."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'measures.db'}"
        migrate(url)
        engine = DuckDBEngine(Path(folder) / "index")
        seconds = sorted(delays(engine, url))
        engine.close()
    lines = [Line("p50", median(seconds), "s"), Line(f"la plus lente de {len(seconds)}", seconds[-1], "s", 2, 1)]
    show("d'un changement en base à sa présence dans les résultats, pendant un chargement", lines)


if __name__ == "__main__":
    main()
