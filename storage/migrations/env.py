"""Run the revisions on the connection that `storage.maintenance` hands over; it has a transaction open."""

from alembic import context

from storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # Both databases roll DDL back: an upgrade is made whole or not at all.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
