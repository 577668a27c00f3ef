"""The texts that hold editors' answers: one answer a line (NDJSON), or one JSON document.

A name like `creneaux-<editor>-AAAAMMJJhhmm.ndjson` tells the editor and the minute (Paris) it was asked.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from ingestion.fhir import Answer, BadAnswer, read_answer
from ingestion.files import Lines, Part, Progress
from ingestion.report import Rejected, Truncated, WrongFormat
from models.clock import PARIS

ANSWER_LIMIT = 64 * 1024 * 1024
"""The longest answer, in bytes: an editor answers for 25 people at most."""

_HEAD = 64 * 1024
_NAME = re.compile(r"creneaux-(?P<editor>.+?)-(?P<minute>\d{12})\b.*")
_DECODER = msgspec.json.Decoder()
_CUT, _BYTE = "truncated", re.compile(r"\(byte (\d+)\)")
"""What the decoder says of a text that ends too early, and of the place of an error."""


class Named(NamedTuple):
    """What a file's name tells: the editor, and when it was asked (epoch seconds)."""

    editor: str
    asked_at: int


def named(name: str) -> Named | None:
    """What the name of a file of answers tells; None for another name."""
    found = _NAME.fullmatch(name)
    if not found:
        return None
    try:
        minute = datetime.strptime(found["minute"], "%Y%m%d%H%M").replace(tzinfo=ZoneInfo(PARIS))
    except ValueError:
        return None
    return Named(found["editor"], int(minute.timestamp()))


def read_answers(
    part: Part, on_progress: Progress | None = None, *, lenient: bool = False
) -> Iterator[Answer | Rejected]:
    """The answers of a text, in order; what is no answer is rejected, by its line.

    Raises:
        Truncated: the text ends inside an answer.
        WrongFormat: a document alone is no answer, or it is too long.

    """
    if holds_lines(part):
        yield from _lines(part, on_progress, lenient=lenient)
    else:
        yield _document(part, on_progress)


def holds_lines(part: Part) -> bool:
    """Whether the first line is a whole JSON value, or so long that it must be one."""
    with part.open() as stream:
        first, newline, _ = stream.read(_HEAD).partition(b"\n")
    return not newline or first.rstrip().endswith(b"}")


def _lines(part: Part, on_progress: Progress | None, *, lenient: bool) -> Iterator[Answer | Rejected]:
    with part.open(on_progress) as stream:
        lines = Lines(stream, limit=ANSWER_LIMIT, lenient=lenient)
        for line in lines:
            if isinstance(line, Rejected):
                yield line
                continue
            try:
                yield read_answer(_DECODER.decode(line.text))
            except (msgspec.DecodeError, RecursionError) as error:
                yield lines.rejected(line.number, f"ce n'est pas du JSON{_where(error)}")
            except BadAnswer as reason:
                yield Rejected(line.number, str(reason))


def _document(part: Part, on_progress: Progress | None) -> Answer:
    with part.open(on_progress) as stream:
        content = stream.read(ANSWER_LIMIT + 1)
    if len(content) > ANSWER_LIMIT:
        raise WrongFormat(f"{part.name} dépasse {ANSWER_LIMIT >> 20} Mio : donnez une réponse par ligne (NDJSON).")
    try:
        return read_answer(_DECODER.decode(content.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        if error.end == len(error.object):
            raise _cut(part) from error
        raise WrongFormat(f"{part.name} : caractères illisibles à l'octet {error.start}, UTF-8 attendu.") from error
    except (msgspec.DecodeError, RecursionError) as error:
        if _CUT in str(error):
            raise _cut(part) from error
        raise WrongFormat(f"{part.name} : JSON mal formé{_where(error)}.") from error
    except BadAnswer as reason:
        raise WrongFormat(f"{part.name} : {reason}.") from reason


def _cut(part: Part) -> Truncated:
    return Truncated(f"{part.name} : le JSON est coupé, le fichier est tronqué.")


def _where(error: Exception) -> str:
    """Where the decoder stopped, if it says it."""
    found = _BYTE.search(str(error))
    return f" (octet {found[1]})" if found else ""
