"""Alembic's entry: runs the migrations on the connection that `bot.ledger.engine.upgrade` holds."""

from alembic import context

from bot.ledger.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
