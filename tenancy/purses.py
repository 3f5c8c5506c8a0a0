"""The purses of one process, and their way back to Valkey."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic, time
from uuid import UUID

from tenancy.ledger import Ledger, MonthUnknown
from tenancy.principals import Principal
from tenancy.purse import Purse

AT_ONCE = 100  # purses of one round trip, which charges wait for
# A purse goes home at the next settling once it has paid this often, or is this old. Going every second, one
# that pays seldom costs more for its ways there and back than it spares.
OFTEN, SECONDS = 10, 5.0

Restore = Callable[[UUID], Awaitable[None]]  # a tenant's month


class Purses:
    """Filled and emptied by `Quotas`; `settle` sends them home. Not safe for threads."""

    def __init__(self, ledger: Ledger, restore: Restore) -> None:
        self._ledger, self._restore = ledger, restore
        self._open: dict[tuple[UUID, int], Purse] = {}  # by key and minute
        self._settling = asyncio.Lock()
        self._on_their_way: deque[tuple[int, Purse]] = deque()
        self._number = 0

    def find(self, key: UUID) -> Purse | None:
        """The key's purse of this minute."""
        return self._open.get((key, int(time()) // 60))

    def of(self, principal: Principal, minute: int) -> Purse:
        purse = self._open.get((principal.id, minute))
        if purse is None:
            purse = self._open[principal.id, minute] = Purse(principal, minute)
        return purse

    async def settle(self, tenant: UUID | None = None, *, due: bool = False) -> None:
        """Books the purses, of one tenant or all, or only those that are `due`.

        Raises what the servers raise, and keeps what is left.
        """
        async with self._settling:
            minute, old = int(time()) // 60, monotonic() - SECONDS
            for at, purse in list(self._open.items()):
                its_turn = purse.paid >= OFTEN or purse.since <= old or purse.minute != minute
                if tenant in (None, purse.principal.tenant) and (its_turn or not due):
                    del self._open[at]
                    if purse.held or purse.operations:
                        self._send(purse)
            while self._on_their_way:
                count = min(AT_ONCE, len(self._on_their_way))
                await self._book([self._on_their_way[place] for place in range(count)])

    def _send(self, purse: Purse) -> None:
        self._number += 1
        self._on_their_way.append((self._number, purse))

    async def _book(self, purses: Sequence[tuple[int, Purse]]) -> None:
        """Books the first that are on their way, in one round trip."""
        told = await asyncio.gather(
            *(self._ledger.settle(purse, number) for number, purse in purses), return_exceptions=True
        )
        unknown, failed, errors = list[Purse](), list[tuple[int, Purse]](), list[BaseException]()
        for (number, purse), error in zip(purses, told, strict=True):
            self._on_their_way.popleft()
            if isinstance(error, MonthUnknown):
                unknown.append(purse)
            elif isinstance(error, BaseException):
                failed.append((number, purse))
                errors.append(error)
        # A purse that failed keeps its number: if it was booked after all, it is not booked again. One whose
        # month is unknown was not booked, and gets a new number.
        self._on_their_way.extendleft(reversed(failed))
        for purse in unknown:
            purse.forgive()
            self._send(purse)
        for tenant in dict.fromkeys(purse.principal.tenant for purse in unknown):
            await self._restore(tenant)
        if errors:
            raise errors[0]
