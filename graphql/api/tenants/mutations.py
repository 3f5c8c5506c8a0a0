"""Making, rotating and revoking API keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import strawberry

from api import ids
from api.context import Info
from api.mutations import mutation, ref
from api.planner.fields import column
from api.problems import Conflict, InvalidInput, NotFound
from api.tenants.types import ApiKey
from tenancy import api_keys, scopes
from tenancy.api_keys import MAX_GRACE
from tenancy.restrictions import Restrictions
from tenancy.scopes import Scope


@strawberry.input(description="A key to make.")
class CreateApiKeyInput:
    name: str = strawberry.field(description="What to call it: who or what uses it.")
    scopes: list[str] = strawberry.field(
        description="What it may do: scopes such as `tracks:read`, or the roles reader, analyst, admin."
    )
    expires_in_days: int | None = strawberry.field(
        default=None, description="1 to 3650; when left out, it ends when your own key does."
    )
    allowed_networks: list[str] | None = strawberry.field(
        default=None,
        description="Networks that may use it, such as `203.0.113.0/24`; any when left out.",
    )
    allowed_origins: list[str] | None = strawberry.field(
        default=None,
        description="Origins of pages that may use it, such as `https://app.example.com`; any when left out.",
    )
    trusted_documents_only: bool = strawberry.field(
        default=False,
        description="Whether it runs trusted documents alone: operations that the service knows by hash.",
    )


@strawberry.type(description="The new key, with its secret.")
class CreateApiKeyPayload:
    api_key: ApiKey = column("The new key.")
    secret: str = strawberry.field(description="The key's text. It is shown here, once: keep it.")


CreateApiKeyResult = Annotated[
    CreateApiKeyPayload | InvalidInput,
    strawberry.union("CreateApiKeyResult", description="What was done, or why it was not."),
]


@strawberry.input(description="A key to revoke.")
class RevokeApiKeyInput:
    id: strawberry.ID = strawberry.field(description="Which key.")


@strawberry.type(description="The key that was revoked.")
class RevokeApiKeyPayload:
    api_key: ApiKey = column("The key, which works no more.")


RevokeApiKeyResult = Annotated[
    RevokeApiKeyPayload | NotFound,
    strawberry.union("RevokeApiKeyResult", description="What was done, or why it was not."),
]


@strawberry.input(description="A key to give a successor.")
class RotateApiKeyInput:
    id: strawberry.ID = strawberry.field(description="Which key.")
    grace_minutes: int = strawberry.field(
        default=1440, description="How long the old key works on: 0 to 43200, but never beyond its own end."
    )


@strawberry.type(description="The new key, with its secret.")
class RotateApiKeyPayload:
    api_key: ApiKey = column("The new key, which may do what the old one may, until the same end.")
    replaced: ApiKey = column("The old key; `expiresAt` says how long it works on.")
    secret: str = strawberry.field(description="The new key's text. It is shown here, once: keep it.")


RotateApiKeyResult = Annotated[
    RotateApiKeyPayload | InvalidInput | NotFound | Conflict,
    strawberry.union("RotateApiKeyResult", description="What was done, or why it was not."),
]


@strawberry.type
class TenantMutations:
    @mutation(Scope.ADMIN_KEYS)
    async def create_api_key(self, info: Info, input: CreateApiKeyInput) -> CreateApiKeyResult:
        """Makes an API key, which can't do more than your own, nor live longer."""
        days = input.expires_in_days
        if days is not None and not 1 <= days <= 3650:
            return InvalidInput(
                code="BAD_USER_INPUT",
                message="expiresInDays has to be from 1 to 3650.",
                field="input.expiresInDays",
            )
        wanted = scopes.parse(input.scopes)
        if not wanted:
            return InvalidInput(
                code="BAD_USER_INPUT", message="Give at least one scope.", field="input.scopes"
            )
        principal = info.context.principal
        async with info.context.database.transaction(principal.tenant) as session:
            key, secret = await api_keys.create(
                session,
                principal.tenant,
                input.name,
                wanted,
                info.context.actor,
                expires_at=None if days is None else datetime.now(UTC) + timedelta(days=days),
                restrictions=Restrictions.parse(input.allowed_networks or [], input.allowed_origins or []),
                trusted_documents_only=input.trusted_documents_only,
                creator=principal,
            )
        return CreateApiKeyPayload(api_key=ref(key.id), secret=secret.text)

    @mutation(Scope.ADMIN_KEYS)
    async def rotate_api_key(self, info: Info, input: RotateApiKeyInput) -> RotateApiKeyResult:
        """Gives a key a successor; both work until the grace period is over."""
        if not 0 <= input.grace_minutes <= MAX_GRACE // timedelta(minutes=1):
            return InvalidInput(
                code="BAD_USER_INPUT",
                message="graceMinutes has to be from 0 to 43200.",
                field="input.graceMinutes",
            )
        tenant, wanted = info.context.principal.tenant, key_of(input.id)
        async with info.context.database.transaction(tenant) as session:
            old, new, secret = await api_keys.rotate(
                session,
                tenant,
                wanted,
                info.context.actor,
                grace=timedelta(minutes=input.grace_minutes),
                creator=info.context.principal,
            )
        await info.context.services.announce(tenant, old.id)
        return RotateApiKeyPayload(api_key=ref(new.id), replaced=ref(old.id), secret=secret.text)

    @mutation(Scope.ADMIN_KEYS)
    async def revoke_api_key(self, info: Info, input: RevokeApiKeyInput) -> RevokeApiKeyResult:
        """Ends an API key for good, within a second; what it has open is closed."""
        tenant, wanted = info.context.principal.tenant, key_of(input.id)
        async with info.context.database.transaction(tenant) as session:
            key = await api_keys.revoke(session, tenant, wanted, info.context.actor)
        await info.context.services.announce(tenant, key)
        return RevokeApiKeyPayload(api_key=ref(key))


def key_of(id_: str) -> UUID:
    """Raises ApiKeyNotFound for what is no key's id."""
    parts = ids.split(id_)
    if parts is None or parts[0] != "ApiKey":
        raise api_keys.ApiKeyNotFound("There is no such API key.")
    return parts[1]
