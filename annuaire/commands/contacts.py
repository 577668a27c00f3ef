"""`annuaire contacts`: the messages that people send to those who run the directory, with their files."""

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from annuaire.commands.database import opened
from annuaire.commands.export import written
from annuaire.commands.reports import day, meant
from annuaire.failures import Failure
from annuaire.wiring import now
from models.store import writing
from models.tables import Contact, ContactFile
from registry import contacts
from search_api.pages.contacting import ROLES, TOPICS

app = typer.Typer(
    help="Lit les messages reçus par le formulaire de contact.",
    subcommand_metavar="COMMANDE [ARGUMENTS]...",
    no_args_is_help=True,
)
Reference = Annotated[str, typer.Argument(metavar="RÉFÉRENCE", help="Référence du message : 7K4Q9-2MXAB.")]
Folder = Annotated[
    Path, typer.Argument(metavar="DOSSIER", file_okay=False, help="Dossier où écrire le message et ses fichiers.")
]
UNKNOWN: Final = "« {} » : aucun message de cette référence."


@app.callback()
def read_contacts() -> None:
    """Lit les messages reçus par le formulaire de contact."""


@app.command("list")
def list_contacts() -> None:
    """Liste les messages, le dernier d'abord."""
    with opened() as engine, engine.connect() as connection:
        Console().print(contacts_table(contacts.contacts(connection)))


@app.command("show", epilog="Exemple : annuaire contacts show 7K4Q9-2MXAB")
def show_contact(reference: Reference) -> None:
    """Montre un message, et la liste de ses fichiers."""
    Console().print(told(*found(reference)), markup=False, highlight=False, soft_wrap=True)


@app.command("export", epilog="Exemple : annuaire contacts export 7K4Q9-2MXAB messages")
def export_contact(reference: Reference, folder: Folder) -> None:
    """Écrit un message et ses fichiers dans un dossier. Ouvrez-les comme ce qui vient d'un inconnu."""
    contact, files = found(reference)
    folder.mkdir(parents=True, exist_ok=True)
    contents = {f"{contact.reference}.txt": told(contact, files).encode() + b"\n"} | {
        f"{each.reference}-{each.number}.{each.kind}": each.content for each in files
    }
    for name, content in contents.items():  # names of ours: those of their author are in the message
        with written(folder / name) as output:
            output.write(content)
    Console().print(f"{len(contents)} fichiers écrits dans {folder}.", markup=False, highlight=False, soft_wrap=True)


@app.command("purge")
def purge_contacts() -> None:
    """Efface les messages de plus de douze mois, avec leurs fichiers."""
    with opened() as engine, writing(engine) as connection:
        count = contacts.forget(connection, now())
    Console().print(f"Messages effacés : {count}.", highlight=False)


def found(reference: str) -> tuple[Contact, list[ContactFile]]:
    """A message and its files.

    Raises:
        Failure: there is none of this reference.

    """
    with opened() as engine, engine.connect() as connection:
        contact = contacts.contact(connection, meant(reference))
        if contact is None:
            raise Failure(UNKNOWN.format(reference))
        return contact, contacts.files(connection, contact.reference)


def told(contact: Contact, files: list[ContactFile]) -> str:
    """A message as it is read, in French."""
    head = (
        ("Référence", contact.reference),
        ("Reçu", day(contact.at)),
        ("De", f"{contact.name} ({ROLES.get(contact.role, contact.role)})"),
        ("Répondre à", " ou ".join(each for each in (contact.email, contact.phone) if each)),
        ("Territoire", contact.territory or "non renseigné"),
        ("Sujet", TOPICS.get(contact.topic, contact.topic)),
        *((f"Fichier {each.number}", f"{each.name} ({each.size} octets, SHA-256 {each.digest})") for each in files),
    )
    return "\n".join([*(f"{name} : {value}" for name, value in head), "", contact.message])


def contacts_table(those: list[tuple[Contact, int]]) -> Table:
    """The messages, a line each, in French."""
    table = Table("Référence", "Reçu", "De", "Qualité", "Sujet", "Fichiers", title="Messages")
    for one, count in those:
        role, topic = ROLES.get(one.role, one.role), TOPICS.get(one.topic, one.topic)
        table.add_row(*(Text(cell) for cell in (one.reference, day(one.at), one.name, role, topic, str(count))))
    return table
