"""Alembic's entry: runs on the connection that `app.migrate` hands over; there is no alembic.ini."""

from __future__ import annotations

from alembic import context

# Importing them maps their tables.
import app.analysis.models
import app.catalog.models
import app.events.models
import app.search.models  # noqa: F401
import tenancy.models  # noqa: F401
from tenancy.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transaction_per_migration=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
