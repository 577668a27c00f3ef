"""`python -m benchmarks`: both engines on the same offers, in one run; then how well sentences are understood.

python -m benchmarks                        230,000 offers, both engines, then the API around the engine
python -m benchmarks --offers 2300000       the nation
python -m benchmarks --engine duckdb        one engine only
"""

import argparse
import time
from collections.abc import Callable

from benchmarks import api_cost
from benchmarks.bounds import API_CPU_MS, BOUNDS, Bounds
from benchmarks.engines import ENGINES
from benchmarks.offers import offers
from benchmarks.report import Line, show
from benchmarks.requests import EIGHT
from benchmarks.search import measure, mixed
from benchmarks.sentences.__main__ import run as understand
from indexer.protocol import Engine

GENERATION = "offers-20261123-000000"


def fill(engine: Engine, count: int) -> float:
    """Build one generation; offers a second."""
    start = time.perf_counter()
    builder = engine.build(GENERATION)
    builder.add(offers(count))
    builder.finish(0)
    builder.swap()
    return count / (time.perf_counter() - start)


def lines_of(name: str, engine: Engine, floor: Callable[[], object] | None, bounds: Bounds) -> list[Line]:
    """Every measured number of one engine beside its bound."""
    floor_times, measured = measure(engine, floor)
    all_kinds = mixed(measured)
    lines = [
        Line(f"{one.name}, {share}", spent, "ms")
        for one in measured
        for share, spent in (("p50", one.p50), ("p95", one.p95))
    ]
    if floor_times is not None:
        lines.append(Line("plancher : match_all, 70 offres, p50", floor_times.p50, "ms"))
        lines += [Line(f"{one.name}, p50 / plancher", one.p50 / floor_times.p50, "×") for one in measured]
        lines.append(Line("jeu mêlé, p50 / plancher", all_kinds.p50 / floor_times.p50, "×", *bounds.ratio))
    hold = bounds.embedded if name == "duckdb" else (None, None)
    lines.append(Line("jeu mêlé (jusqu'à cinq critères), p50", all_kinds.p50, "ms"))
    lines.append(Line("jeu mêlé (jusqu'à cinq critères), p95", all_kinds.p95, "ms", *hold))
    eight = next(one for one in measured if one.name in EIGHT)
    return [*lines, Line("huit critères, p95", eight.p95, "ms", *(bounds.eight if floor else (None, None)))]


def run(name: str, count: int) -> None:
    """Fill one engine, measure it and print its table."""
    with ENGINES[name]() as (engine, floor):
        rate = fill(engine, count)
        bounds = BOUNDS[230_000 if count < 1_000_000 else 2_300_000]
        lines = [Line("construction de l'index", rate, "offres/s"), *lines_of(name, engine, floor, bounds)]
        show(f"{name}, {count:,} offres".replace(",", " "), lines)


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--offers", type=int, default=230_000)
    parser.add_argument("--engine", choices=[*ENGINES, "both"], default="both")
    arguments = parser.parse_args()
    for name in ENGINES if arguments.engine == "both" else [arguments.engine]:
        run(name, arguments.offers)
    middle, high = api_cost.cost()
    cpu = [Line("p50", middle, "ms", *API_CPU_MS), Line("p95", high, "ms")]
    show("l'API autour du moteur, 70 offres de 20 créneaux, temps de processeur", cpu)
    understand()


if __name__ == "__main__":
    main()
