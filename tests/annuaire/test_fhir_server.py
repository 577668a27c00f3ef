"""The port of editors: TLS on both sides, who calls is what the certificate says."""

import gc
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from sqlalchemy import Engine

from annuaire.failures import Failure
from annuaire.fhir_server import Known, NamedProtocol, both_sides, listening, told
from annuaire.server import run
from annuaire.settings import Settings
from indexer.duckdb_engine import DuckDBEngine
from ingestion.feeds.editors import BadEditor, Declared, checked, declare
from models.store import writing
from registry import orientations
from search_api.fhir.app import Given, create_fhir_app
from tests.api.test_fhir import booked
from tests.migrated import migrated
from tests.servers.editors import CALLER, UNIT, Certificates, agreed, certificates, other_side
from tests.servers.local import free_port


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path}/annuaire.db"
    engine = migrated(url)
    with writing(engine) as connection:
        declare(connection, Declared("azur", "https://azur.example", ("ps",), caller=CALLER), 0)
    yield engine
    engine.dispose()


def settings(files: Certificates, **values: object) -> Settings:
    given = {"fhir_port": free_port(), "host": "127.0.0.1"}
    paths = {f"fhir_{name}": files.path(file) for name, file in (("certificate", "editor"), ("key", "editor-key"))}
    return Settings(**{**given, **paths, "fhir_authority": files.path("authority"), **values})  # type: ignore[arg-type]


def post(to: Settings, files: Certificates, shown: str | None = "ours") -> tuple[int, str]:
    """The status and the place of an appointment that somebody sends, with this certificate."""
    context = ssl.create_default_context(cafile=files.path("authority"))
    if shown:
        context.load_cert_chain(files.path(shown), files.path(f"{shown}-key"))
    connection = http.client.HTTPSConnection("127.0.0.1", to.fhir_port, timeout=10, context=context)
    try:
        connection.request("POST", "/Appointment", json.dumps(booked()))
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers.get("Location", "")
    finally:
        connection.close()


def test_a_declared_editor_is_known_by_its_certificate(database: Engine, files: Certificates):
    here = settings(files)
    with told(here, database):
        status, where = post(here, files)
    assert (status, where.partition("/Appointment/")[0]) == (201, f"https://127.0.0.1:{here.fhir_port}")
    with database.connect() as connection:
        assert [one.source_name for one in orientations.orientations(connection)] == ["azur"]


def test_a_certificate_that_nobody_declared_is_refused(database: Engine, files: Certificates):
    here = settings(files)
    with told(here, database):
        assert post(here, files, "another")[0] == 403
    with database.connect() as connection:
        assert orientations.orientations(connection) == []


def test_a_certificate_of_another_unit_is_refused(database: Engine, files: Certificates):
    with writing(database) as connection:
        declare(
            connection,
            Declared("azur", "https://azur.example", ("ps",), caller=CALLER, caller_unit=UNIT),
            0,
            again=True,
        )
    here = settings(files)
    with told(here, database):
        assert post(here, files, "unit")[0] == 403
        assert post(here, files)[0] == 201


def test_a_certificate_is_heard_no_more_from_the_moment_that_the_list_says_that_it_is_revoked(
    database: Engine, files: Certificates, tmp_path: Path
):
    listed, now = tmp_path / "list.pem", datetime.now(UTC)
    listed.write_text(files.revoking(at=now - timedelta(hours=1)))
    here = settings(files, fhir_revoked=listed)
    with told(here, database):
        assert post(here, files, "revoked")[0] == 201
        listed.write_text("half a file")
        assert post(here, files, "revoked")[0] == 200
        listed.write_text(files.revoking("revoked", at=now))
        with pytest.raises((ssl.SSLError, ConnectionError)):
            post(here, files, "revoked")
        assert post(here, files)[0] == 200


@pytest.mark.parametrize("most", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=str)
def test_a_connection_that_goes_on_from_a_former_one_is_not_heard_either_once_revoked(
    database: Engine, files: Certificates, tmp_path: Path, most: ssl.TLSVersion
):
    listed = tmp_path / "list.pem"
    listed.write_text(files.revoking())
    here = settings(files, fhir_revoked=listed)
    context = ssl.create_default_context(cafile=files.path("authority"))
    context.maximum_version = most
    context.load_cert_chain(files.path("revoked"), files.path("revoked-key"))

    def asked(session: ssl.SSLSession | None = None) -> ssl.SSLSession | None:
        to = socket.create_connection(("127.0.0.1", here.fhir_port), timeout=10)
        with context.wrap_socket(to, server_hostname="127.0.0.1", session=session) as secured:
            secured.sendall(b"GET /metadata HTTP/1.1\r\nHost: annuaire\r\nConnection: close\r\n\r\n")
            if not secured.recv(100):
                raise ConnectionError
            return secured.session

    with told(here, database):
        session = asked()
        assert asked(session)
        listed.write_text(files.revoking("revoked"))
        with pytest.raises((ssl.SSLError, ConnectionError)):
            asked(session)


def test_a_certificate_of_ours_that_is_renewed_is_shown_without_a_restart(
    database: Engine, files: Certificates, tmp_path: Path
):
    ours = {name: tmp_path / f"{name}.pem" for name in ("certificate", "key")}
    here = settings(files, **{f"fhir_{name}": path for name, path in ours.items()})

    def put(name: str) -> None:
        ours["certificate"].write_bytes(Path(files.path(name)).read_bytes())
        ours["key"].write_bytes(Path(files.path(f"{name}-key")).read_bytes())

    put("expired")
    with told(here, database):
        with pytest.raises(ssl.SSLCertVerificationError):
            post(here, files)
        put("editor")
        assert post(here, files)[0] == 201


def test_a_list_of_revoked_certificates_that_is_late_lets_nobody_in(
    database: Engine, files: Certificates, tmp_path: Path
):
    listed = tmp_path / "list.pem"
    listed.write_text(files.revoking(at=datetime.now(UTC) - timedelta(days=9)))
    here = settings(files, fhir_revoked=listed)
    with told(here, database), pytest.raises((ssl.SSLError, ConnectionError)):
        post(here, files)


@pytest.mark.parametrize("shown", [None, "unsigned", "expired"])
def test_without_a_certificate_of_the_authority_nothing_is_heard(
    database: Engine, files: Certificates, shown: str | None
):
    here = settings(files)
    with told(here, database), pytest.raises((ssl.SSLError, ConnectionError)):
        post(here, files, shown)
    with database.connect() as connection:
        assert orientations.orientations(connection) == []


def test_an_editor_speaks_tls_1_2_at_least(files: Certificates):
    ours = {"certificate": "editor", "key": "editor-key", "authority": "authority"}
    port = both_sides({name: Path(files.path(file)) for name, file in ours.items()})
    newer, older = (
        other_side(files, ssl.Purpose.SERVER_AUTH, version)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_1)
    )
    assert agreed(newer, port) == "TLSv1.2"
    with pytest.raises(ssl.SSLError, match="protocol"):
        agreed(older, port)


def test_without_a_port_nothing_listens(database: Engine, files: Certificates):
    with told(settings(files, fhir_port=None), database):
        pass


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"fhir_certificate": None}, "ANNUAIRE_FHIR_CERTIFICATE"),
        ({"fhir_key": "/nowhere.pem"}, "ANNUAIRE_FHIR_KEY"),
        ({"fhir_authority": None}, "ANNUAIRE_FHIR_AUTHORITY"),
        (
            {"fhir_key": "another-key"},
            "Certificat, clé, autorité ou révoqués du port FHIR : ce ne sont pas les fichiers",
        ),
        ({"fhir_revoked": "/nowhere.pem"}, "ANNUAIRE_FHIR_REVOKED"),
        ({"fhir_revoked": "authority"}, "Certificat, clé, autorité ou révoqués"),
    ],
    ids=str,
)
def test_files_that_are_missing_or_wrong_are_said(
    database: Engine, files: Certificates, values: dict[str, str | None], said: str
):
    given = {name: files.path(value) if value and "/" not in value else value for name, value in values.items()}
    with pytest.raises(Failure, match=said), told(settings(files, **given), database):
        pass


def test_a_port_that_is_taken_is_said(database: Engine, files: Certificates):
    here = settings(files)
    with told(here, database), pytest.raises(Failure, match="Impossible d'écouter"), told(here, database):
        pass


def test_a_server_that_ends_before_it_listens_stops_whoever_waits_for_it(database: Engine):
    closed = socket.create_server(("127.0.0.1", 0))
    closed.close()
    server = uvicorn.Server(uvicorn.Config(create_fhir_app(Given(Known(database), lambda _: None)), log_config=None))
    with pytest.raises(Failure, match="n'a pas pu s'ouvrir"), listening(server, closed):
        pass


def test_the_service_ends_and_says_why_when_the_port_of_editors_dies(
    database: Engine, files: Certificates, tmp_path: Path
):
    here = settings(files, port=free_port(), feeds_every_s=0, data_dir=tmp_path)

    def kill_once_it_serves() -> None:
        while not answers(here.port):
            time.sleep(0.05)
        (server,) = (each for each in gc.get_objects() if isinstance(each, uvicorn.Server) and listens(each))
        server.config.timeout_notify = 0
        server.config.callback_notify = dying

    async def dying() -> None:
        raise MemoryError

    engine = DuckDBEngine(tmp_path / "index")
    killer = threading.Thread(target=kill_once_it_serves, daemon=True)
    killer.start()
    with pytest.raises(Failure, match="s'est fermé tout seul"):
        run(here, engine, database)
    engine.close()
    killer.join()


def listens(server: uvicorn.Server) -> bool:
    """Whether a server is the one that listens to editors."""
    return server.started and not server.should_exit and server.config.http is NamedProtocol


def answers(port: int) -> bool:
    """Whether a service answers on a port of this machine."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def test_two_editors_do_not_call_with_the_same_certificate(database: Engine):
    with writing(database) as connection, pytest.raises(BadEditor, match="déjà déclaré"):
        declare(connection, Declared("dune", "https://dune.example", ("ps",), caller=CALLER), 0)


@pytest.mark.parametrize("caller", ["", " x", "x" * 65, "a\nb"])
def test_the_name_and_the_unit_of_a_certificate_are_names(caller: str, files: Certificates):
    paths = {"certificate": files.path("ours"), "key": files.path("ours-key")}
    with pytest.raises(BadEditor, match="CN"):
        checked(Declared("azur", "https://azur.example", ("ps",), **paths, caller=caller))
    with pytest.raises(BadEditor, match="OU"):
        checked(Declared("azur", "https://azur.example", ("ps",), **paths, caller=CALLER, caller_unit=caller))


def test_a_unit_alone_names_nobody(files: Certificates):
    paths = {"certificate": files.path("ours"), "key": files.path("ours-key")}
    with pytest.raises(BadEditor, match="ne va pas sans"):
        checked(Declared("azur", "https://azur.example", ("ps",), **paths, caller_unit=UNIT))
