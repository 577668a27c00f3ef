"""One load from start to end: read into the staging, compare, then write the differences in one transaction.

Reading and comparing hold no lock and change nothing stored; a load that is refused, fails or is killed leaves
nothing. Then one short transaction writes the differences, the points, the unknown codes, the journal and the outbox.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from msgspec import structs
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    MetaData,
    Select,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    true,
)

from ingestion.addresses import departement_prefix
from ingestion.files import Part, Progress, called
from ingestion.places import Pointer, pointing
from ingestion.report import (
    TABLES,
    LoadRefused,
    Rejected,
    Report,
    TableTotals,
    TooManyGone,
    TooManyRejected,
    Totals,
)
from ingestion.staging import Mirror, Staged, staging, table_of
from models.clock import PARIS, local
from models.codes import TERMINOLOGIES
from models.gazetteer import Commune, Gazetteer, gazetteer
from models.geo import Point
from models.outbox import enqueue_selected
from models.store import writing_on
from models.tables import Load, PostalCode, UnknownCode
from models.turns import take_turn

MOST_GONE = 0.20
MOST_REJECTED, LEAST_REJECTED = 0.01, 10
"""Of a file whose columns or encoding changed, more than one line in a hundred is rejected; those who read the national
files take that share for a drift. Fewer than ten lines of a small file are only bad lines."""
_CODES_REMEMBERED = 50_000
_REPEATED = "lignes en double"
_SPARED = "lignes connues, conservées malgré un rejet"
_IDENTIFIER = re.compile(r"[0-9A-Za-z]{1,20}")
_DATED = re.compile(r"(20\d{2})(\d{2})(\d{2})(?:\D|\d{4}\D|$)")
_LOAD, _UNKNOWN, _POSTAL = table_of(Load), table_of(UnknownCode), table_of(PostalCode)


@dataclass(frozen=True, slots=True)
class Options:
    """How to load. `at` is the instant of the load (epoch seconds); `reports` the folder of the reports of rejections.

    `force` accepts unknown columns, a cut last line, any share of rejected lines and the removal of more than a fifth.
    `attribution` replaces the usual one of the source, for a file that is not the source's own.
    """

    at: int
    force: bool = False
    on_progress: Progress | None = None
    reports: Path | None = None
    attribution: str | None = None

    @property
    def today(self) -> date:
        """The day of the load, in Paris."""
        return local(self.at, PARIS).date()


class UnknownCodes:
    """Counts the codes that no list has, with the label that the file gives them."""

    def __init__(self, terminologies: tuple[tuple[str, ...], ...]) -> None:
        self._lists = [frozenset[str]().union(*(TERMINOLOGIES[name] for name in names)) for names in terminologies]
        self._names = [names[0] for names in terminologies]
        self._seen: Counter[tuple[str, ...]] = Counter()
        self.found: dict[tuple[str, str], tuple[str, int]] = {}
        self.rows = 0

    def count(self, coded: tuple[str, ...]) -> None:
        """Count one row: the codes of the terminologies, each followed by its label."""
        self._seen[coded] += 1
        if len(self._seen) > _CODES_REMEMBERED:
            self.settle()

    def count_one(self, terminologies: tuple[str, ...], code: str) -> None:
        """Count one code without label, that may be in any of these lists; it is unknown to the first."""
        if not any(code in TERMINOLOGIES[name] for name in terminologies):
            self.rows += 1
            _, before = self.found.get((terminologies[0], code), ("", 0))
            self.found[terminologies[0], code] = (code, before + 1)

    def settle(self) -> None:
        """Judge what was counted."""
        for coded, times in self._seen.items():
            unknown = [
                (name, code, label)
                for name, known, code, label in zip(self._names, self._lists, coded[::2], coded[1::2], strict=True)
                if code and code not in known
            ]
            self.rows += times if unknown else 0
            for name, code, label in unknown:
                _, before = self.found.get((name, code), ("", 0))
                self.found[name, code] = (label or code, before + times)
        self._seen.clear()


@dataclass(slots=True)
class Loading:
    """What a job works with: where to stage rows, what to count, what to look up.

    `kept` counts the records that were not rejected; `misread` are the identifiers of those that were, which go to the
    temporary table `identifiers`.
    """

    connection: Connection
    options: Options
    gazetteer: Gazetteer
    staged: Mapping[str, Staged]
    pointer: Pointer
    report: Report
    identifiers: Table
    totals: Totals = field(default_factory=Totals)
    unknown: UnknownCodes | None = None
    kept: int = 0
    misread: set[str] = field(default_factory=set)
    file_name: str = ""
    file_date: date | None = None

    def name_file(self, part: Part, dated: date | None = None) -> None:
        """Say which file is read; its date is the one given, else the one in its name, else that of the file."""
        self.file_name = part.name
        self.file_date = dated or date_in(part.name) or date_in(part.path.name) or modified_on(part.path)

    def reject(self, rejected: Rejected) -> None:
        """Count a rejected line, report it, and remember whom it was about."""
        self.totals.rejected += 1
        self.report.add(self.file_name, rejected)
        if _IDENTIFIER.fullmatch(rejected.about):
            self.misread.add(rejected.about)


Selects = Callable[[Loading], Iterable[Select[Any]]]
About = Callable[[Select[Any]], ColumnElement[bool]]
"""The condition that a stored row is about somebody or something whose identifier is selected."""


def nobody(_loading: Loading) -> Iterable[Select[Any]]:
    """No subject."""
    return ()


@dataclass(frozen=True, slots=True)
class Job:
    """A kind of load. `read` stages the files' rows; `write` is what to do beyond the mirrors, in the transaction.

    `before` and `after` select the subjects whose offers change, as the database is before and after the differences
    are written. `turn` is what it waits for before it writes. `a_line_each` is the table of which each line of the file
    makes a row: repeated ones are counted. `guarded`: what the file does not tell is gone, so a file that tells too
    little is refused. `about`, by table, tells which stored rows a line would have been about: those of a rejected line
    stay.
    """

    source: str
    attribution: str
    mirrors: tuple[Mirror, ...]
    read: Callable[[Loading], None]
    before: Selects = nobody
    after: Selects = nobody
    write: Callable[[Loading], None] = lambda _loading: None
    turn: str = ""
    guarded: bool = True
    a_line_each: str = ""
    about: Mapping[str, About] = field(default_factory=dict)


def run(engine: Engine, path: Path, options: Options, job: Job) -> Totals:
    """Do a job; what it did.

    Raises:
        LoadRefused: nothing was written; the exception has what was counted.

    """
    started, done = time.monotonic(), None
    while done is None:
        done = _tried(engine, path, options, job, started)
    return done


def _tried(engine: Engine, path: Path, options: Options, job: Job, started: float) -> Totals | None:
    """The same, unless another load of the source ended meanwhile: what was read of it is no longer what is stored."""
    with engine.connect() as connection:
        before = _last_load(connection, job.source)
    with opened(engine, called(path), options, job) as loading:
        with _said(loading):
            _read(loading, job)
            _spare(loading, job)
            loading.connection.commit()
            _compare(loading, job)
        last = _last_load(loading.connection)
        loading.connection.commit()
        with writing_on(loading.connection):
            take_turn(loading.connection, *filter(None, [job.turn]))
            if _last_load(loading.connection, job.source) != before:
                loading.report.discard()
                return None
            if _last_load(loading.connection) != last:
                with _said(loading):
                    _compare(loading, job)
            _write(loading, job)
            _journal(loading, job, time.monotonic() - started)
        loading.totals.report = loading.report.written
        return loading.totals


def write_lot(loading: Loading, job: Job, at: int) -> Totals:
    """Read, compare and write a small job in one transaction, on a loading that stays open for others; what it did.

    The journal has no word of it: a source that is asked all day would fill it.
    """
    lot = replace(loading, options=replace(loading.options, at=at), totals=Totals(), kept=0, misread=set())
    with writing_on(lot.connection):
        for staged in lot.staged.values():
            staged.reset()
        _read(lot, job)
        _compare(lot, job)
        _write(lot, job)
    return lot.totals


def _read(loading: Loading, job: Job) -> None:
    """Stage the files' rows, and count the repeated ones."""
    job.read(loading)
    for name, staged in loading.staged.items():
        staged.close()
        loading.totals.notes[_REPEATED] += staged.duplicates if name == job.a_line_each else 0


@contextmanager
def opened(engine: Engine, file_name: str, options: Options, job: Job) -> Iterator[Loading]:
    """Everything that a load needs, for the time of a block."""
    moment = local(options.at, PARIS)
    name = f"{re.sub(r'[^0-9a-z]+', '-', job.source)}-{moment:%Y%m%d-%H%M%S}.csv"
    report = Report(options.reports / name if options.reports else None)
    with engine.connect() as connection, report, staging(connection, *job.mirrors) as staged:
        places = overlaid(connection, gazetteer())
        connection.commit()
        with pointing(connection, places) as pointer, _identifiers(connection) as identifiers:
            by_table = {each.mirror.table.name: each for each in staged}
            yield Loading(connection, options, places, by_table, pointer, report, identifiers, file_name=file_name)


@contextmanager
def _identifiers(connection: Connection) -> Iterator[Table]:
    """A temporary table for the identifiers of what was rejected."""
    table = Table("misread", MetaData(), Column("identifier", String), prefixes=["TEMPORARY"])
    table.create(connection)
    connection.commit()
    try:
        yield table
    finally:
        connection.rollback()
        table.drop(connection)
        connection.commit()


def _spare(loading: Loading, job: Job) -> None:
    """Keep what is stored of those whose line was rejected: a line that cannot be read tells of no departure."""
    if not (loading.misread and job.about):
        return
    identifiers = loading.identifiers
    loading.connection.execute(insert(identifiers), [{"identifier": each} for each in sorted(loading.misread)])
    for name, about in job.about.items():
        spared = loading.staged[name].spare(about(select(identifiers.c.identifier)))
        loading.totals.notes[_SPARED] += spared if name == job.a_line_each else 0


@contextmanager
def _said(loading: Loading) -> Iterator[None]:
    """Give a refusal what was counted before it."""
    try:
        yield
    except LoadRefused as refusal:
        refusal.totals, refusal.report = loading.totals, loading.report.written
        refusal.file_name = loading.file_name
        raise


def _compare(loading: Loading, job: Job) -> None:
    """Count the differences; refuse a file that tells nothing, or would empty a table."""
    for name, staged in loading.staged.items():
        loading.totals.tables[name] = staged.compare()
    if loading.options.force:
        return
    _refuse_nothing_kept(loading, job)
    if job.guarded:
        _refuse_too_many_rejected(loading.totals)
        for name, totals in loading.totals.tables.items():
            _refuse_too_many_gone(name, totals)


def _refuse_nothing_kept(loading: Loading, job: Job) -> None:
    """Refuse a full file without any line: on the next load, everybody would arrive. And one that is all rejected."""
    rejected = loading.totals.rejected
    if loading.kept or not (rejected or job.guarded):
        return
    several = f"ses {rejected} lignes sont toutes rejetées" if rejected > 1 else "sa seule ligne est rejetée"
    said = several if rejected else "il n'a aucune ligne sous son en-tête"
    raise TooManyRejected(f"Ce fichier n'apporte rien : {said}.")


def _refuse_too_many_rejected(totals: Totals) -> None:
    """Refuse a file whose columns or encoding must have changed."""
    if totals.rejected >= LEAST_REJECTED and totals.rejected > MOST_REJECTED * totals.read:
        share = f"{100 * totals.rejected / totals.read:.1f} %, plus de {100 * MOST_REJECTED:.0f} %".replace(".", ",")
        raise TooManyRejected(
            f"{totals.rejected} des {totals.read} lignes sont rejetées ({share}) : "
            "les colonnes ou l'encodage du fichier ont sans doute changé."
        )


def _refuse_too_many_gone(name: str, totals: TableTotals) -> None:
    """Refuse to remove more than a fifth of what is stored."""
    stored = totals.unchanged + totals.changed + totals.gone
    if totals.gone > MOST_GONE * stored:
        raise TooManyGone(
            f"Ce fichier ferait disparaître {totals.gone} des {stored} lignes connues de « {TABLES[name]} » "
            f"({100 * totals.gone / stored:.0f} %, plus de {100 * MOST_GONE:.0f} %)."
        )


def _write(loading: Loading, job: Job) -> None:
    """Write the differences and ask for the offers they change."""
    connection, totals = loading.connection, loading.totals
    if totals.written:
        subjects = _subjects(connection)
        _remember(connection, subjects, job.before(loading))
        first = not _loaded_before(connection, job.source)
        for staged in loading.staged.values():
            staged.apply(loading.options.today, first=first)
        job.write(loading)
        _remember(connection, subjects, job.after(loading))
        totals.touched = enqueue_selected(connection, select(subjects.c.subject), loading.options.at)
        subjects.drop(connection)
    if loading.unknown is not None:
        loading.unknown.settle()
        totals.unknown_codes = loading.unknown.rows
        _keep_unknown_codes(connection, job.source, loading.unknown)


def _subjects(connection: Connection) -> Table:
    """A temporary table for the subjects touched."""
    table = Table("touched_subject", MetaData(), Column("subject", String), prefixes=["TEMPORARY"])
    table.create(connection)
    return table


def _remember(connection: Connection, subjects: Table, selects: Iterable[Select[Any]]) -> None:
    """Add subjects to those touched."""
    for each in selects:
        connection.execute(insert(subjects).from_select(["subject"], each))


def _keep_unknown_codes(connection: Connection, source: str, unknown: UnknownCodes) -> None:
    """Make the stored unknown codes of a source those of this file."""
    columns = (_UNKNOWN.c.terminology, _UNKNOWN.c.code, _UNKNOWN.c.label, _UNKNOWN.c.count)
    stored = {tuple(row) for row in connection.execute(select(*columns).where(_UNKNOWN.c.source == source))}
    found = {(*key, *value) for key, value in unknown.found.items()}
    if stored == found:
        return
    connection.execute(delete(_UNKNOWN).where(_UNKNOWN.c.source == source))
    names = ("terminology", "code", "label", "count")
    rows = [{"source": source} | dict(zip(names, row, strict=True)) for row in sorted(found)]
    if rows:
        connection.execute(insert(_UNKNOWN), rows)


def _journal(loading: Loading, job: Job, seconds: float) -> None:
    """Write the load to the journal."""
    options = loading.options
    row = {
        "source": job.source,
        "file_name": loading.file_name,
        "file_date": loading.file_date,
        "attribution": options.attribution or job.attribution,
        "started_at": options.at,
        "finished_at": options.at + round(seconds),
        "totals": loading.totals.as_json(),
        "report": loading.report.written,
    }
    loading.connection.execute(insert(_LOAD).values(row))


def _last_load(connection: Connection, source: str | None = None) -> int:
    """The number of the last load in the journal, or of the last one of a source."""
    which = true() if source is None else _LOAD.c.source == source
    return connection.scalar(select(func.max(_LOAD.c.id)).where(which)) or 0


def _loaded_before(connection: Connection, source: str) -> bool:
    """Whether the source was ever loaded."""
    return connection.scalar(select(_LOAD.c.id).where(_LOAD.c.source == source).limit(1)) is not None


def overlaid(connection: Connection, bundled: Gazetteer) -> Gazetteer:
    """The bundled gazetteer with the postal codes and communes that La Poste's file added."""
    rows = connection.execute(select(_POSTAL).where(_POSTAL.c.departed_on.is_(None)).order_by(_POSTAL.c.id)).all()
    if not rows:
        return bundled
    communes = {commune.insee: commune for commune in bundled.communes}
    for row in rows:
        known = communes.get(row.insee) or _commune(row, bundled)
        codes = tuple(dict.fromkeys((*known.postal_codes, row.postal_code)))
        communes[row.insee] = structs.replace(known, postal_codes=codes)
    return Gazetteer(communes.values(), bundled.departements)


def _commune(row: Any, bundled: Gazetteer) -> Commune:  # Any: a row of `PostalCode`
    """A commune that only La Poste's file has."""
    departement = departement_prefix(row.insee)
    known = bundled.departement(departement)
    point = Point(row.lat, row.lon) if row.lat is not None else None
    return Commune(row.insee, row.name, "COM", None, departement, known.region if known else "", 0, (), point, None)


def date_in(name: str) -> date | None:
    """The day in a file's name: `…_202610080912.txt`, `…-20260512-0339.csv`; None without one."""
    for found in _DATED.finditer(name):
        try:
            return date(*(int(part) for part in found.groups()))
        except ValueError:
            continue
    return None


def modified_on(path: Path) -> date:
    """The day a file was last written, in Paris."""
    return local(int(path.stat().st_mtime), PARIS).date()
