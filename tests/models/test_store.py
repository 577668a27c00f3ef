"""The database opens, and the migrations make exactly the tables that the models say."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel

from models.outbox import enqueue, enqueue_selected
from models.store import connect, migrate, session, writing
from models.tables import Outbox, Suppression


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        found = list(compare_metadata(context, SQLModel.metadata))
    engine.dispose()
    return found


def test_migrations_give_exactly_the_models_tables_on_sqlite(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/store.db"
    migrate(url)
    assert differences(connect(url)) == []


def test_migrations_give_exactly_the_models_tables_on_postgresql(postgresql_database: str):
    migrate(postgresql_database)
    assert differences(connect(postgresql_database)) == []


def test_migrating_twice_changes_nothing(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/store.db"
    migrate(url)
    migrate(url)
    assert differences(connect(url)) == []


def test_sqlite_creates_its_folder_and_lets_readers_read_while_someone_writes(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/not/yet/there/store.db"
    migrate(url)
    engine = connect(url)
    with writing(engine) as writer:
        writer.execute(Suppression.__table__.insert().values(subject="p:1", reason="objection", at=0))  # type: ignore[attr-defined]  # SQLModel hides its table
        with engine.connect() as reader:
            assert reader.execute(select(Suppression.subject)).all() == []
    with session(engine) as reading:
        assert reading.get(Suppression, "p:1") is not None


def test_a_writing_transaction_is_the_only_writer_from_its_start(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/store.db"
    migrate(url)
    engine = connect(url)
    impatient = connect(url)
    with writing(engine), impatient.connect() as other:
        other.exec_driver_sql("PRAGMA busy_timeout = 10")
        with pytest.raises(OperationalError, match="locked"):
            enqueue(other, ["p:1"], at=0)


def test_a_failed_block_writes_nothing(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/store.db"
    migrate(url)
    engine = connect(url)
    with pytest.raises(ZeroDivisionError):
        fail_after_writing(engine)
    with engine.connect() as reader:
        assert reader.execute(select(Outbox.subject)).all() == []


def fail_after_writing(engine: Engine) -> None:
    with writing(engine) as connection:
        enqueue(connection, ["p:1"], at=0)
        raise ZeroDivisionError


def test_the_outbox_takes_the_distinct_subjects_of_a_query(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/store.db"
    migrate(url)
    with writing(connect(url)) as connection:
        enqueue(connection, ["p:2", "p:1", "p:2"], at=5)
        assert (
            enqueue_selected(
                connection, select(Outbox.subject).union_all(select(Outbox.subject)).subquery().select(), at=7
            )
            == 2
        )
        rows = connection.execute(select(Outbox.seq, Outbox.subject, Outbox.created_at).order_by(Outbox.seq)).all()
    assert [tuple(row) for row in rows] == [(1, "p:2", 5), (2, "p:1", 5), (3, "p:1", 7), (4, "p:2", 7)]
