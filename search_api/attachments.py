"""Whether a file is what it is called: by what it holds, never by its name or by the type that was declared.

Each kind has a check of its structure, from the first byte to the last: what is two things at once is refused. Nothing
is run, drawn or written to disk; of archives, everything is read within a bound and dropped.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from search_api.problems import is_control

NAME_LENGTH: Final = 150
"""Characters of a file's name."""
UNZIPPED_BYTES: Final = 100 * 1024 * 1024
"""What an archive may hold once it is read."""
MOST_ENTRIES: Final = 5_000
_CHUNK: Final = 64 * 1024
_HEAD: Final = 1_024
"""Bytes in which a reader of PDF looks for where one begins."""
_PATH: Final = frozenset('/\\:*?"<>|')
"""What a name cannot have where somebody will keep the file."""


class UnfitError(ValueError):
    """A file that is not taken; the message is the rule that it breaks (French, no full stop)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that is taken: what people call it, the ends of its names, whether a content is one."""

    label: str
    suffixes: tuple[str, ...]
    is_one: Callable[[bytes], bool]


def kind_of(name: str, content: bytes) -> str:
    """The kind of a file (a key of `KINDS`).

    Raises:
        UnfitError: it is none that is taken, or not the one that its name says.

    """
    _check_name(name)
    if not content:
        raise UnfitError("ce fichier est vide")
    said = next((key for key, kind in KINDS.items() if name.lower().endswith(kind.suffixes)), None)
    if said is None:
        raise UnfitError(f"les fichiers acceptés sont : {', '.join(SUFFIXES)}")
    if not KINDS[said].is_one(content) or (said != "pdf" and b"%PDF-" in content[:_HEAD]):
        raise UnfitError(f"son contenu n’est pas celui d’un fichier {KINDS[said].label} entier et sans macro")
    return said


def _check_name(name: str) -> None:
    if len(name) > NAME_LENGTH:
        raise UnfitError(f"son nom dépasse {NAME_LENGTH} caractères")
    if name.startswith(".") or not name.strip() or any(each in _PATH or is_control(each) for each in name):
        raise UnfitError("son nom a des caractères qui ne vont pas dans un nom de fichier")


# PDF and pictures ---------------------------------------------------------------------------------------------------


def _is_pdf(content: bytes) -> bool:
    """It begins as one, ends as one, and is no archive as well."""
    return (
        content.startswith((b"%PDF-1.", b"%PDF-2."))
        and b"%%EOF" in content[-_HEAD:]
        and b"startxref" in content[-2 * _HEAD :]
        and not _is_archive(content)
    )


def _is_jpeg(content: bytes) -> bool:
    """Segments up to the picture's, then its end; telephones write more pictures after the first, never an archive."""
    position = 2
    if not content.startswith(b"\xff\xd8\xff") or b"\xff\xd9" not in content[-_CHUNK:] or _is_archive(content):
        return False
    while content[position : position + 1] == b"\xff":
        marker, length = content[position + 1 : position + 2], content[position + 2 : position + 4]
        if marker == b"\xda":
            return True
        position += 2 + int.from_bytes(length, "big")
        if len(length) != 2 or int.from_bytes(length, "big") < 2:  # noqa: PLR2004 - a length counts its own two bytes
            return False
    return False


def _is_png(content: bytes) -> bool:
    """Chunks with their checks, from the header to the end, and nothing after."""
    chunks = list(_chunks(content)) if content.startswith(b"\x89PNG\r\n\x1a\n") else []
    names = [name for name, _ in chunks]
    return bool(chunks) and names[0] == b"IHDR" and b"IDAT" in names and chunks[-1] == (b"IEND", len(content))


def _chunks(content: bytes) -> Iterator[tuple[bytes, int]]:
    """The names of the chunks of a PNG and where each ends, up to the first that is not whole."""
    position = 8
    while position + 12 <= len(content):
        length, name = struct.unpack_from(">I4s", content, position)
        end = position + 12 + length
        if end > len(content) or zlib.crc32(content[position + 4 : end - 4]) != int.from_bytes(content[end - 4 : end]):
            return
        yield name, end
        if name == b"IEND":
            return
        position = end


# Documents of today: archives of parts ------------------------------------------------------------------------------


_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""How the parts of a document are written (ISO/IEC 29500-2); of other ways, one could ask for all of the memory."""


def _is_archive(content: bytes) -> bool:
    try:
        return zipfile.is_zipfile(io.BytesIO(content))
    except zipfile.BadZipFile:  # it ends as one, of several disks
        return True


def _is_package(main: str) -> Callable[[bytes], bool]:
    """Whether an archive is a document whose main part is this one, without macro, not larger than it says."""

    def is_one(content: bytes) -> bool:
        if not content.startswith(b"PK\x03\x04"):
            return False
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                return _has_parts(archive, main) and _reads_whole(archive)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OSError):
            return False

    return is_one


def _has_parts(archive: zipfile.ZipFile, main: str) -> bool:
    names = archive.namelist()
    return (
        len(names) <= MOST_ENTRIES
        and len(set(names)) == len(names)
        and {"[Content_Types].xml", "_rels/.rels", main} <= set(names)
        and not any(name.lower().endswith("vbaproject.bin") for name in names)
        and all(entry.compress_type in _METHODS for entry in archive.infolist())
        and sum(entry.file_size for entry in archive.infolist()) <= UNZIPPED_BYTES
    )


def _reads_whole(archive: zipfile.ZipFile) -> bool:
    """Whether everything in it can be read, within the bound, whatever its directory says."""
    left = UNZIPPED_BYTES
    for entry in archive.infolist():
        with archive.open(entry) as part:
            while chunk := part.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    return False
    return True


# Documents of before: compound files (MS-CFB) -----------------------------------------------------------------------

_COMPOUND: Final = bytes.fromhex("D0CF11E0A1B11AE1")
_MACROS: Final = frozenset({"VBA", "_VBA_PROJECT", "_VBA_PROJECT_CUR", "Macros"})
_ENTRY: Final = 128
"""Bytes of an entry of the directory: a name of 64 (UTF-16), its length on 2, then its type."""
_FREE: Final = 0xFFFFFFF0
"""Sector numbers from here on are none."""


def _is_compound(*streams: str) -> Callable[[bytes], bool]:
    """Whether a compound file has one of these streams, and no macro."""

    def is_one(content: bytes) -> bool:
        try:
            names = set(_entries(content))
        except (struct.error, IndexError, UnicodeDecodeError):
            return False
        return not names.isdisjoint(streams) and names.isdisjoint(_MACROS) and not _is_archive(content)

    return is_one


def _entries(content: bytes) -> Iterator[str]:
    """The names in the directory of a compound file; none of anything else."""
    shift = int.from_bytes(content[30:32], "little")
    if not content.startswith(_COMPOUND) or shift not in {9, 12}:
        return
    size = 1 << shift
    for sector in _chain(content, size):
        start = (sector + 1) * size
        for position in range(start, start + size, _ENTRY):
            (length,) = struct.unpack_from("<H", content, position + 64)
            yield content[position : position + max(0, min(length, 64) - 2)].decode("utf-16-le")


def _chain(content: bytes, size: int) -> Iterator[int]:
    """The sectors of the directory, by the table whose first 109 sectors the header names: up to 6 MB, more than taken.

    A chain that comes back on itself ends.
    """
    table = [
        number
        for sector in struct.unpack_from("<109I", content, 76)
        if sector < _FREE
        for number in struct.unpack_from(f"<{size // 4}I", content, (sector + 1) * size)
    ]
    (sector,), seen = struct.unpack_from("<I", content, 48), set[int]()
    while sector < _FREE and sector not in seen:
        seen.add(sector)
        yield sector
        sector = table[sector]


KINDS: Final[Mapping[str, Kind]] = {
    "pdf": Kind("PDF", (".pdf",), _is_pdf),
    "jpeg": Kind("JPEG", (".jpg", ".jpeg"), _is_jpeg),
    "png": Kind("PNG", (".png",), _is_png),
    "xls": Kind("Excel (xls)", (".xls",), _is_compound("Workbook", "Book")),
    "xlsx": Kind("Excel (xlsx)", (".xlsx",), _is_package("xl/workbook.xml")),
    "ppt": Kind("PowerPoint (ppt)", (".ppt",), _is_compound("PowerPoint Document")),
    "pptx": Kind("PowerPoint (pptx)", (".pptx",), _is_package("ppt/presentation.xml")),
}
"""What is taken."""
SUFFIXES: Final = tuple(suffix.removeprefix(".") for kind in KINDS.values() for suffix in kind.suffixes)
