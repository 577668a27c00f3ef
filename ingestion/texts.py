"""Finding the text that a load is about, and reading its rows."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from ingestion.columns import Layout, matches, read_rows
from ingestion.files import Lines, Part, parts
from ingestion.loading import Loading
from ingestion.report import Rejected, WrongFormat

_HEAD = 16 * 1024
Row = TypeVar("Row")


def only_text(path: Path, layout: Layout[Any]) -> Part:
    """The one text of a file, a zip or a folder that has this layout; a text alone is taken as it is.

    Raises:
        WrongFormat: of several texts none has the layout, or more than one.

    """
    found = parts(path)
    if len(found) == 1:
        return found[0]
    fitting = [part for part in found if fits(part, layout)]
    if len(fitting) != 1:
        names = ", ".join(part.name for part in (fitting or found)[:5])
        said = "contient plusieurs fichiers" if fitting else "ne contient pas de fichier"
        raise WrongFormat(f"{path.name} {said} {layout.title} : {names}.")
    return fitting[0]


def fits(part: Part, layout: Layout[Any]) -> bool:
    """Whether the first line of a text is the header of the layout."""
    with part.open() as stream:
        first = stream.read(_HEAD).partition(b"\n")[0]
    return matches(first.decode(errors="replace").removeprefix("\ufeff").strip(), layout)


def rows_of(
    loading: Loading, part: Part, layout: Layout[Row], decode: Callable[[bytes], str] = bytes.decode
) -> Iterator[Row]:
    """The rows of a text, each counted; rejected lines go to the report."""
    loading.name_file(part)
    with part.open(loading.options.on_progress) as stream:
        records = read_rows(Lines(stream, decode, lenient=loading.options.force), layout)
        yield from kept(loading, records)


def kept(loading: Loading, records: Iterator[Row | Rejected]) -> Iterator[Row]:
    """The records that are not rejected; all are counted, and rejections reported."""
    totals = loading.totals
    for record in records:
        totals.read += 1
        if isinstance(record, Rejected):
            loading.reject(record)
        else:
            yield record
