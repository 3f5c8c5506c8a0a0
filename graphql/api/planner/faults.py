"""Errors inside an answer: marks that the SQL leaves where a value can't be given, and what becomes of them.

GraphQL's rule: a field that fails is null, with an error at its path; where null is not allowed, it goes up
to the next place that may be null, and what is inside of that is not told any more.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import FieldNode, GraphQLError, GraphQLOutputType, is_non_null_type, located_error

from api.errors import reported

# No text of a row is taken for a mark, since nobody else can know it.
TOKEN = f"fault-{secrets.token_hex(8)}:"
IN_JSON = TOKEN.encode()

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the answer of a plan: a field's value, or the items of its list.

    It is `depth` steps below the plan's own field, items of lists counted; `stop` is the depth at which a
    null that begins here ends, -1 when it leaves the plan. `keys` are the response keys, `field` the name for
    people.
    """

    keys: tuple[str, ...]
    field: str
    depth: int
    stop: int

    @classmethod
    def root(cls, key: str, field: str, type_: GraphQLOutputType) -> Place:
        return cls((key,), field, 0, -1 if is_non_null_type(type_) else 0)

    def below(self, key: str, field: str, type_: GraphQLOutputType) -> Place:
        """The place of a field of the object that is here."""
        depth = self.depth + 1
        return Place((*self.keys, key), field, depth, self.stop if is_non_null_type(type_) else depth)

    def items(self, item: GraphQLOutputType) -> Place:
        """The place of each item of the list that is here."""
        depth = self.depth + 1
        return Place(self.keys, self.field, depth, self.stop if is_non_null_type(item) else depth)


def mark(fault: str) -> str:
    """SQL of the JSON text that stands for a fault."""
    return f"'\"{TOKEN}{fault}\"'"


@dataclass(frozen=True, slots=True)
class Fault:
    """What a mark means. `error` None: what a function raised in this request."""

    nodes: list[FieldNode]
    stop: int
    error: Exception | None


def settle(
    json: bytes, faults: Mapping[str, Fault], failed: Mapping[str, Exception], prefix: list[str | int]
) -> tuple[bytes, list[GraphQLError]]:
    """The JSON with nulls for its marks, and their errors in the order of the answer.

    `prefix` is the path of the plan's field, and `failed` has what was raised, by the names of marks.
    """
    if IN_JSON not in json:
        return json, []
    answer = [orjson.loads(json)]
    errors: list[GraphQLError] = []
    nulled: Path | None = None
    for name, path in list(marks(answer[0])):
        if nulled is not None and path[: len(nulled)] == nulled:
            continue  # marks come in the order of the answer: no earlier null holds this one
        fault = faults[name.partition(".")[0]]
        error = fault.error or failed[name]
        errors.append(reported(located_error(error, fault.nodes, [*prefix, *path])))
        if fault.stop < 0:
            return b"null", errors
        nulled = path[: fault.stop]
        replace(answer, (0, *nulled))
    return orjson.dumps(answer[0]), errors


def marks(value: Any) -> Iterator[tuple[str, Path]]:
    """The names of all marks, and where they are."""
    waiting: list[tuple[Path, Any]] = [((), value)]
    while waiting:  # no recursion: a tenant's own JSON may be nested deeply
        path, value = waiting.pop()
        if isinstance(value, str) and value.startswith(TOKEN):
            yield value.removeprefix(TOKEN), path
        elif isinstance(value, dict):
            waiting += [((*path, key), item) for key, item in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [((*path, n), item) for n, item in reversed(list(enumerate(value)))]


def replace(holder: Any, path: Path) -> None:
    """Puts null at the path."""
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = None
