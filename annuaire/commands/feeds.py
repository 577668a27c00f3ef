"""`annuaire feeds`: the editors that are asked for slots, and how they answer."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table
from sqlalchemy import Engine

from annuaire.commands.database import opened
from annuaire.commands.load import spaced
from annuaire.failures import Failure
from annuaire.logs import configure_logs
from annuaire.settings import load_settings
from annuaire.wiring import now
from ingestion.feeds import accounts, editors, journal
from ingestion.feeds.client import CAUSES
from ingestion.feeds.editors import CALLS_PER_HOUR, CONCURRENCY, BadEditor, Declared, Listing
from ingestion.feeds.requests import FLOWS
from ingestion.feeds.sweeping import Feeds, Swept
from models.clock import PARIS, local
from models.identifiers import has_wrong_key
from models.store import writing

app = typer.Typer(
    help="Interroge les éditeurs sur leurs créneaux, et dit comment ils répondent.",
    subcommand_metavar="COMMANDE [ARGUMENTS]...",
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(metavar="NOM", help="Nom de l'éditeur : minuscules, chiffres, tirets.")]
Flows = Annotated[
    list[str], typer.Option("--flux", metavar="FLUX", help=f"Ce qu'il sert, répétable : {', '.join(FLOWS)}.")
]
Authority = Annotated[Path | None, typer.Option("--autorite", metavar="FICHIER", help="Qui signe son certificat, PEM.")]
Revoked = Annotated[
    Path | None,
    typer.Option("--revoques", metavar="FICHIER", help="Certificats que celui-ci a révoqués (CRL), PEM."),
]
Takes = Annotated[
    bool | None,
    typer.Option("--comptes/--sans-comptes", help="Lui transmettre les comptes des régulateurs."),
]
Only = Annotated[str | None, typer.Option("--editeur", metavar="NOM", help="Cet éditeur seulement.")]
NOTHING: Final = "Aucun éditeur déclaré : annuaire feeds add."


@app.command(
    "add",
    epilog="Exemple : annuaire feeds add azur https://azur.example/fhir --flux ps --certificat nous.pem --cle cle.pem",
)
def add(
    name: Name,
    base_url: Annotated[str, typer.Argument(metavar="ADRESSE", help="Adresse de base de son serveur FHIR (https).")],
    flows: Flows,
    *,
    certificate: Annotated[Path | None, typer.Option("--certificat", metavar="FICHIER", help="Le nôtre, PEM.")] = None,
    key: Annotated[Path | None, typer.Option("--cle", metavar="FICHIER", help="Clé de notre certificat, PEM.")] = None,
    authority: Authority = None,
    revoked: Revoked = None,
    caller: Annotated[
        str | None, typer.Option("--appelant", metavar="CN", help="Nom du certificat avec lequel il nous appelle.")
    ] = None,
    unit: Annotated[
        str | None, typer.Option("--unite", metavar="OU", help="Unité de ce certificat (défaut : n'importe laquelle).")
    ] = None,
    takes: Takes = None,
    concurrency: Annotated[int, typer.Option("--simultanes", metavar="NOMBRE", help="Appels à la fois.")] = CONCURRENCY,
    calls: Annotated[int, typer.Option("--par-heure", metavar="NOMBRE", help="Appels par heure.")] = CALLS_PER_HOUR,
    again: Annotated[
        bool, typer.Option("--remplacer", help="Déclarer autrement un éditeur déclaré : ses agendas restent.")
    ] = False,
) -> None:
    """Déclare un éditeur. Ses agendas se déclarent ensuite : annuaire feeds agendas."""
    declared = Declared(
        name,
        base_url.rstrip("/"),
        tuple(dict.fromkeys(flows)),
        certificate=_absolute(certificate),
        key=_absolute(key),
        authority=_absolute(authority),
        revoked=_absolute(revoked),
        caller=caller,
        caller_unit=unit,
        concurrency=concurrency,
        calls_per_hour=calls,
    )
    left = _declared(declared, takes=takes, again=again)
    console = Console(highlight=False)
    console.print(f"{name} : éditeur déclaré.")
    if left:
        console.print(f"{name} ne saura plus qui est désactivé ; régulateurs qu'il laisse entrer : {spaced(left)}.")


def _declared(declared: Declared, *, takes: bool | None, again: bool) -> int:
    """Declare an editor; how many it lets in of whom it will learn no more."""
    development, name = load_settings().environment != "production", declared.name
    with opened() as database, refusals(), writing(database) as connection:
        took = again and any(one.accounts for one in editors.editors(connection) if one.name == name)
        declared = replace(declared, accounts=took if takes is None else takes)
        editors.declare(connection, editors.checked(declared, development=development), now(), again=again)
        return accounts.let_in(connection, name) if took and not declared.accounts else 0


def _absolute(path: Path | None) -> str | None:
    """A path that means the same wherever the service runs from."""
    return str(path.absolute()) if path else None


@app.command("agendas", epilog="Exemple : annuaire feeds agendas azur rpps.txt")
def agendas(
    name: Name,
    file: Annotated[
        Path, typer.Argument(metavar="FICHIER", exists=True, dir_okay=False, help="Un RPPS, ADELI ou SIRET par ligne.")
    ],
    *,
    leave: Annotated[bool, typer.Option("--retirer", help="Ceux du fichier n'y ont plus d'agenda.")] = False,
    whole: Annotated[bool, typer.Option("--remplacer", help="Le fichier est toute la liste.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Accepter que plus de 20 % de la liste s'en aille.")] = False,
) -> None:
    """Déclare qui a un agenda chez un éditeur. Sans --retirer ni --remplacer, ceux qui y sont déjà restent."""
    if leave and whole:
        raise Failure("--retirer ou --remplacer : l'un ou l'autre.")
    if force and not (leave or whole):
        raise Failure("--force : avec --retirer ou --remplacer ; sans eux personne ne s'en va.")
    numbers = _numbers(file)
    console = Console(highlight=False)
    with opened() as database, refusals(), writing(database) as connection:
        editors.editor(connection, name)
        change = editors.listing(connection, name, numbers, "remove" if leave else "replace" if whole else "add")
        if leave or whole:
            _warn_of_leaving(console, name, change, force=force)
        new, gone = editors.list_agendas(connection, name, change, now())
    if not leave:
        console.print(f"{name} : agendas déclarés : {spaced(new)}.")
    if leave or whole:
        console.print(f"{name} : agendas retirés : {spaced(gone)}.")
        _say_who_stays(console, name, len(change.leaving) - gone)
    _doubt(console, numbers, change.refused)


def _numbers(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8-sig").split()
    except UnicodeDecodeError as error:
        raise Failure(f"{file} n'est pas un texte en UTF-8.") from error


def _warn_of_leaving(console: Console, name: str, change: Listing, *, force: bool) -> None:
    """Say how many leave before they do; refuse that a fifth of them does, unless it is said twice."""
    said = f"{spaced(len(change.leaving))} sur {spaced(change.listed)}"
    if change.shrinks and not force:
        raise Failure(f"{name} : agendas qui s'en iraient : {said}, plus de 20 %. Si c'est voulu : --force.")
    console.print(f"{name} : agendas qui s'en vont : {said}.")


def _say_who_stays(console: Console, name: str, staying: int) -> None:
    if staying:
        console.print(f"Interrogés encore, parce que leur participation nomme {name} : {spaced(staying)}.")


def _doubt(console: Console, numbers: list[str], refused: list[str]) -> None:
    """Say what is no identifier, and what has a wrong key."""
    if refused:
        shown = ", ".join(f"« {number[:20]} »" for number in refused[:5])
        console.print(f"Ni RPPS, ni ADELI, ni SIRET, laissés de côté : {spaced(len(refused))} ({shown}).", markup=False)
    if doubtful := [number for number in dict.fromkeys(numbers) if has_wrong_key(number)]:
        shown = ", ".join(f"« {number} »" for number in doubtful[:5])
        said = f"Numéros dont la clé est fausse, à vérifier, pris quand même : {spaced(len(doubtful))} ({shown})."
        console.print(said, markup=False)


@app.command("list")
def list_editors() -> None:
    """Liste les éditeurs déclarés."""
    with opened() as database, database.connect() as connection:
        found = editors.editors(connection)
    Console().print(editors_table(found) if found else NOTHING)


@app.command("pause", epilog="Exemple : annuaire feeds pause azur")
def pause(name: Name) -> None:
    """N'interroge plus un éditeur. Ses créneaux restent, vieillissent, puis s'en vont."""
    _set_active(name, active=False)


@app.command("resume", epilog="Exemple : annuaire feeds resume azur")
def resume(name: Name) -> None:
    """Interroge de nouveau un éditeur."""
    _set_active(name, active=True)


@app.command("remove", epilog="Exemple : annuaire feeds remove azur")
def remove(name: Name) -> None:
    """Oublie un éditeur, ses agendas et ses créneaux."""
    with opened() as database, refusals(), writing(database) as connection:
        editors.editor(connection, name)
        gone = editors.remove(connection, name, now())
    Console().print(f"{name} : éditeur retiré ; agendas retirés : {spaced(gone)}.", highlight=False)


@app.command("sweep")
def sweep(name: Only = None) -> None:
    """Interroge une fois tous les agendas dont c'est le tour, dans la limite du budget d'appels."""
    configure_logs(load_settings().model_copy(update={"log_level": "warning", "log_format": "console"}))
    with opened() as database, refusals():
        found = active(database, name)
        if not found:
            raise Failure(NOTHING)
        with watched() as on_progress:
            swept = asyncio.run(sweeping(database, found, on_progress))
    Console().print(swept_table(swept))
    if unanswered(one.outcomes for one in swept):
        raise Failure(
            "Aucune requête n'a eu de réponse utilisable : ces créneaux sont inconnus (annuaire feeds status)."
        )


@app.command("status")
def status() -> None:
    """Dit, par éditeur et sur un jour : dernière réponse, échecs par cause, délais, créneaux, part d'inconnus."""
    with opened() as database, database.connect() as connection:
        at = now()
        found = journal.statuses(connection, at)
    Console().print(status_table(found) if found else NOTHING)


async def sweeping(
    database: Engine, found: list[Declared], on_progress: Callable[[str, int, int], None]
) -> list[Swept]:
    """Sweep these editors, all at once."""
    async with Feeds(database, now) as feeds:

        def one(editor: Declared) -> "asyncio.Future[Swept]":
            return asyncio.ensure_future(
                feeds.sweep(editor, on_progress=lambda done, due: on_progress(editor.name, done, due))
            )

        return list(await asyncio.gather(*map(one, found)))


def unanswered(outcomes: Iterable[Counter[str]]) -> bool:
    """Whether editors were asked or told something, and none gave an answer of use, were it to refuse."""
    ended = {outcome for some in outcomes for outcome in some} - {"spent"}
    return bool(ended) and not ended & {"ok", accounts.DECLINED}


def active(database: Engine, name: str | None) -> list[Declared]:
    """The editors that are asked, or the one of this name.

    Raises:
        BadEditor: there is none of this name, or it is paused.

    """
    with database.connect() as connection:
        if name is None:
            return editors.editors(connection, active=True)
        one = editors.editor(connection, name)
    if not one.active:
        raise BadEditor(f"« {name} » est en pause : annuaire feeds resume {name}.")
    return [one]


def _set_active(name: str, *, active: bool) -> None:
    with opened() as database, refusals(), writing(database) as connection:
        editors.editor(connection, name)
        editors.set_active(connection, name, active=active)
    Console().print(f"{name} : {'interrogé de nouveau' if active else 'en pause'}.", highlight=False)


@contextmanager
def refusals() -> Iterator[None]:
    """Say why a declaration is refused."""
    try:
        yield
    except BadEditor as refusal:
        raise Failure(str(refusal)) from refusal


@contextmanager
def watched() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar for each editor, on the error output; gone at the end."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        tasks = {}

        def show(name: str, done: int, due: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name)
            progress.update(tasks[name], completed=done, total=due)

        yield show


def editors_table(found: list[Declared]) -> Table:
    """The editors, in French."""
    table = Table("Nom", "Adresse", "Flux", "Certificat", "À la fois", "Par heure", "État", title="Éditeurs")
    for one in found:
        state = "interrogé" if one.active else "en pause"
        files = one.certificate or "aucun"
        table.add_row(
            one.name, one.base_url, ", ".join(one.flows), files, str(one.concurrency), spaced(one.calls_per_hour), state
        )
    return table


def swept_table(swept: list[Swept]) -> Table:
    """What a sweep did, in French."""
    table = Table("Éditeur", "Agendas dus", "Interrogés", "Offres changées", "Requêtes", title="Créneaux interrogés")
    for one in swept:
        said = "déjà en cours ailleurs" if one.held else ended(one.outcomes)
        table.add_row(one.editor, spaced(one.due), spaced(one.asked), spaced(one.touched), said)
    return table


def status_table(found: list[journal.EditorStatus]) -> Table:
    """How editors do, in French; what is narrow is put together, for a terminal of 80 columns."""
    table = Table(
        Column("Éditeur", overflow="fold"), "Dernière réponse", "Sur un jour", "Délais", "Créneaux", "Agendas"
    )
    for one in found:
        last = f"{local(one.answered_at, PARIS):%d/%m/%Y %H:%M:%S}" if one.answered_at else "jamais"
        name = one.name if one.active else f"{one.name} (en pause)"
        agendas = f"{spaced(one.people)}\ninconnus : {share(one.unknown, one.people)}"
        delays = f"médian : {seconds(one.median_s)}\n95 % : {seconds(one.p95_s)}"
        table.add_row(name, last, ended(one.outcomes), delays, spaced(one.slots), agendas)
    return table


def share(part: int, whole: int) -> str:
    """`12,5 %`; a dash of nothing."""
    return f"{100 * part / whole:.1f} %".replace(".", ",") if whole else "–"


def seconds(delay: float | None) -> str:
    """`0,25 s`; a dash where nothing was measured."""
    return f"{delay:.2f} s".replace(".", ",") if delay else "–"


def ended(outcomes: Mapping[str, int]) -> str:
    """How requests ended, a line each: `12 : ont répondu`."""
    said = (("ok", "ont répondu"), *CAUSES.items())
    lines = (f"{spaced(outcomes[name])} : {label}" for name, label in said if outcomes.get(name))
    return "\n".join(lines) or "aucune requête"
