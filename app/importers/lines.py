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

# The longest lyrics that a track may have take 2.4 MB when every letter is escaped as two \uXXXX.
MAX_LINE_BYTES = 4 << 20
CHUNK_BYTES = 64 << 10
UTF8_BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
GZIP_MAGIC = b"\x1f\x8b"
TOO_LONG = f"The line is longer than {MAX_LINE_BYTES >> 20} MB."
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
        for number, line in enumerate(self._lines(), 1):
            if number == 1 and isinstance(line, bytes):
                if line.startswith(UTF16_BOMS):
                    raise Unreadable(f"{self.path} is UTF-16. Save it as UTF-8 first.")
                line = line.removeprefix(UTF8_BOM)
            yield Rejected(number, line) if isinstance(line, str) else (number, line.rstrip(b"\r"))

    def _lines(self) -> Iterator[bytes | str]:
        """Lines, or the reason in place of one that can't be had."""
        rest, overlong = b"", False
        try:
            while chunk := self._file.read1(CHUNK_BYTES):
                *whole, rest = (rest + chunk).split(b"\n")
                for line in whole:
                    yield TOO_LONG if overlong or len(line) > MAX_LINE_BYTES else line
                    overlong = False
                if len(rest) > MAX_LINE_BYTES:
                    rest, overlong = b"", True
        except EOFError:
            yield "The compressed file breaks off in this line: it was cut short. The lines before are read."
            return
        except gzip.BadGzipFile as error:
            if rest and not overlong:
                yield rest
            yield DAMAGED if "CRC" in str(error) or "ength" in str(error) else NOISE
            return
        except zlib.error:
            yield NOISE
            return
        if overlong:
            yield TOO_LONG
        elif rest:
            yield rest
