"""The ear that listens for English in what people read hears it, and takes French for French."""

import pytest

from tests.french import foreign


@pytest.mark.parametrize(
    "said",
    [
        "parse error: premature EOF",
        "(right here) ------^",
        "lexical error: invalid char in json text.",
        "JSON is malformed: invalid character (byte 6)",
        "File is not a zip file",
        "Compressed file ended before the end-of-stream marker was reached",
        "No such file or directory",
        "Address already in use",
        "FICHIER <path> [obligatoire]",
        "sous « pmej » → ege --> fin",
    ],
)
def test_the_words_of_a_library_are_heard(said: str):
    assert foreign(said)


@pytest.mark.parametrize(
    "said",
    [
        "« PS_LibreAcces » : 12 champs au lieu de 56",
        "a.txt est refusé, rien n'a été chargé : colonne inconnue : « the file »",
        "le fichier /srv/data/file.txt n'existe pas (ANNUAIRE_DATA_DIR, --force)",
    ],
)
def test_french_and_what_it_quotes_are_not(said: str):
    assert foreign(said) == []
