"""The export: one offer a line, by the API's names, everything in it."""

import io
import json
from datetime import datetime

from sqlalchemy import Engine as Database

from indexer.documents import all_offers
from indexer.export import export_offers
from indexer.rebuild import rebuild
from models.clock import PARIS, iso
from tests.indexer.given import CLAIRE, HOUR, JEAN, NOW, Given, made
from tests.memory_engine import MemoryEngine

SINKING = ["unseen_since", "fruitless"]
"""What is written for who computes an order again."""

NAMES = """id kind person professions specialties structure place phones skills care equipment languages sector
accessible new_patients participation information written_on slot_state silent_sources answered_sources
availabilities""".split()


def lines(file: io.BytesIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.getvalue().splitlines()]


def exported(database: Database) -> list[dict[str, object]]:
    file = io.BytesIO()
    assert export_offers(made(database), file) == len(lines(file))
    return lines(file)


def test_a_line_has_the_names_of_the_api_and_what_sinks_an_offer(database: Database, given: Given) -> None:
    given.practice()
    given.slot()
    (line,) = exported(database)
    assert list(line) == NAMES + SINKING
    assert line["person"] == {
        "rpps": CLAIRE[1:],
        "civility": "Dr",
        "given_name": "Claire",
        "family_name": "MARTEL",
    }
    assert line["professions"] == [{"code": "10", "label": "Médecin"}]
    (slot,) = line["availabilities"]  # type: ignore[misc] # a list, as the assertion below shows
    assert list(slot) == "kind start end modalities audience capacity source checked_at booking_url motives".split()


def test_what_nobody_declared_is_null_and_declared_none_an_empty_list(database: Database, given: Given) -> None:
    given.practice()
    given.declares(care=[])
    (line,) = exported(database)
    assert line["care"] == []
    assert [line[name] for name in ("phones", "skills", "equipment", "languages", "sector", "accessible")] == [None] * 6


def test_instants_have_the_offset_of_the_place(database: Database, given: Given) -> None:
    given.practice()
    given.execute("UPDATE place SET departement = '974'")
    given.slot(start=NOW + HOUR)
    (line,) = exported(database)
    (slot,) = line["availabilities"]  # type: ignore[misc] # one slot was written
    assert slot["start"].endswith("+04:00")
    assert datetime.fromisoformat(slot["start"]).timestamp() == NOW + HOUR


def test_what_sinks_an_offer_is_written(database: Database, given: Given) -> None:
    given.practice()
    given.feed(answered=False, answered_at=NOW - HOUR)
    given.called(at=NOW - 60)
    (line,) = exported(database)
    assert line["unseen_since"] == iso(NOW - HOUR, PARIS)
    assert line["fruitless"] == {
        "outcome": "refused",
        "at": iso(NOW - 60, PARIS),
        "until": iso(NOW - 60 + 4 * HOUR, PARIS),
    }


def test_the_availabilities_of_every_audience_are_written(database: Database, given: Given) -> None:
    given.practice()
    audiences = ["public", "professional", "regulation", "cpts"]
    for rank, audience in enumerate(audiences):
        given.slot(start=NOW + rank * HOUR, audience=audience)
    given.declares(information="Appeler avant 18 h.", participation=True)
    (line,) = exported(database)
    assert [slot["audience"] for slot in line["availabilities"]] == audiences  # type: ignore[attr-defined]
    assert line["information"] == "Appeler avant 18 h."


def test_the_index_and_the_database_export_the_same(database: Database, given: Given) -> None:
    given.practice(CLAIRE)
    given.practice(JEAN, "tech:R2")
    given.slot()
    engine = MemoryEngine()
    rebuild(database, engine, NOW)
    from_index, from_database = io.BytesIO(), io.BytesIO()
    assert export_offers(engine.all_offers(), from_index) == 2
    with database.connect() as connection:
        export_offers(sorted(all_offers(connection, NOW), key=lambda offer: offer.id), from_database)
    assert from_index.getvalue() == from_database.getvalue()
