"""Who asks, the tenant, its keys and what it has used."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from api.errors import InvalidArgument
from api.nodes import Connection, Node
from api.planner.fields import Asking, RowsOf, column, connection, embedded, later, node, one, shape
from api.tenants import sql
from api.tenants import usage as usages
from api.tenants.enums import ActorKind, Plan, Role, TenantStatus, UsageGranularity
from api.tenants.model_policy import ModelPolicy
from tenancy.scopes import Scope

LazyApiKey = Annotated["ApiKey", strawberry.lazy("api.tenants.types")]
LazyMember = Annotated["Member", strawberry.lazy("api.tenants.types")]
LazyAuditEntry = Annotated["AuditEntry", strawberry.lazy("api.tenants.types")]
MAX_DAYS = 366


@shape
class Quota:
    """How many points may be spent."""

    burst: int = column("At once, by one key.")
    per_minute: int = column("In a minute, by the whole tenant.")
    per_month: int = column("In a month, by the whole tenant.")
    used_this_month: int = column(
        "By the whole tenant so far this month. What is set aside for the next requests of its keys counts"
        " until it comes back, within seconds."
    )
    resets_at: datetime = column("When the month's points are full again.")


@shape
class RateLimit:
    """Where the tenant stands after this very request."""

    cost: int = column("What this request cost, in points.")
    limit: int = column("Points a minute.")
    remaining: int = column("What is left of this minute's.")
    resets_at: datetime = column("When they are full again.")


@shape
class UsagePoint:
    """What a period cost."""

    period: date = column("Its first day.")
    points: int = column("Points spent.")


@node("api_keys", "key")
class ApiKey(Node):
    """A key by which programs sign in. Its secret is shown once, when it is made."""

    name: str = column("What its owner calls it.")
    prefix: str = column("The visible part of the key, to tell keys apart.")
    scopes: list[str] = column("What it may do.")
    created_at: datetime = column("When it was made.")
    expires_at: datetime | None = column("When it ends.")
    last_used_at: datetime | None = column("When it was last used.")
    revoked_at: datetime | None = column("When it was revoked.")
    replaced_by: LazyApiKey | None = one(
        "The key that it was rotated to.", "api_keys", on="{new}.id = {row}.replaced_by"
    )
    allowed_networks: list[str] = column("Networks that may use it; none means any.")
    allowed_origins: list[str] = column("Origins of pages that may use it; none means any.")
    trusted_documents_only: bool = column("Whether it runs trusted documents alone.")

    @later(Quota)
    async def quota(ask: Asking) -> Any:
        """What its tenant may spend."""
        return [await usages.quota(ask)] * len(ask.keys)


@node("members", "mem")
class Member(Node):
    """Somebody who belongs to the tenant: a person who signs in, or a program with tokens of a provider."""

    name: str | None = column("What the identity provider, or whoever invited them, calls them.")
    email: str | None = column("A person's e-mail address.")
    role: Role = column("What they may do.")
    provider: str = column("The identity provider that vouches for them.")
    subject: str | None = column("Who they are to the provider; null until they have joined.")
    invited_at: datetime = column("When they were invited, or joined by the domain of their address.")
    joined_at: datetime | None = column("When they first signed in; null while they are invited.")
    last_signed_in_at: datetime | None = column("When they last signed in.")
    removed_at: datetime | None = column("When they were removed.")


@shape
class AuditEntry:
    """A change to the tenant, or to one of its keys or members. Entries are never changed or deleted."""

    at: datetime = column("When.")
    actor_kind: ActorKind = column("What kind of somebody did it.")
    actor: str = column("Who did it: the name of a key, a member or an operator.", "{row}.actor_name")
    address: str | None = column("From where: an IP address, or an operator's machine.")
    action: str = column("What was done, such as `api_key.created`.")
    target: strawberry.ID = column("What it was done to.", sql.TARGET)
    before: JSON | None = column("How it was before; null where it was not there.")
    after: JSON | None = column("How it is since.")


@node("tenants", "ten")
class Tenant(Node):
    """A customer, whose rows nobody else sees."""

    name: str = column("Its name.")
    slug: str = column("Its short name.")
    plan: Plan = column("What it pays for.")
    status: TenantStatus = column("Whether it can be used.")
    trusted_documents_only: bool = column("Whether all of its keys run trusted documents alone.")
    model_policy: ModelPolicy = embedded(
        "What it has decided about language models.", scope=Scope.ADMIN_MODELS
    )

    @connection(Connection[LazyApiKey], "api_keys", scope=Scope.ADMIN_KEYS)
    def api_keys(rows: RowsOf) -> None:
        """Its API keys, revoked ones too, newest first."""
        rows.order(f"{rows.new}.created_at", "timestamptz", descending=True)

    @connection(Connection[LazyMember], "members", scope=Scope.ADMIN_MEMBERS)
    def members(rows: RowsOf) -> None:
        """Its members and whom it has invited, newest first."""
        rows.where(f"{rows.new}.removed_at is null")
        rows.order(f"{rows.new}.invited_at", "timestamptz", descending=True)

    @connection(Connection[LazyAuditEntry], "audit_log", scope=Scope.ADMIN_KEYS)
    def audit_log(rows: RowsOf) -> None:
        """Every change to the tenant, its keys and its members, newest first."""
        rows.order(f"{rows.new}.at", "timestamptz", descending=True)

    @later(list[UsagePoint], scope=Scope.USAGE_READ)
    async def usage(
        ask: Asking,
        from_: Annotated[date, strawberry.argument(name="from", description="The first day.")],
        to: Annotated[date, strawberry.argument(description="The last day.")],
        granularity: Annotated[
            UsageGranularity, strawberry.argument(description="How long each period is.")
        ] = UsageGranularity.DAY,
    ) -> Any:
        """Points spent, a period at a time, both days included."""
        if not 0 <= (to - from_).days < MAX_DAYS:
            raise InvalidArgument(f"from has to be before to, and at most {MAX_DAYS} days.")
        return [await usages.points(ask, from_, to, granularity)] * len(ask.keys)


@shape
class Viewer:
    """Who asks."""

    tenant: Tenant = column("The tenant that everything here belongs to.")
    principal: str = column("The name of the key or the member.")
    scopes: list[str] = column("What you may do.")
    api_key: ApiKey | None = column("Your key, if you have come with one.")
    member: Member | None = column("Who you are, if you have signed in.")
