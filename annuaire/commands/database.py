"""`annuaire db`: the tables; and the database that other commands work on."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from annuaire.failures import Failure
from annuaire.settings import load_settings
from models.store import connect, migrate

app = typer.Typer(
    help="Prépare la base de données.", subcommand_metavar="COMMANDE [ARGUMENTS]...", no_args_is_help=True
)


@app.callback()
def database() -> None:
    """Prépare la base de données."""


@app.command("migrate")
def migrate_database() -> None:
    """Crée les tables, ou les amène à la version de ce logiciel. Sans effet si elles y sont."""
    with opened():
        Console().print("La base de données est à jour.")


@contextmanager
def opened() -> Iterator[Engine]:
    """The database of the settings, its tables up to date, for the time of a block.

    Raises:
        Failure: it cannot be reached, or another process holds it.

    """
    url = load_settings().database_url
    try:
        migrate(url)
        engine = connect(url)
        try:
            yield engine
        finally:
            engine.dispose()
    except DBAPIError as error:
        raise Failure(f"La base de données n'a pas pu être utilisée : {error.orig}") from error
