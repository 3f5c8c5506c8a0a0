"""Small makers of what tests need: each test takes a tenant of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

from app.catalog import tracks
from app.catalog.new_track import NewTrack
from app.jobs import Job, Turn
from app.provision import SETUP, create_tenant
from tenancy import api_keys
from tenancy.database import Database
from tenancy.models import Plan
from tenancy.scopes import ROLES, Scope

NUMBERS = count(1)
VERSE = """The harbor lamps are burning low tonight
I count the boats that never found the shore
My brother's coat still hangs beneath the light
And no one knocks upon the kitchen door

I kept the letters folded in the drawer
The ink has gone as pale as winter sun
I read them till the words were words no more
And put them back again one by one"""
# Verse of migration whose words alone would not tell.
UNNAMED = """They looked through all our bags and asked for papers
I came with one coat and I don't speak as they do
I send back what I make and call on Sundays
They hear me talk and ask me where I come from"""

RUSSIAN_VERSE = """Ночной перрон, и снег идёт стеной,
И фонари качаются над нами,
А ты молчишь и едешь не со мной,
И поезд говорит о том словами"""


async def new_tenant(database: Database, slug: str | None = None) -> UUID:
    """A tenant with analyzers and without anything else."""
    number = next(NUMBERS)
    return await create_tenant(database, slug or f"tenant-{number}", f"Tenant {number}", Plan.DEMO)


async def new_key(database: Database, tenant: UUID, *scopes: Scope, role: str = "admin") -> str:
    """The text of a new key with these scopes, or with those of a role."""
    granted = frozenset(scopes) if scopes else ROLES[role]
    async with database.transaction(tenant) as session:
        _, secret = await api_keys.create(session, tenant, "test", granted, SETUP, environment="demo")
    return secret.text


def song(title: str | None = None, **parts: Any) -> NewTrack:
    """A track that no other call has made."""
    number = next(NUMBERS)
    values: dict[str, Any] = {
        "artist": f"Singer {number}",
        "lyrics": f"{VERSE}\nAnd number {number} is the only one",
    }
    return NewTrack(title=title or f"Song {number}", **{**values, **parts})


async def add_tracks(database: Database, tenant: UUID, songs: Sequence[NewTrack]) -> list[UUID]:
    """Stores tracks and answers with their ids, in order."""
    async with database.transaction(tenant) as session:
        return [added.id for added in await tracks.add(session, tenant, songs)]


def turn(tenant: UUID, job: Job = Job.ANALYZE, lane: int = 0) -> Turn:
    """As a worker has it, without a job in the queue."""
    return Turn(0, job, tenant, lane)


@dataclass(slots=True)
class Tenant:
    """A tenant as a test sees it."""

    id: UUID
    tracks: list[UUID] = field(default_factory=list)
    key: str = ""
