"""What a tenant has decided about language models, and which answers others have given away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009b"

CHECKS = {
    "models_below_known": "models_below between 0 and 1",
    "models_monthly_usd_known": "models_monthly_usd between 0 and 1000000",
}


def upgrade() -> None:
    op.add_column("tenants", sa.Column("models_below", sa.Float(), nullable=True))
    op.add_column("tenants", sa.Column("models_monthly_usd", sa.Float(), nullable=True))
    op.add_column(
        "tenants", sa.Column("shares_answers", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column(
        "analyses", sa.Column("shared", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_tenants_{name}"), "tenants", condition)


def downgrade() -> None:
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_tenants_{name}"), "tenants")
    op.drop_column("analyses", "shared")
    for name in ("shares_answers", "models_monthly_usd", "models_below"):
        op.drop_column("tenants", name)
