"""A follower in a process of its own, to be killed: `python -m tests.indexer.follower_process URL FILE`."""

import sys
from pathlib import Path
from threading import Event

from indexer import follow
from indexer.follow import Follower
from models import store
from tests.indexer.given import NOW
from tests.memory_engine import MemoryEngine


def main(url: str, file: str) -> None:
    """Follow a database with an engine kept in a file, a few changes at a time."""
    follow.BATCH = 3  # type: ignore[misc] # small batches, so that a kill falls between two
    Follower(store.connect(url), MemoryEngine(Path(file)), lambda: NOW, poll_s=0.01).run(Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
