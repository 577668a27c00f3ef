"""Editors: who is asked for slots, where, with which certificate, how often. Declared, never written in code."""

import ipaddress
import re
import ssl
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import SplitResult, urlsplit

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    String,
    and_,
    cast,
    delete,
    exists,
    insert,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.exc import IntegrityError

from ingestion.feeds.requests import FLOWS
from ingestion.fhir import subject_of
from ingestion.staging import table_of
from models.outbox import enqueue
from models.slots import BY_HAND, EDITOR
from models.store import writing
from models.tables import (
    Availability,
    Editor,
    EditorCalls,
    EditorOutcome,
    Participation,
    RegulatorAccount,
    SlotFeed,
)
from models.turns import of_editor, take_turn

CALLS_PER_HOUR: Final = 3_000
"""What the contract sizes an editor for."""
CONCURRENCY: Final = 4
MOST_CALLS, MOST_CONCURRENCY = 100_000, 64

How = Literal["add", "remove", "replace"]
"""What a list of agendas does to the one before."""

NEVER: Final = 0
"""`asked_at` of whom nobody asked for yet."""

MOST_LEAVING: Final = 0.2
"""The part of a list that leaves with another one, as of any file: more is asked for twice."""

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_CALLER: Final = re.compile(r"\S(.{0,62}\S)?")
_ROWS, _NAMED = 5_000, 500
_EDITOR, _FEED, _AVAILABILITY = table_of(Editor), table_of(SlotFeed), table_of(Availability)
_PARTICIPATION, _ACCOUNT = table_of(Participation), table_of(RegulatorAccount)
_AT_ONCE: Final = {"tried_version": 0, "attempts": 0, "next_at": 0, "turn": None, "held_until": 0}
_UNTOLD: Final = _AT_ONCE | {"version": 0, "location": None, "cause": None, "detail": None, "refused": False}
"""Of an account that no server was told at an address: an attempt under way at another one tells nothing of it."""
_FILES: Final = {
    "certificate": "le certificat",
    "key": "la clé",
    "authority": "l'autorité",
    "revoked": "la liste des révoqués",
}


class BadEditor(ValueError):  # noqa: N818 - a decision said to a person
    """A declaration that is refused; the message is French."""


@dataclass(frozen=True, slots=True)
class Declared:
    """An editor as it is declared; paths are those of PEM files, `caller` names the certificate it calls us with.

    `revoked` lists the certificates that its authority took back; `caller_unit` is the unit of the caller.
    `accounts`: it is told the accounts of regulators.
    """

    name: str
    base_url: str
    flows: tuple[str, ...]
    certificate: str | None = None
    key: str | None = None
    authority: str | None = None
    revoked: str | None = None
    caller: str | None = None
    caller_unit: str | None = None
    accounts: bool = False
    concurrency: int = CONCURRENCY
    calls_per_hour: int = CALLS_PER_HOUR
    active: bool = True


def checked(editor: Declared, *, development: bool = False) -> Declared:
    """The same, when it may be declared. `development`: a server of this machine may do without TLS and certificate.

    Raises:
        BadEditor: something of it is wrong.

    """
    if not _NAME.fullmatch(editor.name):
        raise BadEditor(f"« {editor.name} » : minuscules, chiffres et tirets, une lettre d'abord, 40 signes au plus.")
    if editor.name in BY_HAND:
        raise BadEditor(f"« {editor.name} » : ce nom désigne ce que chacun écrit ici, prenez-en un autre.")
    if not editor.flows or set(editor.flows) - FLOWS.keys():
        raise BadEditor(f"Flux : un ou plusieurs de {', '.join(FLOWS)}.")
    for given, what in ((editor.caller, "le nom (CN)"), (editor.caller_unit, "l'unité (OU)")):
        if given is not None and not (_CALLER.fullmatch(given) and given.isprintable()):
            raise BadEditor(f"« {given} » : {what} du certificat avec lequel il appelle, de 1 à 64 signes.")
    if editor.caller is None and editor.caller_unit is not None:
        raise BadEditor("L'unité (OU) du certificat avec lequel il appelle ne va pas sans son nom (CN).")
    _within("Appels simultanés", editor.concurrency, MOST_CONCURRENCY)
    _within("Appels par heure", editor.calls_per_hour, MOST_CALLS, 2 if editor.accounts else 1)
    parts = _address(editor.base_url, development=development)
    _check_files(editor)
    if editor.certificate is None and not (development and _is_here(parts)):
        raise BadEditor("Il faut notre certificat et sa clé : les éditeurs n'acceptent pas d'appel sans eux.")
    return editor


def tls(editor: Declared) -> ssl.SSLContext:
    """How an editor is spoken to: TLS 1.2 at least, its certificate verified, ours shown.

    Raises:
        OSError: a file cannot be read, or is not what it should be (`ssl.SSLError`).

    """
    context = ssl.create_default_context(cafile=editor.authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if editor.revoked:
        refuse_revoked(context, editor.revoked)
    if editor.certificate:
        context.load_cert_chain(editor.certificate, editor.key, password=lambda: "")
    return context


def refuse_revoked(context: ssl.SSLContext, path: str | Path) -> None:
    """Refuse the certificates that their authority took back, by its list of them (CRL); all of them once it is late.

    Raises:
        OSError: the file cannot be read, or holds no such list (`ssl.SSLError`).

    """
    context.load_verify_locations(path)
    if not context.cert_store_stats()["crl"]:
        raise ssl.SSLError(f"{path}: no list of revoked certificates")
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF


def written_at(editor: Declared) -> tuple[int, ...]:
    """When the files of an editor were written: a certificate is renewed under the same name.

    Raises:
        OSError: there is one no more.

    """
    paths = filter(None, (editor.certificate, editor.key, editor.authority, editor.revoked))
    return tuple(Path(path).stat().st_mtime_ns for path in paths)


def _within(what: str, number: int, most: int, least: int = 1) -> None:
    if not least <= number <= most:
        raise BadEditor(f"{what} : {number} refusé, de {least} à {most}.")


def _address(url: str, *, development: bool) -> SplitResult:
    """The parts of a base address that may be asked."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadEditor(f"« {url} » n'est pas une adresse.") from error
    plain = parts.scheme == "http" and development and _is_here(parts)
    if not (parts.scheme == "https" or plain) or not parts.hostname or port == 0 or not url.isprintable():
        raise BadEditor(f"« {url} » : il faut une adresse https:// (http:// : sur cette machine, en développement).")
    if "@" in parts.netloc or parts.query or parts.fragment or " " in url or "\\" in url:
        raise BadEditor(f"« {url} » : ni identifiant, ni paramètre, ni ancre, ni espace.")
    return parts


def _is_here(parts: SplitResult) -> bool:
    """Whether an address is that of this machine."""
    host = parts.hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_files(editor: Declared) -> None:
    """Refuse files that are absent, that are no certificates, or that do not go together."""
    if (editor.certificate is None) != (editor.key is None):
        raise BadEditor("Le certificat et la clé vont ensemble : donnez les deux.")
    for name, what in _FILES.items():
        path = getattr(editor, name)
        if path is not None and not Path(path).is_file():
            raise BadEditor(f"{path} : {what} n'est pas un fichier que l'on puisse lire.")
    try:
        tls(editor)
    except ssl.SSLError as error:
        if "MISMATCH" in str(error.reason):
            raise BadEditor(f"{editor.key} n'est pas la clé de {editor.certificate}.") from error
        raise BadEditor(
            "Certificat, clé, autorité, révoqués (CRL) : il faut des fichiers PEM, la clé sans mot de passe."
        ) from error
    except OSError as error:
        raise BadEditor(f"{error.filename or editor.certificate} ne peut pas être lu.") from error


def declare(connection: Connection, editor: Declared, at: int, *, again: bool = False) -> None:
    """Add an editor; `again`: or declare one otherwise, its agendas and its slots as they are.

    At another address nobody was told of regulators: they are told again, under what the former knew them by.

    Raises:
        BadEditor: there is one of this name that is not declared again, or of this caller.

    """
    values = {name: getattr(editor, name) for name in Declared.__slots__} | {"flows": list(editor.flows)}
    change = update(_EDITOR).values(**values).where(_EDITOR.c.name == editor.name)
    moved = exists().where(_EDITOR.c.name == _ACCOUNT.c.editor, _EDITOR.c.base_url != editor.base_url)
    try:
        with connection.begin_nested():
            if again:
                connection.execute(update(_ACCOUNT).where(_ACCOUNT.c.editor == editor.name, moved).values(**_UNTOLD))
            if not (again and connection.execute(change).rowcount):
                connection.execute(insert(_EDITOR).values(**values, declared_at=at, swept_until=0))
    except IntegrityError as error:
        raise BadEditor(f"« {editor.name} », ou le certificat avec lequel il appelle, est déjà déclaré.") from error


def editors(connection: Connection, *, active: bool = False) -> list[Declared]:
    """The editors, by name; `active`: those that are asked."""
    query = select(*(_EDITOR.c[name] for name in Declared.__slots__)).order_by(_EDITOR.c.name)
    return [_declared(row) for row in connection.execute(query) if row.active or not active]


def editor(connection: Connection, name: str) -> Declared:
    """The editor of this name.

    Raises:
        BadEditor: there is none.

    """
    found = next((each for each in editors(connection) if each.name == name), None)
    if found is None:
        raise BadEditor(f"« {name} » : aucun éditeur déclaré de ce nom.")
    return found


def caller(connection: Connection, name: str, units: Collection[str]) -> str | None:
    """The editor that calls with a certificate of this common name and these units; None for nobody declared so."""
    unit = or_(_EDITOR.c.caller_unit.is_(None), _EDITOR.c.caller_unit.in_(units))
    found: str | None = connection.scalar(select(_EDITOR.c.name).where(_EDITOR.c.caller == name, unit))
    return found


def follow(database: Engine, editor: Declared, at: int, only: str | None = None) -> None:
    """Ask an editor for the professionals who say to use it, no more for those who said so and do no longer.

    Who is listed is asked for in any case; who refuses that editors' slots are shown is not added. `only`: whom it is
    about, everybody without it.
    """
    with database.connect() as connection:
        if not any(_said(connection, editor, only)):
            return
    with writing(database) as connection:
        take_turn(connection, of_editor(editor.name))
        new, gone = _said(connection, editor, only)
        _insert(connection, editor.name, new, listed=False)
        _forget(connection, editor.name, gone)
        enqueue(connection, [*new, *gone], at)


def hush(database: Engine, editor: Declared, at: int) -> None:
    """Say that an editor which is asked no more does not answer: its slots are unknown, with when they were seen."""
    told = and_(_FEED.c.source_kind == EDITOR, _FEED.c.source_name == editor.name, _FEED.c.answered)
    with database.connect() as connection:
        if not connection.scalar(select(exists().where(told))):
            return
    with writing(database) as connection:
        take_turn(connection, of_editor(editor.name))
        silent = update(_FEED).values(answered=False).where(told).returning(_FEED.c.subject)
        enqueue(connection, sorted(connection.scalars(silent)), at)


def _said(connection: Connection, editor: Declared, only: str | None) -> tuple[list[str], list[str]]:
    """Who says to use an editor and has no agenda there, and who has one and says so no more."""
    p, name = _PARTICIPATION.c, editor.name
    here = true() if only is None else p.subject == only
    known = exists().where(_FEED.c.subject == p.subject, *_own(name))
    new = select(p.subject).where(here, _says(name), ~p.refuses_editor_slots, ~known).order_by(p.subject)
    able = {"ps", "cpts"} & set(editor.flows)
    return list(connection.scalars(new)) if able else [], _neither(connection, name, only)


def _neither(connection: Connection, name: str, only: str | None = None) -> list[str]:
    """Who has an agenda at an editor though no list has them, and they do not say so."""
    there = true() if only is None else _FEED.c.subject == only
    still = exists().where(_PARTICIPATION.c.subject == _FEED.c.subject, _says(name))
    gone = select(_FEED.c.subject).where(there, *_own(name), ~_FEED.c.listed, ~still).order_by(_FEED.c.subject)
    return list(connection.scalars(gone))


def _says(name: str) -> ColumnElement[bool]:
    """The condition that somebody says in their participation to use an editor."""
    p = _PARTICIPATION.c
    return and_(p.subject.startswith("p:"), cast(p.editors, String).contains(f'"{name}"'))


def _own(name: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The conditions of the agendas at an editor."""
    return (_FEED.c.source_kind == EDITOR, _FEED.c.source_name == name)


def _insert(connection: Connection, name: str, subjects: Sequence[str], *, listed: bool) -> None:
    """Write that these have an agenda at an editor, whom nobody asked for yet. The outbox is the caller's, last."""
    own = {"source_kind": EDITOR, "source_name": name, "asked_at": NEVER, "answered": False, "digest": ""}
    for first in range(0, len(subjects), _ROWS):
        rows = [own | {"subject": subject, "listed": listed} for subject in subjects[first : first + _ROWS]]
        connection.execute(insert(_FEED), rows)


def _forget(connection: Connection, name: str, subjects: Sequence[str]) -> None:
    """Remove the agendas of these at an editor, and their slots. The outbox is the caller's, last."""
    for first in range(0, len(subjects), _NAMED):
        for table in (_FEED, _AVAILABILITY):
            theirs = table.c.subject.in_(subjects[first : first + _NAMED])
            own = (table.c.source_kind == EDITOR, table.c.source_name == name)
            connection.execute(delete(table).where(theirs, *own))


def _declared(row: Row[Any]) -> Declared:
    values = row._asdict()
    return Declared(**values | {"flows": tuple(values["flows"])})


def set_active(connection: Connection, name: str, *, active: bool) -> None:
    """Ask an editor again, or no more."""
    connection.execute(update(_EDITOR).values(active=active).where(_EDITOR.c.name == name))


def remove(connection: Connection, name: str, at: int) -> int:
    """Forget an editor with its slots and its agendas; how many people and associations had one."""
    take_turn(connection, of_editor(name))
    subjects = list(connection.scalars(select(_FEED.c.subject).where(*_own(name))))
    slots = (_AVAILABILITY.c.source_kind == EDITOR, _AVAILABILITY.c.source_name == name)
    connection.execute(delete(_FEED).where(*_own(name)))
    connection.execute(delete(_AVAILABILITY).where(*slots))
    for model in (EditorCalls, EditorOutcome, RegulatorAccount):
        table = table_of(model)
        connection.execute(delete(table).where(table.c.editor == name))
    connection.execute(delete(_EDITOR).where(_EDITOR.c.name == name))
    enqueue(connection, subjects, at)
    return len(subjects)


def add_agendas(connection: Connection, name: str, numbers: Iterable[str], at: int) -> tuple[int, list[str]]:
    """Say who has an agenda at an editor, by national identifiers: how many are new, and what is no identifier."""
    change = listing(connection, name, numbers)
    new, _ = list_agendas(connection, name, change, at)
    return new, change.refused


class Listing(NamedTuple):
    """How the list of an editor's agendas changes: who joins, who leaves, out of how many; what is no identifier."""

    joining: list[str]
    leaving: list[str]
    listed: int
    refused: list[str]

    @property
    def shrinks(self) -> bool:
        """Whether so many leave that the file may not be the one that was meant."""
        return len(self.leaving) > MOST_LEAVING * self.listed


def listing(connection: Connection, name: str, numbers: Iterable[str], how: How = "add") -> Listing:
    """What a list of national identifiers changes: those of it join, or leave, or it is the whole list from now on.

    Raises:
        BadEditor: the whole list has nobody.

    """
    take_turn(connection, of_editor(name))
    subjects = {number.strip(): subject_of(number.strip()) for number in numbers if number.strip()}
    given = {subject for subject in subjects.values() if subject}
    if how == "replace" and not given:
        raise BadEditor(f"Cette liste n'a personne : tous les agendas s'en iraient (annuaire feeds remove {name}).")
    listed = set(connection.scalars(select(_FEED.c.subject).where(*_own(name), _FEED.c.listed)))
    leaving = {"add": set[str](), "remove": listed & given, "replace": listed - given}[how]
    joining = given - listed if how != "remove" else set[str]()
    refused = [number for number, subject in subjects.items() if subject is None]
    return Listing(sorted(joining), sorted(leaving), len(listed), refused)


def list_agendas(connection: Connection, name: str, change: Listing, at: int) -> tuple[int, int]:
    """Change the list of an editor's agendas; how many are new, and how many are gone with their slots.

    Until the new ones are asked for, their slots are unknown. Whoever is asked for because they say to use the editor
    is listed from then on; whoever leaves the list and says so stays.
    """
    there = set(connection.scalars(select(_FEED.c.subject).where(*_own(name))))
    new = [subject for subject in change.joining if subject not in there]
    said = [subject for subject in change.joining if subject in there]
    _insert(connection, name, new, listed=True)
    for subjects, listed in ((said, True), (change.leaving, False)):
        for first in range(0, len(subjects), _NAMED):
            theirs = _FEED.c.subject.in_(subjects[first : first + _NAMED])
            connection.execute(update(_FEED).values(listed=listed).where(theirs, *_own(name)))
    gone = sorted(set(_neither(connection, name)).intersection(change.leaving))
    _forget(connection, name, gone)
    enqueue(connection, [*new, *gone], at)
    return len(new), len(gone)
