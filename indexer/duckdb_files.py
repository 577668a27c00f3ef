"""Where generations are on disk, which one answers, and which may be forgotten.

    <directory>/current               the name of the generation that answers; replaced atomically
    <directory>/<generation>/         index.duckdb (and its write-ahead log), offers.ndjson, status.json
    <directory>/<generation>.building the same while it is built, with the rows on their way, and beside it a lock

A builder holds its lock as long as it lives, so a directory whose lock is free was abandoned: its process was killed.
A former generation is kept ten minutes after the pointer last moved.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from indexer.duckdb_layout import VERSION
from indexer.protocol import EngineError, Status

KEPT_S: Final = 600
"""How long a former generation may still be asked for."""

_CURRENT: Final = "current"
_BUILDING: Final = ".building"
NOTHING: Final = Status("", 0, 0)
"""The status before the first generation."""


class _Told(msgspec.Struct, frozen=True):
    """What a generation says of itself, and the version that said it."""

    version: str = ""
    status: Status = NOTHING


class Home:
    """The files of one generation, in its directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.database = directory / "index.duckdb"
        self.documents = directory / "offers.ndjson"
        self._status = directory / "status.json"

    def write_status(self, status: Status) -> None:
        """Tell the processes that cannot open the database how it stands."""
        beside = self._status.with_suffix(".new")
        beside.write_bytes(msgspec.json.encode(_Told(VERSION, status)))
        beside.replace(self._status)

    def read_status(self) -> Status:
        """What was last told."""
        told = msgspec.json.decode(self._status.read_bytes(), type=_Told)
        return replace(told.status, outdated=told.version != VERSION)


class Shelf:
    """The generations of one directory."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self._pointer = directory / _CURRENT

    def home(self, generation: str) -> Home:
        """The files of a generation that was swapped in."""
        return Home(self.directory / generation)

    def current(self) -> str | None:
        """The name of the generation that answers."""
        try:
            return self._pointer.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def moved_at(self) -> float:
        """When the pointer last moved, in epoch seconds; 0 before it ever did."""
        try:
            return self._pointer.stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def status(self) -> Status:
        """The status last told of the generation that answers."""
        current = self.current()
        return NOTHING if current is None else self.home(current).read_status()

    def start(self, generation: str) -> tuple[Home, BinaryIO]:
        """A directory to build in, and its lock.

        Raises:
            EngineError: a generation of that name exists, or is being built.

        """
        building = self.directory / f"{generation}{_BUILDING}"
        lock = None if (self.directory / generation).exists() else _locked(building)
        if lock is None:
            raise EngineError(f"La génération {generation} existe déjà, ou se construit.")
        if building.exists():
            shutil.rmtree(building)
        building.mkdir()
        return Home(building), lock

    def swap(self, built: Home, generation: str) -> None:
        """Give what was built its place, and move the pointer to it."""
        built.directory.rename(self.directory / generation)
        _replace(self._pointer, generation.encode())

    def leave(self, built: Home, lock: BinaryIO) -> None:
        """Remove what is left of a build, and its lock."""
        if built.directory.exists():
            shutil.rmtree(built.directory)
        _lock_of(built.directory).unlink(missing_ok=True)
        lock.close()

    def prune(self, now: float) -> None:
        """Forget abandoned builds and, ten minutes after the pointer moved, former generations."""
        for building in self.directory.glob(f"*{_BUILDING}"):
            self._forget_abandoned(building)
        if now - self.moved_at() >= KEPT_S:
            for former in self._former():
                shutil.rmtree(former)

    def _former(self) -> Iterator[Path]:
        current = self.current()
        places = (place for place in self.directory.iterdir() if place.is_dir() and place.suffix != _BUILDING)
        return (place for place in places if place.name != current)

    def _forget_abandoned(self, building: Path) -> None:
        """Remove a directory unless its builder lives."""
        if lock := _locked(building):
            self.leave(Home(building), lock)


def _lock_of(building: Path) -> Path:
    return building.with_name(f"{building.name}.lock")


def _locked(building: Path) -> BinaryIO | None:
    """The lock of a build, unless another holds it."""
    lock = _lock_of(building).open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that it is read whole, before or after, whatever happens."""
    beside = path.with_name(f"{path.name}.new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)
