"""Two sources of slots never mix: an editor's, or the agenda kept by hand. Which one is shown, and why."""

from typing import Final

from sqlalchemy import Connection, exists, or_, select
from sqlmodel import SQLModel

from models.slots import EDITOR
from models.tables import Participation, SlotFeed
from registry.refusals import EditorSlots, Fault, Refused

_PARTICIPATION, _FEED = (SQLModel.metadata.tables[str(model.__tablename__)] for model in (Participation, SlotFeed))

SOS: Final = (
    "vous participez par une association SOS Médecins, qui montre les créneaux : votre agenda n’est pas montré. "
    "Changez d’abord votre participation"
)


def shown_editors(connection: Connection, subject: str) -> tuple[str, ...]:
    """The editors whose slots are shown for somebody, by name; none when they refuse them, or no editor knows them."""
    refuses = exists().where(_PARTICIPATION.c.subject == subject, _PARTICIPATION.c.refuses_editor_slots)
    mine = select(_FEED.c.source_name).where(_FEED.c.subject == subject, _FEED.c.source_kind == EDITOR, ~refuses)
    return tuple(connection.scalars(mine.distinct().order_by(_FEED.c.source_name)))


def answering_editors(connection: Connection, subject: str) -> tuple[str, ...]:
    """Those of the editors whose slots are shown that have ever answered about somebody, by name."""
    told = or_(_FEED.c.answered, _FEED.c.answered_at.is_not(None))
    mine = (_FEED.c.subject == subject, _FEED.c.source_kind == EDITOR)
    answered = set(connection.scalars(select(_FEED.c.source_name).where(*mine, told)))
    return tuple(name for name in shown_editors(connection, subject) if name in answered)


def check(connection: Connection, subject: str) -> None:
    """Refuse to write the agenda of somebody whose editor's slots are shown, or whose association shows theirs.

    Raises:
        EditorSlots: an editor's are.
        Refused: they take part through an SOS Médecins association.

    """
    through_sos = (_PARTICIPATION.c.subject == subject, _PARTICIPATION.c.active, _PARTICIPATION.c.via == "sos")
    if subject.startswith("p:") and connection.scalar(select(exists().where(*through_sos))):
        raise Refused(Fault("agenda", "sos", SOS))
    if editors := shown_editors(connection, subject):
        raise EditorSlots(editors, may_refuse=subject.startswith("p:"))
