"""Members, the domains that let people in, and the sessions of their browsers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenancy.rls import GATE_ROLE, gate, gate_function, protect

revision = "0004"
down_revision = "0003"

TABLES = ("members", "sign_in_domains", "sessions")
MEMBER = "tenant_id uuid, slug text, status text, plan text, id uuid, name text, role text"
OF_MEMBER = "m.tenant_id, t.slug, t.status, t.plan, m.id, coalesce(m.name, m.email, m.subject), m.role"
GATE_FUNCTIONS = (
    (
        "authenticate_session(wanted bytea)",
        f"table ({MEMBER}, expires_at timestamptz)",
        f"select {OF_MEMBER}, s.expires_at from sessions s"
        " join members m on m.tenant_id = s.tenant_id and m.id = s.member_id"
        " join tenants t on t.id = s.tenant_id"
        " where s.token_hash = wanted and s.ended_at is null and m.removed_at is null",
    ),
    (
        "authenticate_subject(wanted_provider text, wanted_subject text)",
        f"table ({MEMBER})",
        f"select {OF_MEMBER} from members m join tenants t on t.id = m.tenant_id"
        " where m.provider = wanted_provider and m.subject = wanted_subject and m.removed_at is null",
    ),
    (
        # Whom a provider vouches for may enter where they are a member, where they are invited, and
        # where their domain is let in, unless they were removed there.
        "tenants_open_to(wanted_provider text, wanted_subject text, wanted_email text)",
        "table (tenant_id uuid, slug text, name text, status text)",
        "select t.id, t.slug, t.name, t.status from tenants t where exists ("
        " select from members m where m.tenant_id = t.id and m.provider = wanted_provider"
        " and m.removed_at is null and (m.subject = wanted_subject or m.subject is null"
        " and m.email = wanted_email and m.invited_at > now() - interval '14 days')"
        ") or exists ("
        " select from sign_in_domains d where d.tenant_id = t.id and d.provider = wanted_provider"
        " and d.domain = split_part(wanted_email, '@', 2)"
        ") and not exists ("
        " select from members m where m.tenant_id = t.id and m.provider = wanted_provider"
        " and (m.subject = wanted_subject or m.email = wanted_email)"
        " and (m.removed_at is not null or m.subject <> wanted_subject)"
        ") order by t.name",
    ),
    (
        "sessions_at_provider(wanted_provider text, wanted_subject text, wanted_session text)",
        "table (tenant_id uuid, id uuid, member_id uuid)",
        "select s.tenant_id, s.id, s.member_id from sessions s"
        " join members m on m.tenant_id = s.tenant_id and m.id = s.member_id"
        " where m.provider = wanted_provider and s.ended_at is null"
        " and (wanted_subject is not null or wanted_session is not null)"
        " and (wanted_subject is null or m.subject = wanted_subject)"
        " and (wanted_session is null or s.provider_session = wanted_session)",
    ),
)


def upgrade() -> None:
    create_tables()
    statements = [statement for table in TABLES for statement in protect(table)]
    statements += gate(
        "members", "tenant_id, id, provider, email, subject, name, role, invited_at, removed_at"
    )
    statements += gate("sign_in_domains", "tenant_id, provider, domain")
    statements += gate(
        "sessions", "tenant_id, id, member_id, token_hash, provider_session, expires_at, ended_at"
    )
    statements.append(f"grant select (name) on tenants to {GATE_ROLE}")
    for function in GATE_FUNCTIONS:
        statements += gate_function(*function)
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    for signature, _, _ in GATE_FUNCTIONS:
        op.execute(f"drop function {signature.split('(', 1)[0]}")
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute(f"revoke select (name) on tenants from {GATE_ROLE}")


def create_tables() -> None:
    op.create_table(
        "members",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_signed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("email is not null or subject is not null", name=op.f("ck_members_identified")),
        sa.CheckConstraint(
            "role in ('OWNER', 'ADMIN', 'ANALYST', 'VIEWER')", name=op.f("ck_members_role_known")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_members_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_members")),
        sa.UniqueConstraint(
            "tenant_id", "provider", "email", name=op.f("uq_members_tenant_id_provider_email")
        ),
        sa.UniqueConstraint(
            "tenant_id", "provider", "subject", name=op.f("uq_members_tenant_id_provider_subject")
        ),
    )
    op.create_index("ix_members_subject", "members", ["provider", "subject"])
    op.create_index("ix_members_email", "members", ["provider", "email"])
    op.create_index("ix_members_invited_at", "members", ["tenant_id", "invited_at", "id"])
    op.create_table(
        "sign_in_domains",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "role in ('ADMIN', 'ANALYST', 'VIEWER')", name=op.f("ck_sign_in_domains_role_known")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_sign_in_domains_tenant_id_tenants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "provider", "domain", name=op.f("pk_sign_in_domains")),
    )
    op.create_index("ix_sign_in_domains_domain", "sign_in_domains", ["provider", "domain"])
    op.create_table(
        "sessions",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("provider_session", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_sessions_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["members.tenant_id", "members.id"],
            name=op.f("fk_sessions_tenant_id_member_id_members"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
    )
    op.create_index("ix_sessions_member", "sessions", ["tenant_id", "member_id"])
