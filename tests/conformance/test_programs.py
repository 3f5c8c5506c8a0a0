"""Reference servers and stock clients, as Node programs beside this file: each has to pass whole."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROGRAMS = sorted(path.name for path in HERE.glob("*.test.mjs"))
SECONDS = 120.0  # far beyond what a program takes: only one that hangs meets it


@pytest.mark.parametrize("program", PROGRAMS)
async def test_a_program_passes(node: str, environment: dict[str, str], program: str) -> None:
    process = await asyncio.create_subprocess_exec(
        node, "--test", "--test-reporter=tap", program,
        cwd=HERE, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(SECONDS):
            output = (await process.communicate())[0].decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    counts = {name: int(count) for name, count in re.findall(r"^# (\w+) (\d+)$", output, re.MULTILINE)}
    assert process.returncode == 0, output
    # A file without tests passes as one test, of its own name; a skipped test would pass too.
    assert counts["pass"] == counts["tests"] > 0, output
    assert f"# Subtest: {program}" not in output, output
