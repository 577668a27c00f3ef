"""Files are read as streams, whatever they are wrapped in; what is broken is refused."""

import gzip
import io
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from ingestion.files import Line, Lines, Part, parts, utf8_or_windows
from ingestion.report import Rejected, Truncated, WrongFormat


def read(content: bytes, **options: object) -> list[Line | Rejected]:
    return list(Lines(io.BytesIO(content), **options))


def test_lines_come_with_their_number_and_without_their_end():
    assert read(b"a\nb\r\n\nc\n") == [Line(1, "a"), Line(2, "b"), Line(4, "c")]


def test_a_byte_order_mark_is_no_content():
    assert read("\ufeffa\n".encode()) == [Line(1, "a")]


def test_a_nul_byte_rejects_its_line_alone():
    assert read(b"a\nb\0b\nc\n") == [Line(1, "a"), Rejected(2, "octet NUL", "b\0b"), Line(3, "c")]


def test_bytes_that_are_not_utf8_reject_their_line_alone():
    assert read(b"a\n" + "é\n".encode("latin-1") + b"c\n") == [
        Line(1, "a"),
        Rejected(2, "caractères illisibles (UTF-8 attendu)", "\ufffd"),
        Line(3, "c"),
    ]


def test_a_file_of_either_encoding_is_read_line_by_line():
    content = "é\n".encode() + "cœur\n".encode("cp1252")
    assert read(content, decode=utf8_or_windows) == [Line(1, "é"), Line(2, "cœur")]


def test_a_byte_that_no_encoding_has_rejects_its_line_alone():
    found = read(b"a\nh\x81tel\n", decode=utf8_or_windows)
    assert [one[:2] for one in found] == [(1, "a"), (2, "caractères illisibles (UTF-8 ou Windows-1252 attendu)")]


def test_lines_tell_if_the_last_one_is_cut():
    whole, cut = Lines(io.BytesIO(b"a\nb\n")), Lines(io.BytesIO(b"a\nb"))
    assert list(whole) == list(cut)
    assert (whole.cut, cut.cut) == (False, True)
    with pytest.raises(Truncated, match="La dernière ligne est coupée"):
        cut.rejected(2, "une raison")
    assert whole.rejected(2, "une raison") == Rejected(2, "une raison")


@pytest.mark.parametrize("half", ["é".encode()[:1], b"x\0", b"x" * 70_000, b"x" * 3_000_000])
def test_a_last_line_that_is_cut_and_no_text_refuses_the_file_unless_forced(half: bytes):
    content = b"first\n" + half
    with pytest.raises(Truncated, match="La dernière ligne est coupée"):
        read(content)
    assert len(read(content, lenient=True)) == len(read(content + b"\n")) == 2


@pytest.mark.parametrize("before", [0, 1_048_576 - 2, 1_048_576 - 1, 1_048_576])
def test_lines_are_whole_across_blocks(before: int):
    content = b"x\n" * (before // 2) + b"yy\nzz\n"
    assert [line.text for line in read(content)[-2:]] == ["yy", "zz"]


def test_a_line_of_10_megabytes_is_rejected_without_being_held():
    content = Huge(b"first\n", 10_000_000, b"\nlast\n")
    tracemalloc.start()
    found = list(Lines(content))
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [one[:2] for one in found] == [(1, "first"), (2, "ligne de plus de 64 Kio"), (3, "last")]
    assert held < 6_000_000


class Huge(io.RawIOBase):
    """A file of a start, so many letters, and an end, made while it is read."""

    def __init__(self, start: bytes, letters: int, end: bytes) -> None:
        self.pending, self.letters, self.end = start, letters, end

    def read(self, size: int = -1) -> bytes:
        if self.pending:
            given, self.pending = self.pending, b""
            return given
        if self.letters:
            given = b"x" * min(size, self.letters)
            self.letters -= len(given)
            return given
        given, self.end = self.end, b""
        return given


def test_a_plain_file_a_gzip_and_a_member_of_a_zip_read_the_same(tmp_path: Path):
    plain, zipped, packed = tmp_path / "a.txt", tmp_path / "a.zip", tmp_path / "a.gz"
    plain.write_bytes(b"content\n")
    packed.write_bytes(gzip.compress(b"content\n"))
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/a.txt", b"content\n")
    for path in (plain, zipped, packed):
        (part,) = parts(path)
        with part.open() as stream:
            assert stream.read() == b"content\n"


def test_a_zip_and_a_folder_give_their_files_by_name(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("z.txt", "")
        archive.writestr("y/x.txt", "")
    (tmp_path / "a.txt").touch()
    assert [part.name for part in parts(tmp_path)] == ["a.txt", "x.txt", "z.txt"]


def zip_of(tmp_path: Path) -> Path:
    path = tmp_path / "whole.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", bytes(range(256)) * 4000)
    return path


def test_a_zip_cut_short_is_truncated(tmp_path: Path):
    path = zip_of(tmp_path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(Truncated, match="tronquée"):
        parts(path)


def test_a_zip_whose_content_changed_is_truncated(tmp_path: Path):
    path = zip_of(tmp_path)
    content = bytearray(path.read_bytes())
    content[200] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(Truncated), parts(path)[0].open() as stream:
        stream.read()


def test_a_gzip_cut_short_is_truncated(tmp_path: Path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(bytes(range(256)) * 4000)[:-20])
    with pytest.raises(Truncated), Part(path).open() as stream:
        stream.read()


def test_a_path_without_file_is_refused(tmp_path: Path):
    with pytest.raises(WrongFormat, match="n'existe pas"):
        parts(tmp_path / "nothing.txt")
    with pytest.raises(WrongFormat, match="aucun fichier"):
        parts(tmp_path)


def test_progress_goes_to_the_size_of_the_file(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"x\n" * 2_000_000)
    seen: list[tuple[int, int]] = []
    with Part(path).open(lambda done, total: seen.append((done, total))) as stream:
        assert sum(1 for _ in Lines(stream)) == 2_000_000
    assert seen[0] == (1_048_576, 4_000_000)
    assert seen[-1] == (4_000_000, 4_000_000)
