"""Times of searches on one filled engine: p50 and p95 in milliseconds, and the ratio to a floor of the same run."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median, quantiles

from benchmarks.requests import EIGHT, MIXED, Kind
from indexer.protocol import Searcher

WARM_UP = 12
REPETITIONS = 60


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of one kind of request; `mixed` ones count in the mixed set."""

    name: str
    p50: float
    p95: float
    samples: tuple[float, ...]


def times(name: str, samples: list[float]) -> Times:
    """Summarise samples in milliseconds."""
    return Times(name, median(samples), quantiles(samples, n=20)[-1], tuple(samples))


def clocked(call: Callable[[int], object], repetitions: int = REPETITIONS, first: int = 0) -> list[float]:
    """Milliseconds of each call, by the wall clock."""
    samples = []
    for repetition in range(first, first + repetitions):
        start = time.perf_counter()
        call(repetition)
        samples.append((time.perf_counter() - start) * 1000)
    return samples


def measure(searcher: Searcher, floor: Callable[[], object] | None) -> tuple[Times | None, tuple[Times, ...]]:
    """The floor, then each kind of request, interleaved so that a slow moment weighs on all of them."""
    kinds: Mapping[str, Kind] = {**MIXED, **EIGHT}
    samples: dict[str, list[float]] = {name: [] for name in kinds}
    floors: list[float] = []
    for minute in range(WARM_UP + REPETITIONS):
        kept = minute >= WARM_UP
        for place, (name, kind) in enumerate(kinds.items()):
            plan = kind(minute + place, minute)
            (spent,) = clocked(lambda _, plan=plan: searcher.search(plan), 1)  # type: ignore[misc] # bound now
            samples[name] += [spent] * kept
            if floor is not None:
                floors += clocked(lambda _: floor(), 1) * kept
    return (times("floor", floors) if floors else None), tuple(times(name, samples[name]) for name in kinds)


def mixed(measured: tuple[Times, ...]) -> Times:
    """The mixed set as one series."""
    return times("mixed set", [sample for one in measured if one.name in MIXED for sample in one.samples])
