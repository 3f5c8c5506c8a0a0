"""How much one tenant may hold open at a time in this process: sockets, operations, streams."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID


class Full(Exception):
    """A tenant holds as many of these open as it may; `limit` says how many."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"Your tenant has {limit:,} {what} open here: close some, and try again.")
        self.limit = limit


class Seats:
    """At most `limit` of `what`, a plural, for each tenant."""

    def __init__(self, what: str, limit: int) -> None:
        self._what = what
        self._limit = limit
        self._taken: dict[UUID, int] = {}

    @contextmanager
    def seat(self, tenant: UUID) -> Iterator[None]:
        """Holds one during the block. Raises Full."""
        taken = self._taken.get(tenant, 0)
        if taken >= self._limit:
            raise Full(self._what, self._limit)
        self._taken[tenant] = taken + 1
        try:
            yield
        finally:
            self._taken[tenant] -= 1
            if not self._taken[tenant]:
                del self._taken[tenant]
