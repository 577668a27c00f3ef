"""The smallest files of each kind that the contact form takes, and of what it must not take for them."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF\n"


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content), name) + content + struct.pack(">I", zlib.crc32(name + content))


PNG = b"\x89PNG\r\n\x1a\n" + b"".join(
    (
        chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        chunk(b"IDAT", zlib.compress(b"\0\0")),
        chunk(b"IEND", b""),
    )
)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\0" + b"\0" * 9 + b"\xff\xda\x00\x02\x00\x00\xff\xd9"


def archive(parts: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of these parts."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as written:
        for name, part in parts.items():
            written.writestr(name, part)
    return content.getvalue()


def package(*parts: str, method: int = zipfile.ZIP_DEFLATED, **contents: bytes) -> bytes:
    """A document of today with these parts."""
    return archive(dict.fromkeys(("[Content_Types].xml", "_rels/.rels", *parts), b"<x/>") | contents, method)


XLSX = package("xl/workbook.xml")
PPTX = package("ppt/presentation.xml")


def compound(*names: str, following: tuple[int, ...] = (0xFFFFFFFE,)) -> bytes:
    """A compound file with these streams, empty: a header, the table of sectors, the directory."""
    fat = [0xFFFFFFFD, *following]
    header = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(16)
    header += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    table = struct.pack("<128I", *fat, *[0xFFFFFFFF] * (128 - len(fat)))
    entries = b"".join(entry(name) for name in ("Root Entry", *names))
    return header + table + entries.ljust(512 * (1 + len(entries) // 513), b"\0")


def entry(name: str) -> bytes:
    written = name.encode("utf-16-le")
    return written.ljust(64, b"\0") + struct.pack("<HB", len(written) + 2, 2) + bytes(61)


XLS = compound("Workbook")
PPT = compound("PowerPoint Document")
TAKEN = {
    "a.pdf": PDF,
    "a.jpg": JPEG,
    "A.JPEG": JPEG,
    "été.png": PNG,
    "a.xls": XLS,
    "a.xlsx": XLSX,
    "a.ppt": PPT,
    "a.pptx": PPTX,
}
HTML = b"<!doctype html><script>alert(1)</script>"


def lying_about_its_size(content: bytes) -> bytes:
    """An archive whose directory says that each part is one byte."""
    start = content.index(b"PK\x01\x02")
    return content[: start + 24] + struct.pack("<I", 1) + content[start + 28 :]


def asking_for_memory(content: bytes) -> bytes:
    """An archive whose first part, written by LZMA, asks for four gigabytes to be read."""
    name, extra = struct.unpack_from("<HH", content, 26)
    asked = 30 + name + extra + 5
    return content[:asked] + b"\xff" * 4 + content[asked + 4 :]


SEVERAL_DISKS = struct.pack("<4sLQL", b"PK\x06\x07", 1, 0, 5) + struct.pack("<4s4H2LH", b"PK\x05\x06", *[0] * 7)


UNFIT = {
    "an HTML page": ("a.pdf", HTML),
    "a script": ("a.png", b"#!/bin/sh\n"),
    "another kind": ("a.pdf", PNG),
    "a PDF cut short": ("a.pdf", PDF[:20]),
    "a PDF after something else": ("a.pdf", HTML + PDF),
    "a PDF that is an archive as well": ("a.pdf", PDF + archive({"x": b"x"})),
    "a picture that is an archive as well": ("a.jpg", JPEG + archive({"x": b"x"})),
    "a PDF that ends as an archive of several disks": ("a.pdf", PDF + SEVERAL_DISKS),
    "a picture that ends as an archive of several disks": ("a.jpg", JPEG + SEVERAL_DISKS),
    "a picture with something after": ("a.png", PNG + HTML),
    "a picture that a reader takes for a PDF": ("a.jpg", JPEG[:11] + b"%PDF-1.7\n" + JPEG[20:]),
    "a PNG whose check is wrong": ("a.png", PNG.replace(zlib.compress(b"\0\0"), zlib.compress(b"\0\1"))),
    "a PNG without a picture": ("a.png", PNG[:8] + chunk(b"IHDR", b"") + chunk(b"IEND", b"")),
    "a JPEG without a picture": ("a.jpg", b"\xff\xd8\xff\xd9"),
    "a JPEG whose segment has no length": ("a.jpg", b"\xff\xd8\xff\xe0\x00\x00\xff\xd9"),
    "an archive": ("a.xlsx", archive({"x": b"x"})),
    "a workbook called a presentation": ("a.pptx", XLSX),
    "a workbook with a macro": ("a.xlsx", package("xl/workbook.xml", "xl/vbaProject.bin")),
    "an archive after something else": ("a.xlsx", HTML + XLSX),
    "an archive that asks for all of the memory": (
        "a.xlsx",
        asking_for_memory(package("xl/workbook.xml", method=zipfile.ZIP_LZMA)),
    ),
    "an archive of a way that documents have not": ("a.xlsx", package("xl/workbook.xml", method=zipfile.ZIP_BZIP2)),
    "an archive cut short": ("a.xlsx", XLSX[:-30]),
    "a bomb": ("a.xlsx", package("xl/workbook.xml", bomb=bytes(101 * 1024 * 1024))),
    "an archive that lies about its size": ("a.xlsx", lying_about_its_size(XLSX)),
    "an archive of too many parts": ("a.xlsx", package("xl/workbook.xml", *map(str, range(5_000)))),
    "a document of Word": ("a.xls", compound("WordDocument")),
    "a workbook of before with a macro": ("a.xls", compound("Workbook", "_VBA_PROJECT_CUR")),
    "a workbook of before cut short": ("a.xls", XLS[:700]),
    "a compound file without an end": ("a.xls", compound("x", following=(1,))),
    "a compound file that leads nowhere": ("a.xls", compound("x", following=(0x1000,))),
    "only its first bytes": ("a.xls", XLS[:8]),
}
NAMES = (
    "../../etc/passwd.pdf",
    "C:folder\\a.pdf",
    "a/b.pdf",
    "fdp.\u202eexe.pdf",
    "a\x00.pdf",
    "a\nb.pdf",
    ".pdf",
    "a" * 200 + ".pdf",
    '<b>"x".pdf',
)
