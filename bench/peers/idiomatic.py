"""The same API as Strawberry's documentation would have it: resolvers, dataloaders, an ORM session a request.

Run: python -m bench.peers.idiomatic PORT DATABASE_URL TENANT
"""

from __future__ import annotations

import sys
from collections import defaultdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

import strawberry
import uvicorn
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader

from app.analysis import models as analysis
from app.catalog import models as catalog
from tenancy.database import Database

Info = strawberry.Info[dict[str, Any], None]


@strawberry.type
class Analysis:
    id: strawberry.ID
    status: str
    sentiment: str | None
    created_at: datetime


@strawberry.type
class Artist:
    id: strawberry.ID
    name: str

    @strawberry.field
    async def tracks(self, info: Info, first: int) -> list[Track]:
        return (await info.context["tracks"].load(UUID(self.id)))[:first]  # type: ignore[no-any-return]


@strawberry.type
class Track:
    id: strawberry.ID
    title: str
    album: str | None
    released_on: date | None
    language: str | None
    popularity: int | None
    artist_id: strawberry.Private[UUID]

    @strawberry.field
    async def artist(self, info: Info) -> Artist:
        return await info.context["artists"].load(self.artist_id)  # type: ignore[no-any-return]

    @strawberry.field
    async def analyses(self, info: Info, first: int) -> list[Analysis]:
        return (await info.context["analyses"].load(UUID(self.id)))[:first]  # type: ignore[no-any-return]


def track_of(row: catalog.Track) -> Track:
    return Track(
        id=strawberry.ID(str(row.id)),
        title=row.title,
        album=row.album,
        released_on=row.released_on,
        language=row.language,
        popularity=row.popularity,
        artist_id=row.artist_id,
    )


@strawberry.type
class Query:
    @strawberry.field
    async def tracks(self, info: Info, first: int) -> list[Track]:
        query = select(catalog.Track).order_by(catalog.Track.created_at, catalog.Track.id).limit(first)
        return [track_of(row) for row in await info.context["session"].scalars(query)]

    @strawberry.field
    async def track(self, info: Info, id: strawberry.ID) -> Track | None:
        query = select(catalog.Track).where(catalog.Track.id == UUID(id))
        row = await info.context["session"].scalar(query)
        return None if row is None else track_of(row)

    @strawberry.field
    async def artist(self, info: Info, id: strawberry.ID) -> Artist | None:
        found: Artist | None = await info.context["artists"].load(UUID(id))
        return found


def loaders(session: AsyncSession) -> dict[str, Any]:
    async def artists(ids: list[UUID]) -> list[Artist | None]:
        rows = await session.scalars(select(catalog.Artist).where(catalog.Artist.id.in_(ids)))
        found = {row.id: Artist(id=strawberry.ID(str(row.id)), name=row.name) for row in rows}
        return [found.get(id_) for id_ in ids]

    async def tracks(ids: list[UUID]) -> list[list[Track]]:
        query = select(catalog.Track).where(catalog.Track.artist_id.in_(ids))
        found = defaultdict(list)
        for row in await session.scalars(query.order_by(catalog.Track.created_at, catalog.Track.id)):
            found[row.artist_id].append(track_of(row))
        return [found[id_] for id_ in ids]

    async def analyses(ids: list[UUID]) -> list[list[Analysis]]:
        table = analysis.Analysis
        query = select(table).where(table.track_id.in_(ids))
        found = defaultdict(list)
        for row in await session.scalars(query.order_by(table.created_at.desc(), table.id.desc())):
            found[row.track_id].append(
                Analysis(
                    id=strawberry.ID(str(row.id)),
                    status=row.status,
                    sentiment=row.sentiment,
                    created_at=row.created_at,
                )
            )
        return [found[id_] for id_ in ids]

    return {
        "session": session,
        "artists": DataLoader(artists),
        "tracks": DataLoader(tracks),
        "analyses": DataLoader(analyses),
    }


class Endpoint(GraphQL[dict[str, Any], None]):
    async def get_context(self, request: Any, response: Any) -> dict[str, Any]:
        return loaders(request.scope["session"])


def app(url: str, tenant: UUID) -> Starlette:
    database, endpoint = Database(url), Endpoint(strawberry.Schema(Query))

    class WithSession:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            async with database.transaction(tenant) as session:
                scope["session"] = session
                await endpoint(scope, receive, send)

    async def ready(_: Request) -> Response:
        return Response("ok")

    return Starlette(routes=[Route("/ready", ready), Route("/graphql", WithSession(), methods=["POST"])])


if __name__ == "__main__":
    port, url, tenant = sys.argv[1:]
    uvicorn.run(app(url, UUID(tenant)), port=int(port), loop="uvloop", access_log=False)
