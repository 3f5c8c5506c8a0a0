"""Relay paging by keyset: a cursor holds the sort key and the id of its row, nothing else."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import orjson

from api.errors import InvalidArgument
from api.planner.rows import Rows

MAX_PAGE = 100
FLIPPED_SIGNS = {">": "<", "<": ">"}
# How Postgres writes keys as text, by their types.
KEYS = {
    "text": re.compile("(?s:.*)"),
    "int": re.compile(r"-?\d{1,9}"),
    "uuid": re.compile("[0-9a-f-]{36}"),
    "date": re.compile(r"-infinity|\d{4,7}-\d\d-\d\d"),
    "timestamptz": re.compile(r"\d{4,6}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00"),
}


@dataclass(frozen=True, slots=True, eq=False)  # `shape` gives one for all of its shape: a plan looks it up
class Page:
    """A connection's SQL once its arguments are known; `size` is the placeholder of the page's length."""

    source: str
    size: str
    total: str
    has_next: str
    has_previous: str
    direction: str


def page(
    rows: Rows,
    table: str,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Page:
    """The page that the arguments ask for. Raises InvalidArgument."""
    size = rows.params.bind(page_size(first, last), "int")
    bounds = {">": after, "<": before}
    cursors = tuple(
        (direction, *bound(rows, cursor)) for direction, cursor in bounds.items() if cursor is not None
    )
    backward = first is None
    return shape(table, rows.new, rows.key, rows.descending, tuple(rows.conditions), size, cursors, backward)


def bound(rows: Rows, cursor: str) -> tuple[str, str]:
    """The sort key of a cursor, and its id, as SQL. Raises InvalidArgument."""
    key, id_ = read_cursor(cursor, rows.key_type)
    return f"{rows.params.bind(key, 'text')}::{rows.key_type}", rows.params.bind(id_, "uuid")


@lru_cache(maxsize=1000)
def shape(
    table: str,
    alias: str,
    key: str,
    descending: bool,
    conditions: tuple[str, ...],
    size: str,
    cursors: tuple[tuple[str, str, str], ...],
    backward: bool,
) -> Page:
    """The SQL of a page, in which there are no values: requests of the same shape share it.

    `cursors` are the directions, keys and ids that bound the page.
    """
    own = " and ".join([f"{alias}.tenant_id = $1", *conditions])
    bounds = [own]
    for direction, its_key, id_ in cursors:
        sign = FLIPPED_SIGNS[direction] if descending else direction
        bounds.append(f"({key}, {alias}.id) {sign} ({its_key}, {id_})")
    order = ordering(key, alias, ascending=descending == backward)
    more, bounded = f"count(*) > {size}", {direction for direction, *_ in cursors}
    return Page(
        source=f"(select {alias}.*, row_number() over (order by {order}) as page_n,"
        f" {cursor_of(key, alias)} as page_cursor"
        f" from {table} {alias} where {' and '.join(bounds)} order by {order} limit {size} + 1) {alias}",
        size=size,
        total=f"(select count(*) from {table} {alias} where {own})",
        has_next=("true" if "<" in bounded else "false") if backward else more,
        has_previous=more if backward else ("true" if ">" in bounded else "false"),
        direction="desc" if backward else "asc",
    )


def ordering(key: str, alias: str, *, ascending: bool) -> str:
    direction = "asc" if ascending else "desc"
    return ", ".join(f"{each} {direction}" for each in dict.fromkeys((key, f"{alias}.id")))


def page_size(first: int | None, last: int | None) -> int:
    if (first is None) == (last is None):
        raise InvalidArgument("Give either first or last: how many items you want, at most 100.")
    size = first if first is not None else last
    if size is None or not 0 <= size <= MAX_PAGE:
        name = "first" if first is not None else "last"
        raise InvalidArgument(
            f"{name} is {size}; it has to be from 0 to {MAX_PAGE}.", limit=name, allowed=MAX_PAGE, found=size
        )
    return size


def cursor_of(key: str, alias: str) -> str:
    """SQL for the opaque cursor of a row: base64url of a JSON array of its key and its id, as texts."""
    return (
        f"translate(encode(convert_to(json_build_array(({key})::text, {alias}.id)::text, 'UTF8'), 'base64'),"
        " E'+/=\\n', '-_')"
    )


def read_cursor(cursor: str, key_type: str) -> tuple[str, UUID]:
    """The sort key, as text of an SQL type, and the id. Raises InvalidArgument for what `cursor_of` did not
    make, or made of another order.
    """
    try:
        key, id_ = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(key, str):
            raise ValueError
        id_ = UUID(id_)
    except (ValueError, TypeError, AttributeError) as error:
        raise InvalidArgument("This cursor is not one of ours: use those that a page gave you.") from error
    if KEYS[key_type].fullmatch(key) is None:
        raise InvalidArgument("A cursor does not belong to this order. Start again from the first page.")
    return key, id_
