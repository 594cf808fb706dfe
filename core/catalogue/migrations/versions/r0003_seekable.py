"""Whether seeking in a video leads to the frames that reading it through shows."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it; videos that were read before are taken to be so until they are read again."""
    op.add_column("files", sa.Column("seekable", sa.Boolean, nullable=False, server_default=sa.true()))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("files", "seekable")
