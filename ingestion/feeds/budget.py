"""How many calls an editor may be sent: so many in any sixty minutes, half for sweeping, half for checks and accounts.

Kept in the database, claimed before each call in a transaction of its own: neither a restart nor a second process
adds to it. One sweep at a time holds an editor, for as long as it lives.
"""

from typing import Final, Literal

from sqlalchemy import Connection, Engine, and_, delete, func, insert, or_, select, update

from ingestion.staging import table_of
from models.store import writing
from models.tables import Editor, EditorCalls

Purpose = Literal["sweep", "halves", "check", "account"]
"""`halves`: those of lots that failed, a part of what is for sweeping. `account`: an account of a regulator is told."""
Share = Purpose | Literal["beside"]
"""`beside`: checks and accounts together."""

SWEPT_SHARE: Final = 0.5
"""Of the calls of an hour, at least this is for sweeping: what is never checked must be fresh too."""
HALVES_SHARE: Final = 0.25
"""Of the calls for sweeping, at most this is for halves: whoever spoils the lots of others takes no more of them."""
ACCOUNTS_SHARE: Final = 0.2
"""Of the other calls, so many are for accounts where the editor takes them, and for nothing else: however much is
searched, whoever is deactivated is told; however many regulators are new, checks go on."""
LEASE_S: Final = 60
"""How long a sweep that says nothing more is taken for alive: longer than a call and what its answer changes."""

_MINUTE, _HOUR = 60, 3_600
_WITHIN: Final[dict[Purpose, tuple[Share, ...]]] = {
    "sweep": ("sweep",),
    "halves": ("halves", "sweep"),
    "check": ("check", "beside"),
    "account": ("account", "beside"),
}
"""The shares that a call of each purpose is taken from."""
_EDITOR, _CALLS = table_of(Editor), table_of(EditorCalls)


def share(calls_per_hour: int, purpose: Share, *, accounts: bool = False) -> int:
    """How many calls of any hour are for a purpose; `accounts`: of an editor that takes those of regulators."""
    swept = calls_per_hour - int(calls_per_hour * (1 - SWEPT_SHARE))
    beside = calls_per_hour - swept
    told = min(beside, max(1, int(beside * ACCOUNTS_SHARE))) if accounts else 0
    halves = max(1, int(swept * HALVES_SHARE))
    return {"sweep": swept, "halves": halves, "beside": beside, "check": beside - told, "account": told}[purpose]


def claim(engine: Engine, editor: str, purpose: Purpose, now: int, sweep: str | None = None) -> bool:
    """Take one call of an editor's budget; whether there was one left, the editor active, its sweep still this one."""
    with writing(engine) as connection:
        row = connection.execute(select(_EDITOR).where(_EDITOR.c.name == editor).with_for_update()).first()
        if row is None or not row.active or (sweep is not None and row.sweep != sweep):
            return False
        shares = {one: share(row.calls_per_hour, one, accounts=row.accounts) for one in _WITHIN[purpose]}
        if any(used(connection, editor, one, now) >= most for one, most in shares.items()):
            return False
        _count(connection, editor, purpose, now // _MINUTE * _MINUTE)
        if sweep is not None:
            _extend(connection, editor, now)
        return True


def used(connection: Connection, editor: str, purpose: Share, now: int) -> int:
    """How many calls were claimed in the sixty minutes before now, the minute that they began in counted whole."""
    since = (now - _HOUR) // _MINUTE * _MINUTE
    parts = [part for part, of in _WITHIN.items() if purpose in of]
    which = (_CALLS.c.editor == editor, _CALLS.c.purpose.in_(parts), _CALLS.c.minute >= since)
    return connection.scalar(select(func.coalesce(func.sum(_CALLS.c.calls), 0)).where(*which)) or 0


def _count(connection: Connection, editor: str, purpose: Purpose, minute: int) -> None:
    """Write down one call; forget those that count no more."""
    own = (_CALLS.c.editor == editor, _CALLS.c.purpose == purpose)
    again = update(_CALLS).values(calls=_CALLS.c.calls + 1).where(*own, _CALLS.c.minute == minute)
    if connection.execute(again).rowcount == 0:
        connection.execute(insert(_CALLS).values(editor=editor, purpose=purpose, minute=minute, calls=1))
        connection.execute(delete(_CALLS).where(*own, _CALLS.c.minute < minute - _HOUR - _MINUTE))


def hold(engine: Engine, editor: str, sweep: str, now: int, *, rest_s: int = 0) -> bool:
    """Begin a sweep of an editor; False while another one holds it, or when one ended less than `rest_s` ago.

    Rest is what makes the rounds of several processes those of one.
    """
    ended = and_(_EDITOR.c.sweep.is_(None), _EDITOR.c.swept_until <= now - rest_s)
    dead = and_(_EDITOR.c.sweep.is_not(None), _EDITOR.c.swept_until < now)
    take = update(_EDITOR).values(sweep=sweep, swept_until=now + LEASE_S)
    with writing(engine) as connection:
        return connection.execute(take.where(_EDITOR.c.name == editor, or_(ended, dead))).rowcount == 1


def release(engine: Engine, editor: str, sweep: str, now: int) -> None:
    """End a sweep."""
    own = (_EDITOR.c.name == editor, _EDITOR.c.sweep == sweep)
    with writing(engine) as connection:
        connection.execute(update(_EDITOR).values(sweep=None, swept_until=now).where(*own))


def _extend(connection: Connection, editor: str, now: int) -> None:
    connection.execute(update(_EDITOR).values(swept_until=now + LEASE_S).where(_EDITOR.c.name == editor))
