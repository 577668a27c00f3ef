"""Comparing a full file with what is stored, in the database itself, and writing only the differences.

Rows of the file go to a temporary table (`staged_…`); of several rows with one key, the latest counts where a column
tells which that is, then the one with the smallest digest, so that the order of the file does not matter. One
comparison then names the keys that are new, changed, back or gone (`touched_…`); it reads the stored table and writes
none of it. Applying it is a few statements on those keys.
Of a table that no other load writes, rows that are stored as they are read are not staged at all: see `Known`.
A table with a `departed_on` keeps what is gone, dated; another loses it.
"""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from hashlib import blake2b
from itertools import islice
from typing import Any, TypeVar

import psycopg
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Date,
    Index,
    Integer,
    MetaData,
    Row,
    Select,
    String,
    Subquery,
    Table,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    text,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql.elements import False_
from sqlmodel import SQLModel

from ingestion.report import TableTotals

BATCH = 5_000
_PARAMETERS = 200
_DIGEST_BYTES = 12
_SEPARATOR = "\x1f"
_Value = TypeVar("_Value")
_TEMPORARY: dict[str, Any] = {"prefixes": ["TEMPORARY"]}

StagedRow = tuple[Any, ...]
"""Values in the order of a mirror's `staged_columns`: dates as ISO text, JSON as text."""

_CACHE_KIB = 64 * 1024


def digest(values: Iterable[object]) -> str:
    """24 hexadecimal digits that stand for these values, in their order."""
    joined = _SEPARATOR.join(map(str, values))
    return blake2b(joined.encode(), digest_size=_DIGEST_BYTES).hexdigest()


def table_of(model: type[SQLModel]) -> Table:
    """The SQLAlchemy table of a SQLModel class."""
    return SQLModel.metadata.tables[str(model.__tablename__)]


@dataclass(frozen=True)
class Mirror:
    """A table that a file mirrors: which columns the file gives, and which stored rows are the file's to remove.

    `latest` is the column whose greatest value tells which of several rows with one key counts; null is before all.
    `beside` are columns (whole numbers) that are staged with the others and never stored. `alone`: no other load
    writes the table, which has its rows from this file as they are staged.
    """

    table: Table
    columns: tuple[str, ...]
    keys: tuple[str, ...] = ("id",)
    scope: ColumnElement[bool] | None = None
    latest: str | None = None
    beside: tuple[str, ...] = ()
    alone: bool = False

    @property
    def keeps_departures(self) -> bool:
        """Whether what is gone stays, dated."""
        return "departed_on" in self.table.c

    @property
    def stored_columns(self) -> tuple[str, ...]:
        """The names of the values of a stored row, in order."""
        return (*self.keys, "digest", *self.columns)

    @property
    def staged_columns(self) -> tuple[str, ...]:
        """The names of the values of a staged row, in order."""
        return (*self.stored_columns, *self.beside)

    @property
    def never_removes(self) -> bool:
        """Whether no stored row is the file's to remove."""
        return isinstance(self.scope, False_)

    @property
    def current(self) -> ColumnElement[bool]:
        """What stored rows the file would have to name again."""
        scope = true() if self.scope is None else self.scope
        return and_(scope, self.table.c.departed_on.is_(None)) if self.keeps_departures else scope


class Known:
    """The stored rows that a file may say again: a number each, and whether it was said.

    A number stands for the keys and the digest of a row, in this process alone. It has 64 bits: that two rows of a
    national load share one, so that a change is missed until the next change of that row, is one chance in a billion.
    """

    def __init__(self, rows: Iterable[Row[Any]]) -> None:
        self._numbers = array("q", sorted(map(hash, rows)))
        self._said = bytearray(len(self._numbers))
        self.said = 0

    def __len__(self) -> int:
        return len(self._numbers)

    def knows(self, row: StagedRow | Row[Any]) -> int | None:
        """The place of a row, keys then digest, among those known; None when it is none of them."""
        number = hash(row)
        place = bisect_left(self._numbers, number)
        return place if place < len(self._numbers) and self._numbers[place] == number else None

    def say(self, row: StagedRow) -> bool:
        """Remember that the file says a row, if it is known; whether it is."""
        place = self.knows(row)
        if place is None:
            return False
        self.said += not self._said[place]
        self._said[place] = 1
        return True

    def was_said(self, row: Row[Any]) -> bool:
        """Whether the file said this stored row."""
        place = self.knows(row)
        return place is not None and bool(self._said[place])


class Staged:
    """The rows of one file for one table, and how they differ from what is stored."""

    def __init__(self, connection: Connection, mirror: Mirror) -> None:
        self.connection = connection
        self.mirror = mirror
        self._metadata = MetaData()
        name, keys = mirror.table.name, _copied(mirror, mirror.keys)
        beside = (Column(each, BigInteger) for each in mirror.beside)
        rows = (*_copied(mirror, mirror.stored_columns), *beside)
        self.rows = Table(f"staged_{name}", self._metadata, Column("n", Integer, primary_key=True), *rows, **_TEMPORARY)
        chosen = (Column("n", Integer), Column("kind", String))
        self.touched = Table(f"touched_{name}", self._metadata, *keys, *chosen, **_TEMPORARY)
        self._index = Index(f"index_{name}", *(self.rows.c[key] for key in (*mirror.keys, "digest", "n")))
        self._unsaid = Table(f"unsaid_{name}", self._metadata, *_copied(mirror, mirror.keys), **_TEMPORARY)
        for table in (self.rows, self.touched, self._unsaid):
            connection.execute(CreateTable(table))
        self._waiting: list[StagedRow] = []
        self._count = self._distinct = 0
        self._named = len(mirror.keys) + 1
        self._known = Known(self._stored() if mirror.alone else ())
        self._indexed = False
        self._kinds = Counter[str]()

    def reset(self) -> None:
        """Forget every row staged, to compare others. Not for a table that one load alone writes."""
        for table in (self.rows, self.touched):
            self.connection.execute(delete(table))
        self._waiting.clear()
        self._count = self._distinct = 0

    def add(self, row: StagedRow) -> None:
        """Stage one row, in the order of the mirror's `staged_columns`; it may wait in memory for its batch."""
        self._count += 1
        if self._known and self._known.say(row[: self._named]):
            return
        self._waiting.append(row)
        if len(self._waiting) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write the rows that wait."""
        if self._waiting:
            write = _copy if self.connection.dialect.name == "postgresql" else _insert
            write(self.connection, self.rows.name, self.mirror.staged_columns, self._waiting)
            self._waiting.clear()

    def narrow(self, scope: ColumnElement[bool]) -> None:
        """Say which stored rows are the file's to remove, once it is known."""
        self.mirror = replace(self.mirror, scope=scope)

    def spare(self, which: ColumnElement[bool]) -> int:
        """Never remove the stored rows of a condition; how many of them the file would have removed."""
        gone = self._gone().where(which).subquery()
        scope = self.mirror.scope
        self.narrow(~which if scope is None else and_(scope, ~which))
        return self.connection.scalar(select(func.count()).select_from(gone)) or 0

    def discard(self, which: ColumnElement[bool]) -> int:
        """Forget some of the rows staged so far; how many."""
        self.flush()
        discarded = self.connection.execute(delete(self.rows).where(which)).rowcount
        self._count -= discarded
        return discarded

    def close(self) -> None:
        """Write the rows that wait, and order them by their keys: there are no more."""
        self.flush()
        if not self._indexed:
            self._index.create(self.connection)
            self._indexed = True
        if self._count == 0 and self.mirror.never_removes:
            return
        said = self._known.said - self._stage_said_otherwise()
        self._name_unsaid()
        _analyse(self.connection, self.rows)
        self._distinct = said + (self.connection.scalar(select(func.count()).select_from(self._keys())) or 0)

    def _keys(self) -> Subquery:
        """The keys that are staged, once each."""
        return select(*(self.rows.c[key] for key in self.mirror.keys)).distinct().subquery()

    def _stored(self, *where: ColumnElement[bool]) -> Iterable[Row[Any]]:
        """The keys and the digest of the stored rows that the file would have to name again."""
        names = (*self.mirror.keys, "digest")
        stored = select(*(self.mirror.table.c[name] for name in names)).where(self.mirror.current, *where)
        return self.connection.execute(stored, execution_options={"yield_per": BATCH})

    def _stage_said_otherwise(self) -> int:
        """Stage those stored rows that the file said, then said otherwise, so that one of both counts; how many."""
        if not self._known.said:
            return 0
        keys, stored = self._keys(), self.mirror.table
        staged = exists().where(and_(*(keys.c[key] == stored.c[key] for key in self.mirror.keys)))
        found = [tuple(row)[:-1] for row in self._stored(staged) if self._known.was_said(row)]
        columns = self.mirror.stored_columns
        for some in _batches(found, _PARAMETERS):
            which = tuple_(*(stored.c[key] for key in self.mirror.keys)).in_(some)
            again = select(*(stored.c[name] for name in columns)).where(which)
            self.connection.execute(insert(self.rows).from_select(list(columns), again))
        return len(found)

    def _name_unsaid(self) -> None:
        """Name the stored rows that the file did not say, of a table that it alone writes."""
        if self._known.said == len(self._known):
            return
        unsaid = (tuple(row)[:-1] for row in self._stored() if not self._known.was_said(row))
        write = _copy if self.connection.dialect.name == "postgresql" else _insert
        for some in _batches(unsaid, BATCH):
            write(self.connection, self._unsaid.name, self.mirror.keys, some)
        _analyse(self.connection, self._unsaid)

    @property
    def duplicates(self) -> int:
        """How many rows had the key of another, once closed."""
        return self._count - self._distinct

    def compare(self) -> TableTotals:
        """Name the keys that differ from what is stored, anew each time; nothing stored changes."""
        connection = self.connection
        connection.execute(delete(self.touched))
        self._kinds = Counter[str]()
        if self._count == 0 and self.mirror.never_removes:
            return TableTotals()
        names = [*self.mirror.keys, "n", "kind"]
        connection.execute(insert(self.touched).from_select(names, self._different()))
        if not self.mirror.never_removes:
            connection.execute(insert(self.touched).from_select(names, self._gone()))
        _analyse(connection, self.touched)
        kinds = select(self.touched.c.kind, func.count()).group_by(self.touched.c.kind)
        self._kinds = counts = Counter({str(kind): int(count) for kind, count in connection.execute(kinds).all()})
        new, changed = counts["new"] + counts["back"], counts["changed"]
        return TableTotals(new, changed, self._distinct - new - changed, counts["gone"])

    @property
    def changes(self) -> bool:
        """Whether `compare` named any difference."""
        return self._kinds.total() > 0

    def apply(self, today: date, *, first: bool) -> None:
        """Write the differences that `compare` named. On the first load of a source, nothing is an arrival."""
        if self._kinds["new"]:
            self._write_new(None if first else today)
        if self._kinds["changed"] or self._kinds["back"]:
            self._write_changed(today)
        if self._kinds["gone"]:
            self._write_gone(today)

    def drop(self) -> None:
        """Remove the temporary tables."""
        self._metadata.drop_all(self.connection, checkfirst=False)

    def written(self) -> ColumnElement[bool]:
        """The condition that a stored row is new, changed or back. For a table with one key."""
        key = self.mirror.keys[0]
        written = select(self.touched.c[key]).where(self.touched.c.kind != "gone")
        return self.mirror.table.c[key].in_(written)

    def same(self, other: Table) -> ColumnElement[bool]:
        """The condition that a stored (or staged) row is a touched one."""
        return and_(*(other.c[key] == self.touched.c[key] for key in self.mirror.keys))

    def _chosen(self) -> Subquery:
        """Of the staged rows of each key, the one that counts: the latest, then the smallest digest, then the first."""
        keys = [self.rows.c[key] for key in self.mirror.keys]
        latest = [] if self.mirror.latest is None else [self.rows.c[self.mirror.latest].desc().nulls_last()]
        rank = func.row_number().over(partition_by=keys, order_by=(*latest, self.rows.c.digest, self.rows.c.n))
        ranked = select(*keys, self.rows.c.digest, self.rows.c.n, rank.label("rank")).subquery()
        return select(ranked).where(ranked.c.rank == 1).subquery("chosen")

    def _different(self) -> Select[Any]:
        """Staged keys that are not stored, or otherwise."""
        stored, chosen, mirror = self.mirror.table, self._chosen(), self.mirror
        joined = chosen.outerjoin(stored, and_(*(stored.c[key] == chosen.c[key] for key in mirror.keys)))
        absent = stored.c[mirror.keys[0]].is_(None)
        left = stored.c.departed_on.is_not(None) if mirror.keeps_departures else literal(value=False)
        kind = case((absent, "new"), (left, "back"), else_="changed")
        differs = or_(absent, left, stored.c.digest != chosen.c.digest)
        return select(*(chosen.c[key] for key in mirror.keys), chosen.c.n, kind).select_from(joined).where(differs)

    def _gone(self) -> Select[Any]:
        """Stored keys that the file should have named and did not."""
        stored, rows, keys = self.mirror.table, self.rows, self.mirror.keys
        named = exists().where(and_(*(rows.c[key] == stored.c[key] for key in keys)))
        values = (*(stored.c[key] for key in keys), null(), literal("gone"))
        gone = select(*values).where(self.mirror.current, ~named)
        unsaid = and_(*(self._unsaid.c[key] == stored.c[key] for key in keys))
        return gone.select_from(self._unsaid.join(stored, unsaid)) if self.mirror.alone else gone

    def _write_new(self, arrived_on: date | None) -> None:
        """Insert what is new, in the order of the keys; what another load wrote meanwhile stays as it wrote it."""
        columns = list(self.mirror.stored_columns)
        values: list[ColumnElement[Any]] = [self.rows.c[name] for name in columns]
        if self.mirror.keeps_departures:
            columns.append("arrived_on")
            values.append(null() if arrived_on is None else literal(arrived_on, Date))
        source = (
            select(*values).join(self.touched, self.touched.c.n == self.rows.c.n).where(self.touched.c.kind == "new")
        )
        ordered = source.order_by(*(self.touched.c[key] for key in self.mirror.keys))
        dialect = postgresql if self.connection.dialect.name == "postgresql" else sqlite
        written = dialect.insert(self.mirror.table).from_select(columns, ordered)
        self.connection.execute(written.on_conflict_do_nothing(index_elements=self.mirror.keys))

    def _write_changed(self, today: date) -> None:
        """Update what changed; what is back has arrived today."""
        stored, touched = self.mirror.table, self.touched
        values: dict[str, Any] = {name: self.rows.c[name] for name in ("digest", *self.mirror.columns)}
        if self.mirror.keeps_departures:
            values["departed_on"] = None
            values["arrived_on"] = case((touched.c.kind == "back", literal(today, Date)), else_=stored.c.arrived_on)
        which = and_(touched.c.n == self.rows.c.n, self.same(stored), touched.c.kind.in_(("changed", "back")))
        self.connection.execute(update(stored).values(values).where(which))

    def _write_gone(self, today: date) -> None:
        """Date what is gone, or delete it."""
        stored, touched, keys = self.mirror.table, self.touched, self.mirror.keys
        gone = select(*(touched.c[key] for key in keys)).where(touched.c.kind == "gone")
        which = tuple_(*(stored.c[key] for key in keys)).in_(gone)
        write = update(stored).values(departed_on=today) if self.mirror.keeps_departures else delete(stored)
        self.connection.execute(write.where(which))


@contextmanager
def staging(connection: Connection, *mirrors: Mirror) -> Iterator[tuple[Staged, ...]]:
    """Temporary tables for the time of a block, with room for them in memory."""
    _resize_cache(connection, _CACHE_KIB)
    staged = tuple(Staged(connection, mirror) for mirror in mirrors)
    connection.commit()
    try:
        yield staged
    finally:
        connection.rollback()
        for each in staged:
            each.drop()
        connection.commit()
        _resize_cache(connection, 2_000)


def _copied(mirror: Mirror, names: Iterable[str]) -> list[Column[Any]]:
    """Columns of the mirrored table, without their constraints."""
    return [Column(name, mirror.table.c[name].type) for name in names]


def _insert(connection: Connection, table: str, columns: tuple[str, ...], rows: list[StagedRow]) -> None:
    """Write a batch through SQLite's driver."""
    sql = f'INSERT INTO "{table}" ({_quoted(columns)}) VALUES ({", ".join("?" * len(columns))})'
    connection.exec_driver_sql(sql, rows)


def _copy(connection: Connection, table: str, columns: tuple[str, ...], rows: list[StagedRow]) -> None:
    """Write a batch through PostgreSQL's COPY, in SQLAlchemy's transaction, failing as its own statements do.

    Raises:
        DBAPIError: with the driver's reason.

    """
    if not connection.in_transaction():
        connection.begin()
    driver: Any = connection.connection.driver_connection  # psycopg's own, which SQLAlchemy does not type
    statement = f'COPY "{table}" ({_quoted(columns)}) FROM STDIN'
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        raise DBAPIError(statement, None, error) from error


def _analyse(connection: Connection, table: Table) -> None:
    """Tell the planner how large a temporary table is."""
    connection.execute(text(f'ANALYZE "{table.name}"'))


def _resize_cache(connection: Connection, kibibytes: int) -> None:
    """Give SQLite's page caches this much memory, for the database and for the temporary tables."""
    if connection.dialect.name == "sqlite":
        for schema in ("main", "temp"):
            connection.exec_driver_sql(f"PRAGMA {schema}.cache_size = -{kibibytes}")
        connection.commit()


def _batches(rows: Iterable[_Value], size: int) -> Iterator[list[_Value]]:
    """The rows, so many at a time."""
    waiting = iter(rows)
    while some := list(islice(waiting, size)):
        yield some


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
