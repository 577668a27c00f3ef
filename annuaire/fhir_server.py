"""The port where editors tell appointments: TLS on both sides, in a thread beside the service.

Who calls is the common name of the certificate that the connection shows, signed by the authority of the settings and
declared for one editor (`annuaire feeds add --appelant`).
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Thread
from typing import Any, Final

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
        name = request.scope["state"].get("caller")
        with self._database.connect() as connection:
            return editors.caller(connection, name) if name else None


class NamedProtocol(HttpToolsProtocol):
    """HTTP that says, with each request, the common name of the certificate of its connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn writes it
        """Keep the name that the connection was verified with."""
        super().connection_made(transport)
        self._caller = common_name(transport.get_extra_info("peercert") or {})

    def on_message_begin(self) -> None:
        """Begin a request, whose state says who calls."""
        super().on_message_begin()
        self.scope["state"]["caller"] = self._caller


def common_name(certificate: Mapping[str, Any]) -> str | None:  # Any: as `ssl` decodes it
    """The common name of a certificate's subject."""
    named = (pair for part in certificate.get("subject", ()) for pair in part)
    return next((value for name, value in named if name == "commonName"), None)


@contextmanager
def told(settings: Settings, database: Engine) -> Iterator[None]:
    """Listen to editors for the time of a block, where the settings say.

    Raises:
        Failure: a file is missing or wrong, the port is taken, or nothing listens there after all.

    """
    if settings.fhir_port is None:
        yield
        return
    with listening(_server(settings, database), _listen(settings)):
        yield


@contextmanager
def listening(server: uvicorn.Server, on: socket.socket) -> Iterator[None]:
    """Serve in a thread for the time of a block.

    Raises:
        Failure: the server ended before it began to listen.

    """
    ended: list[BaseException] = []

    def run() -> None:
        try:
            server.run([on])
        except (Exception, SystemExit) as error:  # uvicorn exits when its application does not start
            log.exception("the port of editors is closed")
            ended.append(error)

    thread = Thread(target=run, name="annuaire-fhir", daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.02)
    if not server.started:
        why = f" : {reason(ended[0])}" if ended and isinstance(ended[0], OSError) else ""
        raise Failure(f"Le port des éditeurs (ANNUAIRE_FHIR_PORT) n'a pas pu s'ouvrir{why}. Le journal dit pourquoi.")
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(LEAVE_S)


def _server(settings: Settings, database: Engine) -> uvicorn.Server:
    files = {name: getattr(settings, f"fhir_{name}") for name in ("certificate", "key", "authority")}
    for name, path in files.items():
        if path is None or not path.is_file():
            raise Failure(f"ANNUAIRE_FHIR_{name.upper()} : il faut un fichier PEM que l'on puisse lire, pour écouter.")
    known = Known(database)
    app = create_fhir_app(Given(known, known.caller))
    app.add_middleware(AccessLog)
    config = uvicorn.Config(
        app,
        http=NamedProtocol,
        access_log=False,
        log_config=None,
        server_header=False,
        ssl_certfile=files["certificate"],
        ssl_keyfile=files["key"],
        ssl_ca_certs=str(files["authority"]),
        ssl_cert_reqs=ssl.CERT_REQUIRED,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise Failure(f"Certificat, clé ou autorité du port FHIR : {reason(error)}.") from error
    config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2  # type: ignore[union-attr]  # loaded with its files
    return uvicorn.Server(config)


def _listen(settings: Settings) -> socket.socket:
    """A socket on the port of editors."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.fhir_port or 0), family=family)
    except OSError as error:
        where = f"Impossible d'écouter les éditeurs sur le port {settings.fhir_port}"
        raise Failure(f"{where} : {reason(error)}. ANNUAIRE_FHIR_PORT choisit un autre port.") from error
