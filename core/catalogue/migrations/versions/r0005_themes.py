"""Themes of seasons, segments of files, notes on both, and the operator's corrections."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create their tables."""
    op.create_table(
        "mined_seasons",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("show", sa.Text, nullable=False, index=True),
        sa.Column("season", sa.Integer, nullable=True),
        sa.Column("config", sa.Text, nullable=False),
        sa.Column("files", sa.JSON, nullable=False),
    )
    op.create_table(
        "themes",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("mined_season", sa.Integer, nullable=False, index=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("file", sa.Integer, nullable=False),
        sa.Column("start_ms", sa.BigInteger, nullable=False),
        sa.Column("end_ms", sa.BigInteger, nullable=False),
        sa.Column("variant_of", sa.Integer, nullable=True),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "segments",
        sa.Column("file", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("start_ms", sa.BigInteger, nullable=False),
        sa.Column("end_ms", sa.BigInteger, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("theme", sa.Integer, nullable=True),
    )
    op.create_table(
        "theme_notes",
        sa.Column("file", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_table(
        "corrections",
        sa.Column("content", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("spans", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("corrections", "theme_notes", "segments", "themes", "mined_seasons"):
        op.drop_table(table)
