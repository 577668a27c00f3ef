"""`annuaire export`: what the directory holds, for others to read."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from annuaire import wiring
from annuaire.commands.database import opened
from annuaire.commands.index import refusals
from annuaire.commands.load import spaced
from annuaire.failures import Failure, reason
from annuaire.settings import load_settings
from indexer.documents import all_offers
from indexer.export import export_offers
from indexer.outbox import snapshot
from indexer.protocol import Outdated
from models.offer import Offer

app = typer.Typer(
    help="Écrit ce que contient l'annuaire, pour d'autres programmes.",
    subcommand_metavar="COMMANDE [ARGUMENTS]...",
    no_args_is_help=True,
)

STANDARD_OUTPUT = Path("-")

File = Annotated[
    Path, typer.Argument(metavar="FICHIER", dir_okay=False, help="Fichier NDJSON à écrire ; - : la sortie.")
]
FromDatabase = Annotated[
    bool,
    typer.Option("--base", help="Prendre les offres dans la base, même celles que l'index n'a pas encore."),
]


@app.callback()
def export() -> None:
    """Écrit ce que contient l'annuaire, pour d'autres programmes."""


@app.command("offers", epilog="Exemple : annuaire export offers offres.ndjson")
def offers(file: File, from_database: FromDatabase = False) -> None:  # noqa: FBT002 - an option of the command line
    """Écrit les offres indexées, une par ligne (NDJSON), aux noms de l'API, créneaux de tous les publics compris."""
    with found(from_database=from_database) as those, written(file) as output, watched() as progress:
        task = progress.add_task("Offres", total=None)
        count = export_offers(those, output, lambda done: progress.update(task, completed=done))
    Console(stderr=True).print(f"{spaced(count)} offres écrites.", highlight=False)


@contextmanager
def found(*, from_database: bool) -> Iterator[Iterator[Offer]]:
    """The offers of the index, or of the database as it is.

    Raises:
        Failure: the database or the engine cannot be used.

    """
    if from_database:
        with opened() as database, snapshot(database) as connection:
            yield all_offers(connection, wiring.now())
        return
    try:
        with refusals(), wiring.open_engine(load_settings()) as engine:
            if (status := engine.status()).outdated:
                raise Outdated(status.generation)
            yield engine.all_offers()
    except Failure as failure:
        raise Failure(f"{failure}\nL'option --base prend les offres dans la base, sans le moteur.") from failure


@contextmanager
def written(file: Path) -> Iterator[BinaryIO]:
    """The file to write, which appears when it is whole; or the standard output.

    Raises:
        Failure: it cannot be written.

    """
    if file == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        return
    draft = file.with_name(file.name + ".part")
    try:
        with draft.open("wb") as output:
            yield output
        draft.replace(file)
    except OSError as error:
        raise Failure(f"{file} n'a pas pu être écrit : {reason(error)}.") from error
    finally:
        draft.unlink(missing_ok=True)


def watched() -> Progress:
    """How many offers are written, on the error output; gone at the end."""
    columns = (SpinnerColumn(), TextColumn("{task.description} {task.completed}"), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
