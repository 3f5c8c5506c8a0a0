"""CSV with a header: commas, semicolons or tabs, whichever part it into a title, an artist and lyrics."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.catalog.new_track import MAX_LYRICS
from app.importers.entries import Record, Rejected, Unreadable
from app.importers.records import REQUIRED, canonical

DELIMITERS = (",", ";", "\t")
# A quote that never closes would swallow the file: the parser gives up on a field of this length.
MAX_FIELD = MAX_LYRICS + 1


def read(lines: Iterable[tuple[int, bytes] | Rejected]) -> Iterator[Record | Rejected]:
    """A record for every row. After a broken row it goes on with the next line, so that no good row is lost.

    Raises Unreadable without a usable header.
    """
    rows = Rows(lines)
    title = ""
    while not title.strip():
        if rows.next_line() is None:
            return
        title = rows.take().text
    header, delimiter = read_header(title)
    while (start := rows.next_line()) is not None:
        row = rows.parse(start, delimiter)
        if isinstance(row, Rejected):
            yield row
        elif not any(value.strip() for value in row):
            continue
        elif len(row) == len(header):
            yield Record(start, dict(zip(header, row, strict=True)))
        else:
            wrong = f"The row has {len(row)} of the header's {len(header)} columns: check its quotes."
            yield Rejected(start, wrong)


@dataclass(frozen=True, slots=True)
class Line:
    """`wrong` says why the text is not what the file holds."""

    number: int
    text: str
    wrong: str | None = None


class Rows:
    """Numbered lines with a way back: the lines of a row that failed are read again, one by one."""

    def __init__(self, lines: Iterable[tuple[int, bytes] | Rejected]) -> None:
        self._source = iter(lines)
        self._ahead: deque[Line] = deque()

    def next_line(self) -> int | None:
        """The number of the line that the next row begins on, None at the end of the file."""
        if not self._ahead and (item := next(self._source, None)) is not None:
            self._ahead.append(decoded(item))
        return self._ahead[0].number if self._ahead else None

    def take(self) -> Line:
        return self._ahead.popleft()

    def parse(self, start: int, delimiter: str) -> list[str] | Rejected:
        taken: list[Line] = []

        def lines() -> Iterator[str]:
            while self.next_line() is not None:
                taken.append(self.take())
                yield taken[-1].text + "\n"

        csv.field_size_limit(MAX_FIELD)
        try:
            row = next(csv.reader(lines(), delimiter=delimiter, strict=True), [])
            again, reason = 0, ""
        except csv.Error as error:
            again, reason = 1, explain(str(error))
            row = []
        for at, line in enumerate(taken):
            if line.wrong is not None:
                # The row goes as far as its quotes say, but it is not what somebody wrote.
                reason = line.wrong if line.number == start else f"Line {line.number}: {line.wrong}"
                again = again and at + 1
                break
        if again:
            self._ahead.extendleft(reversed(taken[again:]))
        return Rejected(start, reason) if reason else row


def decoded(item: tuple[int, bytes] | Rejected) -> Line:
    if isinstance(item, Rejected):
        return Line(item.line, "", item.reason)
    number, line = item
    try:
        return Line(number, line.decode())
    except UnicodeDecodeError as error:
        wrong = f"Byte {error.start + 1} of the line is not UTF-8. Save the file as UTF-8."
        return Line(number, line.decode(errors="replace"), wrong)


def read_header(line: str) -> tuple[list[str], str]:
    if "\r" in line:
        raise Unreadable("Its lines end with CR alone. Save it with the line ends LF or CRLF.")
    found: list[str] = []
    for delimiter in DELIMITERS:
        names = [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]
        known = [canonical(name) for name in names]
        if set(REQUIRED) <= set(known):
            twice = sorted({name for name in known if name and known.count(name) > 1})
            if twice:
                raise Unreadable(f"Two columns are named {twice[0]}. Rename one of them.")
            return [name or f"column_{at}" for at, name in enumerate(names, 1)], delimiter
        found = max(found, names, key=len)
    missing = " and no column ".join(
        name for name in REQUIRED if name not in {canonical(name) for name in found}
    )
    raise Unreadable(f"The header has no column {missing}. Its columns are: {', '.join(found)[:300]}.")


def explain(message: str) -> str:
    if "field limit" in message or "unexpected end" in message:
        return "A quote that opens in this row is never closed, or a field is far too long."
    if "expected after" in message:
        return "There is text behind a closing quote; write a quote inside a quoted value twice."
    return f"The row can't be parsed: {message}."
