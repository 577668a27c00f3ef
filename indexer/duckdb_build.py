"""Building a generation: rows are staged in files while offers come, then loaded and sorted at once."""

from collections.abc import Iterable
from typing import Final

import duckdb

from indexer.duckdb_dictionaries import Dictionaries
from indexer.duckdb_files import Shelf
from indexer.duckdb_layout import CREATE, VERSION, quoted
from indexer.duckdb_rows import Staging
from indexer.duckdb_search import DuckDBSearcher, Opened
from models.offer import Offer

_ORDERS: Final = {"agenda": "since, doc", "posting": "term, doc", "word": "word, doc"}
_SORTED: Final = (
    "INSERT INTO offer SELECT staged.* FROM {staged} staged JOIN zone USING (zone) ORDER BY scheduled DESC, cell, zone"
)
ROW_GROUP: Final = 32_768
"""Rows whose minima and maxima are kept together: small, since most searches read little of a sorted table."""
_COUNT: Final = (
    "UPDATE profile SET offers = counted.offers "
    "FROM (SELECT profile, count(*) AS offers FROM offer GROUP BY profile) counted "
    "WHERE counted.profile = profile.profile"
)
_VOCABULARY: Final = (
    "INSERT INTO vocabulary SELECT DISTINCT length(word) AS letters, word FROM word ORDER BY letters, word"
)
_BACKWARDS: Final = (
    "INSERT INTO backwards SELECT letters, reverse(word) AS backwards FROM vocabulary ORDER BY letters, backwards"
)


class DuckDBBuilder:
    """A generation being built, in a directory of its own. See `indexer.protocol.Builder`."""

    def __init__(self, shelf: Shelf, generation: str) -> None:
        self.generation = generation
        self._shelf = shelf
        self._home, self._lock = shelf.start(generation)
        self._staging = Staging(self._home.directory, self._home.documents, Dictionaries())
        self._added = 0
        self._opened: Opened | None = None

    def add(self, offers: Iterable[Offer]) -> int:
        """Stage offers; how many. Each offer comes once."""
        before = self._added
        for offer in offers:
            self._staging.add(self._added, offer)
            self._added += 1
        return self._added - before

    def finish(self, position: int, stamp: str = "") -> None:
        """Load what was staged, sorted as searches read it, and open it."""
        self._staging.close()
        with duckdb.connect() as connection:
            connection.execute(f"SET temp_directory = {quoted(self._home.directory)}")
            options = f"STORAGE_VERSION 'latest', ROW_GROUP_SIZE {ROW_GROUP}"
            connection.execute(f"ATTACH {quoted(self._home.database)} AS built ({options})")
            connection.execute("USE built")
            self._load(connection)
            meta = [self.generation, VERSION, position, position, stamp]
            connection.execute("INSERT INTO meta VALUES (?, ?, ?, ?, ?)", meta)
            connection.execute("CHECKPOINT built")
        self._opened = Opened(self._home)
        self._home.write_status(self.searcher().status())

    def _load(self, connection: duckdb.DuckDBPyConnection) -> None:
        for statement in CREATE:
            connection.execute(statement)
        self._staging.dictionaries.write(connection)
        connection.execute(_SORTED.format(staged=self._staging.reading("offer")))
        for table, order in _ORDERS.items():
            connection.execute(f"INSERT INTO {table} SELECT * FROM {self._staging.reading(table)} ORDER BY {order}")
        for statement in (_COUNT, _VOCABULARY, _BACKWARDS):
            connection.execute(statement)

    def searcher(self) -> DuckDBSearcher:
        """Search what was built, before the swap."""
        if self._opened is None:
            raise RuntimeError("this build is not finished")
        return DuckDBSearcher(self._opened)

    def swap(self) -> None:
        """Make it the generation that answers. This process lets go of it, so that the serving one can open it."""
        self._free()
        self._shelf.swap(self._home, self.generation)
        self._shelf.leave(self._home, self._lock)

    def drop(self) -> None:
        """Leave nothing behind; after the swap there is nothing to leave."""
        self._free()
        if not self._lock.closed:
            self._shelf.leave(self._home, self._lock)

    def _free(self) -> None:
        self._staging.close()
        if self._opened is not None:
            self._opened.close()
            self._opened = None
