"""`annuaire index`: build the index from the database, follow it, say where it is."""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from time import monotonic
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from annuaire import wiring
from annuaire.commands.database import opened
from annuaire.commands.load import spaced
from annuaire.failures import Failure
from annuaire.logs import configure_logs
from annuaire.serving import read_sources
from annuaire.settings import load_settings
from indexer.gate import GateClosed
from indexer.outbox import Behind, behind, snapshot
from indexer.protocol import EngineError, Status
from indexer.rebuild import Progress as OnProgress
from indexer.rebuild import Rebuilt, built_at, rebuild
from models.clock import PARIS, local
from search_api.answers import SourceJson

app = typer.Typer(
    help="Construit l'index de recherche depuis la base, et le tient à jour.",
    subcommand_metavar="COMMANDE [ARGUMENTS]...",
    no_args_is_help=True,
)

REBUILD = "l'index ne suit plus cette base ; à reconstruire par « annuaire index rebuild »"
"""What is said of an index that the outbox does not go on from."""

Force = Annotated[
    bool,
    typer.Option("--force", help="Accepter un index qui a perdu plus d'un cinquième des offres de l'ancien."),
]


@app.command("rebuild")
def rebuild_index(force: Force = False) -> None:  # noqa: FBT002 - an option of the command line
    """Reconstruit l'index depuis la base, le vérifie, puis le substitue à l'ancien, qui reste en cas d'échec."""
    started = monotonic()
    with opened() as database, refusals(), wiring.open_engine(load_settings()) as engine, watched() as on_progress:
        rebuilt = rebuild(database, engine, wiring.now(), forced=force, on_progress=on_progress)
    Console().print(rebuilt_table(rebuilt, monotonic() - started))


@app.command("follow")
def follow() -> None:
    """Suit la base et applique ses changements à l'index, jusqu'à l'arrêt (Ctrl-C). Pour Elasticsearch."""
    settings = load_settings()
    if settings.elasticsearch_url is None:
        raise Failure("Avec l'index embarqué, c'est le service lui-même qui suit la base : rien à lancer.")
    configure_logs(settings)
    with opened() as database, refusals(), wiring.open_engine(settings) as engine, stopped_by_signals() as stop:
        wiring.follower(settings, database, engine).run(stop)


@app.command("status")
def status() -> None:
    """Dit où en est l'index : génération, offres, changements en attente, retard, dates des sources."""
    with opened() as database, refusals(), wiring.open_engine(load_settings()) as engine:
        current = engine.status()
        with snapshot(database) as connection:
            late, sources = behind(connection, current, wiring.now()), read_sources(connection)
        console = Console()
        console.print(status_table(engine.name, current, late))
        console.print(sources_table(sources))


@contextmanager
def refusals() -> Iterator[None]:
    """Say in French why an index is refused, or that the engine fails.

    Raises:
        Failure: with the reason.

    """
    try:
        yield
    except GateClosed as closed:
        raise Failure(f"{closed} L'ancien index répond toujours.") from closed
    except EngineError as error:
        raise Failure(f"Le moteur de recherche n'a pas pu être utilisé : {why(error)}") from error


def why(error: EngineError) -> str:
    """Why an engine fails, in French; what Elasticsearch itself says goes to the log."""
    if load_settings().elasticsearch_url is None:
        return str(error)
    logging.getLogger(__name__).error("%s", error)
    return "Elasticsearch ne répond pas à ANNUAIRE_ELASTICSEARCH_URL, ou refuse ; le journal a sa réponse."


@contextmanager
def watched() -> Iterator[OnProgress]:
    """A progress bar over offers, on the error output; gone at the end."""
    columns = (
        TextColumn("Indexation"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda done, expected: progress.update(task, completed=done, total=expected)


@contextmanager
def stopped_by_signals() -> Iterator[Event]:
    """An event that Ctrl-C or an order to end sets, for the time of a block."""
    stop = Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    former = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def rebuilt_table(rebuilt: Rebuilt, seconds: float) -> Table:
    """What was built, in French."""
    rate = spaced(round(rebuilt.offers / max(seconds, 0.001)))
    return facts(
        "Index reconstruit",
        {
            "Génération": rebuilt.generation,
            "Offres": spaced(rebuilt.offers),
            "Offres de l'ancien index": spaced(rebuilt.former),
            "Position dans les changements": spaced(rebuilt.position),
            "Durée": f"{seconds:.1f} s ({rate} offres par seconde)",
        },
    )


def status_table(engine: str, current: Status, late: Behind) -> Table:
    """Where the index is, in French."""
    built = built_at(current.generation)
    return facts(
        "Index",
        {
            "Moteur": engine,
            "Génération": current.generation or "aucune : « annuaire index rebuild » en construit une",
            "Construit le": f"{local(built, PARIS):%d/%m/%Y à %H:%M:%S}" if built else "inconnu",
            "Offres": spaced(current.offers),
            "Position dans les changements": spaced(current.position),
            "Changements en attente": spaced(late.changes),
            "Retard": REBUILD if late.seconds is None else f"{spaced(late.seconds)} s",
        },
    )


def facts(title: str, lines: dict[str, str]) -> Table:
    """A table of names and values."""
    table = Table(title=title, show_header=False)
    for name, value in lines.items():
        table.add_row(name, value)
    return table


def sources_table(sources: tuple[SourceJson, ...]) -> Table:
    """The sources that were loaded, their dates, and whom to credit."""
    table = Table("Source", "Date", "Attribution", title="Sources")
    for source in sources:
        table.add_row(source.name, f"{source.date:%d/%m/%Y}" if source.date else "inconnue", source.attribution)
    return table
