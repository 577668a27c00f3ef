"""An objection is recorded, survives every reload, and can be withdrawn; the index is told each time."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlmodel import Session

from models.store import writing
from models.tables import Outbox, Professional, Structure
from registry.suppression import (
    AmbiguousError,
    Meant,
    is_suppressed,
    meant,
    subject_of,
    suppress,
    suppressions,
    unsuppress,
)
from tests.migrated import migrated

DOCTOR = "p:810000000001"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path}/annuaire.db"
    engine = migrated(url)
    yield engine
    engine.dispose()


def told(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(select(Outbox.subject).order_by(Outbox.seq)))  # type: ignore[arg-type]  # SQLModel


def test_an_objection_is_recorded_and_told(database: Engine):
    with writing(database) as connection:
        assert suppress(connection, DOCTOR, "opposition", 5)
        assert is_suppressed(connection, DOCTOR)
        assert not is_suppressed(connection, "p:810000000002")
    assert told(database) == [DOCTOR]


def test_an_objection_twice_is_one_and_keeps_its_date(database: Engine):
    with writing(database) as connection:
        suppress(connection, DOCTOR, "opposition", 5)
        assert not suppress(connection, DOCTOR, "other", 9)
        assert [(one.subject, one.reason, one.at) for one in suppressions(connection)] == [(DOCTOR, "opposition", 5)]
    assert told(database) == [DOCTOR]


def test_an_objection_withdrawn_is_told_again(database: Engine):
    with writing(database) as connection:
        suppress(connection, DOCTOR, "opposition", 5)
        assert unsuppress(connection, DOCTOR, 7)
        assert not is_suppressed(connection, DOCTOR)
        assert not unsuppress(connection, DOCTOR, 8)
    assert told(database) == [DOCTOR, DOCTOR]


def test_an_objection_that_fails_half_way_tells_nobody(database: Engine):
    with pytest.raises(ZeroDivisionError):
        object_and_fail(database)
    with database.connect() as connection:
        assert suppressions(connection) == []
        assert connection.scalar(select(func.count()).select_from(Outbox)) == 0


def object_and_fail(engine: Engine) -> None:
    with writing(engine) as connection:
        suppress(connection, DOCTOR, "opposition", 5)
        raise ZeroDivisionError


def known(engine: Engine, *subjects: str) -> Engine:
    with Session(engine) as session:
        for subject in subjects:
            kind, _, number = subject.partition(":")
            session.add(person(number) if kind == "p" else Structure(id=number, name="CDS BARBUSSE", digest=""))
        session.commit()
    return engine


def person(number: str) -> Professional:
    return Professional(id=number, number=number[1:], family_name="Martel", given_name="Claire", digest="")


@pytest.mark.parametrize(
    ("stored", "written", "expected"),
    [
        ([DOCTOR], "10000000001", Meant(DOCTOR, known=True)),
        ([], "10000000001", Meant(DOCTOR, known=False)),
        (["s:691234567"], "691234567", Meant("s:691234567", known=True)),
        (["p:0691234567"], "691234567", Meant("p:0691234567", known=True)),
        (["p:0691234567"], "s:691234567", Meant("s:691234567", known=False)),
        (["p:02A1234567"], "2a1234567", Meant("p:02A1234567", known=True)),
        ([], "691234567", Meant("s:691234567", known=False)),
        ([], "Dr Martel", None),
    ],
)
def test_an_identifier_means_who_is_known_by_it(
    database: Engine, stored: list[str], written: str, expected: Meant | None
):
    with known(database, *stored).connect() as connection:
        assert meant(connection, written) == expected


def test_nine_characters_of_a_person_and_of_a_structure_are_refused_without_prefix(database: Engine):
    both = ("s:691234567", "p:0691234567")
    with known(database, *both).connect() as connection:
        with pytest.raises(AmbiguousError) as refused:
            meant(connection, "691234567")
        assert refused.value.subjects == both
        assert [meant(connection, subject) for subject in both] == [Meant(subject, known=True) for subject in both]


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        ("10000000001", DOCTOR),
        ("810000000001", DOCTOR),
        (" 10 000 000 001 ", DOCTOR),
        (DOCTOR, DOCTOR),
        ("0691234567", "p:0691234567"),
        ("690000001", "s:690000001"),
        ("2a0000001", "s:2A0000001"),
        ("12345678900011", "s:12345678900011"),
        ("s:690000001", "s:690000001"),
        ("Dr Martel", None),
        ("", None),
        ("p:x", None),
    ],
)
def test_people_write_identifiers_in_several_ways(written: str, subject: str | None):
    assert subject_of(written) == subject
