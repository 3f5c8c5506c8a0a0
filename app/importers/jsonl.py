"""JSON lines: one object a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from app.importers.entries import Record, Rejected

NAMES = {
    list: "an array",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}


def read(lines: Iterable[tuple[int, bytes] | Rejected]) -> Iterator[Record | Rejected]:
    """A record for every object; blank lines are passed over."""
    for item in lines:
        if isinstance(item, Rejected):
            yield item
            continue
        number, line = item
        if line.strip():
            yield parse(number, line)


def parse(number: int, line: bytes) -> Record | Rejected:
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return Rejected(number, f"Byte {error.start + 1} of the line is not UTF-8. Save the file as UTF-8.")
    try:
        value: Any = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return Rejected(number, f"This is not JSON: {error.msg} at column {error.colno}.")
    if not isinstance(value, dict):
        return Rejected(number, f"The line is {NAMES[type(value)]}, not an object: it takes one song a line.")
    return Record(number, value)
