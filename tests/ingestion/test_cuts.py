"""A file cut anywhere in its last line is refused whole, whatever its format: what came after the cut is lost."""

import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from ingestion.answers import read_answers
from ingestion.cpts import read_territories
from ingestion.declarations import read_declarations
from ingestion.files import Part
from ingestion.finess_legacy import YEARLY, read_stock, read_yearly
from ingestion.finess_plus import read_establishments
from ingestion.postal import read_postal_codes
from ingestion.report import Rejected, Truncated
from ingestion.rpps import DIPLOMAS, SKILLS, read_activities, read_diplomas, read_skills
from tests.ingestion.bundles import bundle, practice, slot
from tests.ingestion.given import activity, ege, lines, skill

Reader = Callable[[io.BytesIO], Iterable[Any]]


def diploma() -> str:
    """A line of diplomas with an accent."""
    values = dict.fromkeys(DIPLOMAS.required, "") | {"Identification nationale PP": "810000000001"}
    return "|".join((values | {"Libellé diplôme obtenu": "Diplôme d'État"}).values())


def yearly() -> bytes:
    """A yearly file of FINESS of one line with an accent."""
    values = dict.fromkeys(YEARLY.required, "") | {"nofinesset": "690000001", "rs": "HÔPITAL", "datemaj": "2020-12-31"}
    return "".join(f"{';'.join(row)}\n" for row in (values, values.values())).encode()


STOCK = "finess;etalab;1;2026-05-12\nstructureet;010000024;;HÔPITAL;;;;;;;;;451;01;;01440 VIRIAT" + ";" * 16 + "x\n"
POSTAL = (
    "#Code_commune_INSEE;Nom_de_la_commune;Code_postal;Libellé_d_acheminement;Ligne_5\n01001;ÉPINE;01400;ÉPINE;LÀ\n"
)
CPTS = "insee;cpts_finess;cpts_nom\n69266;690012345;CPTS Évreux\n"
DECLARATION = '{"subject": "p:810000000001", "information": "Appeler à 8 h."}\n'

FILES: dict[str, tuple[Reader, bytes]] = {
    "activities": (read_activities, lines(activity(given="Zoé", last_line="69100 É"))),
    "activities, no last delimiter": (read_activities, lines(activity(given="Zoé"), end="\n")),
    "skills": (read_skills, lines(skill(skill_label="Médecine générale"), header=SKILLS.required)),
    "diplomas": (read_diplomas, lines(diploma(), header=DIPLOMAS.required)),
    "stock": (read_stock, STOCK.encode()),
    "yearly": (read_yearly, yearly()),
    "postal codes": (read_postal_codes, POSTAL.encode()),
    "cpts": (read_territories, CPTS.encode()),
    "declarations": (read_declarations, DECLARATION.encode()),
    "establishments": (
        read_establishments,
        json.dumps({"pmej": [{"ege": [ege(nom="É")]}]}, ensure_ascii=False).encode(),
    ),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_cut_at_any_byte_of_the_last_line_is_truncated_or_loses_nothing(kind: str):
    reader, content = FILES[kind]
    whole = list(reader(io.BytesIO(content)))
    assert whole
    assert not any(isinstance(row, Rejected) for row in whole)
    start = content.rfind(b"\n", 0, -1) + 1
    outcomes = [outcome(reader, content[:end]) for end in range(start + 1, len(content))]
    assert outcomes[0] == "truncated"
    assert set(outcomes) <= {"truncated", repr(whole)}


def outcome(reader: Reader, content: bytes) -> str:
    """What reading gives: that it is truncated, or the rows."""
    try:
        return repr(list(reader(io.BytesIO(content))))
    except Truncated:
        return "truncated"


@pytest.mark.parametrize("indent", [None, 1])
def test_answers_cut_at_any_byte_are_truncated(tmp_path: Path, indent: int | None):
    content = json.dumps(bundle(slot(), *practice(city="ÉVREUX")), ensure_ascii=False, indent=indent).encode()
    path = tmp_path / "creneaux-azur-202611230755.ndjson"
    path.write_bytes(content)
    assert len(list(read_answers(Part(path)))) == 1
    for end in range(1, len(content) - 1):
        path.write_bytes(content[:end])
        with pytest.raises(Truncated):
            list(read_answers(Part(path)))


def test_answers_cut_inside_a_line_too_long_are_truncated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ingestion.answers.ANSWER_LIMIT", 100_000)
    path = tmp_path / "creneaux-azur-202611230755.ndjson"
    path.write_bytes(json.dumps(bundle()).encode() + b"\n" + b'{"a": "' + b"x" * 3_000_000)
    with pytest.raises(Truncated):
        list(read_answers(Part(path)))
