"""Inviting and removing members."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from api import ids
from api.context import Info
from api.mutations import mutation, ref
from api.planner.fields import column
from api.problems import Conflict, InvalidInput, NotFound
from api.tenants.enums import Role
from api.tenants.types import Member
from tenancy import members
from tenancy.scopes import Scope


@strawberry.input(description="Somebody to invite: a person by `email`, or a program by `subject`.")
class InviteMemberInput:
    role: Role = strawberry.field(description="What they may do. Only an owner can invite another owner.")
    email: str | None = strawberry.field(
        default=None, description="A person's e-mail address, as their identity provider knows it."
    )
    subject: str | None = strawberry.field(
        default=None, description="The `sub` of a program's access tokens, such as its client id."
    )
    provider: str | None = strawberry.field(
        default=None, description="The identity provider that vouches for them; needed if there are several."
    )
    name: str | None = strawberry.field(default=None, description="What to call them.")


@strawberry.type(description="The invitation.")
class InviteMemberPayload:
    member: Member = column("Who was invited: a person for 14 days, a program at once.")
    sign_in_url: str = strawberry.field(description="Where a person joins: send them this address.")


InviteMemberResult = Annotated[
    InviteMemberPayload | InvalidInput | Conflict,
    strawberry.union("InviteMemberResult", description="What was done, or why it was not."),
]


@strawberry.input(description="A member to remove.")
class RemoveMemberInput:
    id: strawberry.ID = strawberry.field(description="Which member.")


@strawberry.type(description="The member who was removed.")
class RemoveMemberPayload:
    member: Member = column("Who is a member no more.")


RemoveMemberResult = Annotated[
    RemoveMemberPayload | InvalidInput | NotFound | Conflict,
    strawberry.union("RemoveMemberResult", description="What was done, or why it was not."),
]


@strawberry.type
class MemberMutations:
    @mutation(Scope.ADMIN_MEMBERS)
    async def invite_member(self, info: Info, input: InviteMemberInput) -> InviteMemberResult:
        """Lets a person or a program join the tenant."""
        principal, sign_in = info.context.principal, info.context.services.sign_in
        provider = sign_in.providers.named(input.provider).config.name
        async with info.context.database.transaction(principal.tenant) as session:
            member = await members.invite(
                session,
                principal.tenant,
                provider,
                input.role,
                info.context.actor,
                email=input.email,
                subject=input.subject,
                name=input.name,
                inviter=principal,
            )
        url = sign_in.address(provider, principal.tenant_slug)
        return InviteMemberPayload(member=ref(member.id), sign_in_url=url)

    @mutation(Scope.ADMIN_MEMBERS)
    async def remove_member(self, info: Info, input: RemoveMemberInput) -> RemoveMemberResult:
        """Ends a membership, or an invitation, within a second; what they have open is closed."""
        principal = info.context.principal
        async with info.context.database.transaction(principal.tenant) as session:
            member = await members.remove(
                session, principal.tenant, id_of(input.id), info.context.actor, remover=principal
            )
        await info.context.services.announce(principal.tenant, member)
        return RemoveMemberPayload(member=ref(member))


def id_of(id_: str) -> UUID:
    """Raises MemberNotFound for what is no member's id."""
    parts = ids.split(id_)
    if parts is None or parts[0] != "Member":
        raise members.MemberNotFound("There is no such member.")
    return parts[1]
