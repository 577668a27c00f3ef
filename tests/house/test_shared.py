"""What the workers of a run share is started once, and ended after the last has done with it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.shared import shared


@contextmanager
def server(name: str, seen: list[str]) -> Iterator[str]:
    """A server that says its name."""
    seen.append(f"{name} starts")
    yield name
    seen.append(f"{name} ends")


def test_the_first_starts_it_and_ends_it_after_the_last(tmp_path: Path):
    seen: list[str] = []
    first, second, later = (shared(tmp_path, "server", server(name, seen)) for name in ("first", "second", "later"))
    with ThreadPoolExecutor(1) as worker:
        assert (first.__enter__(), second.__enter__()) == ("first", "first")
        ending = worker.submit(first.__exit__, None, None, None)
        with pytest.raises(TimeoutError):
            ending.result(0.2)
        assert seen == ["first starts"]
        second.__exit__(None, None, None)
        ending.result(30)
        assert seen == ["first starts", "first ends"]
    with later as name:
        assert name == "later"


def test_what_cannot_be_started_is_tried_again_by_the_next(tmp_path: Path):
    @contextmanager
    def absent() -> Iterator[str]:
        raise FileNotFoundError
        yield ""

    with pytest.raises(FileNotFoundError), shared(tmp_path, "server", absent()):
        pass
    with shared(tmp_path, "server", server("next", [])) as name:
        assert name == "next"
