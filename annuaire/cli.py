"""The command line `annuaire`: a module of `annuaire.commands` for each command, assembled here."""

import logging
import sys
from pathlib import Path

import typer
from rich.console import Console
from sqlalchemy import make_url
from typer.exceptions import TyperException

from annuaire.commands import contacts, database, demo, export, feeds, index, load, regulators, reports
from annuaire.commands.serve import serve
from annuaire.commands.settings import settings
from annuaire.commands.suppress import suppress
from annuaire.failures import Failure, reason
from annuaire.french import french_command, translated
from annuaire.settings import Settings, load_settings, variable

app = typer.Typer(
    name="annuaire",
    help="Annuaire Soins : qui, près d'ici, peut recevoir ce patient, comment et quand.",
    subcommand_metavar="COMMANDE [ARGUMENTS]...",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("settings")(settings)
app.command("suppress")(suppress)
app.command("serve")(serve)
app.add_typer(database.app, name="db")
app.add_typer(load.app, name="load")
app.add_typer(feeds.app, name="feeds")
app.add_typer(regulators.app, name="regulators")
app.add_typer(index.app, name="index")
app.add_typer(export.app, name="export")
app.add_typer(demo.app, name="demo")
app.add_typer(reports.app, name="reports")
app.add_typer(contacts.app, name="contacts")


@app.callback()
def annuaire() -> None:
    """Annuaire Soins : qui, près d'ici, peut recevoir ce patient, comment et quand."""


def main() -> None:
    """Run the command that the arguments name; exit with 0, 1 for what cannot be done, 2 for what is ill-written."""
    try:
        status = french_command(app).main(prog_name="annuaire", standalone_mode=False)
    except Failure as failure:
        status = _complain(str(failure), failure.status)
    except TyperException as error:
        status = _complain(translated(error.format_message()), error.exit_code)
    except OSError as error:
        status = _complain(_unusable(error), 1)
    except typer.Abort:
        status = _complain("Abandonné.", 1)
    sys.exit(status if isinstance(status, int) else 0)


def _unusable(error: OSError) -> str:
    """What the system refuses and why, and the setting that says where it is."""
    logging.getLogger(__name__).debug("refused by the system", exc_info=error)
    if not error.filename:
        return f"Le système a refusé une opération : {reason(error)}."
    setting = setting_of(load_settings(), Path(str(error.filename)))
    return f"{setting}{error.filename} ne peut pas être utilisé : {reason(error)}."


def setting_of(current: Settings, path: Path) -> str:
    """The variable, then a colon, of the setting whose path this is, is in or leads to; empty for another."""
    places = {"duckdb_path": current.duckdb_path, "data_dir": current.data_dir}
    url = make_url(current.database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        places = {"database_url": Path(url.database)} | places
    given = current.model_fields_set | {"data_dir"}
    for name, place in places.items():
        ways = (path.absolute(), place.absolute())
        if name in given and (ways[0].is_relative_to(ways[1]) or ways[1].is_relative_to(ways[0])):
            return f"{variable(name)} : "
    return ""


def _complain(message: str, status: int) -> int:
    """Say on standard error why a command ends, if there is something left to say."""
    if message.strip():
        Console(stderr=True, highlight=False).print(message, style="red", markup=False, soft_wrap=True)
    return status
