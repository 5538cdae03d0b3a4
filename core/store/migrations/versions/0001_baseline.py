"""Baseline: order events, finished tags, key and value."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """CREATE TABLE order_event (
          id INTEGER PRIMARY KEY,
          tag TEXT NOT NULL,
          sequence INTEGER NOT NULL,
          source TEXT NOT NULL,
          day TEXT NOT NULL,
          run TEXT NOT NULL,
          body BLOB NOT NULL,
          market_ns INTEGER NOT NULL,
          real_ns INTEGER NOT NULL,
          UNIQUE (tag, sequence)
        ) STRICT"""
    )
    op.execute("CREATE INDEX order_event_day ON order_event (day)")
    op.execute("CREATE TABLE order_finished (tag TEXT PRIMARY KEY) STRICT, WITHOUT ROWID")
    op.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID")


def downgrade() -> None:
    raise NotImplementedError("an older Tezi refuses a newer file; there is no way back")
