"""Two sources of slots never mix: an editor's, or the agenda kept by hand. Which one is shown, and why."""

from sqlalchemy import Connection, exists, select
from sqlmodel import SQLModel

from models.tables import Participation, SlotFeed
from registry.refusals import EditorSlots

_PARTICIPATION, _FEED = (SQLModel.metadata.tables[str(model.__tablename__)] for model in (Participation, SlotFeed))


def shown_editors(connection: Connection, subject: str) -> tuple[str, ...]:
    """The editors whose slots are shown for somebody, by name; none when they refuse them, or no editor knows them."""
    refuses = exists().where(_PARTICIPATION.c.subject == subject, _PARTICIPATION.c.refuses_editor_slots)
    mine = select(_FEED.c.source_name).where(_FEED.c.subject == subject, _FEED.c.source_kind == "editor", ~refuses)
    return tuple(connection.scalars(mine.distinct().order_by(_FEED.c.source_name)))


def check(connection: Connection, subject: str) -> None:
    """Refuse to write the agenda of somebody whose editor's slots are shown.

    Raises:
        EditorSlots: they are.

    """
    if editors := shown_editors(connection, subject):
        raise EditorSlots(editors)
