"""`annuaire suppress`: a person's objection to being in the directory."""

from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection

from annuaire.commands.database import opened
from annuaire.failures import Failure
from annuaire.wiring import now
from models.clock import PARIS, local
from models.store import writing
from models.tables import Suppression
from registry.suppression import AmbiguousError, Meant, meant, suppressions, unsuppress
from registry.suppression import suppress as record

Identifier = Annotated[
    str | None,
    typer.Argument(metavar="IDENTIFIANT", help="RPPS, ADELI, FINESS ou SIRET. Sans lui : la liste des oppositions."),
]
Reason = Annotated[str, typer.Option("--motif", metavar="TEXTE", help="Motif, gardé avec l'opposition.")]
Withdraw = Annotated[bool, typer.Option("--annuler", help="Retirer l'opposition.")]

UNKNOWN: Final = (
    "aucune personne ni structure de ce numéro dans la base ; "
    "l'opposition est enregistrée et s'appliquera si elle y entre."
)
"""What is said of an objection of somebody whom the database does not have."""


def suppress(
    identifier: Identifier = None,
    reason: Reason = "opposition",
    withdraw: Withdraw = False,  # noqa: FBT002 - an option of the command line
) -> None:
    """Retire une personne ou une structure des résultats (opposition). Survit à tout rechargement."""
    if identifier is None:
        with opened() as engine, engine.connect() as connection:
            Console().print(suppressions_table(suppressions(connection)))
        return
    with opened() as engine, writing(engine) as connection:
        whom = understood(connection, identifier)
        said = withdrawn(connection, whom.subject) if withdraw else recorded(connection, whom, reason)
    Console().print(said, highlight=False, soft_wrap=True)


def understood(connection: Connection, identifier: str) -> Meant:
    """Whom an identifier means.

    Raises:
        Failure: nobody, or both a person and a structure.

    """
    try:
        whom = meant(connection, identifier)
    except AmbiguousError as both:
        forms = " ou ".join(both.subjects)
        raise Failure(f"« {identifier} » est à la fois une personne et une structure : donnez {forms}.") from both
    if whom is None:
        raise Failure(
            f"« {identifier} » n'est ni un RPPS (11 chiffres), ni un ADELI, ni un FINESS (9), ni un SIRET (14)."
        )
    return whom


def recorded(connection: Connection, whom: Meant, reason: str) -> str:
    """Record the objection; what to say of it."""
    if not record(connection, whom.subject, reason, now()):
        return f"{whom.subject} : opposition déjà enregistrée."
    return f"{whom.subject} : {'opposition enregistrée.' if whom.known else UNKNOWN}"


def withdrawn(connection: Connection, subject: str) -> str:
    """Withdraw the objection; what to say of it."""
    gone = unsuppress(connection, subject, now())
    return f"{subject} : opposition retirée." if gone else f"{subject} : aucune opposition à retirer."


def suppressions_table(objections: list[Suppression]) -> Table:
    """The objections, in French."""
    table = Table("Qui", "Motif", "Depuis", title="Oppositions")
    for one in objections:
        table.add_row(one.subject, one.reason, f"{local(one.at, PARIS):%d/%m/%Y}")
    return table
