"""A follower in a process of its own, to be killed: `python -m tests.indexer.follower_process URL ENGINE`."""

import sys
from threading import Event

from indexer import follow
from indexer.follow import Follower
from models import store
from tests.indexer.engines import opened
from tests.indexer.given import NOW


def main(url: str, spec: str) -> None:
    """Follow a database, a few changes at a time."""
    follow.BATCH = 3  # type: ignore[misc] # small batches, so that a kill falls between two
    with opened(spec) as engine:
        Follower(store.connect(url), engine, lambda: NOW, poll_s=0.01).run(Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
