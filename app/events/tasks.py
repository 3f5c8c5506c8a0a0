"""Ending tasks for good."""

from __future__ import annotations

import asyncio
from typing import Any

AGAIN_SECONDS = 0.1


async def end(*tasks: asyncio.Future[Any]) -> None:
    """Cancels tasks until they are done; what they raise is dropped.

    Once is not enough before Python 3.12: `asyncio.wait_for` swallows a cancellation that comes as its
    inner task ends (https://github.com/python/cpython/issues/86296), and redis-py sends every command
    through it.
    """
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=AGAIN_SECONDS)
    for task in tasks:
        if not task.cancelled():
            task.exception()
