"""`annuaire regulators`: the regulators whom editors let in, and what each editor knows of them."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Engine

from annuaire.commands.database import opened
from annuaire.commands.feeds import active, refusals, unanswered
from annuaire.commands.load import spaced
from annuaire.failures import Failure
from annuaire.logs import configure_logs
from annuaire.settings import load_settings
from annuaire.wiring import now
from ingestion.feeds import accounts
from ingestion.feeds.client import CAUSES
from ingestion.feeds.editors import Declared
from ingestion.feeds.sweeping import Feeds
from models.clock import PARIS, local
from models.identifiers import has_wrong_key
from models.store import writing
from models.tables import Regulator
from registry import regulators
from registry.refusals import Fault, NotThere, Refused

app = typer.Typer(
    help="Tient les comptes des régulateurs, et les transmet aux éditeurs (annuaire feeds add --comptes).",
    subcommand_metavar="COMMANDE [ARGUMENTS]...",
    no_args_is_help=True,
)

Who = Annotated[str, typer.Argument(metavar="QUI", help="Identifiant, RPPS ou identifiant national, ou courriel.")]
Family = Annotated[str | None, typer.Option("--nom", metavar="NOM", help="Nom d'exercice.")]
Given = Annotated[str | None, typer.Option("--prenom", metavar="PRÉNOM", help="Prénom.")]
Email = Annotated[str | None, typer.Option("--courriel", metavar="ADRESSE", help="Courriel.")]
NationalId = Annotated[
    str | None,
    typer.Option("--id-national", metavar="NUMÉRO", help="RPPS, ou identifiant national ; vide : il n'en a pas."),
]

NOTHING: Final = "Aucun régulateur : annuaire regulators add."
NOBODY: Final = "Aucun éditeur ne prend de comptes : annuaire feeds add --comptes."
FIELDS: Final = {"family": "Nom", "given": "Prénom", "email": "Courriel", "national_id": "Identifiant national"}
WHY: Final[Mapping[str, str]] = {str(cause): label for cause, label in CAUSES.items()}
ANSWERED: Final = {"status", "outcome"}
"""Failures of which the editor's answer says more than their name."""
STATES: Final[dict[accounts.State, str]] = {
    "sent": "transmis",
    "waiting": "à transmettre",
    "refused": "refusé",
    "nothing": "rien à dire",
}


@app.command(
    "add", epilog="Exemple : annuaire regulators add --nom MARIUS --prenom Jules --courriel jules.marius@samu.example"
)
def add(family: Family = None, given: Given = None, email: Email = None, national_id: NationalId = None) -> None:
    """Ajoute un régulateur. Les éditeurs qui prennent les comptes l'apprennent ensuite, seuls ou par send."""
    facts = regulators.Facts(family or "", given or "", email or "", national_id)
    with opened() as database, refused(), writing(database) as connection:
        made = regulators.add(connection, facts, now())
    _say(made, "ajouté")
    _doubt(made.national_id)


@app.command("change", epilog="Exemple : annuaire regulators change jules.marius@samu.example --nom MARIUS-PETIT")
def change(
    who: Who, family: Family = None, given: Given = None, email: Email = None, national_id: NationalId = None
) -> None:
    """Corrige ce qui est donné, et laisse le reste. L'ancien identifiant sert encore à prévenir les éditeurs."""
    told = {"family": family, "given": given, "email": email, "national_id": national_id}
    with opened() as database, refused(), writing(database) as connection:
        kept = regulators.regulator(connection, who)
        values = {name: value for name, value in told.items() if value is not None}
        changed = regulators.change(connection, kept.id, now(), **values)
    _say(changed, "déjà ainsi" if changed.version == kept.version else "modifié")
    _doubt(changed.national_id if national_id else None)


@app.command("deactivate", epilog="Exemple : annuaire regulators deactivate jules.marius@samu.example")
def deactivate(who: Who) -> None:
    """Désactive un régulateur : les éditeurs ne le laissent plus entrer, dès qu'ils le savent."""
    _set_active(who, active=False)


@app.command("activate", epilog="Exemple : annuaire regulators activate jules.marius@samu.example")
def activate(who: Who) -> None:
    """Active de nouveau un régulateur."""
    _set_active(who, active=True)


@app.command("list")
def list_regulators() -> None:
    """Liste les régulateurs et, par éditeur, ce qu'il en sait : transmis, à transmettre ou refusé, et pourquoi."""
    with opened() as database, database.connect() as connection:
        found, standings = regulators.regulators(connection), accounts.standings(connection)
    Console().print(regulators_table(found, standings) if found else NOTHING)


@app.command("send")
def send(
    name: Annotated[str | None, typer.Option("--editeur", metavar="NOM", help="Cet éditeur seulement.")] = None,
) -> None:
    """Dit tout de suite à chaque éditeur ce qu'il ne sait pas encore, même ce qu'il a refusé."""
    configure_logs(load_settings().model_copy(update={"log_level": "error", "log_format": "console"}))
    with opened() as database, refusals():
        found = [editor for editor in active(database, name) if editor.accounts]
        if not found:
            raise Failure(NOBODY)
        told = asyncio.run(_telling(database, found))
    console = Console(highlight=False)
    for editor, outcomes in zip(found, told, strict=True):
        console.print(f"{editor.name} : {ended(outcomes)}.", markup=False)
    if unanswered(told):
        raise Failure(
            "Aucun compte n'a été transmis : aucun éditeur n'a donné de réponse utilisable. Ce sera tenté de nouveau."
        )


async def _telling(database: Engine, found: list[Declared]) -> list[Counter[str]]:
    async with Feeds(database, now) as feeds:
        return list(
            await asyncio.gather(*(accounts.tell(feeds, database, now, editor, again=True) for editor in found))
        )


def _set_active(who: str, *, active: bool) -> None:
    with opened() as database, refused(), writing(database) as connection:
        kept = regulators.regulator(connection, who)
        regulators.set_active(connection, kept.id, now(), active=active)
    _say(kept, "activé" if active else "désactivé")


def _say(one: Regulator, what: str) -> None:
    known = one.national_id or one.id
    Console(highlight=False).print(f"{one.given} {one.family} ({known}) : {what}.", markup=False, soft_wrap=True)


def _doubt(number: str | None) -> None:
    """Warn of a number whose key is wrong: editors let in whoever has it."""
    if number and has_wrong_key(number):
        said = f"Attention : la clé de l'identifiant {number} est fausse. Vérifiez-le : annuaire regulators change."
        Console(highlight=False).print(said, markup=False, soft_wrap=True)


@contextmanager
def refused() -> Iterator[None]:
    """Say why an operation is refused."""
    try:
        yield
    except Refused as refusal:
        raise Failure("\n".join(map(said, refusal.faults))) from refusal
    except NotThere as nobody:
        raise Failure(f"{str(nobody)[:1].upper()}{str(nobody)[1:]}.") from nobody


def said(fault: Fault) -> str:
    """What is wrong, in French: `Nom « x » : la règle.`."""
    value = f" « {fault.value} »" if fault.value else ""
    return f"{FIELDS.get(fault.field, 'Compte')}{value} : {fault.rule}."


def ended(outcomes: Counter[str]) -> str:
    """How attempts ended: `3 transmis, 1 refusé`."""
    each = (("ok", STATES["sent"]), (accounts.DECLINED, STATES["refused"]), *CAUSES.items())
    return ", ".join(f"{spaced(outcomes[name])} {label}" for name, label in each if outcomes[name]) or "à jour"


def regulators_table(found: list[Regulator], standings: list[accounts.Standing]) -> Table:
    """The regulators with what each editor knows, in French."""
    table = Table("Régulateur", "Identifiant", "Courriel", "Compte", "Chez les éditeurs", title="Régulateurs")
    each = {one: list(those) for one, those in groupby(standings, lambda one: one.regulator.id)}
    for one in found:
        known = "\n".join(standing(there) for there in each.get(one.id, ())) or "aucun ne prend de comptes"
        account = "actif" if one.active else "désactivé"
        cells = (f"{one.family} {one.given}", one.national_id or one.id, one.email, account, known)
        table.add_row(*map(Text, cells))  # what people and editors write is no markup
    return table


def standing(one: accounts.Standing) -> str:
    """How an account stands at an editor: `azur : refusé (HTTP 422 : …), 2 essais, de nouveau le 03/12/2026…`."""
    paused = " (en pause)" if one.paused else ""
    known, kept = f"{one.editor}{paused} : {STATES[one.state]}", one.account
    if one.state == "sent":
        return f"{known} ({kept.location})" if kept.location else known
    if one.state == "nothing" or kept.cause is None:
        return known
    why = kept.detail if kept.cause in ANSWERED and kept.detail else WHY.get(kept.cause, kept.cause)
    again = f"{local(kept.next_at, PARIS):%d/%m/%Y à %H:%M}"
    tries = f"{spaced(kept.attempts)} essai{'s' if kept.attempts > 1 else ''}"
    return f"{known} ({why}), {tries}, de nouveau le {again}"
