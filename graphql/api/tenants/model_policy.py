"""What a tenant has decided about language models, and changing it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from api.context import Info
from api.mutations import mutation, ref
from api.planner.fields import Asking, column, computed, shape
from api.problems import InvalidInput
from api.tenants import sql
from app.analysis import policy
from tenancy.scopes import Scope

if TYPE_CHECKING:
    from api.tenants.types import Tenant

LazyTenant = Annotated["Tenant", strawberry.lazy("api.tenants.types")]


@shape
class ModelOffer:
    """What the service does for tenants that have not decided otherwise."""

    ask_below: float = column("Models are asked where a local analyzer is less confident than this, 0..1.")
    monthly_budget_usd: float = column("The most that a tenant can spend in a calendar month, in US dollars.")


@shape
class ModelPolicy:
    """What the tenant has decided about language models."""

    ask_below: float | None = column(
        "Models are asked where a local analyzer is less confident than this, 0..1: 0 only where a run names"
        " them, 1 wherever there is any doubt. Null: as `offered`.",
        "{row}.models_below",
    )
    monthly_budget_usd: float | None = column(
        "What models may cost in a calendar month (UTC), in US dollars, within what is `offered`: no request"
        " is sent that could cost more than is left. Null: all that is offered.",
        "{row}.models_monthly_usd",
    )
    spent_usd: float = column(
        "What they have cost this month, with what is set aside for requests under way.", sql.SPENT
    )
    shares_answers: bool = column(
        "Whether answers are shared with other tenants that share theirs and have the very same words. Such"
        " an answer costs nothing; it tells whoever gets it that somebody else has these words."
    )
    switched_off: list[str] = column("Analyzers of kind MODEL that are never asked.", sql.SWITCHED_OFF)

    @computed(ModelOffer)
    def offered(ask: Asking) -> Any:
        """What holds where the policy says nothing, and the most that can be spent."""
        return asdict(ask.context.services.offer)


@strawberry.input(description="What is left out stays as it is; null takes it back to what it was at first.")
class ChangeModelPolicyInput:
    ask_below: float | None = strawberry.field(
        default=strawberry.UNSET, description="0 to 1; null for what the service offers."
    )
    monthly_budget_usd: float | None = strawberry.field(
        default=strawberry.UNSET,
        description="0 to 1,000,000; null for all that the service offers. More lets paused runs go on.",
    )
    shares_answers: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="False at first. What was shared before stays so for 30 days at most.",
    )
    switched_off: list[str] | None = strawberry.field(
        default=strawberry.UNSET,
        description="All analyzers of kind MODEL that are never to be asked, by name; null or [] for none.",
    )

    def changes(self) -> dict[str, Any]:
        names = ("ask_below", "monthly_budget_usd", "shares_answers", "switched_off")
        given = {name: getattr(self, name) for name in names}
        return {name: value for name, value in given.items() if value is not strawberry.UNSET}


@strawberry.type(description="The tenant whose policy was changed.")
class ChangeModelPolicyPayload:
    tenant: LazyTenant = column("With its policy as it is now: it holds from the next songs on.")


ChangeModelPolicyResult = Annotated[
    ChangeModelPolicyPayload | InvalidInput,
    strawberry.union("ChangeModelPolicyResult", description="What was done, or why it was not."),
]


@strawberry.type
class ModelPolicyMutations:
    @mutation(Scope.ADMIN_MODELS)
    async def change_model_policy(self, info: Info, input: ChangeModelPolicyInput) -> ChangeModelPolicyResult:
        """Decides about language models: when they are asked, which of them, and what they may cost."""
        tenant = info.context.principal.tenant
        async with info.context.database.transaction(tenant) as session:
            await policy.change(session, tenant, info.context.actor, input.changes())
        return ChangeModelPolicyPayload(tenant=ref(tenant))
