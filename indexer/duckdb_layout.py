"""The tables of a generation, and the version that a file must have to be read by this code.

- `offer`: one narrow row per offer, what every search scans. `x, y, z` are the unit vector of the point; `unknown`
  holds the criteria that would be unknown, as bits of `duckdb_masks`, and above them until when a call of which nothing
  came sinks the offer: a column of its own would be read for all and tell of few; `start` and `size` locate the
  document in the file `offers.ndjson` beside the database. Offers with availabilities come first, then by
  neighbourhood: most of the table is skipped by the minima and maxima that DuckDB keeps.
- `agenda`: what of an offer's availabilities can still be taken, from the instant `since` until `until`, by the viewers
  whose bits are in `viewers`: the start of the first one, and of the first one of each modality. An instant is in one
  row of an offer and viewer at most, so a search reads one row per agenda, however many availabilities there are.
  `unseen`: since when no source confirms them, if none does.
- `profile`: the combinations of dense codes (`terms`), and how many offers have each.
- `posting`: the offers of each sparse code. `word`: the offers of each token of a name. `vocabulary` and `backwards`:
  the tokens, forwards and backwards, where those one typo away are looked for.
- `zone`: the codes of a place that an area by membership is compared with.
- `term`: every code with its label. `version`: the last change of each subject since the build.
"""

from pathlib import Path
from typing import Final

from indexer.version import version_of
from relevance.plan import MODALITIES

Columns = dict[str, str]

STAGED: Final[dict[str, Columns]] = {
    "offer": {
        "doc": "UINTEGER",
        "profile": "UINTEGER",
        "scheduled": "BOOLEAN",
        "zone": "UINTEGER",
        "x": "DOUBLE",
        "y": "DOUBLE",
        "z": "DOUBLE",
        "unknown": "BIGINT",
        "tie": "UBIGINT",
        "id": "VARCHAR",
        "subject": "UBIGINT",
        "start": "UBIGINT",
        "size": "UINTEGER",
    },
    "agenda": {
        "doc": "UINTEGER",
        "viewers": "UTINYINT",
        "since": "BIGINT",
        "until": "BIGINT",
        "soonest": "BIGINT",
        **dict.fromkeys(MODALITIES, "BIGINT"),
        "unseen": "BIGINT",
    },
    "posting": {"term": "UINTEGER", "doc": "UINTEGER", "profile": "UINTEGER"},
    "word": {"word": "VARCHAR", "doc": "UINTEGER", "profile": "UINTEGER"},
}
"""The tables filled from files of tab-separated values, in the order of their columns."""

DICTIONARIES: Final[dict[str, Columns]] = {
    "profile": {
        "profile": "UINTEGER",
        "kind": "VARCHAR",
        "participates": "BOOLEAN",
        "terms": "UINTEGER[]",
        "offers": "INTEGER",
    },
    "zone": {
        "zone": "UINTEGER",
        "postal_code": "VARCHAR",
        "commune": "VARCHAR",
        "departement": "VARCHAR",
        "cell": "UBIGINT",
    },
    "term": {"term": "UINTEGER", "criterion": "VARCHAR", "code": "VARCHAR", "label": "VARCHAR"},
}
"""The small tables, whose rows are numbered in the order in which they were met."""

DERIVED: Final[dict[str, Columns]] = {
    "vocabulary": {"letters": "UINTEGER", "word": "VARCHAR"},
    "backwards": {"letters": "UINTEGER", "word": "VARCHAR"},
    "version": {"subject": "VARCHAR", "version": "BIGINT"},
    "meta": {
        "generation": "VARCHAR",
        "version": "VARCHAR",
        "built": "BIGINT",
        "position": "BIGINT",
        "stamp": "VARCHAR",
    },
}

TABLES: Final = STAGED | DICTIONARIES | DERIVED
NEVER: Final = -(1 << 62)
"""`since` of the first row of an agenda."""


def _described(columns: Columns) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


CREATE: Final = tuple(f"CREATE TABLE {table} ({_described(columns)})" for table, columns in TABLES.items())

VERSION: Final = version_of(CREATE)
"""What a file must say to be read."""


def quoted(path: Path) -> str:
    """A path as SQL text."""
    escaped = str(path).replace("'", "''")
    return f"'{escaped}'"


def reading(file: Path, table: str) -> str:
    """The SQL that reads a staged file: no quoting, the values hold neither tab nor newline."""
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in STAGED[table].items())
    return (
        f"read_csv({quoted(file)}, columns = {{{columns}}}, auto_detect = false, header = false, delim = '\\t', "
        "quote = '', escape = '', nullstr = '')"
    )
