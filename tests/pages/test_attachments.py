"""A file is taken for what it holds, whole, never for what it is called."""

import pytest

from search_api.attachments import KINDS, SUFFIXES, UnfitError, kind_of
from tests.pages import documents


@pytest.mark.parametrize(("name", "content"), documents.TAKEN.items(), ids=documents.TAKEN)
def test_a_file_of_each_kind_is_taken(name, content):
    kind = kind_of(name, content)
    assert name.lower().endswith(KINDS[kind].suffixes)


def test_the_kinds_are_those_that_were_announced():
    assert sorted(SUFFIXES) == ["jpeg", "jpg", "pdf", "png", "ppt", "pptx", "xls", "xlsx"]


@pytest.mark.parametrize(("name", "content"), documents.UNFIT.values(), ids=documents.UNFIT)
def test_what_is_not_what_its_name_says_is_refused(name, content):
    with pytest.raises(UnfitError, match="son contenu n’est pas celui d’un fichier"):
        kind_of(name, content)


@pytest.mark.parametrize("name", documents.NAMES)
def test_a_name_that_no_file_should_have_is_refused(name):
    with pytest.raises(UnfitError, match="son nom"):
        kind_of(name, documents.PDF)


@pytest.mark.parametrize("name", ["a.exe", "a.pdf.exe", "pdf", "a.xlsm", "a.html"])
def test_another_end_of_name_is_refused_with_those_that_are_taken(name):
    with pytest.raises(UnfitError, match="les fichiers acceptés sont : pdf, jpg, jpeg, png"):
        kind_of(name, documents.PDF)


def test_an_empty_file_is_refused():
    with pytest.raises(UnfitError, match="ce fichier est vide"):
        kind_of("a.pdf", b"")


def test_the_directory_of_a_compound_file_is_followed_from_sector_to_sector():
    long = documents.compound(*map(str, range(5)), "Workbook", following=(2, 0xFFFFFFFE))
    assert kind_of("a.xls", long) == "xls"
