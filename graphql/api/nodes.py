"""What Relay asks of every schema: Node, PageInfo, edges and connections."""

from __future__ import annotations

from typing import Generic, TypeVar

import strawberry

from api.planner.fields import column

T = TypeVar("T")


@strawberry.interface(description="Anything that has a global id, to be read again with `node`.")
class Node:
    id: strawberry.ID = column("A global id, opaque: keep it, don't build it.")


@strawberry.type(description="Where a page of a connection stands.")
class PageInfo:
    has_next_page: bool = column("Whether there is more behind this page.")
    has_previous_page: bool = column("Whether there is something before this page.")
    start_cursor: str | None = column("The cursor of the first edge; null on an empty page.")
    end_cursor: str | None = column("The cursor of the last edge: pass it as `after` to go on.")


@strawberry.type(description="One item of a connection and its place in it.")
class Edge(Generic[T]):
    cursor: str = column("This item's place, for `after` and `before`.")
    node: T = column("The item.")


@strawberry.type(description="A page of a list that can grow without limit.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = column("The items of this page with their cursors.")
    nodes: list[T] = column("The items of this page, when cursors don't matter.")
    page_info: PageInfo = column("Whether and where to go on.")
    total_count: int = column("How many items there are in all; counted only when asked for.")
