"""Relay connections over lists in memory."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tests.differential.errors import Refused
from tests.differential.rows import Row

NOT_OURS = "This cursor is not one of ours: use those that a page gave you."
OTHER_ORDER = "A cursor does not belong to this order. Start again from the first page."


@dataclass(frozen=True, slots=True)
class Order:
    """A key of rows that is never null, how it is written in a cursor, and how it is read from one."""

    key: Callable[[Row], Any]
    write: Callable[[Any], str]
    read: Callable[[str], Any]
    descending: bool = False

    def cursor(self, row: Row) -> str:
        """What Postgres writes with json_build_array, in base64 for addresses."""
        text = json.dumps([self.write(self.key(row)), str(row["id"])], ensure_ascii=False)
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def place(self, row: Row) -> tuple[Any, UUID]:
        return self.key(row), row["id"]

    def place_of(self, cursor: str) -> tuple[Any, UUID]:
        try:
            key, id_ = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            place = key, UUID(id_)
        except (ValueError, TypeError, AttributeError) as error:
            raise Refused(NOT_OURS) from error
        try:
            return self.read(place[0]), place[1]
        except ValueError as error:
            raise Refused(OTHER_ORDER) from error


def by_moment(name: str, *, descending: bool = False) -> Order:
    return Order(lambda row: row[name], write_moment, read_moment, descending)


def write_moment(moment: datetime) -> str:
    """As Postgres casts it to text: no zeros behind the last digit."""
    fraction = f".{moment.microsecond:06}".rstrip("0") if moment.microsecond else ""
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction}+00"


def read_moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError
    return moment


def write_day(day: date) -> str:
    return "-infinity" if day == date.min else day.isoformat()


def read_day(text: str) -> date:
    return date.min if text == "-infinity" else date.fromisoformat(text)


def read_int(text: str) -> int:
    return int(text)


def connection(
    rows: list[Row],
    order: Order,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> dict[str, Any]:
    if (first is None) == (last is None):
        raise Refused("Give either first or last: how many items you want, at most 100.")
    for name, size in (("first", first), ("last", last)):
        if size is not None and not 0 <= size <= 100:
            limit: dict[str, Any] = {"limit": name, "allowed": 100, "found": size}
            raise Refused(f"{name} is {size}; it has to be from 0 to 100.", **limit)
    found = sorted(rows, key=order.place, reverse=order.descending)
    for cursor, wanted_behind in ((after, True), (before, False)):
        if cursor is not None:
            bound = order.place_of(cursor)
            behind = wanted_behind is not order.descending
            found = [r for r in found if (order.place(r) > bound if behind else order.place(r) < bound)]
    if first is not None:
        page, more = found[:first], len(found) > first
        has_next, has_previous = more, after is not None
    else:
        size = min(last or 0, len(found))
        page, more = found[len(found) - size :], len(found) > size
        has_next, has_previous = before is not None, more
    cursors = [order.cursor(row) for row in page]
    return {
        "edges": [{"cursor": c, "node": row} for c, row in zip(cursors, page, strict=True)],
        "nodes": page,
        "page_info": {
            "has_next_page": has_next,
            "has_previous_page": has_previous,
            "start_cursor": cursors[0] if cursors else None,
            "end_cursor": cursors[-1] if cursors else None,
        },
        "total_count": len(rows),
    }
