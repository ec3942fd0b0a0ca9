"""Run by Alembic: applies the migrations within the transaction that `store.migrate` holds."""

from alembic import context

from gamelabel.service.database_tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
