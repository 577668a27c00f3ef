"""Errors that people report, and messages with their files."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "report",
        sa.Column("reference", sa.String, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
        sa.Column("subject", sa.String, nullable=False, index=True),
        sa.Column("offer", sa.String, nullable=False),
        sa.Column("fact", sa.String, nullable=False),
        sa.Column("right", sa.String, nullable=False),
        sa.Column("email", sa.String),
        sa.Column("seen", sa.JSON, nullable=False),
        sa.Column("generation", sa.String, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("viewer", sa.String, nullable=False),
        sa.Column("closed_at", sa.BigInteger),
        sa.Column("outcome", sa.String),
    )
    op.create_table(
        "contact",
        sa.Column("reference", sa.String, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("topic", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("phone", sa.String),
        sa.Column("territory", sa.String),
        sa.Column("message", sa.String, nullable=False),
    )
    op.create_table(
        "contact_file",
        sa.Column("reference", sa.String, sa.ForeignKey("contact.reference", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    for table in ("contact_file", "contact", "report"):
        op.drop_table(table)
