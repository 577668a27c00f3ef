"""`annuaire demo`: fictional people over real communes, in the official formats, loaded as real files are."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import Engine as Database

from annuaire import server, wiring
from annuaire.commands import index
from annuaire.commands.database import opened
from annuaire.commands.load import REPORTS, Force, refusals, spaced
from annuaire.commands.load import watched as loading
from annuaire.demo.freshening import freshened
from annuaire.demo.keeping import keep_agendas
from annuaire.demo.living import LIVING, living
from annuaire.demo.loading import ATTRIBUTION, is_loaded, locate_addresses, steps
from annuaire.demo.writing import DEPARTEMENTS, SCALE, Manifest, Plan, read_manifest, write_demo
from annuaire.demo.writing import Progress as OnProgress
from annuaire.failures import Failure
from annuaire.logs import configure_logs
from annuaire.settings import Settings, load_settings
from indexer.protocol import Engine
from indexer.rebuild import rebuild
from ingestion.loading import Options
from ingestion.report import TABLES
from models.codes import Viewer

app = typer.Typer(
    help="Écrit, charge et sert des données fictives, aux formats officiels.",
    subcommand_metavar="COMMANDE [ARGUMENTS]...",
    no_args_is_help=True,
)

SEED: Final = 1
SERVED: Final[dict[str, Any]] = {
    "environment": "development",
    "viewer": Viewer.REGULATION,
    "log_format": "console",
}
"""What `annuaire demo run` sets of the settings that nobody set."""

COUNTED: Final = {
    "people": "personnes",
    "activities": "lignes d'activité",
    "placed": "lieux d'exercice",
    "active_structures": "structures en activité",
    "cpts": "CPTS",
    "agendas": "agendas",
    "declarations": "déclarations",
}

Departements = Annotated[
    list[str], typer.Option("--departement", metavar="CODE", help="Département à peupler ; répéter l'option.")
]
France = Annotated[bool, typer.Option("--france", help="Toute la France, outre-mer compris.")]
Scale = Annotated[
    float,
    typer.Option(
        "--echelle",
        metavar="PART",
        min=0.0005,
        max=2,
        help="Part des effectifs réels : 1 donne la France entière.",
    ),
]
Seed = Annotated[int, typer.Option("--graine", metavar="ENTIER", help="Même graine, mêmes gens.")]
Folder = Annotated[Path, typer.Argument(metavar="DOSSIER", file_okay=False, help="Dossier à remplir, créé au besoin.")]


@app.command("ecrire", epilog="Exemple : annuaire demo ecrire demo --departement 69")
def write(
    folder: Folder,
    departements: Departements = list(DEPARTEMENTS),  # noqa: B006 - typer copies it
    france: France = False,  # noqa: FBT002 - an option of the command line
    scale: Scale = SCALE,
    seed: Seed = SEED,
) -> None:
    """Écrit les fichiers de la démonstration, sans les charger."""
    manifest = written(folder, planned(departements, france=france, scale=scale, seed=seed))
    console = Console()
    console.print(counts_table(manifest))
    console.print(f"Fichiers écrits dans {folder}.", highlight=False)


@app.command("charger")
def load(
    departements: Departements = list(DEPARTEMENTS),  # noqa: B006 - typer copies it
    france: France = False,  # noqa: FBT002 - an option of the command line
    scale: Scale = SCALE,
    seed: Seed = SEED,
    force: Force = False,  # noqa: FBT002 - same
) -> None:
    """Écrit la démonstration dans le dossier des données, la charge comme des fichiers réels, puis l'indexe."""
    settings = load_settings()
    plan = planned(departements, france=france, scale=scale, seed=seed)
    with opened() as database:
        Console().print(counts_table(loaded(settings, database, plan, force=force)))
        with index.refusals(), wiring.open_engine(settings) as engine:
            indexed(database, engine)


@app.command("run")
def run() -> None:
    """Sert la démonstration : Rhône, Isère, Ain et Loire, vus par la régulation. La prépare la première fois."""
    settings = served(load_settings())
    configure_logs(settings)
    with opened() as database, index.refusals(), wiring.open_engine(settings) as engine:
        manifest = read_manifest(demo_folder(settings))
        ready = manifest is not None and is_loaded(database, manifest)
        if manifest is None or not ready:
            manifest = loaded(settings, database, Plan(SEED, wiring.now()))
        if not ready or not_answering(engine):
            indexed(database, engine)
        folder, asked = demo_folder(settings), LIVING if settings.feeds_every_s else ()
        with ExitStack() as beside:
            beside.enter_context(freshened(database, folder, manifest.seed, wiring.now, at_once=ready, but=asked))
            if asked:
                beside.enter_context(living(database, folder, manifest.seed, wiring.now))
            server.run(settings, engine, database)


def not_answering(engine: Engine) -> bool:
    """Whether there is no index yet, or one of another version of the program."""
    status = engine.status()
    return not status.generation or status.outdated


def served(settings: Settings) -> Settings:
    """The settings of the demo's server: what nobody set is for development, and for the regulation.

    Raises:
        Failure: this is a production environment.

    """
    if settings.environment == "production" and "environment" in settings.model_fields_set:
        raise Failure("La démonstration ne se sert pas en production : ANNUAIRE_ENVIRONMENT=development.")
    missing = SERVED.keys() - settings.model_fields_set
    return settings.model_copy(update={name: SERVED[name] for name in missing})


def demo_folder(settings: Settings) -> Path:
    """Where the demo that is loaded has its files."""
    return settings.data_dir / "demo"


def loaded(settings: Settings, database: Database, plan: Plan, *, force: bool = False) -> Manifest:
    """Write the demo and load it, saying what each file brought, then give its addresses their points."""
    manifest = written(demo_folder(settings), plan)
    reports, console = settings.data_dir / REPORTS, Console(stderr=True, highlight=False)
    for step in steps(demo_folder(settings), manifest):
        with refusals(step.path), loading(step.title) as on_progress:
            totals = step.load(database, step.path, Options(plan.now, force, on_progress, reports, ATTRIBUTION))
        table, counts = next(iter(totals.tables.items()))
        console.print(f"{step.title} : {spaced(counts.present)} {TABLES[table]}.")
    with loading("Points des adresses") as on_progress:
        console.print(f"Adresses : {spaced(locate_addresses(database, plan.now, on_progress))} lieux situés.")
    console.print(f"Agendas tenus à la main : {spaced(keep_agendas(database, plan.seed, plan.now))}.")
    return manifest


def indexed(database: Database, engine: Engine) -> None:
    """Build the index, saying how many offers it has."""
    with index.watched() as on_progress:
        rebuilt = rebuild(database, engine, wiring.now(), forced=True, on_progress=on_progress)
    Console(stderr=True, highlight=False).print(f"Index : {spaced(rebuilt.offers)} offres.")


def planned(departements: list[str], *, france: bool, scale: float, seed: int) -> Plan:
    """The plan that the options ask for, now."""
    chosen = () if france else tuple(sorted({code.upper().zfill(2) for code in departements}))
    return Plan(seed, wiring.now(), chosen, scale)


def written(folder: Path, plan: Plan) -> Manifest:
    """Write the demo, showing how far it is.

    Raises:
        Failure: a département that does not exist, a folder that cannot be written.

    """
    try:
        with watched("Écriture") as on_progress:
            return write_demo(folder, plan, on_progress)
    except ValueError as error:
        raise Failure(f"La démonstration n'a pas été écrite : {error}.") from error
    except OSError as error:
        raise Failure(f"La démonstration n'a pas pu être écrite : {error.filename} ne peut pas être créé.") from error


@contextmanager
def watched(what: str) -> Iterator[OnProgress]:
    """A progress bar over départements, on the error output; gone at the end."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)

        def show(current: str, done: int, total: int) -> None:
            progress.update(task, description=f"{what} : {current}", completed=done, total=total)

        yield show


def counts_table(manifest: Manifest) -> Table:
    """What was written, in French."""
    table = Table(show_header=False)
    table.add_row("départements", ", ".join(manifest.departements))
    for name, label in COUNTED.items():
        table.add_row(label, spaced(manifest.counts.get(name, 0)))
    return table
