"""What a load says: totals, rejected lines, refusals.

LoadRefused            nothing was written
├── WrongFormat        another file, another layout, another encoding
├── Truncated          the file was cut
├── TooManyRejected    nearly nothing of it can be read as it should
└── TooManyGone        it would remove more than a fifth of what is stored
"""

import csv
from collections import Counter
from dataclasses import asdict, dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

_SHOWN = 60

TABLES: Final = {
    "professional": "professionnels",
    "place": "lieux",
    "activity": "activités",
    "skill": "savoir-faire",
    "diploma": "diplômes et autorisations",
    "structure": "structures",
    "postal_code": "codes postaux ajoutés",
    "territory": "CPTS",
    "availability": "créneaux et plages",
    "slot_feed": "agendas interrogés",
    "declaration": "déclarations",
}
"""What the tables hold, in French."""


class LoadRefused(Exception):  # noqa: N818 - a decision said to a person
    """A file refused whole: nothing was written. The message is French.

    `totals` is what had been counted by then, `report` the path of the report, if a line was rejected, `file_name` the
    name of the text that was read.
    """

    totals: "Totals | None" = None
    report: str | None = None
    file_name: str = ""


class WrongFormat(LoadRefused):
    """The file is not of the expected kind; the message names what is missing or too many."""


class Truncated(LoadRefused):
    """The file ends too early, or its compression does not check."""


class TooManyRejected(LoadRefused):
    """No line of the file is kept, or so few that its columns must have changed."""


class TooManyGone(LoadRefused):
    """The file would remove more than a fifth of what is stored."""


class Rejected(NamedTuple):
    """A line that is left out, and why (in French). Lines are counted from 1; a JSON file counts its items.

    `about` is the identifier of whom or what it told, if that could be read; for a line that is no text, its beginning.
    """

    line: int
    reason: str
    about: str = ""


@dataclass(slots=True)
class TableTotals:
    """What a load does to one table. `new` counts what reappears too."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0

    @property
    def present(self) -> int:
        """How many rows the file has, once each."""
        return self.new + self.changed + self.unchanged


@dataclass(slots=True)
class Totals:
    """What a load read and did. `read` counts the lines with content, header aside.

    Of those, `rejected` are in the report and `skipped` were left out on purpose, by reason. `notes` counts what was
    kept but is odd, by remark; `unknown_codes` how many rows use a code that no list has. Tables by name. `touched`
    counts the subjects whose offers change; `report` is the path of the report, if a line was rejected.
    """

    read: int = 0
    rejected: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    unknown_codes: int = 0
    tables: dict[str, TableTotals] = field(default_factory=dict)
    touched: int = 0
    report: str | None = None

    def of(self, table: str) -> TableTotals:
        """The totals of a table; zeros when the load does not concern it."""
        return self.tables.get(table, TableTotals())

    def as_json(self) -> dict[str, Any]:
        """The totals as plain JSON values, for the journal."""
        plain = {name: getattr(self, name) for name in ("read", "rejected", "unknown_codes", "touched")}
        tables = {name: asdict(table) for name, table in self.tables.items()}
        # `+` leaves out what was counted zero times
        return plain | {"skipped": dict(+self.skipped), "notes": dict(+self.notes), "tables": tables}

    @property
    def written(self) -> int:
        """How many rows were added, changed or dated as gone."""
        return sum(table.new + table.changed + table.gone for table in self.tables.values())


class Report:
    """Rejected lines, written to a CSV (`fichier;ligne;raison`) that exists only if there is one.

    `path` is where, if no other load took it; else a number is added to its name.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._file: TextIOWrapper | None = None

    @property
    def written(self) -> str | None:
        """The report's path, once it has a line."""
        return str(self.path) if self._file else None

    def add(self, file_name: str, rejected: Rejected) -> None:
        """Write one rejected line."""
        if self.path is None:
            return
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path, self._file = _created(self.path)
            csv.writer(self._file, delimiter=";").writerow(("fichier", "ligne", "raison"))
        csv.writer(self._file, delimiter=";").writerow((file_name, rejected.line, rejected.reason))

    def discard(self) -> None:
        """Remove what was written: the load starts over."""
        if self._file and self.path:
            self.path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()


def _created(path: Path) -> tuple[Path, TextIOWrapper]:
    """A new file at this path, or at the first of `…-2`, `…-3`… that is free."""
    number, free = 1, path
    while True:
        try:
            return free, free.open("x", encoding="utf-8", newline="")
        except FileExistsError:
            number += 1
            free = path.with_stem(f"{path.stem}-{number}")


def shown(value: object) -> str:
    """A value of a file as a message may show it: quoted, escaped, cut at 60 characters."""
    text = "null" if value is None else str(value)
    cut = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return "« " + "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in cut) + " »"
