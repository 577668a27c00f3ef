"""Loading declarations: of what a subject declares for a place, the latest counts."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Engine, Select, exists, false, select

from ingestion.declarations import Declaration, read_declarations
from ingestion.kinds import only_text
from ingestion.loading import Job, Loading, Options, UnknownCodes, run
from ingestion.report import Totals
from ingestion.staging import Mirror, StagedRow, digest, table_of
from ingestion.texts import kept
from models import tables

_TABLE = table_of(tables.Declaration)
_LISTS = {"skills": ("skill", "specialty"), "care": ("care",), "equipment": ("equipment",), "languages": ("language",)}
_COLUMNS = (
    "participation",
    "via",
    "overbooking",
    "reorientation",
    "sector",
    "accessible",
    "new_patients",
    "skills",
    "care",
    "equipment",
    "languages",
    "information",
    "declared_at",
)

DECLARATIONS = Mirror(_TABLE, _COLUMNS, keys=("subject", "place_key"), scope=false(), latest="declared_at")
"""A declaration is never withdrawn by absence: what is no longer true is declared anew, as null."""


def load_declarations(engine: Engine, path: Path, options: Options) -> Totals:
    """Load `declarations.ndjson`."""
    job = Job(
        source="declarations",
        attribution="Déclarations des professionnels et des structures",
        mirrors=(DECLARATIONS,),
        read=lambda loading: _read(loading, path),
        after=_subjects,
        guarded=False,
        a_line_each="declaration",
    )
    return run(engine, path, options, job)


def _read(loading: Loading, path: Path) -> None:
    """Stage the declarations that are not older than the stored ones."""
    part = only_text(path, "declarations")
    loading.name_file(part)
    loading.unknown = unknown = UnknownCodes(())
    staged = loading.staged["declaration"]
    with part.open(loading.options.on_progress) as stream:
        for declaration in kept(loading, read_declarations(stream, lenient=loading.options.force)):
            staged.add(declaration_row(declaration))
            _count_unknown(unknown, declaration)
    rows = staged.rows
    same = (_TABLE.c.subject == rows.c.subject, _TABLE.c.place_key == rows.c.place_key)
    older = staged.discard(exists().where(*same, _TABLE.c.declared_at > rows.c.declared_at))
    loading.totals.skipped["plus anciennes que la déclaration connue"] += older


def declaration_row(declaration: Declaration) -> StagedRow:
    """A row of `Declaration`."""
    values = [getattr(declaration, name) for name in _COLUMNS[:-1]]
    plain = [msgspec.json.encode(value).decode() if isinstance(value, tuple) else value for value in values]
    moment = declaration.declared_at
    plain.append(int(moment.timestamp()) if moment else None)
    return (declaration.subject, declaration.place_key or "", digest(plain), *plain)


def _count_unknown(unknown: UnknownCodes, declaration: Declaration) -> None:
    """Count the codes that no list has."""
    for name, terminologies in _LISTS.items():
        for code in getattr(declaration, name) or ():
            unknown.count_one(terminologies, code)
    if declaration.sector is not None:
        unknown.count_one(("sector",), declaration.sector)


def _subjects(loading: Loading) -> Iterable[Select[Any]]:
    """Whose declarations differ."""
    yield select(loading.staged["declaration"].touched.c.subject)
