"""Where keys may be used from, and the log of changes to keys and tenants."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from tenancy.rls import GATE_ROLE, gate_function, protect

revision = "0002"
down_revision = "0001"

RESTRICTIONS = ("allowed_networks", "allowed_origins")
SIGNATURE = "authenticate_key(wanted text)"
COLUMNS = (
    "tenant_id uuid, slug text, status text, plan text, id uuid, name text, scopes text[],"
    " secret_hash bytea, expires_at timestamptz, revoked_at timestamptz"
)
FOUND = (
    "k.tenant_id, t.slug, t.status, t.plan, k.id, k.name, k.scopes, k.secret_hash, k.expires_at, k.revoked_at"
)
FROM = "from api_keys k join tenants t on t.id = k.tenant_id where k.key_id = wanted"


EVERY_TENANT = (
    "every_tenant()",
    "table (id uuid, slug text, status text, plan text)",
    "select id, slug, status, plan from tenants order by slug",
)


def upgrade() -> None:
    for name in RESTRICTIONS:
        column = sa.Column(name, ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)
        op.add_column("api_keys", column)
    op.create_table(
        "audit_log",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("before", JSONB(), nullable=True),
        sa.Column("after", JSONB(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_audit_log_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_at", "audit_log", ["tenant_id", "at", "id"], unique=False)
    statements = protect("audit_log", grants="select, insert")
    statements.append(f"grant select ({', '.join(RESTRICTIONS)}) on api_keys to {GATE_ROLE}")
    more = "".join(f", {name} text[]" for name in RESTRICTIONS)
    found = FOUND + "".join(f", k.{name}" for name in RESTRICTIONS)
    statements += gate_function(*EVERY_TENANT)
    replace_gate_function(statements, f"table ({COLUMNS}{more})", f"select {found} {FROM}")


def downgrade() -> None:
    replace_gate_function([], f"table ({COLUMNS})", f"select {FOUND} {FROM}")
    op.execute("drop function every_tenant()")
    op.drop_table("audit_log")
    for name in RESTRICTIONS:
        op.drop_column("api_keys", name)


def replace_gate_function(statements: list[str], returns: str, body: str) -> None:
    """What a function returns can't be changed: it goes and comes again, in this one transaction."""
    statements = [
        *statements,
        # Its owner drops it: the login that migrates can become the gate, but is not its heir.
        f"set local role {GATE_ROLE}",
        "drop function authenticate_key(text)",
        "reset role",
    ]
    for statement in [*statements, *gate_function(SIGNATURE, returns, body)]:
        op.execute(statement)
