"""`annuaire load`: official files, and ours, into the database."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import Engine

from annuaire.commands.database import opened
from annuaire.failures import Failure
from annuaire.settings import load_settings
from ingestion.files import called
from ingestion.geocoding import Ban, Geocoded, geocode_missing
from ingestion.kinds import ANSWERS, kinds_in
from ingestion.loading import Options
from ingestion.loads import KINDS
from ingestion.report import TABLES, LoadRefused, Totals
from ingestion.slots import load_slots

app = typer.Typer(
    help="Charge des fichiers dans la base : seules les différences sont écrites.",
    subcommand_metavar="COMMANDE [ARGUMENTS]...",
    no_args_is_help=True,
)

REPORTS: Final = "reports"
"""The folder of the reports of rejected lines, in the data folder."""

File = Annotated[Path, typer.Argument(metavar="FICHIER", exists=True, help="Fichier, archive zip ou gzip, ou dossier.")]
Force = Annotated[
    bool,
    typer.Option(
        "--force",
        help="Accepter une colonne inconnue, une dernière ligne coupée, trop de lignes rejetées, plus de 20 % de "
        "disparitions.",
    ),
]
Editor = Annotated[
    str | None,
    typer.Option("--editeur", metavar="NOM", help="Nom de l'éditeur, si le nom du fichier ne le dit pas."),
]
At = Annotated[
    str | None,
    typer.Option("--a", metavar="INSTANT", help="Instant de la lecture, ISO 8601 avec fuseau (défaut : maintenant)."),
]
Limit = Annotated[int, typer.Option("--limite", metavar="NOMBRE", min=1, help="Nombre d'adresses à demander au plus.")]

NAMED: Final = {
    "rpps": "PS_LibreAcces.zip",
    "savoir-faire": "PS_LibreAcces.zip",
    "diplomes": "PS_LibreAcces.zip",
    "finess": "finess-structures-1.json",
    "finess-historique": "finess-2025.csv",
    "postaux": "019HexaSmal.csv",
    "cpts": "cpts.csv",
    "declarations": "declarations.ndjson",
}
"""How files of each kind are named, for the example of their command."""

Load = Callable[[Engine, Path, Options], Totals]


def command(name: str) -> Callable[..., None]:
    """The command that loads one kind of file."""

    def load(file: File, force: Force = False) -> None:  # noqa: FBT002 - an option of the command line
        done(KINDS[name].title, file, force=force, load=KINDS[name].load)

    return load


for kind, described in KINDS.items():
    if kind != ANSWERS:
        example = f"Exemple : annuaire load {kind} {NAMED[kind]}"
        app.command(kind, help=f"Charge : {described.title}.", epilog=example)(command(kind))


@app.command(ANSWERS, epilog=f"Exemple : annuaire load {ANSWERS} creneaux-azur-202611231842.ndjson")
def slots(
    file: File,
    editor: Editor = None,
    at: At = None,
    force: Force = False,  # noqa: FBT002 - an option of the command line
) -> None:
    """Charge les créneaux d'un éditeur : Bundles FHIR, un ou un par ligne. Remplace ceux des personnes demandées."""

    def load(engine: Engine, path: Path, options: Options) -> Totals:
        return load_slots(engine, path, options, editor)

    done(KINDS[ANSWERS].title, file, force=force, load=load, at=instant(at) if at else None)


@app.command("fichier", epilog="Exemple : annuaire load fichier PS_LibreAcces.zip")
def files(
    paths: Annotated[list[Path], typer.Argument(metavar="FICHIER", exists=True, help="Fichiers de toute sorte.")],
    force: Force = False,  # noqa: FBT002 - an option of the command line
) -> None:
    """Charge des fichiers dont la sorte est reconnue à leur contenu."""
    for path in paths:
        with refusals(path):
            found = kinds_in(path)
        for name in found:
            done(KINDS[name].title, path, force=force, load=KINDS[name].load)


@app.command("geocoder")
def geocode(limit: Limit = 10_000) -> None:
    """Demande au géocodeur réglé (ANNUAIRE_GEOCODER_URL) les adresses sans point. Reprend où il s'était arrêté."""
    settings = load_settings()
    if settings.geocoder_url is None:
        raise Failure("Aucun géocodeur n'est réglé : donnez son adresse dans ANNUAIRE_GEOCODER_URL.")
    geocoder = Ban(
        settings.geocoder_url, timeout_s=settings.geocoder_timeout_s, per_second=settings.geocoder_per_second
    )
    with opened() as engine, watched("Géocodage") as on_progress:
        found = geocode_missing(engine, geocoder, limit=limit, at=int(time.time()), on_progress=on_progress)
    Console().print(geocoded_table(found))
    if found.stopped:
        raise Failure(f"Le géocodeur ne répond plus ({found.stopped}). La même commande reprendra où il s'est arrêté.")


def instant(text: str) -> int:
    """The epoch seconds of an ISO 8601 instant.

    Raises:
        Failure: it is not one, or it has no zone.

    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Failure(f"--a : « {text} » n'est pas un instant ISO 8601 avec fuseau, comme 2026-11-23T08:00:00+01:00.")
    return int(moment.timestamp())


def done(title: str, path: Path, *, force: bool, load: Load, at: int | None = None) -> None:
    """Load a path, showing how far it is, then what it did."""
    settings = load_settings()
    with opened() as engine, refusals(path), watched(title) as on_progress:
        moment = int(time.time()) if at is None else at
        totals = load(engine, path, Options(moment, force, on_progress, settings.data_dir / REPORTS))
    console = Console(highlight=False)
    console.print(totals_table(f"{title} : {called(path)}", totals))
    for line in said(totals):
        console.print(line, soft_wrap=True, markup=False)


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    """Say why a file is refused, with what was counted."""
    try:
        yield
    except LoadRefused as refusal:
        if refusal.totals is not None and any(table.present or table.gone for table in refusal.totals.tables.values()):
            counted = totals_table("Ce que le fichier aurait changé", refusal.totals)
            Console(stderr=True, highlight=False).print(counted)
        raise Failure("\n".join(refusal_lines(path, refusal))) from refusal


def refusal_lines(path: Path, refusal: LoadRefused) -> Iterator[str]:
    """What to say of a refusal."""
    name = called(path)
    inside = f" ({refusal.file_name})" if refusal.file_name not in {"", name} else ""
    yield f"{name}{inside} est refusé, rien n'a été chargé : {refusal}"
    if refusal.totals is not None and refusal.totals.read:
        yield f"Lignes lues : {refusal.totals.read} ; rejetées : {refusal.totals.rejected}."
    if refusal.report:
        yield f"Lignes rejetées : {refusal.report}"


@contextmanager
def watched(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar, on the error output; gone at the end."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda ended, total: progress.update(task, completed=ended, total=total)


def totals_table(title: str, totals: Totals) -> Table:
    """What a load did, in French."""
    table = Table("", "Nouveau", "Modifié", "Inchangé", "Disparu", title=title)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, counts in totals.tables.items():
        numbers = (counts.new, counts.changed, counts.unchanged, counts.gone)
        table.add_row(TABLES[name], *(spaced(number) for number in numbers))
    return table


def said(totals: Totals) -> Iterator[str]:
    """The lines under the table: what was read, left out, remarked."""
    yield f"Lignes lues : {spaced(totals.read)} ; rejetées : {spaced(totals.rejected)}."
    for what, number in (+totals.skipped).items():
        yield f"Écartés, {what} : {spaced(number)}."
    for what, number in (+totals.notes).items():
        yield f"À savoir, {what} : {spaced(number)}."
    if totals.unknown_codes:
        yield f"Lignes avec un code inconnu, gardées : {spaced(totals.unknown_codes)}."
    if totals.report:
        yield f"Lignes rejetées : {totals.report}"
    yield f"Personnes ou structures dont les offres changent : {spaced(totals.touched)}."


def geocoded_table(found: Geocoded) -> Table:
    """What the geocoder did, in French."""
    table = Table(title="Géocodage", show_header=False)
    rows = {
        "adresses demandées": found.asked,
        "adresses trouvées": found.found,
        "adresses qui restent": found.remaining,
        "personnes ou structures déplacées": found.moved,
    }
    for label, number in rows.items():
        table.add_row(label, spaced(number))
    return table


def spaced(number: int) -> str:
    """`2291290` → `"2 291 290"`."""
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}")
