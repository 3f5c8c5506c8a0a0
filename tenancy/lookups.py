"""What a caller shows becomes a Principal: an API key, a session's cookie, or a provider's access token."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import asyncpg

from tenancy import key_format
from tenancy.database import Database
from tenancy.models import TenantStatus
from tenancy.oidc import tokens
from tenancy.oidc.providers import Providers
from tenancy.oidc.tokens import InvalidToken
from tenancy.principals import Principal, PrincipalKind, TenantSuspended, Unauthenticated
from tenancy.restrictions import Restrictions
from tenancy.scopes import Role, Scope
from tenancy.sessions import hashed

LAST_SECOND = datetime.max.replace(tzinfo=UTC).timestamp() - 1  # that a datetime can be


class Lookups:
    """Each raises Unauthenticated or TenantSuspended; nothing is remembered here."""

    def __init__(self, database: Database, providers: Providers) -> None:
        self._database = database
        self._providers = providers

    async def key(self, text: str) -> Principal:
        try:
            key = key_format.parse(text)
        except key_format.MalformedKey as error:
            raise Unauthenticated(
                "This is not an API key: its checksum does not fit. Copy it again, whole."
            ) from error
        rows = await self._ask("select * from authenticate_key($1)", key.key_id)
        row = rows[0] if rows else None
        # Compared even without a row, so that timing does not tell which key ids exist.
        stored = row["secret_hash"] if row else bytes(32)
        if not hmac.compare_digest(stored, key.secret_hash) or row is None or row["revoked_at"] is not None:
            raise Unauthenticated("This API key is unknown or revoked.")
        return Principal(
            tenant=row["tenant_id"],
            tenant_slug=active(row)["slug"],
            plan=row["plan"],
            id=row["id"],
            name=row["name"],
            scopes=frozenset(Scope(name) for name in row["scopes"]),
            expires_at=row["expires_at"],
            restrictions=Restrictions.parse(row["allowed_networks"], row["allowed_origins"]),
            trusted_documents_only=row["trusted_documents_only"],
        )

    async def session(self, token: str) -> Principal:
        rows = await self._ask("select * from authenticate_session($1)", hashed(token))
        if not rows:
            raise Unauthenticated("You are signed out. Sign in again.")
        return member(rows[0], Role(rows[0]["role"]).scopes, rows[0]["expires_at"])

    async def token(self, text: str, tenant: str | None) -> Principal:
        """Of a member, in the tenant named where there are several. Raises ProviderUnavailable, too."""
        try:
            provider = self._providers.issuing(tokens.issuer_of(text))
            if provider is None:
                raise InvalidToken("The token's issuer is none that signs people in here.")
            claims = await tokens.access_token(provider, text)
        except InvalidToken as error:
            raise Unauthenticated(str(error)) from error
        rows = await self._ask(
            "select * from authenticate_subject($1, $2)", provider.config.name, str(claims["sub"])
        )
        rows = [row for row in rows if tenant in (None, row["slug"])]
        if not rows:
            raise Unauthenticated(
                "The token's subject is a member of no tenant here, or not of the one named:"
                " ask an admin to invite it."
            )
        if len(rows) > 1:
            slugs = ", ".join(sorted(row["slug"] for row in rows))
            raise Unauthenticated(f"Say for which tenant, in the header Rap-Tenant: {slugs}.")
        scopes = Role(rows[0]["role"]).scopes & granted(claims)
        return member(rows[0], scopes, datetime.fromtimestamp(min(claims["exp"], LAST_SECOND), UTC))

    async def _ask(self, statement: str, *values: object) -> Sequence[asyncpg.Record]:
        async with self._database.unpinned() as connection:
            rows: Sequence[asyncpg.Record] = await connection.fetch(statement, *values)
        return rows


def active(row: asyncpg.Record) -> asyncpg.Record:
    """Raises TenantSuspended."""
    if row["status"] != TenantStatus.ACTIVE:
        raise TenantSuspended
    return row


def member(row: asyncpg.Record, scopes: frozenset[Scope], expires_at: datetime) -> Principal:
    return Principal(
        tenant=row["tenant_id"],
        tenant_slug=active(row)["slug"],
        plan=row["plan"],
        id=row["id"],
        name=row["name"],
        scopes=scopes,
        expires_at=expires_at,
        kind=PrincipalKind.MEMBER,
        trusted_documents_only=row["trusted_documents_only"],
    )


def granted(claims: dict[str, Any]) -> frozenset[Scope]:
    """What a token lets its bearer do: all that the member may, unless its scope claim says less."""
    told = claims.get("scope")
    if not isinstance(told, str):
        return frozenset(Scope)
    return frozenset(scope for scope in Scope if scope in told.split())
