"""The embedded engine: DuckDB in the serving process, no server. See `indexer.protocol.Engine`.

One process serves and applies changes: it alone opens the database of the generation that answers, and DuckDB lets no
other in, not even to read. Any process may build a generation and swap it in: the serving one notices that the pointer
moved, opens the new files, and keeps the former ones ten minutes. `status` needs no database, so it answers everywhere;
the other methods raise `EngineDown` in a second process.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from threading import Lock, RLock

from indexer.duckdb_apply import apply
from indexer.duckdb_build import DuckDBBuilder
from indexer.duckdb_dictionaries import Dictionaries
from indexer.duckdb_files import KEPT_S, Shelf
from indexer.duckdb_search import DuckDBSearcher, Opened, failing
from indexer.protocol import Change, EngineDown, GenerationGone, Outdated, Status


class DuckDBEngine(DuckDBSearcher):
    """Searches the current generation of a directory, builds others, applies changes. Safe to share between threads."""

    name = "duckdb"

    def __init__(self, directory: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._shelf = Shelf(directory)
        self._clock = clock
        self._held: dict[str, Opened] = {}
        self._current: Opened | None = None
        self._holding = RLock()
        self._writing = Lock()
        self._dictionaries: dict[str, Dictionaries] = {}

    def _opened(self, generation: str | None = None) -> Opened:
        """The generation asked for, or the current one.

        Raises:
            EngineDown: there is none yet, or another process holds it.
            GenerationGone: it was never swapped in, or was replaced more than ten minutes ago.

        """
        with self._holding:
            current = self._follow()
            if generation in {None, current.name}:
                return current
            return self._former(generation)

    def _follow(self) -> Opened:
        """The generation that the pointer names; the former one as long as another process holds that one."""
        name = self._shelf.current()
        if name is None:
            raise EngineDown("Aucun index n’a encore été construit.")
        if self._current is None or self._current.name != name:
            with suppress(EngineDown) if self._current else nullcontext():
                self._current = self._hold(name)
        return self._current

    def _hold(self, name: str) -> Opened:
        if name not in self._held:
            self._held[name] = Opened(self._shelf.home(name))
        return self._held[name]

    def _former(self, name: str) -> Opened:
        if self._expired() or not self._shelf.home(name).directory.is_dir():
            raise GenerationGone(f"La génération {name} n’est plus gardée.")
        try:
            return self._hold(name)
        except Outdated as outdated:
            raise GenerationGone(str(outdated)) from outdated

    def _expired(self) -> bool:
        """Former generations are no longer kept."""
        return self._clock() - self._shelf.moved_at() >= KEPT_S

    def _let_go(self) -> None:
        """Hold the current generation alone. Who still reads another ends first: its files are freed with the last."""
        self._held = {name: opened for name, opened in self._held.items() if opened is self._current}

    def status(self) -> Status:
        """What answers now; for a process that does not serve, what the serving one last told."""
        current = self._current
        return super().status() if current and current.name == self._shelf.current() else self._shelf.status()

    def build(self, generation: str) -> DuckDBBuilder:
        """Start a new generation."""
        return DuckDBBuilder(self._shelf, generation)

    def apply(self, changes: Sequence[Change], position: int, generation: str, stamp: str = "") -> None:
        """Apply changes to the current generation, in one transaction; one call at a time."""
        with self._writing, failing():
            opened = self._opened()
            if opened.name != generation:
                raise GenerationGone(f"La génération {generation} ne répond plus : {opened.name} la remplace.")
            dictionaries = self._dictionaries.pop(opened.name, None) or Dictionaries.read(opened.connection)
            apply(opened, dictionaries, changes, position, stamp)
            self._dictionaries = {opened.name: dictionaries}
            opened.home.write_status(super().status())

    def prune(self) -> None:
        """Forget abandoned builds and, ten minutes after the swap, former generations."""
        with self._holding:
            if self._expired():
                self._let_go()
            self._shelf.prune(self._clock())

    def close(self) -> None:
        """Free every file."""
        with self._holding:
            self._current = None
            while self._held:
                self._held.popitem()[1].close()
