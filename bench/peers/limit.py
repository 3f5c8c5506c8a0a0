"""The least that a Python server can do: one hand-written statement a route, and its bytes as they are.

It is confined to the tenant as ours is, and has neither GraphQL nor authentication nor quota.
Run: python -m bench.peers.limit PORT DATABASE_URL TENANT
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tenancy.database import Database

FEED = """select json_build_object('tracks', coalesce(json_agg(json_build_object(
    'id', t.id, 'title', t.title, 'releasedOn', t.released_on, 'language', t.language,
    'artist', (select json_build_object('id', a.id, 'name', a.name) from artists a
               where a.tenant_id = $1 and a.id = t.artist_id),
    'analyses', (select json_agg(json_build_object('id', n.id, 'status', n.status, 'sentiment', n.sentiment,
                     'createdAt', n.created_at) order by n.created_at desc, n.id desc)
                 from (select * from analyses n where n.tenant_id = $1 and n.track_id = t.id
                       order by n.created_at desc, n.id desc limit 4) n))
    order by t.created_at, t.id), '[]'))
    from (select * from tracks where tenant_id = $1 order by created_at, id limit $2) t"""
TRACK = """select json_build_object('id', t.id, 'title', t.title, 'album', t.album,
    'artist', json_build_object('name', a.name)) from tracks t
    join artists a on a.tenant_id = $1 and a.id = t.artist_id where t.tenant_id = $1 and t.id = $2"""
SCALARS = """select json_agg(json_build_object('id', id, 'title', title, 'album', album, 'releasedOn',
    released_on, 'language', language, 'popularity', popularity) order by created_at, id)
    from (select * from tracks where tenant_id = $1 order by created_at, id limit $2) t"""
ARTIST = """select json_build_object('name', a.name, 'tracks', (select json_agg(json_build_object(
    'id', t.id, 'title', t.title) order by t.created_at, t.id) from (select * from tracks t
    where t.tenant_id = $1 and t.artist_id = a.id order by created_at, id limit 20) t))
    from artists a where a.tenant_id = $1 and a.id = $2"""
STATEMENTS = {
    "feed": (FEED, int),
    "track": (TRACK, UUID),
    "scalars": (SCALARS, int),
    "artist": (ARTIST, UUID),
}


def app(url: str, tenant: UUID) -> Starlette:
    database = Database(url)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await database.close()

    async def read(request: Request) -> Response:
        statement, kind = STATEMENTS[request.path_params["name"]]
        async with database.reading(tenant) as connection:
            body = await connection.fetchval(statement, tenant, kind(request.query_params["by"]))
        return Response(body, media_type="application/json")

    return Starlette(routes=[Route("/{name}", read)], lifespan=lifespan)


if __name__ == "__main__":
    port, url, tenant = sys.argv[1:]
    uvicorn.run(app(url, UUID(tenant)), port=int(port), loop="uvloop", access_log=False)
