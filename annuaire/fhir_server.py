"""The port where editors tell appointments: TLS on both sides, in a thread beside the service.

Who calls is what the certificate that the connection shows says: signed by the authority of the settings, not revoked,
its common name and its unit declared for one editor (`annuaire feeds add --appelant`, `--unite`).
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final, NamedTuple, Self

import structlog
import uvicorn
from sqlalchemy import Engine
from starlette.requests import Request
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from annuaire.failures import Failure, reason
from annuaire.logs import AccessLog
from annuaire.settings import Settings
from annuaire.wiring import now
from ingestion.feeds import editors
from models.store import writing
from models.tables import Orientation
from registry import appointments
from registry.appointments import Booked
from search_api.fhir.app import Given, create_fhir_app

LEAVE_S: Final = 5.0
"""How long whoever stops waits for the appointments that are being kept."""

log = structlog.get_logger("annuaire.fhir")


class Known:
    """What keeps appointments, in the database (`search_api.fhir.app.Appointments`)."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def known(self, editor: str, token: str) -> str | None:
        """The identifier that a token of an editor names."""
        with self._database.connect() as connection:
            return appointments.known(connection, editor, token)

    def record(self, booked: Booked) -> tuple[Orientation, bool]:
        """Keep an appointment, in a transaction of its own."""
        with writing(self._database) as connection:
            return appointments.record(connection, booked, now())

    def caller(self, request: Request) -> str | None:
        """The editor that a connection is of."""
        shown: Subject | None = request.scope["state"].get("caller")
        if shown is None or shown.name is None:
            return None
        with self._database.connect() as connection:
            return editors.caller(connection, shown.name, shown.units)


class Subject(NamedTuple):
    """Whose a certificate is: its common name (CN), and its units (OU)."""

    name: str | None
    units: tuple[str, ...]


class NamedProtocol(HttpToolsProtocol):
    """HTTP that says, with each request, whose the certificate of its connection is."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn writes it
        """Keep whose the certificate is that was verified."""
        super().connection_made(transport)
        self._caller = subject(transport.get_extra_info("peercert") or {})

    def on_message_begin(self) -> None:
        """Begin a request, whose state says who calls."""
        super().on_message_begin()
        self.scope["state"]["caller"] = self._caller


def subject(certificate: Mapping[str, Any]) -> Subject:  # Any: as `ssl` decodes it
    """Whose a certificate is."""
    pairs = [pair for part in certificate.get("subject", ()) for pair in part]
    named = (value for name, value in pairs if name == "commonName")
    return Subject(next(named, None), tuple(value for name, value in pairs if name == "organizationalUnitName"))


@contextmanager
def told(settings: Settings, database: Engine, on_end: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Listen to editors for the time of a block, where the settings say; `on_end`: see `listening`.

    Raises:
        Failure: a file is missing or wrong, the port is taken, or nothing listens there after all, or any more.

    """
    if settings.fhir_port is None:
        yield
        return
    with listening(_server(settings, database), _listen(settings), on_end):
        yield


@contextmanager
def listening(server: uvicorn.Server, on: socket.socket, on_end: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Serve in a thread for the time of a block; `on_end` is called there when the server ends before the block does.

    Raises:
        Failure: the server ended before it began to listen, or before the block did: appointments would be lost in
            silence, whoever watches the process must know.

    """
    ended: list[BaseException] = []
    over = Event()

    async def serve() -> None:
        try:
            await server.serve([on])
        except (Exception, SystemExit) as error:  # uvicorn exits when its application does not start
            log.exception("the port of editors is closed")
            ended.append(error)
        over.set()
        if not server.should_exit:
            on_end()
        if ended and server.started:
            await server.shutdown([on])  # what still listens keeps the loop from closing

    thread = Thread(target=_looping, args=(server, serve), name="annuaire-fhir", daemon=True)
    thread.start()
    while not server.started and thread.is_alive() and not over.is_set():
        time.sleep(0.02)
    if not server.started:
        why = f" : {reason(ended[0])}" if ended and isinstance(ended[0], OSError) else ""
        raise Failure(f"Le port des éditeurs (ANNUAIRE_FHIR_PORT) n'a pas pu s'ouvrir{why}. Le journal dit pourquoi.")
    try:
        yield
    finally:
        alone = over.is_set()
        server.should_exit = True
        thread.join(LEAVE_S)
    if alone:
        raise Failure("Le port des éditeurs (ANNUAIRE_FHIR_PORT) s'est fermé tout seul. Le journal dit pourquoi.")


def _looping(server: uvicorn.Server, serve: Callable[[], Coroutine[None, None, None]]) -> None:
    """Serve on a loop of the server's kind."""
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(serve())


def _server(settings: Settings, database: Engine) -> uvicorn.Server:
    files, known = _files(settings), Known(database)
    app = create_fhir_app(Given(known, known.caller))
    app.add_middleware(AccessLog)
    config = uvicorn.Config(
        app,
        http=NamedProtocol,
        access_log=False,
        log_config=None,
        server_header=False,
    )
    config.load()
    try:
        config.ssl = Renewed(files)
    except OSError as error:
        raise Failure(f"Certificat, clé, autorité ou révoqués du port FHIR : {reason(error)}.") from error
    return uvicorn.Server(config)


def _files(settings: Settings) -> Mapping[str, Path]:
    """The files of the settings, by what they are; without a list of what is revoked, none is looked at."""
    given = {name: getattr(settings, f"fhir_{name}") for name in ("certificate", "key", "authority", "revoked")}
    files = {name: path for name, path in given.items() if path is not None or name != "revoked"}
    for name, path in files.items():
        if path is None or not path.is_file():
            raise Failure(f"ANNUAIRE_FHIR_{name.upper()} : il faut un fichier PEM que l'on puisse lire, pour écouter.")
    return files


class Renewed(ssl.SSLContext):
    """TLS on both sides by files that are read for each connection: a renewal or a revocation counts from the next one.

    No connection goes on from a former one, whose certificate would not be looked at again. While files cannot be read,
    those of before count.

    Raises:
        OSError: they cannot be read in the first place, or are not what they should be (`ssl.SSLError`).

    """

    def __new__(cls, _files: Mapping[str, Path]) -> Self:
        """A context that others stand for."""
        return super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files
        self._read = both_sides(files)

    def wrap_bio(self, *given: Any, **named: Any) -> ssl.SSLObject:  # Any: as the loop calls it
        """Begin a connection."""
        try:
            self._read = both_sides(self._files)
        except OSError as error:
            log.warning("the files of the port of editors cannot be read", reason=reason(error))
        return self._read.wrap_bio(*given, **named)


def both_sides(files: Mapping[str, Path]) -> ssl.SSLContext:
    """TLS 1.2 at least, our certificate shown, that of whoever calls wanted and not revoked.

    Raises:
        OSError: a file cannot be read, or is not what it should be (`ssl.SSLError`).

    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=files["authority"])
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(files["certificate"], files["key"], password=lambda: "")
    if revoked := files.get("revoked"):
        editors.refuse_revoked(context, revoked)
    return context


def _listen(settings: Settings) -> socket.socket:
    """A socket on the port of editors."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.fhir_port or 0), family=family)
    except OSError as error:
        where = f"Impossible d'écouter les éditeurs sur le port {settings.fhir_port}"
        raise Failure(f"{where} : {reason(error)}. ANNUAIRE_FHIR_PORT choisit un autre port.") from error
