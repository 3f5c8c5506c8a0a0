"""A Valkey Cluster: redis-py's client, and commands of many keys that travel together."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Sequence
from typing import Any, Self

from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.exceptions import AskError, ClusterDownError, RedisClusterException, RedisError, TryAgainError

from tenancy.wire import Argument, converse

REDIRECTED = (AskError, TryAgainError)  # not run; a MovedError is an AskError


class Cluster(RedisCluster):
    """Found by way of any of `nodes` (host, port): name several, or a name that stands for all of them.

    A node that can't be reached makes the client ask again who has which slots, at its next command.
    """

    def __init__(self, nodes: Sequence[tuple[str, int]], **settings: Any) -> None:
        self.settings = {"nodes": nodes, **settings}
        super().__init__(
            startup_nodes=[ClusterNode(host, port) for host, port in nodes],
            # Those that were named: where all nodes get new addresses, the old ones would help nobody.
            dynamic_startup_nodes=False,
            # Whoever lacks a slot finds out; the others go on.
            require_full_coverage=False,
            **settings,
        )

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        return self

    def another(self, **changed: Any) -> Cluster:
        return Cluster(**{**self.settings, **changed})

    def ping(self, **options: Any) -> Awaitable[bool]:
        """Every node that has slots answers: while one of them is away, so is the cluster."""
        return super().ping(target_nodes=self.PRIMARIES, **options)

    async def refresh(self) -> None:
        """Asks who has which slots, and goes on with new connections."""
        self._initialize = True
        await self.initialize()

    async def aclose(self) -> None:
        await super().aclose()
        # What redis-py leaves open after it has lost a node.
        for nodes in ("nodes_cache", "startup_nodes"):
            await self.nodes_manager.aclose(nodes)

    async def pipelined(self, commands: Sequence[Sequence[Argument]], key_at: int) -> list[Any]:
        """An answer or an exception for each; its argument `key_at` is a key. One trip to each node."""
        await self.initialize()
        answers: list[Any] = [None] * len(commands)
        places = defaultdict[ClusterNode, list[int]](list)
        for place, command in enumerate(commands):
            try:
                node = self.nodes_manager.get_node_from_slot(self.keyslot(command[key_at]))
            except (RedisClusterException, KeyError) as error:  # nobody has its slot
                answers[place] = RedisClusterException(f"Nobody has the slot of a key: {error}")
                self._initialize = True
            else:
                places[node].append(place)

        async def ask(node: ClusterNode, of_node: list[int]) -> None:
            told = await self._ask(node, [commands[place] for place in of_node])
            for place, answer in zip(of_node, told, strict=True):
                answers[place] = answer

        await asyncio.gather(*(ask(node, of_node) for node, of_node in places.items()))
        for place, answer in enumerate(answers):
            if isinstance(answer, ClusterDownError):
                self._initialize = True
            elif isinstance(answer, REDIRECTED):  # in their order
                answers[place] = await self._follow(commands[place])
        return answers

    async def _ask(self, node: ClusterNode, commands: Sequence[Sequence[Argument]]) -> list[Any]:
        try:
            connection = node.acquire_connection()
            try:
                await node.disconnect_if_needed(connection)
                try:
                    closed = connection.is_connected and await connection.can_read()
                except (RedisError, OSError):
                    closed = True
                if closed:  # by a node that was started again
                    await connection.disconnect()
                return await converse(connection, commands)
            finally:
                node.release(connection)
        except (RedisError, OSError) as error:
            self._initialize = True
            return [error] * len(commands)

    async def _follow(self, command: Sequence[Argument]) -> Any:
        try:
            return await self.execute_command(*command)
        except (RedisError, RedisClusterException, OSError) as error:
            return error
