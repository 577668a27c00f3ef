"""The server: the application on its port, and the follower beside it, in one process."""

import gc
import socket
from typing import Final

import uvicorn
from fastapi import FastAPI
from rich.console import Console
from sqlalchemy import Engine as Database
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from annuaire.failures import Failure, reason
from annuaire.fhir_server import told
from annuaire.serving import application
from annuaire.settings import Settings
from annuaire.tending import tending
from annuaire.wiring import fed, follower, now
from indexer.follow import following
from indexer.protocol import Engine
from search_api.parameters import QUERY_BYTES

ADDRESS_BYTES: Final = 4 * QUERY_BYTES
"""Of an address, as many bytes as are kept: more than enough to say that it is too long."""
GRACE_S: Final = 10
"""How long requests that have begun may take when the service stops."""


def run(settings: Settings, engine: Engine, database: Database) -> None:
    """Serve until told to stop, following the database and asking editors for slots meanwhile.

    Raises:
        Failure: the port is taken, or that of editors closed by itself.

    """
    following_it = follower(settings, database, engine)
    with fed(settings, database) as feeds:
        server = server_of(application(settings, engine, database, following_it.lag_seconds, feeds))
        listening = listen(settings)
        gc.collect()
        gc.freeze()  # what is loaded now stays: collections need not look at it again
        ready = f"Annuaire Soins répond sur {address(settings)} (Ctrl-C pour arrêter)."
        Console(stderr=True).print(ready, highlight=False)

        def stop() -> None:
            server.should_exit = True

        try:
            with following(following_it), tending(database, now), told(settings, database, stop):
                server.run(sockets=[listening])
        finally:
            gc.unfreeze()  # or the libraries that count their objects would call them lost at the end


class BoundedProtocol(HttpToolsProtocol):
    """HTTP whose addresses are cut where the application refuses them (414); longer than 64 kB, they are not parsed."""

    def on_url(self, url: bytes) -> None:
        """Keep a part of the address, up to the bound."""
        super().on_url(url[: max(0, ADDRESS_BYTES - len(self.url))])


def server_of(app: FastAPI) -> uvicorn.Server:
    """The server of an application: our logs, no access log of its own, no word of what it is made of."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            access_log=False,
            log_config=None,
            server_header=False,
            http=BoundedProtocol,
            timeout_graceful_shutdown=GRACE_S,
        )
    )


def listen(settings: Settings) -> socket.socket:
    """A socket on the settings' port.

    Raises:
        Failure: the port is taken, or the address is not of this machine.

    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        raise Failure(
            f"Impossible d'écouter sur {address(settings)} : {reason(error)}. "
            "ANNUAIRE_PORT choisit un autre port, ANNUAIRE_HOST une autre adresse."
        ) from error


def address(settings: Settings) -> str:
    """Where a browser finds the service."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"
