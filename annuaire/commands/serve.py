"""`annuaire serve`: the pages and the API, on the port of the settings."""

from annuaire.commands.database import opened
from annuaire.logs import configure_logs
from annuaire.server import run
from annuaire.settings import load_settings
from annuaire.wiring import open_engine


def serve() -> None:
    """Sert les pages et l'API, et suit les changements de la base. S'arrête par Ctrl-C."""
    settings = load_settings()
    configure_logs(settings)
    with opened() as database, open_engine(settings) as engine:
        run(settings, engine, database)
