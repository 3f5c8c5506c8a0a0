"""Making and revoking API keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import strawberry

from api import ids
from api.context import Info
from api.mutations import mutation, ref
from api.planner.fields import column
from api.problems import InvalidInput, NotFound
from api.tenants.types import ApiKey
from tenancy import api_keys, scopes
from tenancy.scopes import Scope


@strawberry.input(description="A key to make.")
class CreateApiKeyInput:
    name: str = strawberry.field(description="What to call it: who or what uses it.")
    scopes: list[str] = strawberry.field(
        description="What it may do: scopes such as `tracks:read`, or the roles reader, analyst, admin."
    )
    expires_in_days: int | None = strawberry.field(
        default=None, description="1 to 3650; never when left out."
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


@strawberry.type
class TenantMutations:
    @mutation(Scope.ADMIN_KEYS)
    async def create_api_key(self, info: Info, input: CreateApiKeyInput) -> CreateApiKeyResult:
        """Makes an API key, which can't do more than your own."""
        if not input.name.strip() or len(input.name) > 200:
            return InvalidInput(
                code="BAD_USER_INPUT", message="The name needs 1 to 200 characters.", field="name"
            )
        days = input.expires_in_days
        if days is not None and not 1 <= days <= 3650:
            return InvalidInput(code="BAD_USER_INPUT", message="expiresInDays has to be from 1 to 3650.")
        wanted = scopes.parse(input.scopes)
        if not wanted:
            return InvalidInput(code="BAD_USER_INPUT", message="Give at least one scope.", field="scopes")
        principal = info.context.principal
        async with info.context.database.transaction(principal.tenant) as session:
            key, secret = await api_keys.create(
                session,
                principal.tenant,
                input.name.strip(),
                wanted,
                expires_at=None if days is None else datetime.now(UTC) + timedelta(days=days),
                creator=principal.scopes,
            )
        return CreateApiKeyPayload(api_key=ref(key.id), secret=secret.text)

    @mutation(Scope.ADMIN_KEYS)
    async def revoke_api_key(self, info: Info, input: RevokeApiKeyInput) -> RevokeApiKeyResult:
        """Ends an API key for good, within a second."""
        parts = ids.split(input.id)
        if parts is None or parts[0] != "ApiKey":
            raise api_keys.ApiKeyNotFound("There is no such API key.")
        tenant = info.context.principal.tenant
        async with info.context.database.transaction(tenant) as session:
            key = await api_keys.revoke(session, tenant, parts[1])
        return RevokeApiKeyPayload(api_key=ref(key))
