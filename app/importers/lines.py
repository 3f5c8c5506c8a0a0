"""A file, compressed or not, as numbered lines of bytes; memory stays small whatever the file holds."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path
from types import TracebackType
from typing import Self

from app.importers.entries import Rejected, Unreadable
from app.importers.splitting import CHUNK_BYTES, NotUtf8, Splitter

GZIP_MAGIC = b"\x1f\x8b"
CUT_SHORT = "The compressed file breaks off in this line: it was cut short. The lines before are read."
DAMAGED = "The compressed file's checksum does not fit: lines before this one may be damaged."
NOISE = "The compressed file is damaged from here on. The lines before are read."


class LineFile:
    """Iterates over `(number, line)`, lines without their end, and a Rejected in place of what can't be read.

    Whether the file is compressed is told from its first bytes, not its name. `position` of `size` bytes
    on disk have been read. Raises OSError if it can't be opened, and Unreadable for UTF-16.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size
        self._raw = path.open("rb")
        compressed = self._raw.peek(2)[:2] == GZIP_MAGIC
        self._file: BufferedIOBase = gzip.GzipFile(fileobj=self._raw) if compressed else self._raw

    @property
    def position(self) -> int:
        return self._raw.tell()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._raw.close()

    def __iter__(self) -> Iterator[tuple[int, bytes] | Rejected]:
        try:
            for number, line in enumerate(self._lines(), 1):
                yield Rejected(number, line) if isinstance(line, str) else (number, line)
        except NotUtf8:
            raise Unreadable(f"{self.path} is UTF-16. Save it as UTF-8 first.") from None

    def _lines(self) -> Iterator[bytes | str]:
        """Lines, or the reason in place of one that can't be had."""
        splitter = Splitter()
        try:
            while chunk := self._file.read1(CHUNK_BYTES):
                yield from splitter.feed(chunk)
        except EOFError:
            yield CUT_SHORT
            return
        except gzip.BadGzipFile as error:
            yield from splitter.end()
            yield DAMAGED if "CRC" in str(error) or "ength" in str(error) else NOISE
            return
        except zlib.error:
            yield NOISE
            return
        yield from splitter.end()
