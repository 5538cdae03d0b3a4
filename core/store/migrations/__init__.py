"""The Alembic scripts of the store; run by core.store.migrate only."""
