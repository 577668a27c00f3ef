"""Reading La Poste's *base officielle des codes postaux* (`019HexaSmal.csv`): which postal codes a commune has.

`;`, ISO-8859-1 or UTF-8, a header that begins with `#`. The bundled gazetteer knows almost all of it; what this file
adds is kept beside it, so that a postal code of next year finds its commune.
"""

import re
from collections.abc import Iterator
from typing import IO, NamedTuple

from ingestion.addresses import INSEE_RULE, insee_code
from ingestion.columns import Layout, read_rows
from ingestion.files import Lines, utf8_or_windows
from ingestion.places import french_point
from ingestion.report import Rejected, shown
from models.geo import Point

_POSTAL_CODE = re.compile(r"\d{5}")


class PostalRow(NamedTuple):
    """One line: a commune and one of its postal codes. `coordinates` is "lat,lon", in old files."""

    insee: str
    name: str
    postal_code: str
    coordinates: str

    @property
    def point(self) -> Point | None:
        """The point of the commune, where the file gives it."""
        try:
            lat, lon = (float(number) for number in self.coordinates.split(","))
        except ValueError:
            return None
        found = french_point(lat, lon)
        return found.point if found else None


def check(row: PostalRow) -> str | None:
    """Why the row is no postal code of a commune, or None."""
    if insee_code(row.insee) is None:
        return f"code commune {shown(row.insee)} : {INSEE_RULE}"
    fits = _POSTAL_CODE.fullmatch(row.postal_code)
    return None if fits else f"code postal {shown(row.postal_code)} : 5 chiffres attendus"


POSTAL_CODES: Layout[PostalRow] = Layout(
    title="La Poste « 019HexaSmal »",
    delimiters=";",
    required=("Code_commune_INSEE", "Nom_de_la_commune", "Code_postal"),
    optional=("Libellé_d_acheminement", "Ligne_5", "coordonnees_gps"),
    fields=("Code_commune_INSEE", "Nom_de_la_commune", "Code_postal", "coordonnees_gps"),
    make=PostalRow._make,
    check=check,
    aliases={
        "nom commune": "nom de la commune",
        "libell acheminement": "libelle acheminement",
        "coordonnees geographiques": "coordonnees gps",
    },
    open_ended=True,
    quoted=True,
)


def read_postal_codes(stream: IO[bytes], *, lenient: bool = False) -> Iterator[PostalRow | Rejected]:
    """The rows of the file. Raises as `ingestion.columns.read_rows`."""
    return read_rows(Lines(stream, utf8_or_windows, lenient=lenient), POSTAL_CODES)
