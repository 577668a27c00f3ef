"""What the processes of one run share: the first that needs it has it started, and ended once nobody uses it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from fcntl import LOCK_EX, LOCK_SH, flock
from pathlib import Path


@contextmanager
def shared(folder: Path, name: str, server: AbstractContextManager[str]) -> Iterator[str]:
    """What a server says of itself (its address), started by this process or by another of the run.

    Who uses it holds a lock, which the system frees whatever the process comes to. The process that started it waits
    for the others before it ends it; who comes later starts another.
    """
    said = folder / f"{name}.said"
    with ExitStack() as started, (folder / f"{name}.users").open("w") as users:
        with (folder / f"{name}.turn").open("w") as turn:
            flock(turn, LOCK_EX)
            flock(users, LOCK_SH)
            if is_mine := not said.exists():
                said.write_text(started.enter_context(server), "utf-8")
        try:
            yield said.read_text("utf-8")
        finally:
            if is_mine:
                flock(users, LOCK_EX)
                said.unlink()
