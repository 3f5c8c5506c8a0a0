"""Tenants, their API keys and their members as tables, and what makes a table belong to a tenant."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenancy.base import Base, Moment, Now, Uuid7


class Plan(StrEnum):
    """What a tenant pays for; `tenancy.quotas.LIMITS` gives the figures."""

    DEMO = "DEMO"
    TEAM = "TEAM"
    ENTERPRISE = "ENTERPRISE"


class TenantStatus(StrEnum):
    """SUSPENDED tenants get an answer that says so; nothing of theirs is lost."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"


class Tenant(Base):
    """A customer. Not `TenantOwned` since its own `id` is the tenant: the policy compares that."""

    __tablename__ = "tenants"
    __table_args__ = (
        CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name="slug_format"),
        CheckConstraint("plan in ('DEMO', 'TEAM', 'ENTERPRISE')", name="plan_known"),
        CheckConstraint("status in ('ACTIVE', 'SUSPENDED', 'CLOSED')", name="status_known"),
        CheckConstraint("models_below between 0 and 1", name="models_below_known"),
        CheckConstraint("models_monthly_usd between 0 and 1000000", name="models_monthly_usd_known"),
    )

    id: Mapped[Uuid7]
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    plan: Mapped[str] = mapped_column(Text, server_default=Plan.TEAM)
    status: Mapped[str] = mapped_column(Text, server_default=TenantStatus.ACTIVE)
    created_at: Mapped[Now]
    # For all of its keys, whatever they say themselves.
    trusted_documents_only: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    # About language models; see app.analysis.policy.
    models_below: Mapped[float | None]
    models_monthly_usd: Mapped[float | None]
    shares_answers: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))


class TenantOwned:
    """A row of one tenant: `tenant_id` leads the primary key, and row-level security confines it.

    Every foreign key between two such tables carries `tenant_id` too: no row can point at another
    tenant's, and the database can be sharded by it.
    """

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey(Tenant.id, ondelete="CASCADE"), primary_key=True, sort_order=-1
    )


class ApiKey(TenantOwned, Base):
    """A key's public part and the SHA-256 of its secret; the secret itself is never stored."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("key_id"),)

    id: Mapped[Uuid7]
    key_id: Mapped[str] = mapped_column(Text)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    prefix: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[Now]
    expires_at: Mapped[Moment | None]
    last_used_at: Mapped[Moment | None]
    revoked_at: Mapped[Moment | None]
    replaced_by: Mapped[UUID | None]
    # Texts as `tenancy.restrictions` reads them; empty for no restriction.
    allowed_networks: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    allowed_origins: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    trusted_documents_only: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))


class Member(TenantOwned, Base):
    """Somebody whom an identity provider vouches for: a person by e-mail address, or a program by subject.

    Invited: without a subject until the first sign-in gives one. Removed members stay, so that a domain
    of the tenant's does not let them in again.
    """

    __tablename__ = "members"
    __table_args__ = (
        CheckConstraint("role in ('OWNER', 'ADMIN', 'ANALYST', 'VIEWER')", name="role_known"),
        CheckConstraint("email is not null or subject is not null", name="identified"),
        UniqueConstraint("tenant_id", "provider", "email"),
        UniqueConstraint("tenant_id", "provider", "subject"),
        Index("ix_members_subject", "provider", "subject"),
        Index("ix_members_email", "provider", "email"),
        Index("ix_members_invited_at", "tenant_id", "invited_at", "id"),
    )

    id: Mapped[Uuid7]
    provider: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    subject: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    invited_at: Mapped[Now]
    joined_at: Mapped[Moment | None]
    last_signed_in_at: Mapped[Moment | None]
    removed_at: Mapped[Moment | None]


class SignInDomain(TenantOwned, Base):
    """Whose verified e-mail address a provider gives in this domain joins the tenant, uninvited."""

    __tablename__ = "sign_in_domains"
    __table_args__ = (
        CheckConstraint("role in ('ADMIN', 'ANALYST', 'VIEWER')", name="role_known"),
        Index("ix_sign_in_domains_domain", "provider", "domain"),
    )

    provider: Mapped[str] = mapped_column(Text, primary_key=True)
    domain: Mapped[str] = mapped_column(Text, primary_key=True)
    role: Mapped[str] = mapped_column(Text)


class Session(TenantOwned, Base):
    """A member's browser: the SHA-256 of its cookie, and the provider's own session behind it."""

    __tablename__ = "sessions"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "member_id"], [Member.tenant_id, Member.id], ondelete="CASCADE"),
        UniqueConstraint("token_hash"),
        Index("ix_sessions_member", "tenant_id", "member_id"),
    )

    id: Mapped[Uuid7]
    member_id: Mapped[UUID]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    provider_session: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Now]
    expires_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]


class UsageTotal(TenantOwned, Base):
    """Points and requests of an operation on a day, UTC; Valkey counts ahead of it by seconds.

    `key_id` is the key's, or the member's. `operation` is its name: empty for an anonymous one, `other`
    past the names that a day may have.
    """

    __tablename__ = "usage"

    day: Mapped[date] = mapped_column(primary_key=True)
    key_id: Mapped[UUID] = mapped_column(primary_key=True)
    operation: Mapped[str] = mapped_column(Text, primary_key=True)
    points: Mapped[int] = mapped_column(BigInteger)
    requests: Mapped[int] = mapped_column(BigInteger)


class AuditEntry(TenantOwned, Base):
    """A change to a tenant, its keys or its members. The application may add rows, never change them."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_at", "tenant_id", "at", "id"),)

    id: Mapped[Uuid7]
    at: Mapped[Now]
    actor_kind: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    target_id: Mapped[UUID]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
