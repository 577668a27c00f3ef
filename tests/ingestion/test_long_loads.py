"""Large files load in bounded memory; a load that is killed leaves nothing, and the same command completes it."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ingestion.loads import load_rpps
from tests.ingestion.given import activity, lines, options, people
from tests.ingestion.test_loads import content, counts, rows

PROCESS = (sys.executable, "-m", "tests.ingestion.loading_process")


def many(path: Path, count: int) -> Path:
    """A file of so many activities, each of somebody else, at one of a thousand sites."""
    header, line = lines(activity()).decode().splitlines(keepends=True)
    with path.open("w") as stream:
        stream.write(header)
        for number in range(count):
            own = line.replace("810000000001", f"8{number:011d}").replace("R10000000001001", f"R{number % 1000:014d}")
            stream.write(own)
    return path


def loaded(engine: Engine, file: Path) -> tuple[int, int, int]:
    """The new activities, the peak of memory in MiB and the rows a second of a load in its own process."""
    run = subprocess.run((*PROCESS, str(engine.url), str(file)), capture_output=True, text=True, check=True)
    new, peak, speed = run.stdout.split()
    return int(new), int(peak), int(speed)


@pytest.mark.timeout(600)
def test_memory_does_not_grow_with_the_file(database: Engine, tmp_path: Path, record_property):
    small = loaded(database, many(tmp_path / "small.txt", 20_000))
    large = loaded(database, many(tmp_path / "large.txt", 200_000))
    record_property("rows per second", large[2])
    assert (small[0], large[0]) == (20_000, 180_000)
    # SQLite's caches fill up to 64 MiB each; ten times the rows must not take more than these
    assert large[1] - small[1] < 160


@pytest.mark.parametrize("stop", [0.3, 0.9, "UPDATE place", "INSERT INTO outbox"])
def test_a_load_killed_half_way_leaves_nothing_and_the_same_command_completes_it(
    database: Engine, tmp_path: Path, stop: float | str
):
    load_rpps(database, many(tmp_path / "before.txt", 10), options(tmp_path))
    before, journal = content(database), rows(database, "load", "id")
    file = many(tmp_path / "after.txt", 20_000)
    where = stop if isinstance(stop, str) else str(int(stop * file.stat().st_size))
    command = (*PROCESS, str(database.url), str(file), where)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half-way\n"
        process.kill()
    assert content(database) == before
    assert rows(database, "load", "id") == journal
    new, _, _ = loaded(database, file)
    assert new == 20_000 - 10
    assert len(rows(database, "activity", "id", departed_on=None)) == 20_000


def test_a_line_of_10_megabytes_is_one_rejected_line(database: Engine, tmp_path: Path):
    file = people(tmp_path / "a.txt", 1, 2)
    content_of = file.read_bytes()
    file.write_bytes(content_of + b"8|" + b"x" * 10_000_000 + b"\n" + lines(activity()).splitlines(keepends=True)[1])
    totals = load_rpps(database, file, options(tmp_path))
    assert (counts(totals, "activity"), totals.rejected) == ((3, 0, 0, 0), 1)
