"""Language models: whether one is offered, what a month of them costs, and which questions were answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenancy.rls import protect

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column(
        "analyzers", sa.Column("offered", sa.Boolean(), server_default=sa.text("true"), nullable=False)
    )
    op.create_index(
        "ix_analyses_question",
        "analyses",
        ["tenant_id", "input_hash", "analyzer"],
        postgresql_where=sa.text("prompt_hash is not null and status = 'COMPLETED'"),
    )
    op.create_table(
        "model_spend",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("usd", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_model_spend_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "month", name=op.f("pk_model_spend")),
    )
    for statement in protect("model_spend", grants="select, insert, update"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("model_spend")
    op.drop_index("ix_analyses_question", "analyses")
    op.drop_column("analyzers", "offered")
