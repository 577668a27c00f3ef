"""The agenda that professionals keep, their absences and participation; orientations, and what calls gave."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _agendas()
    _participation()
    _orientations()


def _agendas() -> None:
    op.create_table(
        "agenda",
        sa.Column("subject", sa.String, primary_key=True),
        sa.Column("place_key", sa.String, primary_key=True),
        sa.Column("information", sa.String),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "agenda_entry",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("place_key", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("capacity", sa.Integer),
        sa.Column("modalities", sa.JSON, nullable=False),
        sa.Column("starts", sa.Integer, nullable=False),
        sa.Column("ends", sa.Integer, nullable=False),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date),
        sa.Column("weekdays", sa.JSON, nullable=False),
        sa.Column("skipped", sa.JSON, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("expanded_until", sa.BigInteger, nullable=False, index=True),
    )
    op.create_index("agenda_entry_subject_place", "agenda_entry", ["subject", "place_key"])
    op.create_table(
        "absence",
        sa.Column("subject", sa.String, primary_key=True),
        sa.Column("place_key", sa.String, primary_key=True),
        sa.Column("first_day", sa.Date, primary_key=True),
        sa.Column("last_day", sa.Date),
        sa.Column("declared_at", sa.BigInteger, nullable=False),
    )


def _participation() -> None:
    op.create_table(
        "participation",
        sa.Column("subject", sa.String, primary_key=True),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("via", sa.String),
        sa.Column("structure", sa.String, index=True),
        sa.Column("places", sa.JSON, nullable=False),
        sa.Column("editors", sa.JSON),
        sa.Column("refuses_editor_slots", sa.Boolean, nullable=False),
        sa.Column("two_hours", sa.Boolean, nullable=False),
        sa.Column("reorientation", sa.Boolean, nullable=False),
        sa.Column("generalists", sa.Integer),
        sa.Column("registered_at", sa.BigInteger),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )


def _orientations() -> None:
    op.create_table(
        "orientation",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("place_key", sa.String, nullable=False),
        sa.Column("offer", sa.String, nullable=False),
        sa.Column("source_kind", sa.String),
        sa.Column("source_name", sa.String),
        sa.Column("slot_start", sa.BigInteger, nullable=False),
        sa.Column("slot_end", sa.BigInteger, nullable=False),
        sa.Column("modality", sa.String),
        sa.Column("regulator", sa.String, nullable=False, index=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("appointment", sa.String, unique=True),
    )
    op.create_index("orientation_subject_slot", "orientation", ["subject", "slot_start"])
    op.create_table(
        "call",
        sa.Column("offer", sa.String, primary_key=True),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("regulator", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    for table in ("call", "orientation", "participation", "absence", "agenda_entry", "agenda"):
        op.drop_table(table)
