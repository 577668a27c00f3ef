"""Which entry of an agenda an orientation takes a place of."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TAKEN = """
UPDATE orientation SET entry = (
    SELECT min(slot.external_id) FROM availability AS slot
    WHERE slot.subject = orientation.subject AND slot.place_key = orientation.place_key
    AND slot.kind = orientation.kind AND slot.source_kind = orientation.source_kind
    AND slot.start = orientation.slot_start AND slot."end" = orientation.slot_end
    HAVING count(*) = 1
) WHERE source_kind IN ('agenda', 'structure')
"""
"""Of two at the same hours nobody said which: the patient may have a place of either, and both count it."""


def upgrade() -> None:
    op.add_column("orientation", sa.Column("entry", sa.String))
    op.execute(_TAKEN)


def downgrade() -> None:
    op.drop_column("orientation", "entry")
