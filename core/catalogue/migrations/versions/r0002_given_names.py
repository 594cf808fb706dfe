"""What the operator said of a video's name is kept beside what was made of it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the show and the season that were given, and the file or folder that they were given of."""
    op.add_column("files", sa.Column("given_show", sa.Text, nullable=True))
    op.add_column("files", sa.Column("given_season", sa.Integer, nullable=True))
    op.add_column("files", sa.Column("given_of", sa.Text, nullable=True))


def downgrade() -> None:
    """Drop them."""
    for column in ("given_of", "given_season", "given_show"):
        op.drop_column("files", column)
