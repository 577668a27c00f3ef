"""`annuaire reports`: the errors that people say cards have."""

from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from annuaire.commands.database import opened
from annuaire.failures import Failure
from annuaire.wiring import now
from models.clock import PARIS, local
from models.store import writing
from models.tables import Report
from registry import reports

app = typer.Typer(
    help="Lit les erreurs signalées sur les fiches.", subcommand_metavar="COMMANDE [ARGUMENTS]...", no_args_is_help=True
)
Reference = Annotated[str, typer.Argument(metavar="RÉFÉRENCE", help="Référence du signalement : 7K4Q9-2MXAB.")]
Closed = Annotated[bool, typer.Option("--tous", help="Montrer aussi les signalements clos.")]
Outcome = Annotated[str, typer.Option("--suite", metavar="TEXTE", help="Ce qui en a été fait, gardé avec lui.")]
UNKNOWN: Final = "« {} » : aucun signalement de cette référence."


@app.callback()
def read_reports() -> None:
    """Lit les erreurs signalées sur les fiches."""


@app.command("list")
def list_reports(closed: Closed = False) -> None:  # noqa: FBT002 - an option of the command line
    """Liste les signalements en attente, le plus ancien d'abord."""
    with opened() as engine, engine.connect() as connection:
        Console().print(reports_table(reports.reports(connection, closed=closed)))


@app.command("show", epilog="Exemple : annuaire reports show 7K4Q9-2MXAB")
def show_report(reference: Reference) -> None:
    """Montre un signalement, et la fiche telle qu'elle était montrée."""
    with opened() as engine, engine.connect() as connection:
        found = reports.report(connection, meant(reference))
    if found is None:
        raise Failure(UNKNOWN.format(reference))
    console = Console()
    for name, value in told(found):
        console.print(f"{name} : {value}", markup=False, highlight=False, soft_wrap=True)
    console.print_json(data=found.seen, ensure_ascii=False)


@app.command("close", epilog="Exemple : annuaire reports close 7K4Q9-2MXAB --suite 'Adresse corrigée au RPPS'")
def close_report(reference: Reference, outcome: Outcome) -> None:
    """Clôt un signalement, avec ce qui en a été fait."""
    with opened() as engine, writing(engine) as connection:
        closed = reports.close(connection, meant(reference), outcome, now())
        known = reports.report(connection, meant(reference))
    if known is None:
        raise Failure(UNKNOWN.format(reference))
    said = "signalement clos." if closed else "ce signalement était déjà clos."
    Console().print(f"{known.reference} : {said}", highlight=False)


@app.command("purge")
def purge_reports() -> None:
    """Efface les adresses électroniques de plus de douze mois ; le signalement reste."""
    with opened() as engine, writing(engine) as connection:
        count = reports.forget(connection, now())
    Console().print(f"Adresses effacées : {count}.", highlight=False)


def meant(reference: str) -> str:
    """A reference as people copy it: capitals or not, a blank for the hyphen."""
    return "-".join(reference.upper().replace("-", " ").split())


def told(report: Report) -> tuple[tuple[str, str], ...]:
    """What is told of a report, in French."""
    closed = f"{day(report.closed_at)} : {report.outcome}" if report.closed_at is not None else "non"
    return (
        ("Référence", report.reference),
        ("Reçu", day(report.at)),
        ("Fiche", f"{report.offer} ({report.subject})"),
        ("Ce qui est faux", report.fact),
        ("Ce qui serait juste", report.right),
        ("Répondre à", report.email or "sans adresse"),
        ("Vu", f"{day(report.seen_at)}, vue {report.viewer}, index {report.generation}, position {report.position}"),
        ("Clos", closed),
    )


def reports_table(those: list[Report]) -> Table:
    """The reports, a line each, in French."""
    table = Table("Référence", "Reçu", "Fiche", "Ce qui est faux", "Ce qui serait juste", "Clos", title="Signalements")
    for one in those:
        outcome = (one.outcome or "") if one.closed_at is not None else ""
        cells = (one.reference, day(one.at), one.offer, one.fact, one.right, outcome)
        table.add_row(*(Text(cell) for cell in cells))  # as it was written, markup or not
    return table


def day(at: int) -> str:
    """An instant as a day and an hour, on mainland time."""
    return f"{local(at, PARIS):%d/%m/%Y %H:%M}"
