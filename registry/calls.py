"""What a call to an offer gave, for the other regulators to see at once, and who is being called now.

Each change asks for the offer again: what came of no use sinks it in every search.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, and_, delete, or_, select
from sqlmodel import SQLModel

from models.calls import KEPT_S
from models.outbox import enqueue
from models.tables import Call
from registry.refusals import Fault, Refused
from registry.written import upsert

_TABLE = SQLModel.metadata.tables[str(Call.__tablename__)]


def note(connection: Connection, call: Call) -> None:
    """Keep what a call gave, in the place of the former, in the connection's transaction.

    Raises:
        Refused: nothing of this kind comes of a call.

    """
    if call.outcome not in KEPT_S:
        raise Refused(Fault("outcome", call.outcome, f"l’un de {', '.join(KEPT_S)}"))
    said = call.model_dump()
    upsert(connection, _TABLE, said, said)
    enqueue(connection, [call.subject], call.at)


def withdraw(connection: Connection, offer: str, regulator: str, at: int) -> bool:
    """Take back what one said of a call; False when there is nothing, or another said it since."""
    mine = delete(_TABLE).where(_TABLE.c.offer == offer, _TABLE.c.regulator == regulator)
    subjects = connection.scalars(mine.returning(_TABLE.c.subject)).all()
    return bool(enqueue(connection, subjects, at))


def calls(connection: Connection, offers: Iterable[str], at: int) -> dict[str, Call]:
    """What the last calls to these offers gave, while it still tells something."""
    recent = or_(*(and_(_TABLE.c.outcome == outcome, _TABLE.c.at > at - kept) for outcome, kept in KEPT_S.items()))
    rows = connection.execute(select(_TABLE).where(_TABLE.c.offer.in_(list(offers)), recent)).mappings()
    return {row["offer"]: Call(**row) for row in rows}


def forget(connection: Connection, at: int) -> int:
    """Remove what no longer tells anything; how many there were."""
    return connection.execute(delete(_TABLE).where(_TABLE.c.at <= at - max(KEPT_S.values()))).rowcount
