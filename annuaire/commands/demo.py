"""`annuaire demo`: fictional people over real communes, in the official formats."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import Engine

from annuaire.commands.database import opened
from annuaire.commands.load import REPORTS, TABLES, Force, refusals, spaced
from annuaire.commands.load import watched as loading
from annuaire.demo.loading import ATTRIBUTION, locate_addresses, steps
from annuaire.demo.writing import DEPARTEMENTS, SCALE, Manifest, Plan, write_demo
from annuaire.demo.writing import Progress as OnProgress
from annuaire.failures import Failure
from annuaire.settings import Settings, load_settings
from ingestion.loading import Options

app = typer.Typer(help="Écrit, charge et sert des données fictives, aux formats officiels.", no_args_is_help=True)

SEED = 1
COUNTED = {
    "people": "personnes",
    "activities": "lignes d'activité",
    "placed": "lieux d'exercice (une offre chacun)",
    "active_structures": "structures en activité (une offre chacune)",
    "cpts": "CPTS",
    "agendas": "agendas",
    "declarations": "déclarations",
}

Departements = Annotated[
    list[str], typer.Option("--departement", metavar="CODE", help="Département à peupler ; répéter l'option.")
]
France = Annotated[bool, typer.Option("--france", metavar="", help="Toute la France, outre-mer compris.")]
Scale = Annotated[
    float,
    typer.Option(
        "--echelle", metavar="PART", min=0.0005, max=2, help="Part des effectifs réels : 1 donne la France entière."
    ),
]
Seed = Annotated[int, typer.Option("--graine", metavar="ENTIER", help="Même graine, mêmes gens.")]
Folder = Annotated[Path, typer.Argument(metavar="DOSSIER", file_okay=False, help="Dossier à remplir, créé au besoin.")]


@app.command("ecrire")
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
    """Écrit la démonstration dans le dossier des données, puis la charge comme des fichiers réels."""
    folder = demo_folder(load_settings())
    manifest = written(folder, planned(departements, france=france, scale=scale, seed=seed))
    Console().print(counts_table(manifest))
    with opened() as database:
        loaded(database, folder, manifest, force=force)


def demo_folder(settings: Settings) -> Path:
    """Where the demo that is loaded has its files."""
    return settings.data_dir / "demo"


def loaded(database: Engine, folder: Path, manifest: Manifest, *, force: bool = False) -> None:
    """Load a written demo, showing each step, then give its addresses their points."""
    now, reports = int(time.time()), load_settings().data_dir / REPORTS
    for step in steps(folder, manifest):
        with refusals(step.path), loading(step.title) as on_progress:
            totals = step.load(database, step.path, Options(now, force, on_progress, reports, ATTRIBUTION))
        table, counts = next(iter(totals.tables.items()))
        Console(stderr=True).print(f"{step.title} : {spaced(counts.present)} {TABLES[table]}.", highlight=False)
    with loading("Points des adresses") as on_progress:
        locate_addresses(database, now, on_progress)


def planned(departements: list[str], *, france: bool, scale: float, seed: int) -> Plan:
    """The plan that the options ask for, now."""
    chosen = () if france else tuple(sorted({code.upper().zfill(2) for code in departements}))
    return Plan(seed, int(time.time()), chosen, scale)


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
    """A progress bar over départements."""
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
    table = Table(title=f"Démonstration, départements {', '.join(manifest.departements)}", show_header=False)
    for name, label in COUNTED.items():
        table.add_row(label, spaced(manifest.counts.get(name, 0)))
    return table
