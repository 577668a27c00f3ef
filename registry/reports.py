"""Errors that people say a card has, kept with the card as they saw it, until somebody has looked at them."""

from sqlalchemy import Connection, select, update
from sqlmodel import SQLModel

from models.tables import Report
from registry.written import KEPT_S, write_once

_TABLE = SQLModel.metadata.tables[str(Report.__tablename__)]


def record(connection: Connection, report: Report) -> bool:
    """Keep a report, in the connection's transaction; False when its reference is kept already, which stays."""
    return write_once(connection, report.reference, {_TABLE: [report.model_dump()]})


def reports(connection: Connection, *, closed: bool = False) -> list[Report]:
    """Every report that waits, the oldest first; with those that were closed when asked."""
    asked = select(_TABLE).order_by(_TABLE.c.at, _TABLE.c.reference)
    rows = connection.execute(asked if closed else asked.where(_TABLE.c.closed_at.is_(None))).mappings()
    return [Report(**row) for row in rows]


def report(connection: Connection, reference: str) -> Report | None:
    """A report by its reference."""
    row = connection.execute(select(_TABLE).where(_TABLE.c.reference == reference)).mappings().one_or_none()
    return Report(**row) if row else None


def close(connection: Connection, reference: str, outcome: str, at: int) -> bool:
    """Say what came of a report, in the connection's transaction; False when none of this reference waits."""
    waiting = (_TABLE.c.reference == reference) & _TABLE.c.closed_at.is_(None)
    closed = update(_TABLE).where(waiting).values(closed_at=at, outcome=outcome)
    return bool(connection.execute(closed).rowcount)


def forget(connection: Connection, now: int) -> int:
    """Remove the e-mails older than the time they are kept, in the connection's transaction; how many there were."""
    old = (_TABLE.c.at <= now - KEPT_S) & _TABLE.c.email.is_not(None)
    return connection.execute(update(_TABLE).where(old).values(email=None)).rowcount
