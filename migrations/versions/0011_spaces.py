"""Several spaces of passages at once: which of a tenant's are complete, and tracks to embed by space."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenancy.rls import protect

revision = "0011"
down_revision = "0010"

FIRST = "00000000-0000-0000-0000-000000000000"
USED = "use-multilingual-v3"  # the one space that there was


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "passage_spaces",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("begun_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.Column("asked_after", sa.Uuid(), server_default=sa.text(f"'{FIRST}'::uuid"), nullable=True),
        sa.Column("complete_at", moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_passage_spaces_tenant_id_tenants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "space", name=op.f("pk_passage_spaces")),
    )
    op.add_column("embed_items", sa.Column("space", sa.Text(), server_default="", nullable=False))
    rekey(["tenant_id", "track_id", "space"], ["tenant_id", "space", "attempts", "urgent desc", "track_id"])
    for statement in (
        # Whoever owns the tables is confined by their policies, too.
        "alter table tenants no force row level security",
        "insert into passage_spaces (tenant_id, space, asked_after, complete_at)"
        f" select id, '{USED}', null, now() from tenants",
        "alter table tenants force row level security",
        *protect("passage_spaces"),
    ):
        op.execute(statement)


def downgrade() -> None:
    for statement in (
        "alter table embed_items no force row level security",
        f"delete from embed_items where space not in ('', '{USED}')",
        f"delete from embed_items e where space = '{USED}' and exists (select from embed_items o"
        " where o.tenant_id = e.tenant_id and o.track_id = e.track_id and o.space = '')",
        "alter table embed_items force row level security",
        "alter table passages no force row level security",
        f"delete from passages where space <> '{USED}'",
        "alter table passages force row level security",
    ):
        op.execute(statement)
    rekey(["tenant_id", "track_id"], ["tenant_id", "attempts", "urgent desc", "track_id"])
    op.drop_column("embed_items", "space")
    op.drop_table("passage_spaces")


def rekey(key: list[str], following: list[str]) -> None:
    op.drop_index("ix_embed_items_next", "embed_items")
    op.drop_constraint(op.f("pk_embed_items"), "embed_items", type_="primary")
    op.create_primary_key(op.f("pk_embed_items"), "embed_items", key)
    op.create_index("ix_embed_items_next", "embed_items", [sa.text(column) for column in following])
