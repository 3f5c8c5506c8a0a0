"""What was spent, in totals a day, key and operation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenancy.rls import protect

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "usage",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_usage_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "day", "key_id", "operation", name=op.f("pk_usage")),
    )
    for statement in protect("usage", grants="select, insert, update"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("usage")
