"""Alembic's entry point: runs the steps on the connection that `models.store` gives."""

from typing import Any, Literal

from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

from models import tables  # noqa: F401 - defines the tables in SQLModel.metadata


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write SQLModel's strings as SQLAlchemy's, so that a step needs no other import."""
    return "sa.String()" if kind == "type" and isinstance(item, AutoString) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    render_item=render,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
