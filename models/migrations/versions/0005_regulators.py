"""Regulators, as editors must know them, and what each editor was told of them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("editor", sa.Column("accounts", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "regulator",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("national_id", sa.String, unique=True),
        sa.Column("family", sa.String, nullable=False),
        sa.Column("given", sa.String, nullable=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "regulator_account",
        sa.Column("editor", sa.String, primary_key=True),
        sa.Column("regulator", sa.String, primary_key=True),
        sa.Column("known_as", sa.JSON, nullable=False),
        sa.Column("location", sa.String),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("tried_version", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("tried_at", sa.BigInteger),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("cause", sa.String),
        sa.Column("detail", sa.String),
        sa.Column("refused", sa.Boolean, nullable=False),
        sa.Column("turn", sa.String),
        sa.Column("held_until", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("regulator_account")
    op.drop_table("regulator")
    op.drop_column("editor", "accounts")
