"""Files that a command writes: never over its own input, and whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.cli.failures import Failure


def check(output: Path, file: Path, option: str) -> None:
    """Raises Failure where writing `output` would destroy the input `file`, or can't work at all."""
    if output.is_dir():
        raise Failure(f"{output} is a folder. Name a file in it with {option}.")
    if output.exists() and file.exists() and output.samefile(file):
        raise Failure(f"{output} is the input itself. Choose another place with {option}.")


@contextmanager
def written(output: Path) -> Iterator[BinaryIO]:
    """`output` for writing, `-` being stdout. What stands in a file stays until the block has succeeded."""
    if str(output) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    # A pipe or a device is written as it is: a file beside it would take its place.
    special = output.exists() and not output.is_file()
    path = output if special else output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        file = path.open("wb")
    except OSError as error:
        raise Failure(f"{output} can't be written: {error.strerror}.") from error
    try:
        with file:
            yield file
        if not special:
            path.replace(output)
    finally:
        if not special:
            path.unlink(missing_ok=True)
