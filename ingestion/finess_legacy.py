"""Reading the FINESS files from before FINESS+: `etalab-cs1100502` / `-cs1100507`, and the yearly `etalab_stock_et`.

`;`, CSV quoting, UTF-8 or Windows-1252. The first has no header: a `structureet` row of 32 fields for an establishment,
then, in cs1100507, a `geolocalisation` row for its point. The second has a header of 42 columns, point included.
Coordinates are metres of the projection that the last word of their source names.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import IO, NamedTuple

from ingestion.addresses import Given, town
from ingestion.columns import Layout, read_rows, split_quoted
from ingestion.establishments import Establishment, Placed, in_metres, refusal
from ingestion.files import Line, Lines, utf8_or_windows
from ingestion.report import Rejected, WrongFormat, shown

TITLE = "FINESS « etalab »"
FIRST_WORDS = "finess;etalab;"
_STRUCTURE, _POINT = "structureet", "geolocalisation"
_FIELDS = {_STRUCTURE: 32, _POINT: 6}
_PROJECTIONS: Mapping[str, str] = {
    "LAMBERT_93": "EPSG:2154",
    "UTM_N20": "EPSG:4559",
    "UTM_N21": "EPSG:4467",
    "UTM_N22": "EPSG:2972",
    "UTM_S38": "EPSG:4471",
    "UTM_S40": "EPSG:2975",
}
_OVERSEAS = {f"9{letter}": "97" for letter in "ABCDEF"} | {"9J": "98"}
"""How FINESS writes overseas départements: with the three digits of the commune, `9A` + `101` is 97101."""


class LegacyPoint(NamedTuple):
    """Where an establishment is; no point when the coordinates give none in France."""

    finess: str
    placed: Placed


def read_stock(stream: IO[bytes], *, lenient: bool = False) -> Iterator[Establishment | LegacyPoint | Rejected]:
    """The establishments and points of a cs1100502 or cs1100507 file, in its order.

    Raises:
        WrongFormat: the first line is not `finess;etalab;…`.
        Truncated: the last line is cut.

    """
    lines = Lines(stream, utf8_or_windows, lenient=lenient)
    source = iter(lines)
    first = next(source, None)
    if not isinstance(first, Line) or not first.text.startswith(FIRST_WORDS):
        raise WrongFormat(f"Le fichier n'est pas {TITLE} : sa première ligne ne commence pas par « {FIRST_WORDS} ».")
    for line in source:
        if isinstance(line, Rejected):
            yield line._replace(about=_number(split_quoted(line.about, ";")))
            continue
        lines.refuse_cut()
        values = split_quoted(line.text, ";")
        if len(values) != _FIELDS.get(values[0]):
            yield Rejected(line.number, _unfit(values), _number(values))
            continue
        yield _checked(line.number, _structure(values)) if values[0] == _STRUCTURE else _point(values)


def _number(values: list[str]) -> str:
    """The FINESS number of an establishment's row, well formed or not."""
    return values[1] if values[0] == _STRUCTURE and len(values) > 1 else ""


def _unfit(values: list[str]) -> str:
    """What is wrong with a row of another kind or length."""
    expected = _FIELDS.get(values[0])
    if expected is None:
        return f"ligne {shown(values[0])} : {' ou '.join(map(shown, _FIELDS))} attendu"
    return f"ligne {shown(values[0])} de {len(values)} champs au lieu de {expected}"


def made_on(first_line: str) -> date | None:
    """The day in the first line of a stock: `finess;etalab;111;2026-05-12`."""
    try:
        return date.fromisoformat(first_line.strip().rpartition(";")[2])
    except ValueError:
        return None


def point_of(x: str, y: str, source: str) -> Placed:
    """The point of two coordinates in metres, of the projection that the source's last word names."""
    projection = _PROJECTIONS.get(source.rpartition(",")[2].strip().upper())
    try:
        return in_metres(float(x), float(y), projection) if projection else Placed(None)
    except ValueError:
        return Placed(None)


def insee_of(departement: str, commune: str) -> str:
    """`("9D", "411")` → `"97411"`, `("01", "451")` → `"01451"`."""
    return _OVERSEAS.get(departement, departement) + commune


def _checked(number: int, found: Establishment) -> Establishment | Rejected:
    reason = refusal(found)
    return found if reason is None else Rejected(number, reason, found.finess)


def _point(values: list[str]) -> LegacyPoint:
    return LegacyPoint(values[1], point_of(values[2], values[3], values[4]))


def _structure(values: list[str]) -> Establishment:
    """An establishment of a `structureet` row."""
    line = values[15]
    return Establishment(
        finess=values[1],
        siret=values[22],
        legal_id=values[2],
        name=values[3],
        long_name=values[4],
        category=values[18],
        phone=values[16],
        active=True,
        opened_on=values[28],
        closed_on="",
        recipient=values[5],
        extra=values[6] or values[10],
        number=values[7],
        street_type=values[8],
        street=values[9],
        distribution=values[11],
        commune=Given(line, line[:5] if line[:5].isdigit() else "", insee_of(values[13], values[12]), town(line)),
    )


class YearlyRow(NamedTuple):
    """One line of `etalab_stock_et_AAAAMMJJ.csv`."""

    nofinesset: str
    nofinessej: str
    rs: str
    rslongue: str
    complrs: str
    compldistrib: str
    numvoie: str
    typvoie: str
    voie: str
    compvoie: str
    lieuditbp: str
    cog: str
    codepostal: str
    libelle_routage: str
    ligneacheminement: str
    telephone: str
    categetab: str
    siret: str
    coordx: str
    coordy: str
    sourcegeocod: str
    dateouvert: str


_OTHER_COLUMNS = (
    "region;libregion;departement;libdepartement;telecopie;libcategetab;liblongcategetab;categretab;libcategretab;"
    "codeape;libcodeape;mft;libmft;liblongmft;sph;libsph;numen;dategeocod;dateautor;datemaj"
)


def yearly(row: YearlyRow) -> tuple[Establishment, Placed]:
    """The establishment of a yearly row, and its point."""
    found = Establishment(
        finess=row.nofinesset,
        siret=row.siret,
        legal_id=row.nofinessej,
        name=row.rs,
        long_name=row.rslongue,
        category=row.categetab,
        phone=row.telephone,
        active=True,
        opened_on=row.dateouvert,
        closed_on="",
        recipient=row.complrs,
        extra=row.compldistrib or row.compvoie,
        number=row.numvoie,
        street_type=row.typvoie,
        street=row.voie,
        distribution=row.lieuditbp,
        commune=Given(row.ligneacheminement, row.codepostal, row.cog, row.libelle_routage),
    )
    return found, point_of(row.coordx, row.coordy, row.sourcegeocod)


YEARLY: Layout[YearlyRow] = Layout(
    title="FINESS « etalab_stock_et »",
    delimiters=";",
    required=(*YearlyRow._fields, *_OTHER_COLUMNS.split(";")),
    fields=YearlyRow._fields,
    make=YearlyRow._make,
    check=lambda row: refusal(yearly(row)[0]),
    identifier="nofinesset",
    quoted=True,
)


def read_yearly(stream: IO[bytes], *, lenient: bool = False) -> Iterator[YearlyRow | Rejected]:
    """The rows of a yearly file. Raises as `ingestion.columns.read_rows`."""
    return read_rows(Lines(stream, utf8_or_windows, lenient=lenient), YEARLY)
