"""Which reader a file takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.importers import csv_, jsonl
from app.importers.entries import Record, Rejected, Unreadable
from app.importers.lines import LineFile

READERS = {
    ".jsonl": jsonl.read,
    ".ndjson": jsonl.read,
    ".json": jsonl.read,
    ".csv": csv_.read,
    ".tsv": csv_.read,
}


@dataclass(frozen=True, slots=True)
class Source:
    """An open file of songs: iterate over `entries`; `file` says how far that has come."""

    file: LineFile
    entries: Iterator[Record | Rejected]


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """JSON lines or CSV by the name's ending, compressed or not. Raises Unreadable."""
    name = path.name.lower().removesuffix(".gz")
    reader = READERS.get(Path(name).suffix)
    if reader is None:
        raise Unreadable(f"{path} is not a .jsonl, .jsonl.gz, .csv or .csv.gz file. Rename or convert it.")
    try:
        file = LineFile(path)
    except FileNotFoundError:
        raise Unreadable(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise Unreadable(f"{path} is a folder. Name a file in it.") from None
    except OSError as error:
        raise Unreadable(f"{path} can't be read: {error.strerror}.") from error
    with file:
        yield Source(file, reader(file))
