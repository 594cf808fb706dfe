"""What is known of shows: numbers at AniList, titles, adult flag, link, each with who says so."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of shows."""
    op.create_table(
        "shows",
        sa.Column("show", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("place", sa.Text, primary_key=True),
        sa.Column("anilist", sa.Integer, nullable=True),
        sa.Column("native", sa.Text, nullable=True),
        sa.Column("romaji", sa.Text, nullable=True),
        sa.Column("english", sa.Text, nullable=True),
        sa.Column("chinese", sa.Text, nullable=True),
        sa.Column("synonyms", sa.JSON, nullable=False),
        sa.Column("adult", sa.Boolean, nullable=True),
        sa.Column("link", sa.Text, nullable=True),
        sa.Column("season_anilist", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("shows")
