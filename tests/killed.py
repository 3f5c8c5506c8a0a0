"""Processes that are killed at a chosen moment."""

from __future__ import annotations

import asyncio
import sys


async def killed_in_the_middle(script: str, *arguments: str) -> None:
    """Runs a script in a process of its own, and kills it -9 once it says `in the middle`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"in the middle\n"
    process.kill()
    await process.wait()
