"""An editor's answers replace its slots for the people and the window asked, and nothing else."""

import json
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert, select, text

from ingestion.answers import named
from ingestion.fhir import instant
from ingestion.loading import Options
from ingestion.loads import load_rpps, load_slots
from ingestion.report import TooManyRejected, Totals, Truncated, WrongFormat
from tests.ingestion.bundles import HOUR, PERSON, SIRET, answers, association, bundle, labels, moment, practice, slot
from tests.ingestion.feeds.world import until
from tests.ingestion.given import AT, activities, activity, options
from tests.ingestion.test_loads import content, counts, outbox, rows, table
from tests.migrated import migrated

EDITOR = "azur"
NAME = "creneaux-azur-202611230755.ndjson"
OTHER = "810000000002"


def load(engine: Engine, tmp_path: Path, *found: dict[str, Any], name: str = NAME, at: int = AT) -> Totals:
    return load_slots(engine, answers(tmp_path / name, *found), Options(at=at, reports=tmp_path / "reports"))


def starts(engine: Engine, **where: Any) -> list[int]:
    return [start for (start,) in rows(engine, "availability", "start", **where)]


def stored(engine: Engine, tmp_path: Path) -> Engine:
    """Dr Martel practises at a FINESS site and at a cabinet, both in Villeurbanne."""
    site = {"finess": "690000001", "technical_id": "F690000001", "former_id": "1690000001", "street": "HENRI BARBUSSE"}
    load_rpps(engine, activities(tmp_path / "rpps.txt", activity(**site), activity()), options(tmp_path))
    return engine


@pytest.fixture
def directory(database: Engine, tmp_path: Path) -> Engine:
    return stored(database, tmp_path)


@pytest.fixture
def any_directory(any_database: Engine, tmp_path: Path) -> Engine:
    return stored(any_database, tmp_path)


# What a slot becomes -------------------------------------------------------------------------------------------------


def test_a_new_place_that_another_editor_tells_at_the_same_time_fails_no_answer(
    postgresql_database: str, tmp_path: Path
):
    engine, place = migrated(postgresql_database), table("place")
    load(engine, tmp_path, bundle(slot(), *practice(None)))
    with engine.begin() as connection:
        told = connection.execute(select(place)).mappings().one()
        connection.execute(delete(place))
    lot = bundle(slot(), *practice(None, person=OTHER))
    with ThreadPoolExecutor(1) as pool:
        with engine.begin() as connection:
            connection.execute(insert(place).values(**told))
            brume = pool.submit(load, engine, tmp_path, lot, name=NAME.replace(EDITOR, "brume"))
            assert until(lambda: waits(engine) or brume.done())
        assert brume.result().written
    assert {key for (key,) in rows(engine, "availability", "place_key")} == {told["key"]}
    engine.dispose()


def waits(engine: Engine) -> bool:
    """Whether a transaction on this database waits for another."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with engine.connect() as connection:
        return bool(connection.scalar(text(waiting)))


def test_a_slot_is_stored_with_all_that_it_says(any_directory: Engine, tmp_path: Path):
    load(any_directory, tmp_path, bundle(slot(meta=labels("PUBLIC", "SNP")), *practice()))
    with any_directory.connect() as connection:
        (found,) = connection.execute(select(table("availability"))).all()
    assert (found.subject, found.place_key, found.kind) == (f"p:{PERSON}", "finess:690000001", "creneau")
    assert (found.start, found.end, found.capacity) == (AT + HOUR, AT + HOUR + 900, None)
    assert (found.modalities, found.labels, found.audience) == (["cabinet"], ["PUBLIC", "SNP"], "public")
    assert (found.specialties, found.cpts) == (["SM54"], [])
    assert (found.source_kind, found.source_name) == ("editor", EDITOR)
    assert (found.checked_at, found.booking_url) == (AT - 5 * 60, "https://rdv.example/martel")
    assert rows(any_directory, "slot_feed", "subject", "asked_at", "answered") == [(f"p:{PERSON}", AT - 5 * 60, True)]


def test_the_name_of_the_file_tells_the_editor_and_when_it_was_asked():
    assert named(NAME) == ("azur", AT - 5 * 60)
    assert named("creneaux-mon-editeur-202607011200.ndjson.gz") == ("mon-editeur", instant("2026-07-01T12:00:00+02:00"))
    assert named("creneaux-azur-202613011200.ndjson") is None
    assert named("bundle.json") is None


def test_what_the_bundle_says_of_its_time_wins_then_the_name_then_the_file(database: Engine, tmp_path: Path):
    told = bundle(slot(), *practice(), meta={"lastUpdated": moment(AT - 60)})
    load(database, tmp_path, told)
    path = answers(tmp_path / "b.ndjson", bundle(slot(), *practice()))
    os.utime(path, (AT - 30, AT - 30))
    load_slots(database, path, options(tmp_path), "brume")
    assert rows(database, "availability", "source_name", "checked_at") == [("azur", AT - 60), ("brume", AT - 30)]


def test_without_a_name_nobody_knows_whose_slots_these_are(database: Engine, tmp_path: Path):
    path = answers(tmp_path / "b.ndjson", bundle(slot(), *practice()))
    with pytest.raises(WrongFormat, match="--editeur"):
        load_slots(database, path, options(tmp_path))


# Snapshot ------------------------------------------------------------------------------------------------------------


def test_the_same_answers_again_change_nothing(any_directory: Engine, tmp_path: Path):
    found = bundle(slot(), slot(AT + 2 * HOUR), *practice())
    load(any_directory, tmp_path, found)
    before = content(any_directory)
    totals = load(any_directory, tmp_path, found)
    assert (counts(totals, "availability"), totals.written) == ((0, 0, 2, 0), 0)
    assert content(any_directory) == before


def test_a_later_answer_replaces_the_slots_of_the_people_in_it(any_directory: Engine, tmp_path: Path):
    other = bundle(slot(), *practice(person=OTHER))
    load(any_directory, tmp_path, bundle(slot(), slot(AT + 2 * HOUR), *practice()), other)
    told = len(outbox(any_directory))
    later = "creneaux-azur-202611230758.ndjson"
    totals = load(any_directory, tmp_path, bundle(slot(AT + 3 * HOUR), *practice()), name=later)
    assert counts(totals, "availability") == (1, 0, 0, 2)
    assert starts(any_directory, subject=f"p:{PERSON}") == [AT + 3 * HOUR]
    assert starts(any_directory, subject=f"p:{OTHER}") == [AT + HOUR]
    assert outbox(any_directory)[told:] == [f"p:{PERSON}"]


def test_a_slot_checked_again_says_when(directory: Engine, tmp_path: Path):
    load(directory, tmp_path, bundle(slot(), *practice()))
    totals = load(directory, tmp_path, bundle(slot(), *practice()), name="creneaux-azur-202611230758.ndjson")
    assert counts(totals, "availability") == (0, 1, 0, 0)
    assert rows(directory, "availability", "checked_at") == [(AT - 120,)]


def test_an_answer_without_slot_removes_those_of_who_was_asked(directory: Engine, tmp_path: Path):
    load(directory, tmp_path, bundle(slot(), *practice()))
    load(directory, tmp_path, bundle(asked=[PERSON], total=0), name="creneaux-azur-202611230758.ndjson")
    assert starts(directory) == []
    assert rows(directory, "slot_feed", "subject", "answered") == [(f"p:{PERSON}", True)]


def test_slots_after_the_window_asked_are_kept(any_directory: Engine, tmp_path: Path):
    load(any_directory, tmp_path, bundle(slot(), slot(AT + 100 * HOUR), *practice()))
    asked = bundle(asked=[PERSON], window=(AT, AT + 72 * HOUR))
    load(any_directory, tmp_path, asked, name="creneaux-azur-202611230758.ndjson")
    assert starts(any_directory) == [AT + 100 * HOUR]


def test_slots_before_the_window_asked_are_kept_until_they_are_over(any_directory: Engine, tmp_path: Path):
    load(any_directory, tmp_path, bundle(slot(), slot(AT + 3 * HOUR), slot(AT + 30 * HOUR), *practice()))
    tomorrow = bundle(slot(AT + 26 * HOUR), *practice(), asked=[PERSON], window=(AT + 24 * HOUR, AT + 48 * HOUR))
    load(any_directory, tmp_path, tomorrow, name="creneaux-azur-202611231000.ndjson", at=AT + 2 * HOUR)
    assert starts(any_directory) == [AT + 3 * HOUR, AT + 26 * HOUR]


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_answers_of_one_load_the_latest_counts(any_directory: Engine, tmp_path: Path, order: int):
    asked = {"asked": [PERSON], "window": (AT, AT + 72 * HOUR)}
    early = bundle(slot(), *practice(), meta={"lastUpdated": moment(AT)}, **asked)
    later = bundle(slot(AT + 2 * HOUR), *practice(), meta={"lastUpdated": moment(AT + 240)}, **asked)
    last = bundle(meta={"lastUpdated": moment(AT + 300)}, **asked)
    load(any_directory, tmp_path, *(early, later, last)[::order])
    assert starts(any_directory) == []
    assert rows(any_directory, "slot_feed", "asked_at", "answered") == [(AT + 300, True)]


@pytest.mark.parametrize("order", [1, -1])
def test_a_later_failure_of_one_load_leaves_the_slots(any_directory: Engine, tmp_path: Path, order: int):
    early = bundle(slot(), *practice(), meta={"lastUpdated": moment(AT - 600)})
    failure = {"asked": [PERSON], "outcome": {"resourceType": "OperationOutcome"}}
    load(any_directory, tmp_path, *(early, failure)[::order])
    assert starts(any_directory) == [AT + HOUR]
    assert rows(any_directory, "slot_feed", "asked_at", "answered") == [(AT - 300, False)]


@pytest.mark.parametrize("order", [1, -1])
def test_a_later_answer_of_one_load_for_tomorrow_leaves_today(any_directory: Engine, tmp_path: Path, order: int):
    days = [
        bundle(
            slot(start + HOUR),
            *practice(),
            asked=[PERSON],
            window=(start, start + 24 * HOUR - 1),
            meta={"lastUpdated": moment(AT + rank)},
        )
        for rank, start in enumerate((AT, AT + 24 * HOUR))
    ]
    load(any_directory, tmp_path, *days[::order])
    assert starts(any_directory) == [AT + HOUR, AT + 25 * HOUR]


def test_a_failure_leaves_the_slots_and_says_that_the_feed_is_unknown(directory: Engine, tmp_path: Path):
    load(directory, tmp_path, bundle(slot(), *practice()))
    told = len(outbox(directory))
    failure = {"asked": [PERSON], "outcome": {"resourceType": "OperationOutcome"}}
    load(directory, tmp_path, failure, name="creneaux-azur-202611230758.ndjson")
    assert starts(directory) == [AT + HOUR]
    assert rows(directory, "slot_feed", "answered", "asked_at") == [(False, AT - 120)]
    assert outbox(directory)[told:] == [f"p:{PERSON}"]


def test_another_editor_s_slots_and_the_manual_agenda_are_not_touched(any_directory: Engine, tmp_path: Path):
    load(any_directory, tmp_path, bundle(slot(), *practice()))
    agenda = {
        "id": "manual", "subject": f"p:{PERSON}", "kind": "plage", "start": AT, "end": AT + HOUR, "modalities": [],
        "labels": [], "audience": "public", "specialties": [], "cpts": [], "source_kind": "agenda",
        "source_name": EDITOR, "digest": "",
    }  # fmt: skip
    with any_directory.begin() as connection:
        connection.execute(table("availability").insert().values(agenda))
    load(any_directory, tmp_path, bundle(asked=[PERSON]), name="creneaux-brume-202611230758.ndjson")
    assert rows(any_directory, "availability", "source_kind", "source_name") == [("agenda", "azur"), ("editor", "azur")]
    load(any_directory, tmp_path, bundle(asked=[PERSON]), name="creneaux-azur-202611230758.ndjson")
    assert rows(any_directory, "availability", "source_kind") == [("agenda",)]


def test_an_answer_older_than_the_one_stored_is_passed_over(any_directory: Engine, tmp_path: Path):
    load(any_directory, tmp_path, bundle(slot(), *practice()))
    before = content(any_directory)
    late = bundle(slot(AT + 5 * HOUR), *practice())
    totals = load(any_directory, tmp_path, late, name="creneaux-azur-202611230600.ndjson")
    assert totals.skipped["réponses plus anciennes"] == 1
    assert content(any_directory) == before


def test_a_slot_twice_is_one(directory: Engine, tmp_path: Path):
    load(directory, tmp_path, bundle(slot(), slot(), *practice()))
    assert starts(directory) == [AT + HOUR]


def test_an_hour_that_is_told_for_each_of_its_motives_is_one_slot_for_all(any_directory: Engine, tmp_path: Path):
    each = [
        slot(id=motive, serviceType=[{"coding": [{"code": "AMB"}]}, {"text": motive}]) for motive in ("Suivi", "Vaccin")
    ]
    load(any_directory, tmp_path, bundle(*each, slot(AT + 2 * HOUR), *practice()))
    slots = table("availability").c
    with any_directory.connect() as connection:
        told = connection.execute(select(slots.start, slots.motives).order_by(slots.start)).all()
    assert told == [(AT + HOUR, ["Suivi", "Vaccin"]), (AT + 2 * HOUR, [])]


def test_slots_that_nobody_can_take_any_more_are_left_out(directory: Engine, tmp_path: Path):
    walk_in = {"appointmentType": {"coding": [{"code": "WALKIN"}]}}
    past = (slot(AT - 60), slot(AT - 2 * HOUR, 60, **walk_in), slot(AT - HOUR, 120, **walk_in), slot(AT))
    totals = load(directory, tmp_path, bundle(*past, *practice()))
    assert totals.skipped["créneaux passés"] == 2
    assert rows(directory, "availability", "kind", "start") == [("creneau", AT), ("plage", AT - HOUR)]


# Where ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"identifier": "1690000001"}, "finess:690000001"),
        ({"identifier": "690000001", "line": "elsewhere", "postal_code": "75008"}, "finess:690000001"),
        ({"identifier": "410000000001001"}, "tech:R10000000001001"),
        ({"identifier": None, "line": "12 R de la République"}, "tech:R10000000001001"),
        ({"identifier": None, "line": "12, RUE DE LA REPUBLIQUE"}, "tech:R10000000001001"),
        ({"identifier": None, "line": "12 avenue Henri Barbusse", "city": "Villeurbanne"}, None),
    ],
)
def test_a_place_is_found_by_its_number_else_by_its_address(
    directory: Engine, tmp_path: Path, given: dict[str, Any], key: str | None
):
    load(directory, tmp_path, bundle(slot(), *practice(**given)))
    own = "addr:12 avenue henri barbusse 69100 69266"
    assert rows(directory, "availability", "place_key") == [(key or own,)]
    assert rows(directory, "place", "key", source="fhir:azur") == ([] if key else [(own,)])


@pytest.fixture
def alone(database: Engine, tmp_path: Path) -> Engine:
    """Dr Martel practises at a cabinet in Villeurbanne, and at one in Grenoble."""
    far = activity(technical_id="T2", postal_code="38000", insee="38185", commune="Grenoble")
    load_rpps(database, activities(tmp_path / "a.txt", activity(), far), options(tmp_path))
    return database


@pytest.mark.parametrize(
    "given",
    [
        {"line": ""},
        {"line": "-", "city": ""},
        {"line": "12 rue République"},
        {"line": "Maison médicale, 12 rue de la République"},
        {"line": "rue de la République"},
        {"line": "12 rue de la République, 2e étage - 69100 Villeurbanne"},
        {"line": "12 R de la République", "identifier": "1690099999"},
    ],
)
def test_a_place_whose_number_and_street_say_nothing_else_is_the_one_there(
    alone: Engine, tmp_path: Path, given: dict[str, Any]
):
    load(alone, tmp_path, bundle(slot(), *practice(**{"identifier": None} | given)))
    assert rows(alone, "availability", "place_key") == [("tech:R10000000001001",)]
    assert rows(alone, "place", "key", source="fhir:azur") == []


@pytest.mark.parametrize(
    ("given", "own"),
    [
        ({"line": "200 cours Émile Zola"}, "addr:200 cours emile zola 69100 69266"),
        ({"line": "14 rue de la République"}, "addr:14 rue de la republique 69100 69266"),
        ({"line": "14 rue de la République, BP 12"}, "addr:14 rue de la republique bp 12 69100 69266"),
        ({"line": "12 bis rue de la République"}, "addr:12 bis rue de la republique 69100 69266"),
        ({"line": "place de la République"}, "addr:place de la republique 69100 69266"),
        ({"line": "", "identifier": "1690099999"}, "finess:690099999"),
        ({"line": "200 cours Émile Zola", "identifier": "1690099999"}, "finess:690099999"),
        ({"line": "", "identifier": "410000000001002"}, "addr:69100 69266"),
        ({"line": "200 cours Zola", "identifier": "410000000001002"}, "addr:200 cours zola 69100 69266"),
        ({"line": "", "city": "Bron", "postal_code": "69500"}, "addr:69500 69029"),
    ],
)
def test_another_number_street_or_commune_is_another_place_even_where_one_alone_is_known(
    alone: Engine, tmp_path: Path, given: dict[str, Any], own: str
):
    load(alone, tmp_path, bundle(slot(), *practice(**{"identifier": None} | given)))
    assert rows(alone, "availability", "place_key") == [(own,)]
    assert rows(alone, "place", "key", source="fhir:azur") == [(own,)]


@pytest.mark.parametrize(
    ("others", "identifier", "kept"),
    [(0, None, True), (0, "1690099999", False), (1, None, False)],
    ids=["alone", "another number", "two of them"],
)
def test_a_place_that_the_rpps_has_without_a_street_is_the_one_there(
    database: Engine, tmp_path: Path, *, others: int, identifier: str | None, kept: bool
):
    nameless = {"street_number": "", "street_type": "", "street": ""}
    there = [activity(technical_id=f"R1000000000100{rank}", **nameless) for rank in range(1, others + 2)]
    load_rpps(database, activities(tmp_path / "a.txt", *there), options(tmp_path))
    load(database, tmp_path, bundle(slot(), *practice(identifier=identifier, line="3 place de l'Église")))
    assert (rows(database, "availability", "place_key") == [("tech:R10000000001001",)]) is kept


def test_a_place_that_nothing_matches_is_the_editor_s_own_with_a_point(any_database: Engine, tmp_path: Path):
    totals = load(any_database, tmp_path, bundle(slot(), *practice(None)))
    key = "addr:12 rue de la republique 69100 69266"
    assert rows(any_database, "availability", "place_key") == [(key,)]
    assert rows(any_database, "place", "source", "insee", "precision") == [("fhir:azur", "69266", "commune")]
    assert totals.notes["lieux que l'éditeur est seul à connaître"] == 1
    assert totals.notes["professionnels inconnus du RPPS"] == 1


def test_the_rpps_takes_over_a_place_that_an_editor_knew_first(database: Engine, tmp_path: Path):
    load(database, tmp_path, bundle(slot(), *practice()))
    site = {"finess": "690000001", "technical_id": "F690000001"}
    load_rpps(database, activities(tmp_path / "a.txt", activity(**site)), options(tmp_path))
    assert rows(database, "place", "key", "source") == [("finess:690000001", "rpps")]


def test_a_slot_without_place_is_at_every_place(directory: Engine, tmp_path: Path):
    agenda, someone, _ = practice()
    load(directory, tmp_path, bundle(slot(), agenda | {"actor": agenda["actor"][:1]}, someone))
    assert rows(directory, "availability", "place_key") == [(None,)]


def test_an_association_and_its_point_come_from_the_bundle(any_database: Engine, tmp_path: Path):
    load(any_database, tmp_path, bundle(slot(), *association()))
    assert rows(any_database, "structure", "id", "siret", "category", "source") == [(SIRET, SIRET, "sos", "fhir:azur")]
    assert rows(any_database, "place", "siret", "name", "phone", "insee", "precision") == [
        (SIRET, "Point de garde Centre", "+33478000042", "69266", "commune")
    ]
    assert rows(any_database, "availability", "subject", "place_key") == [
        (f"s:{SIRET}", "addr:3 place lazare goujon 69100 69266")
    ]
    assert outbox(any_database) == [f"s:{SIRET}"]


# Files ---------------------------------------------------------------------------------------------------------------


def test_a_bundle_alone_written_over_several_lines_is_read(directory: Engine, tmp_path: Path):
    path = tmp_path / NAME
    path.write_text(json.dumps(bundle(slot(), *practice()), indent=2))
    assert load_slots(directory, path, options(tmp_path)).of("availability").new == 1


def test_a_zip_or_a_folder_of_bundles_is_read(directory: Engine, tmp_path: Path):
    folder, zipped = tmp_path / "folder", tmp_path / "creneaux.zip"
    folder.mkdir()
    first = answers(folder / "a.json", bundle(slot(), *practice()))
    second = answers(folder / "b.json", bundle(slot(AT + 2 * HOUR), *practice(person=OTHER)))
    assert load_slots(directory, folder, options(tmp_path), EDITOR).of("availability").new == 2
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.write(first, "a.json")
        archive.write(second, "b.json")
    assert load_slots(directory, zipped, options(tmp_path), "brume").of("availability").new == 2


def test_a_line_that_is_no_answer_is_rejected_and_the_others_are_read(directory: Engine, tmp_path: Path):
    totals = load(directory, tmp_path, bundle(slot(), *practice()), {"resourceType": "OperationOutcome"}, {"a": 1})
    assert (totals.read, totals.rejected, totals.of("availability").new) == (3, 2, 1)
    assert Path(totals.report).read_text().splitlines()[1] == (
        f"{NAME};2;ce n'est pas un Bundle FHIR : resourceType « OperationOutcome »"
    )


def test_slots_left_out_are_reported_with_their_line(directory: Engine, tmp_path: Path):
    totals = load(directory, tmp_path, bundle(slot(status="busy"), slot(AT + 2 * HOUR), *practice()))
    assert (totals.rejected, totals.of("availability").new) == (1, 1)
    assert "statut « busy »" in Path(totals.report).read_text()


def test_a_slot_with_a_nul_or_too_long_is_left_out_alone(any_directory: Engine, tmp_path: Path):
    bad = (slot(AT + 2 * HOUR, id="a\0"), slot(AT + 3 * HOUR, comment="x" * 70_000))
    fine = slot(comment="https://rdv.example/\\u0000")
    totals = load(any_directory, tmp_path, bundle(*bad, fine, *practice()))
    assert (totals.rejected, starts(any_directory)) == (2, [AT + HOUR])
    said = Path(totals.report).read_text()
    assert "Slot « a\ufffd » : caractère NUL" in said
    assert f"Slot « slot-{AT + 3 * HOUR} » : plus de 64 Kio" in said


def test_a_place_with_a_nul_is_as_if_it_were_absent(any_directory: Engine, tmp_path: Path):
    totals = load(any_directory, tmp_path, bundle(slot(), *practice(line="12\0")))
    assert totals.rejected == 1
    assert totals.notes["ressource qui n'est pas un créneau, caractère NUL"] == 1


def test_answers_cut_short_are_refused_whole(directory: Engine, tmp_path: Path):
    path = answers(tmp_path / NAME, bundle(slot(), *practice()), bundle(slot(), *practice(person=OTHER)))
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(Truncated):
        load_slots(directory, path, options(tmp_path))
    assert starts(directory) == []


def test_a_file_without_any_answer_changes_nothing(directory: Engine, tmp_path: Path):
    totals = load(directory, tmp_path)
    assert (totals.read, totals.written) == (0, 0)


def test_answers_that_are_all_rejected_are_refused(directory: Engine, tmp_path: Path):
    with pytest.raises(TooManyRejected, match="ses 2 lignes sont toutes rejetées"):
        load(directory, tmp_path, {"resourceType": "OperationOutcome"}, {"a": 1})


def test_of_a_folder_only_the_answers_are_read_and_the_others_are_counted(
    database: Engine, tmp_path: Path, shared_data: Path
):
    read_at = instant("2024-06-12T08:00:00Z")
    assert read_at is not None
    totals = load_slots(database, shared_data / "fhir_sas", options(tmp_path, read_at), "officiel")
    assert (totals.read, totals.rejected) == (3, 0)
    assert totals.notes["fichiers d'une autre sorte, laissés de côté"] > 30


def test_a_document_that_is_no_answer_is_refused(directory: Engine, tmp_path: Path, shared_data: Path):
    with pytest.raises(WrongFormat, match="Appointment"):
        load_slots(directory, shared_data / "fhir_sas/Appointment-1.json", options(tmp_path), EDITOR)


@pytest.mark.parametrize(
    "example",
    [
        ("fhir_sas/Bundle-ExampleBundlePSIndiv", "2021-11-04T08:00:00Z", 4),
        ("fhir_sas/Bundle-ExampleBundleCPTS1", "2024-06-12T08:00:00Z", 1),
        ("fhir_sas/Bundle-ExampleBundleAgregateurSOS", "2023-08-18T06:00:00Z", 4),
    ],
)
def test_the_official_bundles_load(database: Engine, tmp_path: Path, shared_data: Path, example: tuple[str, str, int]):
    name, at, count = example
    read_at = instant(at)
    assert read_at is not None
    totals = load_slots(database, shared_data / f"{name}.json", options(tmp_path, read_at), "officiel")
    assert (counts(totals, "availability"), totals.rejected) == ((count, 0, 0, 0), 0)
    assert len(rows(database, "availability", "id")) == count


def test_people_of_the_rpps_are_counted_as_known(directory: Engine, tmp_path: Path):
    totals = load(directory, tmp_path, bundle(slot(), *practice()))
    assert totals.notes["professionnels inconnus du RPPS"] == 0
