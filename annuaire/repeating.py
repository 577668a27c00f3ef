"""Doing something again and again in the background, for the time of a block."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final

LEAVE_S: Final = 5.0
"""How long whoever stops waits for what is being done."""


@contextmanager
def repeated(name: str, do: Callable[[Event], object], *, every_s: float, first_s: float = 0.0) -> Iterator[None]:
    """Do it after `first_s`, then every `every_s`, in a thread of this name; it is given what is set once it must stop.

    What it raises ends the repetition.
    """
    stop = Event()

    def keep() -> None:
        stop.wait(first_s)
        while not stop.is_set():
            do(stop)
            stop.wait(every_s)

    thread = Thread(target=keep, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(LEAVE_S)
