"""Reading the rows of the text that a load is about."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from ingestion.columns import Layout, read_rows
from ingestion.files import Lines, Part
from ingestion.loading import Loading
from ingestion.report import Rejected

Row = TypeVar("Row")


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
            loading.kept += 1
            yield record
