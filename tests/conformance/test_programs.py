"""Reference servers and stock clients, as Node programs beside this file: each has to pass whole."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROGRAMS = sorted(path.name for path in HERE.glob("*.test.mjs"))
SECONDS = 60.0  # of one test: only one that hangs meets it


@pytest.mark.parametrize("program", PROGRAMS)
async def test_a_program_passes(node: str, environment: dict[str, str], tmp_path: Path, program: str) -> None:
    command = [node, "--test", "--test-reporter=tap", f"--test-timeout={SECONDS * 1000:.0f}", program]
    with (tmp_path / "output").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=HERE, env=environment, stdout=output, stderr=output
        )
        try:
            await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    said = (tmp_path / "output").read_text(encoding="utf-8")
    counts = {name: int(count) for name, count in re.findall(r"^# (\w+) (\d+)$", said, re.MULTILINE)}
    assert process.returncode == 0, said
    # A file without tests passes as one test, of its own name; a skipped test would pass too.
    assert counts["pass"] == counts["tests"] > 0, said
    assert f"# Subtest: {program}" not in said, said
