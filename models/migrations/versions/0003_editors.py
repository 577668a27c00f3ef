"""Editors that are asked for slots, what they are asked and how that ends."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "editor",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("base_url", sa.String, nullable=False),
        sa.Column("flows", sa.JSON, nullable=False),
        sa.Column("certificate", sa.String),
        sa.Column("key", sa.String),
        sa.Column("authority", sa.String),
        sa.Column("caller", sa.String, unique=True),
        sa.Column("concurrency", sa.Integer, nullable=False),
        sa.Column("calls_per_hour", sa.Integer, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("declared_at", sa.BigInteger, nullable=False),
        sa.Column("sweep", sa.String),
        sa.Column("swept_until", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "editor_calls",
        sa.Column("editor", sa.String, primary_key=True),
        sa.Column("minute", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("purpose", sa.String, primary_key=True),
        sa.Column("calls", sa.Integer, nullable=False),
    )
    op.create_table(
        "editor_outcome",
        sa.Column("editor", sa.String, primary_key=True),
        sa.Column("hour", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("outcome", sa.String, primary_key=True),
        sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.add_column("slot_feed", sa.Column("answered_at", sa.BigInteger))
    op.execute("UPDATE slot_feed SET answered_at = asked_at WHERE answered")


def downgrade() -> None:
    op.drop_column("slot_feed", "answered_at")
    for table in ("editor_outcome", "editor_calls", "editor"):
        op.drop_table(table)
