"""A form that is sent with POST: from one of our own pages, read part by part within bounds, kept in memory only.

Nothing here says whether what was written is right: `pages` does. Nothing that was written is logged.
"""

import ipaddress
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect

from search_api.problems import Elsewhere, NotAForm, TooLarge

FIELD_BYTES: Final = 64 * 1024
"""Of a field, as many bytes are kept."""
FILE_BYTES: Final = 5 * 1024 * 1024
"""Of a file: one that is larger is not kept."""
FILES_BYTES: Final = 10 * 1024 * 1024
"""Of all files of a form: those that go over are not kept."""
BODY_BYTES: Final = 40 * 1024 * 1024
"""Of a form: what is over the bounds above is read up to here and dropped, so that what was typed can be given back."""
MOST_FIELDS: Final = 60
"""Of a form: a participation has one for each place."""
MOST_FILES: Final = 3
"""More files than these are counted, not kept."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent, under the name that its sender gave it. `content` is None when it is over a bound."""

    name: str
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Posted:
    """What a form held: of a repeated field the first value; `sender` is the network address, for the pace only."""

    fields: Mapping[str, str]
    files: tuple[Upload, ...]
    sender: str


async def posted(request: Request) -> Posted:
    """The form that this request sends.

    Raises:
        Elsewhere: a page of another site sends it.
        NotAForm: it is no form, or a part of one.
        TooLarge: it goes on and on.

    """
    if not is_ours(request.headers):
        raise Elsewhere
    reader = _Reader(_boundary(request.headers))
    try:
        async for chunk in request.stream():
            reader.read(chunk)
    except (FormParserError, UnicodeError, ClientDisconnect):
        raise NotAForm from None
    return reader.posted(request.client.host if request.client else "")


PostedDep = Annotated[Posted, Depends(posted)]


def is_ours(headers: Headers) -> bool:
    """Whether a browser that says where a form comes from says that it is from here.

    `Sec-Fetch-Site` decides where there is one. Our pages send no referrer, so that a browser says "null" for their
    origin, and old ones say nothing: a form holds a ticket anyway.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin", "null")
    return origin == "null" or urlsplit(origin).netloc == headers.get("host")


def _boundary(headers: Headers) -> bytes:
    kind, options = parse_options_header(headers.get("content-type"))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise NotAForm
    return options[b"boundary"]


@dataclass(slots=True)
class _Part:
    """A part that is being read: its name, that of its file if it is one, and what is kept of it."""

    disposition: bytearray = field(default_factory=bytearray)
    name: str = ""
    file: str | None = None
    content: bytearray = field(default_factory=bytearray)
    size: int = 0


class _Reader:
    """Takes a form as it comes, and keeps of each part what is within the bounds."""

    def __init__(self, boundary: bytes) -> None:
        self._fields: dict[str, str] = {}
        self._files: list[Upload] = []
        self._part = _Part()
        self._header = bytearray()
        self._size = 0
        self._kept = 0
        self._whole = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_begin": self._header.clear,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_headers_finished": self._named,
                "on_part_data": self._data,
                "on_part_end": self._end,
                "on_end": self._finished,
            },
        )

    def read(self, chunk: bytes) -> None:
        """Take what comes next."""
        self._size += len(chunk)
        if self._size > BODY_BYTES:
            raise TooLarge
        self._parser.write(chunk)

    def posted(self, sender: str) -> Posted:
        """What was read, once it is whole."""
        if not self._whole:
            raise NotAForm
        return Posted(self._fields, tuple(self._files), sender)

    def _begin(self) -> None:
        self._part = _Part()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        if self._header.lower() == b"content-disposition":
            self._part.disposition += data[start:end]

    def _named(self) -> None:
        _, options = parse_options_header(bytes(self._part.disposition))
        self._part.name = options.get(b"name", b"").decode()
        self._part.file = options[b"filename"].decode() if b"filename" in options else None

    def _data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        part.size += end - start
        if part.file is None:
            part.content += data[start : min(end, start + FIELD_BYTES - len(part.content))]
        elif self._may_keep(part):
            part.content += data[start:end]
        else:
            part.content.clear()

    def _may_keep(self, part: _Part) -> bool:
        return part.size <= FILE_BYTES and self._kept + part.size <= FILES_BYTES and len(self._files) < MOST_FILES

    def _end(self) -> None:
        part = self._part
        if part.file is None:
            if len(self._fields) >= MOST_FIELDS:
                raise NotAForm
            self._fields.setdefault(part.name, part.content.decode(errors="replace"))
        elif part.file or part.size:  # a box without a file sends one without a name
            kept = bytes(part.content) if self._may_keep(part) else None
            self._kept += len(kept or b"")
            if len(self._files) <= MOST_FILES:
                self._files.append(Upload(part.file, kept))

    def _finished(self) -> None:
        self._whole = True


class Pace:
    """How many forms an address may send: `most` in `seconds`. Of addresses, the last `addresses` are remembered."""

    def __init__(self, most: int = 60, seconds: int = 3_600, addresses: int = 10_000) -> None:
        self._most = most
        self._seconds = seconds
        self._addresses = addresses
        self._sent: OrderedDict[str, deque[int]] = OrderedDict()
        self._lock = Lock()

    def allows(self, sender: str, now: int) -> bool:
        """Whether this address may send one more at this instant (epoch seconds), which then counts."""
        with self._lock:
            return self._counted(_network(sender), now)

    def _counted(self, key: str, now: int) -> bool:
        sent = self._sent.setdefault(key, deque(maxlen=self._most))
        self._sent.move_to_end(key)
        if len(self._sent) > self._addresses:
            self._sent.popitem(last=False)
        if len(sent) == self._most and now - sent[0] < self._seconds:
            return False
        sent.append(now)
        return True


def _network(sender: str) -> str:
    """An address; of IPv6, the network that one subscriber has."""
    try:
        address = ipaddress.ip_address(sender)
    except ValueError:
        return sender
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else sender  # noqa: PLR2004
