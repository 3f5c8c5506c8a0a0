"""Reading artists and tracks."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from api import ids
from api.catalog.inputs import (
    Artists,
    ArtistsInOrder,
    Tracks,
    TracksInOrder,
    narrow_artists,
    narrow_tracks,
)
from api.catalog.types import Artist, Track
from api.errors import InvalidArgument
from api.nodes import Connection, Node
from api.planner.fields import Asking, RowsOf, computed, connection, single
from api.planner.rows import Ask
from tenancy.scopes import Scope

MAX_NODES = 100
Id = Annotated[strawberry.ID, strawberry.argument(description="Its global id.")]


@strawberry.type
class CatalogQueries:
    @computed(Node | None, scope=Scope.TRACKS_READ)
    def node(ask: Asking, id: Id) -> Any:
        """Anything by its global id; null when there is no such thing."""
        return node_json(ask, id)

    @computed(list[Node | None], scope=Scope.TRACKS_READ)
    def nodes(
        ask: Asking,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="Global ids of any types.")],
    ) -> Any:
        """Things by their global ids, in that order, at most 100; null where there is no such thing."""
        if len(ids) > MAX_NODES:
            raise InvalidArgument(f"At most {MAX_NODES} ids at once; these are {len(ids)}.")
        return [node_json(ask, id_) for id_ in ids]

    @single(Artist | None, "artists", scope=Scope.TRACKS_READ)
    def artist(
        rows: RowsOf,
        id: Annotated[strawberry.ID | None, strawberry.argument(description="Its global id; or …")] = None,
        slug: Annotated[str | None, strawberry.argument(description="… its slug.")] = None,
    ) -> None:
        """One artist, by id or by slug; null when there is none."""
        if (id is None) == (slug is None):
            raise InvalidArgument("Give either id or slug.")
        if slug is not None:
            rows.where(f"{rows.new}.slug = {rows.params.bind(slug, 'text')}")
        elif id is not None:
            by_id(rows, "Artist", id)

    @connection(Connection[Artist], "artists", scope=Scope.TRACKS_READ)
    def artists(rows: RowsOf, filter: Artists = None, order_by: ArtistsInOrder = None) -> None:
        """Artists, by name unless told otherwise."""
        narrow_artists(rows, filter, order_by)

    @single(Track | None, "tracks", scope=Scope.TRACKS_READ)
    def track(rows: RowsOf, id: Id) -> None:
        """One track; null when there is none."""
        by_id(rows, "Track", id)

    @connection(Connection[Track], "tracks", scope=Scope.TRACKS_READ)
    def tracks(rows: RowsOf, filter: Tracks = None, order_by: TracksInOrder = None) -> None:
        """Tracks, in the order in which they were added unless told otherwise."""
        narrow_tracks(rows, filter, order_by)


ADMINISTERED = {"ApiKey": Scope.ADMIN_KEYS, "Member": Scope.ADMIN_MEMBERS}


def node_json(ask: Ask, id_: str) -> dict[str, Any] | None:
    parts, principal = ids.split(id_), ask.context.principal
    if parts is None:
        return None
    kind, uuid = parts
    if kind in ADMINISTERED and uuid != principal.id and ADMINISTERED[kind] not in principal.scopes:
        return None  # other keys and members are an admin's to see
    return {"kind": kind, "id": uuid}


def by_id(rows: RowsOf, type_name: str, id_: str) -> None:
    """An id of another type, or of none, is answered like one that does not exist."""
    parts = ids.split(id_)
    uuid = parts[1] if parts is not None and parts[0] == type_name else None
    rows.where(f"{rows.new}.id = {rows.params.bind(uuid, 'uuid')}")
