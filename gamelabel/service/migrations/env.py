"""Run by Alembic: apply the migrations within the transaction that `store.migrate` holds."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
context.run_migrations()
