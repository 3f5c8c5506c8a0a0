"""Keys and tenants that may run trusted documents alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenancy.rls import GATE_ROLE, gate_function

revision = "0005"
down_revision = "0004"

NAME = "trusted_documents_only"
KEY = (
    "tenant_id uuid, slug text, status text, plan text, id uuid, name text, scopes text[],"
    " secret_hash bytea, expires_at timestamptz, revoked_at timestamptz,"
    " allowed_networks text[], allowed_origins text[]"
)
MEMBER = "tenant_id uuid, slug text, status text, plan text, id uuid, name text, role text"
OF_MEMBER = "m.tenant_id, t.slug, t.status, t.plan, m.id, coalesce(m.name, m.email, m.subject), m.role"
# Signature, columns, what they are, where they are found, and what says whether documents are restricted.
FUNCTIONS = (
    (
        "authenticate_key(wanted text)",
        KEY,
        "k.tenant_id, t.slug, t.status, t.plan, k.id, k.name, k.scopes, k.secret_hash, k.expires_at,"
        " k.revoked_at, k.allowed_networks, k.allowed_origins",
        "from api_keys k join tenants t on t.id = k.tenant_id where k.key_id = wanted",
        f"k.{NAME} or t.{NAME}",
    ),
    (
        "authenticate_session(wanted bytea)",
        f"{MEMBER}, expires_at timestamptz",
        f"{OF_MEMBER}, s.expires_at",
        "from sessions s join members m on m.tenant_id = s.tenant_id and m.id = s.member_id"
        " join tenants t on t.id = s.tenant_id"
        " where s.token_hash = wanted and s.ended_at is null and m.removed_at is null",
        f"t.{NAME}",
    ),
    (
        "authenticate_subject(wanted_provider text, wanted_subject text)",
        MEMBER,
        OF_MEMBER,
        "from members m join tenants t on t.id = m.tenant_id"
        " where m.provider = wanted_provider and m.subject = wanted_subject and m.removed_at is null",
        f"t.{NAME}",
    ),
)


def upgrade() -> None:
    for table in ("tenants", "api_keys"):
        column = sa.Column(NAME, sa.Boolean(), server_default=sa.text("false"), nullable=False)
        op.add_column(table, column)
        op.execute(f"grant select ({NAME}) on {table} to {GATE_ROLE}")
    for signature, columns, found, where, restricted in FUNCTIONS:
        replace(signature, f"table ({columns}, {NAME} boolean)", f"select {found}, {restricted} {where}")


def downgrade() -> None:
    for signature, columns, found, where, _ in FUNCTIONS:
        replace(signature, f"table ({columns})", f"select {found} {where}")
    for table in ("tenants", "api_keys"):
        op.drop_column(table, NAME)


def replace(signature: str, returns: str, body: str) -> None:
    """What a function returns can't be changed: it goes and comes again, in this one transaction."""
    name = signature.partition("(")[0]
    statements = [f"set local role {GATE_ROLE}", f"drop function {name}", "reset role"]
    for statement in [*statements, *gate_function(signature, returns, body)]:
        op.execute(statement)
