"""Commands and Lua scripts whose calls travel together: one round trip for all of the same moment."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any

from redis.exceptions import NoScriptError

from tenancy.cluster import Cluster
from tenancy.valkey import Valkey
from tenancy.wire import Argument, converse

Call = tuple[asyncio.Future[Any], Sequence[Argument]]


async def pipelined(valkey: Valkey, commands: Sequence[Sequence[Argument]], key_at: int = 1) -> list[Any]:
    """An answer or an exception for each; the argument `key_at` is a command's key, or the first of them.

    Raises what befalls a connection, except in a cluster, where other nodes may have answered.
    """
    if isinstance(valkey, Cluster):
        return await valkey.pipelined(commands, key_at)
    pool = valkey.connection_pool
    connection = await pool.get_connection()  # type: ignore[no-untyped-call]
    try:
        return await converse(connection, commands)
    finally:
        await pool.release(connection)


class PipelinedScript:
    """Called like redis-py's own scripts. While calls are on their way, new ones gather for the next round.

    Most of what a call costs is the client's own work around a round trip, which all calls of a round share.
    Raises what befell the call, or the connection that it travelled by; no call is run twice.
    """

    def __init__(self, valkey: Valkey, text: str) -> None:
        self._valkey = valkey
        self._text = text
        self._sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        self._waiting: list[Call] = []
        self._sending: asyncio.Task[None] | None = None

    async def __call__(self, keys: Sequence[str], args: Sequence[Argument]) -> Any:
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((answer, (len(keys), *keys, *args)))
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())
        return await answer

    async def _send(self) -> None:
        calls: list[Call] = []
        try:
            while self._waiting:
                # Whoever has gone meanwhile is not charged.
                calls, self._waiting = [call for call in self._waiting if not call[0].done()], []
                answers = await self._round(calls)
                for (answer, _), told in zip(calls, answers, strict=True):
                    if answer.done():
                        continue
                    if isinstance(told, Exception):
                        answer.set_exception(told)
                    else:
                        answer.set_result(told)
        except BaseException as error:
            for answer, _ in (*calls, *self._waiting):
                if not answer.done():
                    answer.set_exception(error) if isinstance(error, Exception) else answer.cancel()
            self._waiting.clear()
            if not isinstance(error, Exception):
                raise
        finally:
            self._sending = None

    async def _round(self, calls: Sequence[Call]) -> list[Any]:
        """An answer or an exception for each call. Raises what the connection raises."""
        answers = await self._run("EVALSHA", self._sha, [call for _, call in calls])
        lost = [place for place, told in enumerate(answers) if isinstance(told, NoScriptError)]
        if lost:  # Valkey has restarted, or a node does not know it yet: it has run none of these
            again = await self._run("EVAL", self._text, [calls[place][1] for place in lost])
            for place, told in zip(lost, again, strict=True):
                answers[place] = told
        return answers

    async def _run(self, command: str, script: str, calls: Sequence[Sequence[Argument]]) -> list[Any]:
        return await pipelined(self._valkey, [(command, script, *call) for call in calls], key_at=3)
