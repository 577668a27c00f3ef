"""`annuaire db`: the tables; and the database that other commands work on."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

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


REASONS: Final = (
    (r"unable to open database file", "son fichier ne peut pas être ouvert (ANNUAIRE_DATABASE_URL, ANNUAIRE_DATA_DIR)"),
    (r"readonly database", "son fichier est protégé en écriture (ANNUAIRE_DATABASE_URL, ANNUAIRE_DATA_DIR)"),
    (r"database is locked", "un autre programme l'occupe"),
    (r"not a database|malformed", "ce fichier n'est pas une base SQLite, ou il est abîmé (ANNUAIRE_DATABASE_URL)"),
    (r"is full|No space left", "le disque est plein"),
    (
        r"refused|connection timeout|timeout expired|resolve|Network|No such file",
        "aucun serveur ne répond à l'adresse de ANNUAIRE_DATABASE_URL",
    ),
    (r"password|authentication|role .* does not exist", "l'utilisateur ou le mot de passe est refusé"),
    (r"database .* does not exist", "le serveur n'a pas de base de ce nom (ANNUAIRE_DATABASE_URL)"),
    (r"server closed|terminat", "le serveur a coupé la connexion"),
)
"""What the two databases say, and how it is said in French."""


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
        raise Failure(f"La base de données n'a pas pu être utilisée : {why(error)}.") from error


def why(error: DBAPIError) -> str:
    """Why a database refuses, in French; the words of one that nobody foresaw go to the log."""
    said = str(error.orig)
    for words, french in REASONS:
        if re.search(words, said):
            return french
    logging.getLogger(__name__).error("%s", said)
    return "le journal a sa réponse"
