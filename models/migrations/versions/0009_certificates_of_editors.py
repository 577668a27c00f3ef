"""Of the certificates of editors: the unit that a caller's names, and the list of those that were revoked."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("editor", sa.Column("caller_unit", sa.String))
    op.add_column("editor", sa.Column("revoked", sa.String))


def downgrade() -> None:
    op.drop_column("editor", "revoked")
    op.drop_column("editor", "caller_unit")
