"""Slots are found by their place too: an answer that moves a place tells whose slots are there."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_availability_place_key", "availability", ["place_key"])


def downgrade() -> None:
    op.drop_index("ix_availability_place_key", "availability")
