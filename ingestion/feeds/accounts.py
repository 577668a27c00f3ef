"""Telling editors the accounts of regulators: `POST` and `PUT [base]/Practitioner` (INT_R02), until it is done.

What an editor has not got is what the versions say; each attempt is written down before it leaves and after it ends, so
that a process killed between the two loses nothing: an account that may have arrived is told again by `PUT`, which
creates it if it had not. One attempt at a time holds an account at an editor.
"""

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import quote

import msgspec
import structlog
from sqlalchemy import ColumnElement, Connection, Engine, String, and_, cast, func, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError

from ingestion.feeds import budget
from ingestion.feeds.client import Allowed, Client, Written
from ingestion.feeds.editors import Declared
from ingestion.feeds.sweeping import Clock, Feeds
from ingestion.staging import table_of
from models.identifiers import PERSONS
from models.regulators import OURS, token
from models.store import writing
from models.tables import Editor, Regulator, RegulatorAccount

State = Literal["sent", "waiting", "refused", "nothing"]
"""Told; to be told; refused by the editor; an account that it need not know: deactivated before it was told."""

PROFILE: Final = "https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/FrPractitionerRegul"
TYPES: Final = "http://interopsante.org/fhir/CodeSystem/fr-v2-0203"
TYPE_OF: Final = {PERSONS: "IDNPS", OURS: "INTRN"}

FIRST_S, LONGEST_S, REFUSED_S = 30.0, 3_600.0, 86_400.0
"""An editor that fails is told again after so long, twice as long each time, up to an hour; one that refuses, a day
later: what it refuses is seen, and changed here or there."""
JITTER: Final = 0.25
"""By how much of it a delay may be longer or shorter."""
HELD_S: Final = 60
"""After so long without news an attempt is taken for dead."""
NAMES: Final = 3
"""Of the identifiers that an editor may know somebody by, how many are tried at once."""
LOCATION: Final = 256
UNSENT: Final = {"paused", "spent"}
"""How an attempt ends that says nothing of the editor, nor of the account."""
DECLINED: Final = "declined"
"""How an attempt ends that an editor refuses; `refused` is a connection that it does."""

_EDITOR, _REGULATOR, _ACCOUNT = table_of(Editor), table_of(Regulator), table_of(RegulatorAccount)
_RANDOM = random.SystemRandom()

log = structlog.get_logger("annuaire.feeds")


class Attempt(NamedTuple):
    """A regulator to tell an editor. `known_as`: what it may know them by; `before`: what was written of it before."""

    editor: str
    regulator: Regulator
    turn: str
    known_as: tuple[str, ...]
    before: Mapping[str, Any]


class Standing(NamedTuple):
    """What an editor knows of a regulator; `paused`: it is told nothing for now."""

    editor: str
    regulator: Regulator
    state: State
    account: RegulatorAccount
    paused: bool


# What is sent ---------------------------------------------------------------------------------------------------------


def resource(regulator: Regulator) -> dict[str, Any]:
    """The `FrPractitionerRegul` of a regulator, its elements in the order of the official examples."""
    system, _, value = token(regulator).partition("|")
    kind = {"coding": [{"system": TYPES, "code": TYPE_OF[system]}]}
    return {
        "resourceType": "Practitioner",
        "meta": {"source": OURS, "profile": [PROFILE]},
        "identifier": [{"type": kind, "system": system, "value": value}],
        "active": regulator.active,
        "name": [{"family": regulator.family, "given": [regulator.given]}],
        "telecom": [{"system": "email", "value": regulator.email}],
    }


def address(known_as: str) -> str:
    """Where somebody is changed, under the base address: by what the editor knows them by, not by what they become."""
    system, _, value = known_as.partition("|")
    return f"/Practitioner?identifier={system}%7C{quote(value, safe='')}"


async def delivered(client: Client, attempt: Attempt, allowed: Allowed) -> Written:
    """Tell an editor; how that ended: `spent` when no call was left for it, or for what follows a refusal.

    Whoever it cannot know is created; if it refuses, changed at once: no refusal says for sure that they are there
    already. Somebody whose change may have arrived under their new identifier is looked for under the old one first,
    then under the new.
    """
    body = msgspec.json.encode(resource(attempt.regulator))
    written = Written("spent", left=False)
    if not attempt.known_as:
        written = await client.write("POST", "/Practitioner", body, allowed)
        if not written.decided:
            return written
    for name in attempt.known_as[:NAMES] or (token(attempt.regulator),):
        before, written = written, await client.write("PUT", address(name), body, allowed)
        if written.outcome == "spent":
            return written._replace(left=before.left)
        if not written.decided:
            break
    return written


# Whose turn it is -----------------------------------------------------------------------------------------------------


def due(connection: Connection, editor: str, at: int, *, again: bool = False) -> list[str]:
    """The regulators that an editor is to be told now, those who were deactivated first; `again`: without waiting."""
    r, a = _REGULATOR.c, _ACCOUNT.c
    both = _REGULATOR.outerjoin(_ACCOUNT, and_(a.regulator == r.id, a.editor == editor))
    its_time = or_(a.tried_version < r.version, a.next_at <= at, literal(again))
    late = and_(a.version < r.version, or_(r.active, _is_known()), its_time, a.held_until <= at)
    query = select(r.id).select_from(both).where(or_(and_(a.regulator.is_(None), r.active), late))
    return list(connection.scalars(query.order_by(r.active, r.changed_at, r.id)))


def let_in(connection: Connection, editor: str) -> int:
    """How many regulators an editor may let in, by what it was told."""
    r, a = _REGULATOR.c, _ACCOUNT.c
    both = _ACCOUNT.join(_REGULATOR, a.regulator == r.id)
    those = select(func.count()).select_from(both).where(a.editor == editor, _is_known())
    return connection.scalar(those.where(or_(r.active, a.version != r.version))) or 0


def _is_known() -> ColumnElement[bool]:
    """Whether an editor may know somebody."""
    return cast(_ACCOUNT.c.known_as, String) != "[]"


def claim(database: Engine, editor: str, regulator: str, at: int) -> Attempt | None:
    """Write that an account is about to be told; None when somebody else is telling it, or has."""
    turn, own = uuid.uuid4().hex, (_ACCOUNT.c.editor == editor, _ACCOUNT.c.regulator == regulator)
    with writing(database) as connection:
        _make(connection, editor, regulator)
        held = update(_ACCOUNT).where(*own, _ACCOUNT.c.held_until <= at).values(turn=turn, held_until=at + HELD_S)
        if not connection.execute(held).rowcount:
            return None
        kept = Regulator(**connection.execute(select(_REGULATOR).where(_REGULATOR.c.id == regulator)).mappings().one())
        before = connection.execute(select(_ACCOUNT).where(*own)).mappings().one()
        if before["version"] == kept.version:
            _released(connection, turn)
            return None
        known_as, again = before["known_as"], before["tried_version"] == kept.version
        about = {
            "known_as": [*known_as, *({token(kept)} - set(known_as))],
            "tried_version": kept.version,
            "attempts": before["attempts"] + 1 if again else 1,
            "tried_at": at,
        }
        connection.execute(update(_ACCOUNT).where(*own).values(**about))
    return Attempt(editor, kept, turn, tuple(known_as), dict(before))


def finish(database: Engine, attempt: Attempt, written: Written, at: int) -> None:
    """Write how an attempt ended, unless another took it for dead meanwhile."""
    with writing(database) as connection:
        _released(connection, attempt.turn, **_ended(attempt, written, at))


def _make(connection: Connection, editor: str, regulator: str) -> None:
    """A row for what an editor knows of a regulator, unless there is one."""
    account = RegulatorAccount(editor=editor, regulator=regulator, known_as=[])
    try:
        with connection.begin_nested():
            connection.execute(insert(_ACCOUNT).values(**account.model_dump()))
    except IntegrityError:
        return


def _released(connection: Connection, turn: str, **values: Any) -> None:
    free = update(_ACCOUNT).where(_ACCOUNT.c.turn == turn).values(turn=None, held_until=0, **values)
    connection.execute(free)


def _ended(attempt: Attempt, written: Written, at: int) -> dict[str, Any]:
    """What changes of an account when an attempt ended so."""
    if written.outcome == "ok":
        where = place(written.location) or attempt.before["location"]
        done = {"version": attempt.regulator.version, "known_as": [token(attempt.regulator)], "location": where}
        return done | {"attempts": 0, "next_at": 0, "cause": None, "detail": None, "refused": False}
    known = {} if written.left else {"known_as": list(attempt.known_as)}
    if written.outcome in UNSENT:
        return known | {name: attempt.before[name] for name in ("tried_version", "attempts", "tried_at")}
    attempts = attempt.before["attempts"] if attempt.before["tried_version"] == attempt.regulator.version else 0
    why = {"cause": written.outcome, "detail": written.detail, "refused": written.decided}
    return known | why | {"next_at": at + round(delay_s(attempts, refused=written.decided))}


def delay_s(attempts: int, *, refused: bool) -> float:
    """How long to wait after so many failures before this one."""
    grown = FIRST_S * 2 ** min(attempts, 20)
    return (REFUSED_S if refused else min(LONGEST_S, grown)) * _RANDOM.uniform(1 - JITTER, 1 + JITTER)


def place(location: str | None) -> str | None:
    """The identifier that an editor gives to an account, by the address that it answers."""
    name = (location or "").partition("?")[0].partition("/_history")[0].rstrip("/").rpartition("/")[2]
    return name[:LOCATION] if name.isprintable() and name else None


# Telling --------------------------------------------------------------------------------------------------------------


async def tell(feeds: Feeds, database: Engine, clock: Clock, editor: Declared, *, again: bool = False) -> Counter[str]:
    """Tell an editor everything that is due, one after the other; how many ended how.

    The first failure that is no refusal ends it: the editor is down, the others wait for the next time. `again`: those
    whose time has not come too.

    Raises:
        SQLAlchemyError: the database failed.

    """
    outcomes = Counter[str]()

    async def allowed() -> bool:
        return await asyncio.to_thread(budget.claim, database, editor.name, "account", clock())

    for regulator in await asyncio.to_thread(_due, database, editor.name, clock(), again=again):
        attempt = await asyncio.to_thread(claim, database, editor.name, regulator, clock())
        if attempt is None:
            continue
        written = await _in_time(feeds, editor, attempt, allowed)
        await asyncio.to_thread(partial(finish, database, attempt, written, clock()))
        outcomes[DECLINED if written.decided else written.outcome] += 1
        if written.outcome != "ok":
            log.warning("accounts.untold", editor=editor.name, regulator=regulator, cause=written.outcome)
            if not written.decided:
                break
    return outcomes


def _due(database: Engine, editor: str, at: int, *, again: bool) -> list[str]:
    with database.connect() as connection:
        return due(connection, editor, at, again=again)


async def _in_time(feeds: Feeds, editor: Declared, attempt: Attempt, allowed: Allowed) -> Written:
    """How an attempt ended, before the others take it for dead."""
    try:
        async with asyncio.timeout(HELD_S / 2):
            return await delivered(await feeds.client_of(editor), attempt, allowed)
    except TimeoutError:
        return Written("timeout")
    except OSError as error:
        return Written("tls", detail=str(error), left=False)


# How it stands --------------------------------------------------------------------------------------------------------


def standings(connection: Connection) -> list[Standing]:
    """What each editor that takes accounts knows of each regulator, by regulator then by editor."""
    taking = select(_EDITOR.c.name, _EDITOR.c.active).where(_EDITOR.c.accounts).order_by(_EDITOR.c.name)
    editors = {row.name: row.active for row in connection.execute(taking)}
    order = (func.lower(_REGULATOR.c.family), _REGULATOR.c.given, _REGULATOR.c.id)
    people = [Regulator(**row) for row in connection.execute(select(_REGULATOR).order_by(*order)).mappings()]
    rows = connection.execute(select(_ACCOUNT)).mappings()
    accounts = {(row["editor"], row["regulator"]): RegulatorAccount(**row) for row in rows}
    none = partial(RegulatorAccount, known_as=[])
    pairs = ((name, one, accounts.get((name, one.id))) for one in people for name in editors)
    each = ((name, one, kept or none(editor=name, regulator=one.id)) for name, one, kept in pairs)
    return [Standing(name, one, state(one, kept), kept, not editors[name]) for name, one, kept in each]


def state(regulator: Regulator, account: RegulatorAccount) -> State:
    """How an account stands at an editor."""
    if account.version == regulator.version:
        return "sent"
    if not regulator.active and not account.known_as:
        return "nothing"
    return "refused" if account.refused and account.tried_version == regulator.version else "waiting"
