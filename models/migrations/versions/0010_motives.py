"""The motives of consultation of a slot, as its editor words them."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("availability", sa.Column("motives", sa.JSON))


def downgrade() -> None:
    op.drop_column("availability", "motives")
