"""Opening what people download: a plain file, a gzip, a zip of several members, a folder. Always as a stream.

Nothing here holds more than a block of a file, whatever its size; a line longer than the limit is read past.
"""

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

from ingestion.report import Rejected, Truncated, WrongFormat

Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes in all, of the file as it lies on the disk."""

LINE_LIMIT = 64 * 1024
_BLOCK = 1024 * 1024
_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"
_ENCRYPTED = 1
_BOM = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """A line without its end; lines are counted from 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """One text that can be read: a plain file, a gzip, or one member of a zip."""

    path: Path
    member: str | None = None

    @property
    def name(self) -> str:
        """The name of the file, or of the member."""
        return Path(self.member).name if self.member else self.path.name

    @contextmanager
    def open(self, on_progress: Progress | None = None) -> Iterator[IO[bytes]]:
        """The bytes of this text, uncompressed.

        Raises:
            Truncated: the compression does not check, now or while the block reads.
            WrongFormat: the file cannot be read at all.

        """
        with _refusals(self.path.name), _watched(self.path, on_progress) as raw:
            if self.member is not None:
                with zipfile.ZipFile(raw) as archive, archive.open(self.member) as stream:
                    yield stream
            elif _magic(self.path).startswith(_GZIP):
                with gzip.GzipFile(fileobj=raw) as stream:
                    yield io.BufferedReader(stream, _BLOCK)
            else:
                yield raw


def parts(path: Path) -> list[Part]:
    """The texts of a file or of a folder, by name.

    Raises:
        WrongFormat: there is nothing at this path, or nothing in it.
        Truncated: a zip without its end.

    """
    if path.is_dir():
        found = [part for child in sorted(path.iterdir()) if not child.name.startswith(".") for part in parts(child)]
    elif not path.is_file():
        raise WrongFormat(f"{path} : ce fichier n'existe pas.")
    elif _magic(path).startswith(_ZIP):
        found = _members(path)
    else:
        found = [Part(path)]
    if not found:
        raise WrongFormat(f"{path} ne contient aucun fichier.")
    return found


class Lines:
    """The lines of a stream, as text; those that cannot be are `Rejected`. Empty lines are passed over.

    `decode` raises UnicodeDecodeError for what it refuses. After the last line, `ended` tells if it had its newline.
    """

    def __init__(
        self, stream: IO[bytes], decode: Callable[[bytes], str] = bytes.decode, limit: int = LINE_LIMIT
    ) -> None:
        self._stream = stream
        self._decode = decode
        self._limit = limit
        self.ended = True

    def __iter__(self) -> Iterator[Line | Rejected]:
        decode = self._decode
        for number, raw in enumerate(self._raw(), 1):
            if raw is None:
                yield Rejected(number, f"ligne de plus de {self._limit // 1024} Kio")
            elif 0 in raw:
                yield Rejected(number, "octet NUL")
            elif raw := raw.removesuffix(b"\r"):
                try:
                    text = decode(raw)
                except UnicodeDecodeError:
                    yield Rejected(number, "caractères illisibles (UTF-8 attendu)")
                else:
                    yield Line(number, text)

    def _raw(self) -> Iterator[bytes | None]:
        """Lines as bytes; None for one that is too long, of which no more than a block is ever held."""
        rest = self._stream.read(_BLOCK).removeprefix(_BOM)
        while rest:
            *whole, rest = rest.split(b"\n")
            for line in whole:
                yield line if len(line) <= self._limit else None
            if len(rest) > self._limit:
                rest = self._past_newline()
                yield None
            elif block := self._stream.read(_BLOCK):
                rest += block
            else:
                self.ended = not rest
                yield from filter(None, [rest])
                return

    def _past_newline(self) -> bytes:
        """Read up to the next newline; what follows it, or nothing at the end of the stream."""
        while block := self._stream.read(_BLOCK):
            _, newline, after = block.partition(b"\n")
            if newline:
                return after or self._stream.read(_BLOCK)
        self.ended = False
        return b""


def utf8_or_windows(raw: bytes) -> str:
    """Text of a file that is UTF-8, or else Windows-1252 / ISO-8859-1, judged line by line."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _members(path: Path) -> list[Part]:
    """The files of a zip, by name; those of the operating system aside."""
    with _refusals(path.name), zipfile.ZipFile(path) as archive:
        files = [info for info in archive.infolist() if not info.is_dir()]
    if any(info.flag_bits & _ENCRYPTED for info in files):
        raise WrongFormat(f"{path.name} : archive protégée par un mot de passe.")
    names = sorted(info.filename for info in files)
    return [Part(path, name) for name in names if not Path(name).name.startswith((".", "__MACOSX"))]


def _magic(path: Path) -> bytes:
    """The first four bytes of a file."""
    with path.open("rb") as stream:
        return stream.read(4)


@contextmanager
def _refusals(name: str) -> Iterator[None]:
    """Say in French why a file cannot be read."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, gzip.BadGzipFile, EOFError) as error:
        raise Truncated(f"{name} : archive tronquée ou abîmée ({error}).") from error
    except (NotImplementedError, PermissionError, zipfile.LargeZipFile) as error:
        raise WrongFormat(f"{name} ne peut pas être lu ({error}).") from error


@contextmanager
def _watched(path: Path, on_progress: Progress | None) -> Iterator[IO[bytes]]:
    """A buffered file that tells how far it was read."""
    with io.BufferedReader(_Watched(path, on_progress), _BLOCK) as stream:
        yield stream


class _Watched(io.FileIO):
    """A file that calls back after each read from the disk."""

    def __init__(self, path: Path, on_progress: Progress | None) -> None:
        super().__init__(path)
        self._size = path.stat().st_size
        self._on_progress = on_progress

    def readinto(self, buffer: Any) -> int:  # Any: a writable buffer, which Python 3.11 cannot name
        """Read from the disk, then tell where that ended."""
        count = super().readinto(buffer) or 0
        if self._on_progress is not None:
            self._on_progress(self.tell(), self._size)
        return count
