"""A load compares a full file with what is stored and writes only the differences, in one transaction or not at all."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, insert, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from ingestion.kinds import TEXTS, kinds_in
from ingestion.loading import date_in
from ingestion.loads import (
    KINDS,
    load_declarations,
    load_diplomas,
    load_finess,
    load_finess_history,
    load_postal_codes,
    load_rpps,
    load_skills,
    load_territories,
)
from ingestion.loads_rpps import SKILLS as SKILLS_MIRROR
from ingestion.report import TooManyGone, TooManyRejected, Totals, Truncated, WrongFormat
from ingestion.rpps import SKILLS
from ingestion.staging import StagedRow, staging
from models.outbox import enqueue
from models.store import writing
from tests.ingestion.given import (
    AT,
    activities,
    activity,
    ege,
    finess,
    lines,
    options,
    people,
    person,
    skill,
    wgs84,
)
from tests.migrated import migrated

DAY = 24 * 3600


def table(name: str) -> Any:
    return SQLModel.metadata.tables[name]


def rows(engine: Engine, name: str, *columns: str, **where: Any) -> list[tuple[Any, ...]]:
    """Columns of the rows of a table, ordered."""
    chosen = [table(name).c[column] for column in columns]
    with engine.connect() as connection:
        query = select(*chosen).filter_by(**where).order_by(*chosen)
        return [tuple(row) for row in connection.execute(query)]


def content(engine: Engine) -> dict[str, list[Any]]:
    """Everything but the journal."""
    names = sorted(set(SQLModel.metadata.tables) - {"load"})
    with engine.connect() as connection:
        return {name: sorted(map(repr, connection.execute(select(table(name))).all())) for name in names}


def outbox(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(select(table("outbox").c.subject).order_by(table("outbox").c.seq)))


def counts(totals: Totals, name: str) -> tuple[int, int, int, int]:
    found = totals.of(name)
    return found.new, found.changed, found.unchanged, found.gone


# Differences ---------------------------------------------------------------------------------------------------------


def test_a_first_load_writes_people_places_and_activities(any_database: Engine, tmp_path: Path):
    file = people(tmp_path / "PS_LibreAcces_Personne_activite_202611220730.txt", 1, 2, 3)
    totals = load_rpps(any_database, file, options(tmp_path))
    assert [counts(totals, name) for name in ("professional", "place", "activity")] == [(3, 0, 0, 0)] * 3
    assert (totals.read, totals.rejected, totals.touched) == (3, 0, 3)
    assert rows(any_database, "professional", "id", "number", "family_name", "arrived_on", "departed_on")[0] == (
        "800000000001",
        "00000000001",
        "MARTEL",
        None,
        None,
    )
    assert sorted(outbox(any_database)) == ["p:800000000001", "p:800000000002", "p:800000000003"]


def test_the_same_file_again_writes_nothing_but_the_journal(any_database: Engine, tmp_path: Path):
    file = people(tmp_path / "a.txt", 1, 2, 3)
    load_rpps(any_database, file, options(tmp_path))
    before = content(any_database)
    totals = load_rpps(any_database, file, options(tmp_path, AT + DAY))
    assert counts(totals, "activity") == (0, 0, 3, 0)
    assert (totals.written, totals.touched) == (0, 0)
    assert content(any_database) == before
    assert len(rows(any_database, "load", "id")) == 2


def test_only_what_differs_is_written(any_database: Engine, tmp_path: Path):
    numbers = range(1, 11)
    load_rpps(any_database, people(tmp_path / "a.txt", *numbers), options(tmp_path))
    told = len(outbox(any_database))
    changed = {2: {"family": "DURAND"}, 3: {"phone": "0472000009"}, 4: {"street": "DES LILAS"}}
    second = [activity(**(person(number) | changed.get(number, {}))) for number in (*numbers, 11) if number != 5]
    totals = load_rpps(any_database, activities(tmp_path / "b.txt", *second), options(tmp_path, AT + DAY))
    assert counts(totals, "professional") == (1, 1, 8, 1)
    assert counts(totals, "activity") == (1, 1, 8, 1)
    assert counts(totals, "place") == (1, 1, 8, 1)
    assert sorted(outbox(any_database)[told:]) == [f"p:8{number:011d}" for number in (2, 3, 4, 5, 11)]
    assert rows(any_database, "professional", "family_name", id="800000000002") == [("DURAND",)]
    assert rows(any_database, "activity", "phone", professional_id="800000000003") == [("+33472000009",)]


@pytest.mark.parametrize("names", [("MARTEL", "DURAND"), ("DURAND", "MARTEL"), ("MARTEL", "ABEL"), ("ABEL", "MARTEL")])
def test_of_two_names_of_a_person_the_same_counts_whatever_is_stored(
    any_database: Engine, tmp_path: Path, names: tuple[str, str]
):
    """One of both is the stored one."""
    both = [
        activity(**(person(1) | {"family": name, "street": street})) for name, street in zip(names, "AB", strict=True)
    ]
    file = activities(tmp_path / "b.txt", *both)
    load_rpps(any_database, people(tmp_path / "a.txt", 1, 2, 3, family="MARTEL"), options(tmp_path))
    totals = load_rpps(any_database, file, options(tmp_path, AT + DAY, force=True))
    url = f"sqlite:///{tmp_path / 'fresh.db'}"
    fresh = migrated(url)
    load_rpps(fresh, file, options(tmp_path))
    named = rows(any_database, "professional", "family_name", id="800000000001")
    assert named == rows(fresh, "professional", "family_name")
    changed = int(named != [("MARTEL",)])
    assert counts(totals, "professional") == (0, changed, 1 - changed, 2)
    fresh.dispose()


def test_a_line_repeated_in_a_file_that_is_stored_already_is_counted_once(any_database: Engine, tmp_path: Path):
    load_rpps(any_database, people(tmp_path / "a.txt", 1, 2), options(tmp_path))
    totals = load_rpps(any_database, people(tmp_path / "b.txt", 1, 2, 2), options(tmp_path, AT + DAY))
    assert counts(totals, "activity") == (0, 0, 2, 0)
    assert totals.notes["lignes en double"] == 1


def test_what_disappeared_is_dated_and_kept_and_what_appeared_is_an_arrival(any_database: Engine, tmp_path: Path):
    load_rpps(any_database, people(tmp_path / "a.txt", *range(1, 11)), options(tmp_path))
    load_rpps(any_database, people(tmp_path / "b.txt", *range(2, 12)), options(tmp_path, AT + DAY))
    dated = rows(any_database, "professional", "id", "arrived_on", "departed_on")
    assert dated[0] == ("800000000001", None, options(tmp_path, AT + DAY).today)
    assert dated[1] == ("800000000002", None, None)
    assert dated[-1] == ("800000000011", options(tmp_path, AT + DAY).today, None)


def test_who_comes_back_has_arrived_again(any_database: Engine, tmp_path: Path):
    everybody = people(tmp_path / "a.txt", *range(1, 11))
    load_rpps(any_database, everybody, options(tmp_path))
    load_rpps(any_database, people(tmp_path / "b.txt", *range(2, 11)), options(tmp_path, AT + DAY))
    totals = load_rpps(any_database, everybody, options(tmp_path, AT + 2 * DAY))
    assert counts(totals, "professional") == (1, 0, 9, 0)
    back = rows(any_database, "professional", "arrived_on", "departed_on", id="800000000001")
    assert back == [(options(tmp_path, AT + 2 * DAY).today, None)]


def test_a_changed_place_touches_everybody_who_practises_there(any_database: Engine, tmp_path: Path):
    shared = {"finess": "690000001", "technical_id": "F690000001"}
    load_rpps(any_database, people(tmp_path / "a.txt", 1, 2, 3, **shared), options(tmp_path))
    told = len(outbox(any_database))
    moved = people(tmp_path / "b.txt", 1, 2, 3, **shared, name="CENTRE DE SANTE")
    totals = load_rpps(any_database, moved, options(tmp_path, AT + DAY))
    assert counts(totals, "activity") == (0, 0, 3, 0)
    assert len(outbox(any_database)[told:]) == 3


def test_the_order_of_the_file_does_not_matter(any_database: Engine, tmp_path: Path):
    spelt = [activity(street=street, technical_id="T1") for street in ("DES LILAS", "DU PARC")]
    load_rpps(any_database, activities(tmp_path / "a.txt", *spelt), options(tmp_path))
    before = content(any_database)
    totals = load_rpps(any_database, activities(tmp_path / "b.txt", *reversed(spelt)), options(tmp_path))
    assert totals.written == 0
    assert content(any_database) == before


def test_a_line_twice_is_one_row(any_database: Engine, tmp_path: Path):
    totals = load_rpps(any_database, activities(tmp_path / "a.txt", activity(), activity()), options(tmp_path))
    assert counts(totals, "activity") == (1, 0, 0, 0)
    assert (totals.read, totals.notes["lignes en double"]) == (2, 1)


def test_of_two_establishments_with_one_number_one_is_kept_whatever_their_order(any_database: Engine, tmp_path: Path):
    twice = [ege(), ege(about={"nomEgeCourt": "AUTRE NOM"})]
    totals = load_finess(any_database, finess(tmp_path / "a.json", *twice), options(tmp_path))
    assert (counts(totals, "structure"), totals.notes["lignes en double"]) == ((1, 0, 0, 0), 1)
    assert load_finess(any_database, finess(tmp_path / "b.json", *reversed(twice)), options(tmp_path)).written == 0


def test_people_without_address_are_stored_and_counted(database: Engine, tmp_path: Path):
    nowhere = dict.fromkeys(("technical_id", "street_number", "street_type", "street", "postal_code", "insee"), "")
    file = activities(tmp_path / "a.txt", activity(**nowhere, commune=""))
    totals = load_rpps(database, file, options(tmp_path))
    assert totals.notes["sans adresse"] == 1
    assert rows(database, "activity", "place_key") == [(None,)]


def test_students_are_left_out_and_military_doctors_are_not(database: Engine, tmp_path: Path):
    file = activities(tmp_path / "a.txt", *(activity(**person(n), category=c) for n, c in enumerate("CME", 1)))
    totals = load_rpps(database, file, options(tmp_path))
    assert totals.skipped["étudiants"] == 1
    assert rows(database, "activity", "category") == [("C",), ("M",)]


def test_an_unknown_code_is_kept_and_counted_with_its_label(any_database: Engine, tmp_path: Path):
    new = {"profession": "77", "profession_label": "Éclaireur"}
    file = people(tmp_path / "a.txt", 1, 2, **new)
    assert load_rpps(any_database, file, options(tmp_path)).unknown_codes == 2
    unknown = rows(any_database, "unknown_code", "source", "terminology", "code", "label", "count")
    assert unknown == [("rpps", "profession", "77", "Éclaireur", 2)]
    assert rows(any_database, "activity", "profession") == [("77",), ("77",)]
    load_rpps(any_database, people(tmp_path / "b.txt", 1, 2), options(tmp_path, force=True))
    assert rows(any_database, "unknown_code", "code") == []


def test_a_specialty_is_known_in_either_list(database: Engine, tmp_path: Path):
    file = activities(tmp_path / "a.txt", activity(skill="SM54"), activity(skill_type="CAPA", skill="XX99"))
    assert load_rpps(database, file, options(tmp_path)).unknown_codes == 1


def test_an_objection_survives_every_reload_of_the_person(any_database: Engine, tmp_path: Path):
    objection = {"subject": "p:800000000001", "reason": "opposition", "at": AT}
    with writing(any_database) as connection:
        connection.execute(insert(table("suppression")).values(objection))
    for name, numbers in (("a.txt", range(1, 11)), ("b.txt", range(2, 11)), ("c.txt", range(1, 11))):
        load_rpps(any_database, people(tmp_path / name, *numbers), options(tmp_path))
    assert rows(any_database, "suppression", "subject", "reason") == [("p:800000000001", "opposition")]
    assert rows(any_database, "professional", "id", "departed_on")[0] == ("800000000001", None)


# Refusals ------------------------------------------------------------------------------------------------------------


def test_removing_more_than_a_fifth_is_refused_with_the_counts(any_database: Engine, tmp_path: Path):
    load_rpps(any_database, people(tmp_path / "a.txt", *range(1, 11)), options(tmp_path))
    before = content(any_database)
    with pytest.raises(
        TooManyGone, match=r"3 des 10 lignes connues de « professionnels » \(30 %, plus de 20 %\)\.$"
    ) as refusal:
        load_rpps(any_database, people(tmp_path / "b.txt", *range(1, 8)), options(tmp_path))
    assert refusal.value.totals is not None
    assert counts(refusal.value.totals, "professional") == (0, 0, 7, 3)
    assert content(any_database) == before
    assert len(rows(any_database, "load", "id")) == 1


def test_removing_a_fifth_is_not_too_much(database: Engine, tmp_path: Path):
    load_rpps(database, people(tmp_path / "a.txt", *range(1, 11)), options(tmp_path))
    totals = load_rpps(database, people(tmp_path / "b.txt", *range(1, 9)), options(tmp_path))
    assert counts(totals, "professional") == (0, 0, 8, 2)


def test_a_forced_load_removes_what_it_must(database: Engine, tmp_path: Path):
    load_rpps(database, people(tmp_path / "a.txt", *range(1, 11)), options(tmp_path))
    totals = load_rpps(database, people(tmp_path / "b.txt", 1), options(tmp_path, force=True))
    assert counts(totals, "professional") == (0, 0, 1, 9)


def test_a_truncated_file_is_refused_whole(any_database: Engine, tmp_path: Path):
    file = people(tmp_path / "a.txt", *range(1, 11))
    file.write_bytes(file.read_bytes()[:-40])
    before = content(any_database)
    with pytest.raises(Truncated) as refusal:
        load_rpps(any_database, file, options(tmp_path))
    assert refusal.value.totals is not None
    assert refusal.value.totals.read == 9
    assert content(any_database) == before


def broken(count: int) -> list[str]:
    """Lines of the first people, each with a value too many."""
    return [activity(**person(number)) + "|x|x" for number in range(1, count + 1)]


@pytest.mark.parametrize("bad", [[], broken(1), broken(40)], ids=["header alone", "one bad line", "all bad"])
def test_a_file_that_tells_nothing_is_refused_before_anybody_can_arrive(
    any_database: Engine, tmp_path: Path, bad: list[str]
):
    before = content(any_database)
    with pytest.raises(TooManyRejected, match="n'apporte rien"):
        load_rpps(any_database, activities(tmp_path / "a.txt", *bad), options(tmp_path))
    assert content(any_database) == before
    assert rows(any_database, "load", "id") == []
    load_rpps(any_database, people(tmp_path / "b.txt", 1), options(tmp_path))
    assert rows(any_database, "professional", "arrived_on") == [(None,)]


def test_a_file_of_another_kind_is_refused_where_every_line_is_rejected(database: Engine, tmp_path: Path):
    with pytest.raises(TooManyRejected, match="ses 41 lignes sont toutes rejetées"):
        load_declarations(database, people(tmp_path / "a.txt", *range(1, 41)), options(tmp_path))


def test_more_than_one_line_in_a_hundred_rejected_refuses_the_file_unless_forced(database: Engine, tmp_path: Path):
    file = activities(tmp_path / "a.txt", *broken(10), *(activity(**person(number)) for number in range(11, 900)))
    with pytest.raises(TooManyRejected, match=r"10 des 899 lignes sont rejetées \(1,1 %, plus de 1 %\)") as refusal:
        load_rpps(database, file, options(tmp_path))
    assert refusal.value.totals is not None
    assert counts(refusal.value.totals, "professional") == (889, 0, 0, 0)
    assert rows(database, "load", "id") == []
    assert load_rpps(database, file, options(tmp_path, force=True)).rejected == 10


@pytest.mark.parametrize(("bad", "good"), [(9, 1), (10, 990)])
def test_a_few_lines_rejected_or_one_in_a_hundred_refuse_nothing(database: Engine, tmp_path: Path, bad: int, good: int):
    fine = (activity(**person(number)) for number in range(1_000, 1_000 + good))
    assert load_rpps(database, activities(tmp_path / "a.txt", *broken(bad), *fine), options(tmp_path)).rejected == bad


def test_people_whose_line_is_rejected_do_not_depart(any_database: Engine, tmp_path: Path):
    load_rpps(any_database, people(tmp_path / "a.txt", *range(1, 41)), options(tmp_path))
    before = content(any_database)
    bad = [*broken(3), activity(**person(4)).replace("Claire", "Cl\0aire"), activity(**person(5), family="")]
    file = activities(tmp_path / "b.txt", *bad, *(activity(**person(number)) for number in range(6, 41)))
    until, _, since = file.read_bytes().rpartition(b"Claire")
    file.write_bytes(until + "Zoé".encode("latin-1") + since)
    totals = load_rpps(any_database, file, options(tmp_path, AT + DAY))
    assert totals.rejected == 6
    assert [counts(totals, name) for name in ("professional", "place", "activity")] == [(0, 0, 34, 0)] * 3
    assert totals.notes["lignes connues, conservées malgré un rejet"] == 6
    assert content(any_database) == before


def test_who_is_in_no_line_departs_beside_lines_rejected(any_database: Engine, tmp_path: Path):
    load_rpps(any_database, people(tmp_path / "a.txt", *range(1, 41)), options(tmp_path))
    fine = [activity(**person(number)) for number in range(3, 41)]
    totals = load_rpps(any_database, activities(tmp_path / "b.txt", *broken(1), *fine), options(tmp_path, AT + DAY))
    assert counts(totals, "professional") == (0, 0, 38, 1)
    assert rows(any_database, "professional", "departed_on", id="800000000001") == [(None,)]


def test_what_else_is_known_of_a_line_rejected_stays(any_database: Engine, tmp_path: Path):
    def load(*rejected: str, fine: int) -> Totals:
        known = [skill(**person(number)) for number in range(fine, 11)]
        file = tmp_path / "s.txt"
        file.write_bytes(lines(*rejected, *known, header=SKILLS.required))
        return load_skills(any_database, file, options(tmp_path))

    load(fine=1)
    assert counts(load(skill(**person(1)) + "|x|x", fine=2), "skill") == (0, 0, 9, 0)
    establishments = [ege(f"69000000{number}") for number in range(10)]
    load_finess(any_database, finess(tmp_path / "f.json", *establishments), options(tmp_path))
    establishments[3] = ege("690000003", about={"nomEgeCourt": ""})
    totals = load_finess(any_database, finess(tmp_path / "g.json", *establishments), options(tmp_path))
    assert (totals.rejected, counts(totals, "structure")) == (1, (0, 0, 9, 0))


def test_two_loads_of_one_second_write_two_reports(database: Engine, tmp_path: Path):
    files = [activities(tmp_path / f"{name}.txt", activity(), "x|y") for name in "abc"]
    reports = [load_rpps(database, file, options(tmp_path)).report for file in files]
    assert [Path(report).name for report in reports] == [
        f"rpps-20261123-080000{suffix}.csv" for suffix in ("", "-2", "-3")
    ]
    assert [Path(report).read_text().splitlines()[1][:5] for report in reports] == ["a.txt", "b.txt", "c.txt"]


def test_a_nul_in_a_json_rejects_what_holds_it_alone(any_database: Engine, tmp_path: Path):
    establishments = (ege(), ege("690000002", about={"nomEgeCourt": "CD\0S"}))
    totals = load_finess(any_database, finess(tmp_path / "f.json", *establishments), options(tmp_path))
    assert (totals.rejected, rows(any_database, "structure", "id")) == (1, [("690000001",)])
    assert Path(totals.report).read_text().splitlines()[1] == (
        "f.json;2;nom : valeur « CD\ufffdS » refusée, elle contient le caractère NUL"
    )
    fine, bad = '{"subject": "p:810000000001"}', '{"subject": "p:810000000002", "care": ["a\\u0000"]}'
    totals = load_declarations(any_database, declared(tmp_path / "d.ndjson", fine, bad), options(tmp_path))
    assert (totals.rejected, rows(any_database, "declaration", "subject")) == (1, [("p:810000000001",)])


def test_a_database_that_refuses_a_row_says_its_own_reason(postgresql_database: str):
    engine = migrated(postgresql_database)
    with pytest.raises(DBAPIError, match="NUL"):
        stage(engine, ("1", "d", "\0", *"abcd"))
    engine.dispose()


def stage(engine: Engine, row: StagedRow) -> None:
    with engine.connect() as connection, staging(connection, SKILLS_MIRROR) as (staged,):
        staged.add(row)
        staged.flush()


def test_a_truncated_zip_is_refused_whole(database: Engine, tmp_path: Path):
    plain, zipped = people(tmp_path / "a.txt", *range(1, 200)), tmp_path / "a.zip"
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(plain, "PS_LibreAcces_Personne_activite_202611220730.txt")
    assert load_rpps(database, zipped, options(tmp_path)).read == 199
    zipped.write_bytes(zipped.read_bytes()[:-100])
    with pytest.raises(Truncated):
        load_rpps(database, zipped, options(tmp_path))


def test_a_refused_load_leaves_the_connection_usable(any_database: Engine, tmp_path: Path):
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("a;b\n")
    for _ in range(2):
        with pytest.raises(WrongFormat):
            load_rpps(any_database, wrong, options(tmp_path))
    assert load_rpps(any_database, people(tmp_path / "a.txt", 1), options(tmp_path)).of("activity").new == 1


def test_of_a_zip_of_several_files_each_load_takes_its_own(database: Engine, tmp_path: Path):
    zipped = tmp_path / "PS_LibreAcces_202611220730.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("PS_LibreAcces_Personne_activite_202611220730.txt", lines(activity()))
        archive.writestr("PS_LibreAcces_SavoirFaire_202611220730.txt", lines(skill(), header=SKILLS.required))
    assert kinds_in(zipped) == ["rpps", "savoir-faire"]
    assert load_rpps(database, zipped, options(tmp_path)).of("activity").new == 1
    assert load_skills(database, zipped, options(tmp_path)).of("skill").new == 1
    with pytest.raises(WrongFormat, match="ne contient pas de fichier"):
        load_diplomas(database, zipped, options(tmp_path))


def test_rejected_lines_are_reported_with_their_number_and_reason(database: Engine, tmp_path: Path):
    bad = (activity(**person(2), family=""), "x|y", activity(**person(3)).replace("Claire", "Cl\0aire"))
    totals = load_rpps(database, activities(tmp_path / "a.txt", activity(), *bad), options(tmp_path))
    assert (totals.read, totals.rejected, totals.of("activity").new) == (4, 3, 1)
    assert totals.report is not None
    assert Path(totals.report).read_text().splitlines() == [
        "fichier;ligne;raison",
        "a.txt;3;Nom d'exercice absent",
        "a.txt;4;2 champs au lieu de 56",
        "a.txt;5;octet NUL",
    ]


def test_a_load_without_rejection_writes_no_report(database: Engine, tmp_path: Path):
    assert load_rpps(database, people(tmp_path / "a.txt", 1), options(tmp_path)).report is None
    assert not (tmp_path / "reports").exists()


def test_a_change_committed_while_a_load_reads_is_kept(any_database: Engine, tmp_path: Path):
    """The comparison holds no lock, and writing waits for others: nobody's change is lost."""
    file = people(tmp_path / "a.txt", 1, 2)

    def meanwhile(_done: int, _total: int) -> None:
        with writing(any_database) as connection:
            connection.execute(insert(table("suppression")).values(subject="p:800000000001", reason="x", at=0))
            enqueue(connection, ["p:800000000001"], 0)

    told = options(tmp_path).__class__(AT, on_progress=once(meanwhile))
    load_rpps(any_database, file, told)
    assert rows(any_database, "suppression", "subject") == [("p:800000000001",)]
    assert outbox(any_database)[0] == "p:800000000001"


def once(call: Any) -> Any:
    called: list[bool] = []
    return lambda done, total: None if called else (called.append(True), call(done, total))


def test_a_load_of_the_same_source_in_between_is_compared_with(database: Engine, tmp_path: Path):
    first, second = people(tmp_path / "a.txt", *range(1, 11)), people(tmp_path / "b.txt", *range(1, 12))

    def meanwhile(_done: int, _total: int) -> None:
        load_rpps(database, first, options(tmp_path))

    totals = load_rpps(database, second, options(tmp_path).__class__(AT, on_progress=once(meanwhile)))
    assert counts(totals, "professional") == (1, 0, 10, 0)


def test_a_load_that_starts_over_leaves_the_report_of_its_last_reading_alone(database: Engine, tmp_path: Path):
    first = people(tmp_path / "a.txt", *range(1, 11))
    second = activities(tmp_path / "b.txt", *(activity(**person(number)) for number in range(1, 12)), "x|y")

    def meanwhile(_done: int, _total: int) -> None:
        load_rpps(database, first, options(tmp_path))

    late = options(tmp_path).__class__(AT, on_progress=once(meanwhile), reports=tmp_path / "reports")
    totals = load_rpps(database, second, late)
    assert [str(path) for path in (tmp_path / "reports").iterdir()] == [totals.report]


def test_every_kind_of_text_has_its_load():
    assert set(TEXTS) == set(KINDS)


def test_a_byte_order_mark_hides_no_kind_and_a_bundle_about_a_subject_is_no_declaration(tmp_path: Path):
    bundle = tmp_path / "a.json"
    bundle.write_bytes(b'\xef\xbb\xbf{"resourceType": "Bundle", "entry": [{"resource": {"subject": {}}}]}')
    assert kinds_in(bundle) == ["creneaux"]


# Journal -------------------------------------------------------------------------------------------------------------


def test_the_journal_tells_the_file_its_day_and_its_source(any_database: Engine, tmp_path: Path):
    file = people(tmp_path / "PS_LibreAcces_Personne_activite_202611200730.txt", 1)
    load_rpps(any_database, file, options(tmp_path))
    ((source, name, day, started, attribution),) = rows(
        any_database, "load", "source", "file_name", "file_date", "started_at", "attribution"
    )
    assert (source, name, str(day), started) == ("rpps", file.name, "2026-11-20", AT)
    assert "Agence du Numérique en Santé" in attribution
    with any_database.connect() as connection:
        told = connection.scalar(select(table("load").c.totals))
    assert told["tables"]["activity"] == {"new": 1, "changed": 0, "unchanged": 0, "gone": 0}


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("PS_LibreAcces_Personne_activite_202610080912.txt", "2026-10-08"),
        ("etalab-cs1100502-stock-20260512-0339.csv", "2026-05-12"),
        ("finess-structures-journalier-20261122.json", "2026-11-22"),
        ("a-20261340.csv", "None"),
        ("cpts.csv", "None"),
    ],
)
def test_the_day_of_a_file_is_in_its_name(name: str, day: str):
    assert str(date_in(name)) == day


# FINESS and points ---------------------------------------------------------------------------------------------------


def test_the_official_finess_files_load(any_database: Engine, tmp_path: Path, shared_data: Path):
    folder = shared_data / "finess"
    loaded = (
        load_finess(any_database, folder / "finess_plus_structures_extrait.json", options(tmp_path)),
        load_finess_history(
            any_database, folder / "etalab-cs1100502-stock-20260512_extrait.csv", options(tmp_path, force=True)
        ),
        load_finess_history(any_database, folder / "etalab_stock_et_20201231_small.csv", options(tmp_path, force=True)),
    )
    assert [(totals.read, totals.rejected) for totals in loaded] == [(1, 0), (5, 0), (100, 0)]
    located = rows(any_database, "structure", "precision", departed_on=None)
    assert located == [("site",)] * 100


def test_the_points_of_a_stock_are_part_of_what_is_compared(any_database: Engine, tmp_path: Path):
    row = "structureet;010002301;;CMP;;;;;;;;;451;01;;01440 VIRIAT" + ";" * 16
    point = "geolocalisation;010002301;{};6542885.8;LAMBERT_93;2016-02-29"
    file = tmp_path / "etalab-cs1100507-stock-20260512-0339.csv"
    for x, new, changed in (("882538.9", 1, 0), ("882538.9", 0, 0), ("882638.9", 0, 1)):
        file.write_text("\n".join(("finess;etalab;1;2026-05-12", row, point.format(x), "")))
        totals = load_finess_history(any_database, file, options(tmp_path))
        assert (totals.of("structure").new, totals.of("structure").changed) == (new, changed)
    assert rows(any_database, "structure", "point_source", "precision") == [("finess", "site")]


def test_a_place_at_a_finess_site_takes_its_point_whichever_comes_first(any_database: Engine, tmp_path: Path):
    shared = {"finess": "690000001", "technical_id": "F690000001"}
    load_rpps(any_database, people(tmp_path / "a.txt", 1, **shared), options(tmp_path))
    assert rows(any_database, "place", "precision", "point_source") == [("commune", "commune")]
    told = len(outbox(any_database))
    load_finess(any_database, finess(tmp_path / "f.json", ege()), options(tmp_path))
    at_site = [(45.7716, 4.8896, "site", "finess")]
    assert rows(any_database, "place", "lat", "lon", "precision", "point_source") == at_site
    assert sorted(outbox(any_database)[told:]) == ["p:800000000001", "s:690000001"]
    load_rpps(any_database, people(tmp_path / "b.txt", 1, 2, **shared), options(tmp_path))
    assert rows(any_database, "place", "lat", "lon", "precision", "point_source") == at_site


def test_a_site_that_moves_moves_the_people_there(any_database: Engine, tmp_path: Path):
    shared = {"finess": "690000001", "technical_id": "F690000001"}
    load_rpps(any_database, people(tmp_path / "a.txt", 1, **shared), options(tmp_path))
    load_finess(any_database, finess(tmp_path / "f.json", ege()), options(tmp_path))
    told = len(outbox(any_database))
    moved = finess(tmp_path / "g.json", ege(coordinates=wgs84(45.77, 4.88)))
    totals = load_finess(any_database, moved, options(tmp_path))
    assert counts(totals, "structure") == (0, 1, 0, 0)
    assert rows(any_database, "place", "lat", "lon") == [(45.77, 4.88)]
    assert sorted(outbox(any_database)[told:]) == ["p:800000000001", "s:690000001"]


def test_a_structure_without_coordinates_is_at_its_commune(any_database: Engine, tmp_path: Path):
    totals = load_finess(any_database, finess(tmp_path / "f.json", ege(coordinates=wgs84(0, 0))), options(tmp_path))
    assert rows(any_database, "structure", "precision", "point_source") == [("commune", "commune")]
    assert totals.notes["coordonnées refusées (hors de France)"] == 1


def test_a_place_without_commune_is_at_its_postal_code(any_database: Engine, tmp_path: Path):
    file = people(tmp_path / "a.txt", 1, postal_code="01400", insee="", commune="NULLE PART")
    load_rpps(any_database, file, options(tmp_path))
    ((lat, lon, precision, source),) = rows(any_database, "place", "lat", "lon", "precision", "point_source")
    assert (precision, source) == ("commune", "postal_code")
    assert 46 < lat < 46.3
    assert 4.8 < lon < 5.1


def test_an_address_abroad_has_no_point(database: Engine, tmp_path: Path):
    file = people(tmp_path / "a.txt", 1, postal_code="1201", insee="", commune="Genève", country_label="SUISSE")
    load_rpps(database, file, options(tmp_path))
    assert rows(database, "place", "lat", "country") == [(None, "SUISSE")]


def test_a_geocoded_address_is_better_than_its_commune(database: Engine, tmp_path: Path):
    key = "12 rue de la republique 69100 69266"
    found = {"key": key, "lat": 45.76, "lon": 4.87, "precision": "housenumber", "score": 0.9, "at": AT}
    with writing(database) as connection:
        connection.execute(insert(table("geocoded_address")).values(found))
    load_rpps(database, people(tmp_path / "a.txt", 1), options(tmp_path))
    assert rows(database, "place", "lat", "precision", "point_source") == [(45.76, "housenumber", "geocoder")]


# Territories, postal codes, declarations -----------------------------------------------------------------------------


def cpts(path: Path, *rows_: str) -> Path:
    path.write_text("\n".join(("insee;cpts_finess;cpts_nom", *rows_, "")))
    return path


def test_the_cpts_of_a_departement_load_with_their_postal_codes(
    any_database: Engine, tmp_path: Path, shared_data: Path
):
    totals = load_territories(any_database, shared_data / "cpts/cpts_communes_04_extrait.csv", options(tmp_path))
    assert (totals.read, totals.rejected, counts(totals, "territory")) == (116, 0, (9, 0, 0, 0))
    assert len(rows(any_database, "territory_commune", "insee")) == 116
    codes = {code for (code,) in rows(any_database, "territory_postal_code", "postal_code")}
    assert "04000" in codes
    assert load_territories(
        any_database, shared_data / "cpts/cpts_communes_04_extrait.csv", options(tmp_path)
    ).written == 0  # fmt: skip


def test_a_file_of_cpts_tells_nothing_of_other_departements(any_database: Engine, tmp_path: Path):
    rhone = cpts(tmp_path / "69.csv", "69266;690012345;CPTS Villeurbanne")
    load_territories(any_database, rhone, options(tmp_path))
    totals = load_territories(any_database, cpts(tmp_path / "01.csv", "01053;;CPTS Bourg"), options(tmp_path))
    assert counts(totals, "territory") == (1, 0, 0, 0)
    assert rows(any_database, "territory", "id", departed_on=None) == [("690012345",), ("cpts-bourg",)]


def test_two_names_of_one_cpts_are_counted(database: Engine, tmp_path: Path):
    rows_ = [f"6926{number};690012345;CPTS {name}" for number, name in enumerate("ABAB", 1)]
    totals = load_territories(database, cpts(tmp_path / "a.csv", *rows_), options(tmp_path))
    assert totals.notes["autres noms d'une même CPTS, dont seul le premier est gardé"] == 1
    assert rows(database, "territory", "name") == [("CPTS A",)]


def test_a_commune_that_leaves_a_cpts_changes_it(any_database: Engine, tmp_path: Path):
    both = cpts(tmp_path / "a.csv", "69266;690012345;CPTS", "69256;690012345;CPTS")
    load_territories(any_database, both, options(tmp_path))
    totals = load_territories(any_database, cpts(tmp_path / "b.csv", "69266;690012345;CPTS"), options(tmp_path))
    assert counts(totals, "territory") == (0, 1, 0, 0)
    assert rows(any_database, "territory_commune", "insee") == [("69266",)]


def test_postal_codes_that_the_gazetteer_lacks_find_their_commune(any_database: Engine, tmp_path: Path):
    file = tmp_path / "019HexaSmal.csv"
    file.write_text(
        "#Code_commune_INSEE;Nom_de_la_commune;Code_postal;Libellé_d_acheminement;Ligne_5\n"
        "69266;VILLEURBANNE;69100;VILLEURBANNE;\n69266;VILLEURBANNE;69199;VILLEURBANNE;\n99138;MONACO;98000;MONACO;\n"
    )
    totals = load_postal_codes(any_database, file, options(tmp_path))
    assert counts(totals, "postal_code") == (1, 0, 0, 0)
    load_rpps(any_database, people(tmp_path / "a.txt", 1, postal_code="69199", insee=""), options(tmp_path))
    assert rows(any_database, "place", "insee", "precision") == [("69266", "commune")]


def declared(path: Path, *lines_: str) -> Path:
    path.write_text("\n".join((*lines_, "")))
    return path


def test_declarations_are_replaced_by_later_ones_only(any_database: Engine, tmp_path: Path):
    line = '{"subject": "p:810000000001", "care": ["suture"], "declared_at": "2026-11-20T10:00:00+01:00"}'
    load_declarations(any_database, declared(tmp_path / "a.ndjson", line), options(tmp_path))
    assert rows(any_database, "declaration", "place_key", "declared_at") == [("", 1795165200)]
    with any_database.connect() as connection:
        stored = connection.execute(select(table("declaration"))).one()
    assert (stored.care, stored.equipment, stored.accessible) == (["suture"], None, None)
    older = line.replace("11-20", "11-19").replace("suture", "injection")
    totals = load_declarations(any_database, declared(tmp_path / "b.ndjson", older), options(tmp_path))
    assert (totals.written, totals.skipped["plus anciennes que la déclaration connue"]) == (0, 1)
    later = line.replace("11-20", "11-21").replace("suture", "injection")
    totals = load_declarations(any_database, declared(tmp_path / "c.ndjson", later), options(tmp_path))
    assert counts(totals, "declaration") == (0, 1, 0, 0)
    assert outbox(any_database) == ["p:810000000001"] * 2


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_declarations_of_one_file_the_later_counts_whatever_their_order(
    any_database: Engine, tmp_path: Path, order: int
):
    line = '{"subject": "p:810000000001", "care": ["suture"], "declared_at": "2026-11-20T10:00:00+01:00"}'
    undated = '{"subject": "p:810000000001", "care": []}'
    found = [undated, *(line.replace("suture", f"care-{day}").replace("11-20", f"11-{day}") for day in range(10, 20))]
    load_declarations(any_database, declared(tmp_path / "a.ndjson", *found[::order]), options(tmp_path))
    with any_database.connect() as connection:
        assert connection.scalars(select(table("declaration").c.care)).all() == [["care-19"]]


def test_a_declaration_that_is_not_in_the_next_file_stays(database: Engine, tmp_path: Path):
    for number in (1, 2):
        line = f'{{"subject": "p:81000000000{number}", "accessible": true}}'
        load_declarations(database, declared(tmp_path / "a.ndjson", line), options(tmp_path))
    assert len(rows(database, "declaration", "subject")) == 2


def test_declared_codes_that_no_list_has_are_kept_and_counted(database: Engine, tmp_path: Path):
    line = '{"subject": "p:810000000001", "care": ["suture", "magie"], "sector": "9"}'
    assert load_declarations(database, declared(tmp_path / "a.ndjson", line), options(tmp_path)).unknown_codes == 2
    assert rows(database, "unknown_code", "terminology", "code") == [("care", "magie"), ("sector", "9")]


# What a file is ------------------------------------------------------------------------------------------------------


def test_each_official_sample_is_known_for_what_it_is(shared_data: Path):
    samples = {
        "rpps/PS_LibreAcces_Personne_activite_pseudonymise.txt": "rpps",
        "rpps/PS_LibreAcces_SavoirFaire_header.txt": "savoir-faire",
        "rpps/PS_LibreAcces_Dipl_AutExerc_header.txt": "diplomes",
        "finess/finess_plus_structures_extrait.json": "finess",
        "finess/etalab-cs1100502-stock-20260512_extrait.csv": "finess-historique",
        "finess/etalab_stock_et_20201231_small.csv": "finess-historique",
        "postal/019HexaSmal_2025.csv": "postaux",
        "cpts/cpts_communes_04_extrait.csv": "cpts",
        "fhir_sas/Bundle-ExampleBundlePSIndiv.json": "creneaux",
    }
    assert {name: kinds_in(shared_data / name) for name in samples} == {name: [kind] for name, kind in samples.items()}
    assert set(samples.values()) | {"declarations"} == set(KINDS)


def test_of_a_folder_each_load_takes_what_its_content_tells(database: Engine, tmp_path: Path):
    folder = tmp_path / "folder"
    folder.mkdir()
    people(folder / "rpps.csv", 1)
    finess(folder / "finess.dat", ege())
    (folder / "finess-activites.json").write_text('{"pmej": [{"activitesAutorisees": []}]}')
    declared(folder / "notes.json", '{"subject": "p:810000000001"}')
    (folder / "codes.txt").write_text("#Code_commune_INSEE;Nom_de_la_commune;Code_postal\n69266;VILLEURBANNE;69199\n")
    assert kinds_in(folder) == ["postaux", "rpps", "finess", "declarations"]
    assert [KINDS[name].load(database, folder, options(tmp_path)).read for name in kinds_in(folder)] == [1, 1, 1, 1]
    with pytest.raises(WrongFormat, match="folder ne contient pas de fichier de CPTS"):
        load_territories(database, folder, options(tmp_path))
    finess(folder / "second.json", ege())
    with pytest.raises(WrongFormat, match=r"plusieurs fichiers FINESS\+ « structures » : finess.dat, second.json"):
        load_finess(database, folder, options(tmp_path))


def test_a_file_of_nothing_known_is_refused(tmp_path: Path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(WrongFormat, match="aucun des formats connus"):
        kinds_in(tmp_path / "a.csv")


def test_the_counts_told_are_those_of_the_database(any_database: Engine, tmp_path: Path):
    totals = load_rpps(any_database, people(tmp_path / "a.txt", *range(1, 51)), options(tmp_path))
    with any_database.connect() as connection:
        assert {name: count(connection, name) for name in totals.tables} == dict.fromkeys(totals.tables, 50)
    assert {name: found.present for name, found in totals.tables.items()} == dict.fromkeys(totals.tables, 50)


def count(connection: Connection, name: str) -> int:
    return connection.scalar(select(func.count()).select_from(table(name))) or 0
