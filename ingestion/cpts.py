"""Reading the communes of the CPTS: `insee;cpts_finess;cpts_nom`, or the public extracts `insee,cpts` (names only)."""

from collections.abc import Iterator
from typing import IO, NamedTuple

from ingestion.addresses import INSEE_RULE, insee_code
from ingestion.columns import Layout, read_rows
from ingestion.files import Lines, utf8_or_windows
from ingestion.report import Rejected, shown
from models.folding import fold

_FINESS_LENGTH = 9


class CptsRow(NamedTuple):
    """One line: a commune and the CPTS that covers it; `finess` is empty when the file does not tell."""

    insee: str
    finess: str
    name: str

    @property
    def territory_id(self) -> str:
        """The FINESS number, else the name made into words joined by hyphens."""
        return self.finess or fold(self.name).replace(" ", "-")


def check(row: CptsRow) -> str | None:
    """Why the row covers no commune, or None."""
    if insee_code(row.insee) is None:
        return f"code commune {shown(row.insee)} : {INSEE_RULE}"
    if row.finess and (len(row.finess) != _FINESS_LENGTH or not row.finess.isalnum()):
        return f"numéro FINESS {shown(row.finess)} : {_FINESS_LENGTH} chiffres ou lettres attendus"
    return None if fold(row.name) else "nom de la CPTS absent"


TERRITORIES: Layout[CptsRow] = Layout(
    title="un fichier de CPTS (insee;cpts_finess;cpts_nom)",
    delimiters=";,",
    required=("insee", "cpts_nom"),
    optional=("cpts_finess",),
    fields=("insee", "cpts_finess", "cpts_nom"),
    make=CptsRow._make,
    check=check,
    aliases={
        "cpts": "cpts nom",
        "nom": "cpts nom",
        "nom cpts": "cpts nom",
        "finess": "cpts finess",
        "code insee": "insee",
    },
    quoted=True,
)


def read_territories(stream: IO[bytes], *, lenient: bool = False) -> Iterator[CptsRow | Rejected]:
    """The rows of the file. Raises as `ingestion.columns.read_rows`."""
    return read_rows(Lines(stream, utf8_or_windows, lenient=lenient), TERRITORIES)
