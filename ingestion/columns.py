"""Reading delimited text by the names of its columns: any order, any case, known variants; never by position.

The RPPS files are not quoted: a double quote is a character like another. Those of FINESS and La Poste are CSV.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Generic, NamedTuple, TypeVar

from ingestion.files import Line, Lines
from ingestion.report import Rejected, WrongFormat, shown
from models.folding import fold

Row = TypeVar("Row")
_SILENT = {"d", "coord"}
_DELIMITERS = "|;,\t"


def column_name(name: str) -> str:
    """The name as it is compared: `"Code Département (coord. structure)"` → `"code departement structure"`."""
    return " ".join(token for token in fold(name).split() if token not in _SILENT)


@dataclass(frozen=True)
class Layout(Generic[Row]):
    """What a delimited file must look like, and the row made of its chosen columns.

    `required` are the official names of the columns that must be there, `optional` of those that may; any other is
    refused. `fields` are the names of the columns that make a row, in the order of `make`'s values. `check` gives the
    reason to reject a row, or None. `identifier` is the column that tells whom or what a line is about. `open_ended`:
    the file is published without a last newline; its last line is whole if it has all the columns, and the last of
    them makes no part of a row. `quoted`: values may stand between double quotes, as in a CSV.
    """

    title: str
    delimiters: str
    required: tuple[str, ...]
    fields: tuple[str, ...]
    make: Callable[[tuple[str, ...]], Row]
    check: Callable[[Row], str | None]
    optional: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    identifier: str = ""
    open_ended: bool = False
    quoted: bool = False


class Header(NamedTuple):
    """A header line understood: the delimiter, how many columns, if lines end with a delimiter, and who is where."""

    delimiter: str
    width: int
    trailing: bool
    positions: dict[str, int]


def read_rows(lines: Lines, layout: Layout[Row]) -> Iterator[Row | Rejected]:
    """The rows of a delimited text, in its order, and its rejected lines. Lenient `lines` let unknown columns pass.

    Raises:
        WrongFormat: no header, or not this one.
        Truncated: the last line is cut.

    """
    source = iter(lines)
    header = read_header(next(source, None), layout, lenient=lines.lenient)
    select = itemgetter(*(header.positions.get(column_name(name), header.width) for name in layout.fields))
    make, check, (delimiter, width, trailing, _) = layout.make, layout.check, header
    split = split_quoted if layout.quoted else split_plain
    identified, open_ended = _identifying(header, layout), _open_ended(header, layout)
    for item in source:
        if isinstance(item, Rejected):
            yield item._replace(about=identified(split(item.about, delimiter)))
            continue
        values = split(item.text, delimiter)
        if len(values) != width and not (len(values) == width + 1 and not values[-1]):
            found = len(values) - (trailing and not values[-1])
            yield lines.rejected(item.number, f"{found} champs au lieu de {width}", identified(values))
            continue
        if lines.cut and len(values) == width and not open_ended:
            lines.refuse_cut()
        if len(values) == width:
            values.append("")
        row = make(select(values))
        reason = check(row)
        yield row if reason is None else Rejected(item.number, reason, identified(values))


def _identifying(header: Header, layout: Layout[Any]) -> Callable[[list[str]], str]:
    """How to find in the values of a line, well formed or not, whom it is about; empty where nothing says it."""
    position = header.positions.get(column_name(layout.identifier), header.width)
    return lambda values: values[position] if position < min(len(values), header.width) else ""


def _open_ended(header: Header, layout: Layout[Any]) -> bool:
    """Whether a last line that has all its columns but no newline has all that makes a row."""
    used = {header.positions.get(column_name(name)) for name in layout.fields}
    return layout.open_ended and not header.trailing and header.width - 1 not in used


def split_quoted(text: str, delimiter: str) -> list[str]:
    """The values of a line of CSV, without the spaces around them."""
    return [value.strip() for value in next(csv.reader([text.replace("\r", " ")], delimiter=delimiter))]


def split_plain(text: str, delimiter: str) -> list[str]:
    """The values of a line in which a quote is a character like another, without the spaces around them."""
    values = text.split(delimiter)
    if not text or " " + delimiter in text or delimiter + " " in text or text[-1].isspace() or text[0].isspace():
        return [value.strip() for value in values]
    return values


def read_header(line: Line | Rejected | None, layout: Layout[Row], *, lenient: bool = False) -> Header:
    """Understand a header line.

    Raises:
        WrongFormat: naming the columns that are missing, unknown or repeated, or the delimiter found instead.

    """
    if line is None:
        raise WrongFormat(f"Fichier vide : l'en-tête de {layout.title} est attendu.")
    if isinstance(line, Rejected):
        raise WrongFormat(f"L'en-tête ne peut pas être lu : {line.reason}. Le fichier n'est pas {layout.title}.")
    delimiter = _delimiter(line.text, layout)
    given = line.text.split(delimiter)
    names = [_known(name, layout) for name in given]
    trailing = names[-1] == ""
    names = names[:-1] if trailing else names
    _refuse_other_columns(dict(zip(names, given, strict=False)), Counter(names), layout, lenient=lenient)
    return Header(delimiter, len(names), trailing, {name: index for index, name in enumerate(names)})


def matches(line: str, layout: Layout[Row]) -> bool:
    """Whether this header line is that of the layout: all its required columns, and none that it does not know."""
    names = {_known(name, layout) for name in line.split(max(layout.delimiters, key=line.count))} - {""}
    required, optional = (set(map(column_name, some)) for some in (layout.required, layout.optional))
    return required <= names <= required | optional


def _known(name: str, layout: Layout[Row]) -> str:
    """The compared name of a column, an alias brought back to the official one."""
    compared = column_name(name)
    return layout.aliases.get(compared, compared)


def _delimiter(header: str, layout: Layout[Row]) -> str:
    """The delimiter of the header line, one of those that the layout accepts."""
    found = max(_DELIMITERS, key=header.count)
    if header.count(found) == 0 or found in layout.delimiters:
        return max(layout.delimiters, key=header.count)
    expected = " ou ".join(f"« {delimiter} »" for delimiter in layout.delimiters)
    raise WrongFormat(f"Séparateur {shown(found)} trouvé, {expected} attendu. Le fichier n'est pas {layout.title}.")


def _refuse_other_columns(given: Mapping[str, str], names: Counter[str], layout: Layout[Row], *, lenient: bool) -> None:
    """Refuse a header that lacks a column, repeats one, or has one that nobody knows. `given` is how it spells them."""
    official = {column_name(name): name for name in (*layout.required, *layout.optional)}
    missing = [name for name in layout.required if column_name(name) not in names]
    unknown = [given[name].strip() for name in names if name not in official]
    repeated = [name for name, count in names.items() if count > 1]
    problems = [
        ("colonne absente", missing),
        ("colonne répétée", [official.get(name, given[name].strip()) for name in repeated]),
        ("colonne inconnue", [] if lenient else unknown),
    ]
    said = "; ".join(f"{what} : {', '.join(map(shown, which[:5]))}" for what, which in problems if which)
    if said:
        raise WrongFormat(f"Le fichier n'est pas {layout.title} ({said}).")
