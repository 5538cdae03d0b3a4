"""What was on screen with each order, the trades, the audit log's anchor."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE order_event ADD COLUMN context BLOB")
    op.execute(
        """CREATE TABLE trade (
          day TEXT NOT NULL,
          run TEXT NOT NULL,
          fill_id TEXT NOT NULL,
          broker_id TEXT NOT NULL,
          exchange TEXT NOT NULL,
          token TEXT NOT NULL,
          symbol TEXT NOT NULL,
          side INTEGER NOT NULL,
          product TEXT NOT NULL,
          quantity INTEGER NOT NULL,
          price_e4 INTEGER NOT NULL,
          filled_ns INTEGER NOT NULL,
          PRIMARY KEY (day, run, fill_id)
        ) STRICT, WITHOUT ROWID"""
    )
    op.execute(
        """CREATE TABLE audit_anchor (
          id INTEGER PRIMARY KEY CHECK (id = 1),
          segment INTEGER NOT NULL,
          record INTEGER NOT NULL,
          mac TEXT NOT NULL,
          real_ns INTEGER NOT NULL
        ) STRICT"""
    )


def downgrade() -> None:
    raise NotImplementedError("an older Tezi refuses a newer file; there is no way back")
