"""Work in turns: runs that are filled while they run or pause, models apart, and tracks to embed as rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenancy.rls import GATE_ROLE, gate, gate_function, protect

revision = "0007"
down_revision = "0006"

STATUSES = "'QUEUED', 'RUNNING', {}'COMPLETED', 'CANCELLED', 'FAILED'"
# Of runs with something to do now, and of tracks that wait for their vectors; by the name of the job.
WAITING = """
    select distinct r.tenant_id, job.name
      from runs r join tenants t on t.id = r.tenant_id and t.status = 'ACTIVE'
      cross join (values ('analyze'), ('consult')) job (name)
      where r.finished_at is null and coalesce(r.paused_until, '-infinity') <= now()
    union all
    select t.id, 'embed' from tenants t
      where t.status = 'ACTIVE' and exists (select from embed_items e where e.tenant_id = t.id)"""


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    for column in (
        sa.Column("urgent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("filling_until", moment, nullable=True),
        sa.Column("paused_until", moment, nullable=True),
        sa.Column("paused_for", sa.Text(), nullable=True),
        sa.Column("charged_to", sa.Uuid(), nullable=True),
        sa.Column("served_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.Column("retry_of", sa.Uuid(), nullable=True),
    ):
        op.add_column("runs", column)
    restrict_statuses("'PAUSED', ")
    op.create_check_constraint(op.f("ck_runs_paused_known"), "runs", "paused_for in ('QUOTA', 'BUDGET')")
    op.create_index(
        "ix_runs_open",
        "runs",
        ["tenant_id", sa.text("urgent desc"), "served_at"],
        postgresql_where=sa.text("finished_at is null"),
    )
    op.add_column(
        "run_items", sa.Column("stage", sa.SmallInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("run_items", sa.Column("lane", sa.SmallInteger(), nullable=True))
    op.create_index(
        "ix_run_items_next", "run_items", ["tenant_id", "run_id", "stage", "attempts", "track_id"]
    )
    op.create_table(
        "embed_items",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("track_id", sa.Uuid(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_embed_items_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "track_id"],
            ["tracks.tenant_id", "tracks.id"],
            name=op.f("fk_embed_items_tenant_id_track_id_tracks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "track_id", name=op.f("pk_embed_items")),
    )
    op.create_index(
        "ix_embed_items_next", "embed_items", ["tenant_id", "attempts", sa.text("urgent desc"), "track_id"]
    )
    statements = [
        *protect("embed_items"),
        *gate("runs", "tenant_id, finished_at, paused_until"),
        *gate("embed_items", "tenant_id"),
        *gate_function("tenants_with_work()", "table (tenant_id uuid, job text)", WAITING),
    ]
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    op.execute(f"set local role {GATE_ROLE}")
    op.execute("drop function tenants_with_work()")
    op.execute("reset role")
    op.execute("drop policy gate on runs")
    op.execute(f"revoke select (tenant_id, finished_at, paused_until) on runs from {GATE_ROLE}")
    op.drop_table("embed_items")
    op.drop_index("ix_run_items_next", "run_items")
    op.drop_column("run_items", "lane")
    op.drop_column("run_items", "stage")
    op.drop_index("ix_runs_open", "runs")
    op.execute("update runs set status = 'RUNNING' where status = 'PAUSED'")
    restrict_statuses("")
    for name in (
        "retry_of", "served_at", "charged_to", "paused_for", "paused_until", "filling_until", "urgent",
    ):  # fmt: skip
        op.drop_column("runs", name)


def restrict_statuses(more: str) -> None:
    op.drop_constraint(op.f("ck_runs_status_known"), "runs", type_="check")
    op.create_check_constraint(op.f("ck_runs_status_known"), "runs", f"status in ({STATUSES.format(more)})")
