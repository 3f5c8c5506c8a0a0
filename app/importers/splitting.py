"""Bytes as they come, compressed or not, as lines; memory stays small whatever comes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

# The longest lyrics that a track may have take 2.4 MB when every letter is escaped as two \uXXXX.
MAX_LINE_BYTES = 4 << 20
CHUNK_BYTES = 64 << 10
# Lyrics as JSON lines become a third by compression; what becomes a hundredth was made to fill our memory.
MAX_RATIO = 100
FREE_BYTES = 1 << 20  # before which the ratio is not looked at
UTF8_BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
TOO_LONG = f"The line is longer than {MAX_LINE_BYTES >> 20} MB."


class NotUtf8(ValueError):
    """This is UTF-16. Save it as UTF-8 first."""


class Damaged(ValueError):
    """The compressed data is damaged or cut short; the lines before are read."""


class TooDense(ValueError):
    """The compressed data becomes more than a hundred times as long. Send it without compression."""


class Splitter:
    """Lines without their end, or in place of one that is too long a text that says so."""

    def __init__(self) -> None:
        self._rest = b""
        self._overlong = False
        self._begun = False

    def feed(self, chunk: bytes) -> Iterator[bytes | str]:
        """The lines that this chunk completes; take them all. Raises NotUtf8."""
        *whole, rest = (self._rest + chunk).split(b"\n")
        self._rest = b""
        for line in whole:
            yield TOO_LONG if self._overlong or len(line) > MAX_LINE_BYTES else self._clean(line)
            self._overlong = False
            self._begun = True
        if len(rest) > MAX_LINE_BYTES:
            self._overlong = True
        elif not self._overlong:
            self._rest = rest

    def end(self) -> Iterator[bytes | str]:
        """What follows the last line end, if anything does."""
        if self._overlong:
            yield TOO_LONG
        elif self._rest:
            yield self._clean(self._rest)
        self._rest, self._overlong = b"", False

    def _clean(self, line: bytes) -> bytes:
        if not self._begun:
            if line.startswith(UTF16_BOMS):
                raise NotUtf8(NotUtf8.__doc__)
            line = line.removeprefix(UTF8_BOM)
        return line.rstrip(b"\r")


class Gunzip:
    """gzip, of one or more members, undone a piece at a time: a small chunk may hold gigabytes."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self._in = self._out = 0

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """At most CHUNK_BYTES at a time; take them all. Raises Damaged or TooDense."""
        self._in += len(chunk)
        piece = b""
        # A full piece may leave more in the decompressor, without any input to it.
        while chunk or len(piece) == CHUNK_BYTES:
            if self._member.eof:
                if not chunk:
                    return
                self._member = zlib.decompressobj(wbits=31)
            try:
                piece = self._member.decompress(chunk, CHUNK_BYTES)
            except zlib.error as error:
                raise Damaged(Damaged.__doc__) from error
            self._out += len(piece)
            if self._out > FREE_BYTES + MAX_RATIO * self._in:
                raise TooDense(TooDense.__doc__)
            yield piece
            chunk = self._member.unused_data if self._member.eof else self._member.unconsumed_tail

    def end(self) -> None:
        """Raises Damaged where something is missing."""
        if not self._member.eof and self._in:
            raise Damaged(Damaged.__doc__)
