"""What Valkey has counted and Postgres does not have yet."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from datetime import datetime
from typing import cast
from uuid import UUID

from tenancy.ledger import Usage, hash_of, prefix
from tenancy.pipelined import PipelinedScript, pipelined
from tenancy.valkey import Valkey

# A field goes only where it was not changed again since it was read.
FORGET = """
for i = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] then
    redis.call('HDEL', KEYS[1], ARGV[i])
  end
end"""


class Unflushed:
    """Reads a tenant's totals in Valkey that have changed, and forgets those that were stored."""

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = valkey
        self._forget = PipelinedScript(valkey, FORGET)

    async def tenants(self, among: list[UUID]) -> list[UUID]:
        """Those that have something to store. Raises what valkey.AWAY names, as all here."""
        asked = [("EXISTS", f"{prefix(tenant)}:unflushed") for tenant in among]
        told = await pipelined(self._valkey, asked)
        for answer in told:
            if isinstance(answer, Exception):
                raise answer
        return [tenant for tenant, any_ in zip(among, told, strict=True) if any_]

    async def read(self, tenant: UUID) -> tuple[dict[bytes, bytes], list[Usage]]:
        """When each field changed, and its totals then or later: the order in which they are read matters."""
        changed = await hash_of(self._valkey, f"{prefix(tenant)}:unflushed")
        by_day: dict[str, list[str]] = {}
        for changed_field in changed:
            day, _, rest = changed_field.decode().partition(":")
            by_day.setdefault(day, []).append(rest)
        totals: list[Usage] = []
        for day, names in by_day.items():
            asked = [f"{kind}:{name}" for name in names for kind in "pr"]
            values = await cast(
                "Awaitable[list[bytes | None]]", self._valkey.hmget(f"{prefix(tenant)}:usage:{day}", asked)
            )
            of_day = datetime.strptime(day, "%Y%m%d").date()  # noqa: DTZ007 - a date has no zone
            for name, points, requests in zip(names, values[::2], values[1::2], strict=True):
                key, _, operation = name.partition(":")
                if points is not None and requests is not None:
                    totals.append(Usage(of_day, UUID(key), operation, int(points), int(requests)))
        return changed, totals

    async def forget(self, tenant: UUID, changed: Mapping[bytes, bytes]) -> None:
        """Call it once what `read` gave is durable."""
        pairs = [part for pair in changed.items() for part in pair]
        await self._forget(keys=[f"{prefix(tenant)}:unflushed"], args=pairs)
