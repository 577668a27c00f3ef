"""`annuaire suppress`: a person's objection to being in the directory."""

import time
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from annuaire.commands.database import opened
from annuaire.failures import Failure
from models.clock import PARIS, local
from models.store import writing
from models.tables import Suppression
from registry.suppression import subject_of, suppressions, unsuppress
from registry.suppression import suppress as record

Identifier = Annotated[
    str | None,
    typer.Argument(metavar="[IDENTIFIANT]", help="RPPS, ADELI, FINESS ou SIRET. Sans lui : la liste des oppositions."),
]
Reason = Annotated[str, typer.Option("--motif", metavar="TEXTE", help="Motif, gardé avec l'opposition.")]
Withdraw = Annotated[bool, typer.Option("--annuler", help="Retirer l'opposition.")]


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
    subject = subject_of(identifier)
    if subject is None:
        raise Failure(
            f"« {identifier} » n'est ni un RPPS (11 chiffres), ni un ADELI, ni un FINESS (9), ni un SIRET (14)."
        )
    Console().print(changed(subject, reason, withdraw=withdraw), highlight=False)


def changed(subject: str, reason: str, *, withdraw: bool) -> str:
    """Record the objection or withdraw it; what to say of it."""
    at = int(time.time())
    with opened() as engine, writing(engine) as connection:
        if withdraw:
            gone = unsuppress(connection, subject, at)
            return f"{subject} : opposition retirée." if gone else f"{subject} : aucune opposition à retirer."
        new = record(connection, subject, reason, at)
        return f"{subject} : opposition enregistrée." if new else f"{subject} : opposition déjà enregistrée."


def suppressions_table(recorded: list[Suppression]) -> Table:
    """The objections, in French."""
    table = Table("Qui", "Motif", "Depuis", title="Oppositions")
    for one in recorded:
        table.add_row(one.subject, one.reason, f"{local(one.at, PARIS):%d/%m/%Y}")
    return table
