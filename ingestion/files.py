"""Opening what people download: a plain file, a gzip, a zip of several members, a folder. Always as a stream.

Nothing here holds more than a block of a file, whatever its size; a line longer than the limit is read past.
"""

import gzip
import io
import lzma
import re
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
_BEGUN = re.compile(rb"([\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z")
BOM = b"\xef\xbb\xbf"
_EXPECTED = {"utf-8": "UTF-8", "charmap": "UTF-8 ou Windows-1252"}
"""How a message names the encoding that an error is of."""


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
        with _refusals(self.path), _watched(self.path, on_progress) as raw:
            if self.member is not None:
                with zipfile.ZipFile(raw) as archive, archive.open(self.member) as stream:
                    yield stream
            elif _magic(self.path).startswith(_GZIP):
                with gzip.GzipFile(fileobj=raw) as stream:
                    yield io.BufferedReader(stream, _BLOCK)
            else:
                yield raw


def called(path: Path) -> str:
    """How messages name a path: its last name, or that of the folder that `.` or `..` is."""
    return path.name if path.name.strip(".") else path.resolve().name


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
    elif _is_zip(path):
        found = _members(path)
    else:
        found = [Part(path)]
    if not found:
        raise WrongFormat(f"{path} ne contient aucun fichier.")
    return found


class Lines:
    """The lines of a stream, as text; those that cannot be are `Rejected`. Empty lines are passed over.

    `decode` raises UnicodeDecodeError for what it refuses. `cut` tells that the line just given is the last and has no
    newline: it may be half of one. What a reader rejects, it rejects by `rejected`: half a line refuses the file, for
    the lines after it are lost. `lenient` (a forced load) lets it be rejected alone.
    """

    def __init__(
        self,
        stream: IO[bytes],
        decode: Callable[[bytes], str] = bytes.decode,
        limit: int = LINE_LIMIT,
        *,
        lenient: bool = False,
    ) -> None:
        self._stream = stream
        self._decode = decode
        self._limit = limit
        self.lenient = lenient
        self.cut = False

    def __iter__(self) -> Iterator[Line | Rejected]:
        """The lines, in order.

        Raises:
            Truncated: the last one is cut and cannot be read.

        """
        decode, limit = self._decode, self._limit
        for number, raw in enumerate(self._raw(), 1):
            if len(raw) > limit:
                yield self._unread(number, f"ligne de plus de {limit // 1024} Kio", raw)
            elif 0 in raw:
                yield self._unread(number, "octet NUL", raw)
            elif raw := raw.removesuffix(b"\r"):
                try:
                    text = decode(raw)
                except UnicodeDecodeError as error:
                    yield self._unread(number, f"caractères illisibles ({_EXPECTED[error.encoding]} attendu)", raw)
                else:
                    yield Line(number, text)

    def rejected(self, number: int, reason: str, about: str = "") -> Rejected:
        """The rejection of a line.

        Raises:
            Truncated: it is cut.

        """
        self.refuse_cut()
        return Rejected(number, reason, about)

    def refuse_cut(self) -> None:
        """Refuse the file if the line just given is cut.

        Raises:
            Truncated: it is.

        """
        if self.cut:
            raise Truncated("La dernière ligne est coupée : le fichier est tronqué.")

    def _unread(self, number: int, reason: str, raw: bytes) -> Rejected:
        """The rejection of a line that is no text, with what can be read of its beginning."""
        return self.rejected(number, reason, raw[:LINE_LIMIT].decode(errors="replace"))

    def _raw(self) -> Iterator[bytes]:
        """Lines as bytes; of one that is longer than the limit, the beginning. No more than a block is ever held."""
        rest = self._stream.read(_BLOCK).removeprefix(BOM)
        while rest:
            *whole, rest = rest.split(b"\n")
            yield from whole
            if len(rest) > self._limit:
                start, rest = rest[: self._limit + 1], self._past_newline()
                yield start
            elif block := self._stream.read(_BLOCK):
                rest += block
            else:
                self.cut = bool(rest) and not self.lenient
                if ends_inside_a_character(rest):
                    self.refuse_cut()
                yield from filter(None, [rest])
                return

    def _past_newline(self) -> bytes:
        """Read up to the next newline; what follows it, or nothing at the end of the stream."""
        while block := self._stream.read(_BLOCK):
            _, newline, after = block.partition(b"\n")
            if newline:
                return after or self._stream.read(_BLOCK)
        self.cut = not self.lenient
        return b""


def ends_inside_a_character(content: bytes) -> bool:
    """Whether the last bytes are the beginning of a character of UTF-8, and no more."""
    return _BEGUN.search(content) is not None


def utf8_or_windows(raw: bytes) -> str:
    """Text of a file that is UTF-8, or else Windows-1252, judged line by line.

    Raises:
        UnicodeDecodeError: it is neither.

    """
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252")


def _members(path: Path) -> list[Part]:
    """The files of a zip, by name; those of the operating system aside."""
    with _refusals(path), zipfile.ZipFile(path) as archive:
        files = [info for info in archive.infolist() if not info.is_dir()]
    if any(info.flag_bits & _ENCRYPTED for info in files):
        raise WrongFormat(f"{path.name} : archive protégée par un mot de passe.")
    names = sorted(info.filename for info in files)
    return [Part(path, name) for name in names if not Path(name).name.startswith((".", "__MACOSX"))]


def _is_zip(path: Path) -> bool:
    """Whether a file begins as a zip does.

    Raises:
        WrongFormat: it cannot be read.

    """
    with _refusals(path):
        return _magic(path).startswith(_ZIP)


def _magic(path: Path) -> bytes:
    """The first four bytes of a file."""
    with path.open("rb") as stream:
        return stream.read(4)


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Say in French why a file cannot be read."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, gzip.BadGzipFile, EOFError) as error:
        raise Truncated(f"{path.name} : archive tronquée ou abîmée.") from error
    except NotImplementedError as error:
        raise WrongFormat(f"{path.name} : archive d'une compression inconnue.") from error
    except OSError as error:
        if error.filename != str(path):  # the block's own
            raise
        why = "l'accès en est refusé" if isinstance(error, PermissionError) else "erreur de lecture"
        raise WrongFormat(f"{path.name} ne peut pas être lu : {why}.") from error


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
