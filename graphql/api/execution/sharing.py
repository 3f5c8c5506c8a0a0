"""What many ask for at the same moment, made once for all of them."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Sharing(Generic[T]):
    """Values by key, each for some `seconds` after it was asked for first; at most `most` of them."""

    def __init__(self, seconds: float, most: int) -> None:
        self._seconds = seconds
        self._most = most
        self._made: OrderedDict[Hashable, tuple[float, asyncio.Future[T]]] = OrderedDict()

    async def get(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """The value that is there or under way, or else what `make` gives, for all who ask meanwhile.

        Raises what `make` raises, to all of them too. It goes on when one of them is cancelled.
        """
        now = asyncio.get_running_loop().time()
        found = self._made.get(key)
        if found is None or now - found[0] > self._seconds:
            self._drop(now)
            found = self._made[key] = (now, asyncio.ensure_future(make()))
            self._made.move_to_end(key)
        value = found[1]
        return value.result() if value.done() else await asyncio.shield(value)

    def _drop(self, now: float) -> None:
        while self._made:
            key, (since, value) = next(iter(self._made.items()))
            if len(self._made) < self._most and now - since <= self._seconds:
                return
            del self._made[key]
            if value.done() and not value.cancelled():
                value.exception()  # whoever waited for it has had it
