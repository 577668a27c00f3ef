"""Columns are found by name; a file of another layout is refused with what is wrong with it."""

import io
from typing import NamedTuple

import pytest

from ingestion.columns import Layout, column_name, matches, read_rows
from ingestion.files import Lines
from ingestion.report import Rejected, Truncated, WrongFormat


class Pair(NamedTuple):
    code: str
    label: str


PAIRS: Layout[Pair] = Layout(
    title="la liste des codes",
    delimiters="|",
    required=("Code département (structure)", "Libellé"),
    optional=("Note",),
    fields=("Code département (structure)", "Libellé"),
    make=Pair._make,
    check=lambda row: None if row.code else "code absent",
    aliases={"nom": "libelle"},
)


def read(text: str, *, lenient: bool = False, layout: Layout[Pair] = PAIRS) -> list[Pair | Rejected]:
    return list(read_rows(Lines(io.BytesIO(text.encode()), lenient=lenient), layout))


@pytest.mark.parametrize(
    "header",
    [
        "Code département (structure)|Libellé",
        "Code Département (coord. structure)|LIBELLE|",
        "code departement (structure)|Nom",
        "Code département (structure)|Libellé|Note",
    ],
)
def test_columns_are_known_by_their_name_whatever_its_case_accents_and_variants(header: str):
    assert read(f"{header}\n69|Rhône|\n") == [Pair("69", "Rhône")]


def test_columns_may_come_in_any_order():
    assert read("Libellé|Code département (structure)\nRhône|69\n") == [Pair("69", "Rhône")]


def test_a_missing_column_is_named():
    with pytest.raises(WrongFormat, match="colonne absente : « Libellé »"):
        read("Code département (structure)|Note\n69|x\n")


def test_a_column_too_many_is_named_and_a_forced_load_passes_it():
    text = "Code département (structure)|Libellé|Couleur\n69|Rhône|rouge\n"
    with pytest.raises(WrongFormat, match="colonne inconnue : « Couleur »"):
        read(text)
    assert read(text, lenient=True) == [Pair("69", "Rhône")]


def test_a_column_twice_is_named():
    with pytest.raises(WrongFormat, match="colonne répétée : « Libellé »"):
        read("Code département (structure)|Libellé|Libellé\n")


def test_another_delimiter_is_named():
    with pytest.raises(WrongFormat, match=r"Séparateur « ; » trouvé, « \| » attendu"):
        read("Code département (structure);Libellé\n69;Rhône\n")


def test_a_file_in_another_encoding_is_refused():
    text = "Code département (structure)|Libellé\n69|Rhône\n"
    for encoding in ("latin-1", "utf-16"):
        with pytest.raises(WrongFormat, match="en-tête ne peut pas être lu"):
            list(read_rows(Lines(io.BytesIO(text.encode(encoding))), PAIRS))


def test_an_empty_file_is_refused():
    with pytest.raises(WrongFormat, match="Fichier vide"):
        read("")


def test_a_line_with_another_number_of_values_is_rejected_with_its_number():
    found = read("Code département (structure)|Libellé\n69|Rhône\n01\n38|Isère|x\n42|Loire\n")
    assert found == [
        Pair("69", "Rhône"),
        Rejected(3, "1 champs au lieu de 2"),
        Rejected(4, "3 champs au lieu de 2"),
        Pair("42", "Loire"),
    ]


def test_lines_may_end_with_a_delimiter_or_not():
    assert read("Code département (structure)|Libellé|\n69|Rhône|\n38|Isère\n") == [
        Pair("69", "Rhône"),
        Pair("38", "Isère"),
    ]


def test_a_row_that_its_check_refuses_is_rejected_with_the_reason():
    assert read("Code département (structure)|Libellé\n|Rhône\n") == [Rejected(2, "code absent")]


def test_spaces_around_values_are_no_content_and_quotes_are():
    assert read('Code département (structure)|Libellé\n 69 | Le "Rhône" \n') == [Pair("69", 'Le "Rhône"')]


def test_a_last_line_cut_refuses_the_file_unless_forced():
    for text in ("69|Rhône|\n38", "69|Rhône|\n38|Isè"):
        whole = f"Code département (structure)|Libellé|\n{text}"
        with pytest.raises(Truncated, match="tronqué"):
            read(whole)
        assert read(whole, lenient=True)[0] == Pair("69", "Rhône")


def test_a_last_line_without_newline_is_whole_if_it_ends_with_the_delimiter_of_the_others():
    assert read("Code département (structure)|Libellé|\n69|Rhône|") == [Pair("69", "Rhône")]


def test_quoted_values_are_read_where_the_layout_says_so():
    quoted = Layout(
        title="x", delimiters=";", required=("a", "b"), fields=("a", "b"), make=Pair._make, check=lambda _: None,
        quoted=True,
    )  # fmt: skip
    assert read('a;b\n"1;2";"say ""a"""\n', layout=quoted) == [Pair("1;2", 'say "a"')]


def test_a_header_tells_its_layout():
    assert matches("Libellé|Code département (structure)", PAIRS)
    assert not matches("Libellé|Code", PAIRS)


def test_names_are_compared_without_case_accents_and_silent_words():
    assert column_name("Code Département (coord. structure)") == "code departement structure"
    assert column_name("Libellé civilité d'exercice") == column_name("libelle civilite exercice")
