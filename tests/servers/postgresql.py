"""A real PostgreSQL for one run: a URL that is given, a container, or the installed binaries.

URLs are SQLAlchemy's, with the psycopg driver.
"""

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from testcontainers.community.postgres import PostgresContainer

from tests.servers import local

VARIABLE = "ANNUAIRE_TEST_POSTGRESQL_URL"
IMAGE = "postgres:17"
DRIVER = "postgresql+psycopg"
INSTALLED = "usr/lib/postgresql/*/bin"
READY_SECONDS = 60
FAST = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off")
ROOM = ("-c", "max_connections=200")
"""Two workers may have fifty at once each."""


@contextmanager
def running() -> Iterator[str]:
    """The URL of a server that answers, as a user that may create databases, for the time of a block."""
    if url := os.environ.get(VARIABLE):
        yield url
    elif local.engine_answers():
        with PostgresContainer(IMAGE, driver="psycopg").with_command(["postgres", *ROOM]) as server:
            yield server.get_connection_url()
    else:
        port = local.free_port()
        process, directory = launch(port)
        url = f"{DRIVER}://annuaire@127.0.0.1:{port}/postgres"
        with local.held(process, directory):
            local.wait_until(lambda: answers(url), process, directory / local.OUTPUT, READY_SECONDS)
            yield url


@contextmanager
def database(server: str) -> Iterator[str]:
    """The URL of a new empty database of a server, dropped after the block."""
    name = f"annuaire_{uuid.uuid4().hex}"
    with administrator(server) as engine, engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with administrator(server) as engine, engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def administrator(url: str) -> Iterator[Engine]:
    """An engine outside transactions, where databases are created; its connections end with the block."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        yield engine
    finally:
        engine.dispose()


def launch(port: int) -> tuple[subprocess.Popen[bytes], Path]:
    """Create a cluster in a directory of its own and start the server there; it is not ready yet."""
    binaries = directory_of_binaries()
    directory = local.own_directory("annuaire-postgresql")
    data = directory / "data"
    create = ["--pgdata", str(data), "--username=annuaire", "--auth=trust", "--encoding=UTF8", "--no-sync"]
    created = local.start([str(binaries / "initdb"), *create], directory, {})
    if created.wait(READY_SECONDS):
        raise RuntimeError((directory / "output.log").read_text(errors="replace"))
    serve = ["-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", str(directory), *FAST, *ROOM]
    return local.start([str(binaries / "postgres"), *serve], directory, {}), directory


def directory_of_binaries() -> Path:
    """Where `initdb` and `postgres` of the newest installed server are."""
    if (found := shutil.which("initdb")) and shutil.which("postgres"):
        return Path(found).resolve().parent
    installed = [path for path in Path("/").glob(INSTALLED) if (path / "initdb").exists()]
    if not installed:
        raise local.Unavailable(f"neither {VARIABLE}, nor a container engine, nor an installed PostgreSQL server")
    return max(installed, key=lambda path: int(path.parent.name))


def answers(url: str) -> bool:
    """Whether a server accepts a connection."""
    try:
        version(url)
    except OperationalError:
        return False
    return True


def version(url: str) -> str:
    """The version that a server says it has."""
    with administrator(url) as engine, engine.connect() as connection:
        return str(connection.scalar(text("SHOW server_version")))
