"""A load in a process of its own: `python -m tests.ingestion.loading_process URL FILE`. It says its memory and speed.

With a third argument, the process stops and waits to be killed: at the first read from that byte on, or, for a text,
before the first statement that begins with it.
"""

import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy import event

from ingestion.loading import Options
from ingestion.loads import load_rpps
from models.store import connect
from tests.ingestion.given import AT


def main(url: str, file: str, stop: str = "") -> None:
    engine = connect(url)

    def watch(done: int, _total: int) -> None:
        if stop.isdigit() and done >= int(stop):
            wait()

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if stop and statement.startswith(stop):
            wait()

    event.listen(engine, "before_cursor_execute", listen)
    began = time.monotonic()
    totals = load_rpps(engine, Path(file), Options(at=AT, on_progress=watch))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    say(f"{totals.of('activity').new} {peak} {round(totals.read / (time.monotonic() - began))}")


def wait() -> None:
    say("half-way")
    signal.pause()


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
