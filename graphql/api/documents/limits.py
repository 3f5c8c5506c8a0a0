"""How large a document may be: what each figure is, and the error that names it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from api.errors import ApiError

# A pattern of the lexical grammar that takes what the grammar refuses too: the parser tells of that.
TOKEN = re.compile(
    r'"""(?:[^"\\]|\\(?:""")?|"(?!""))*"""|"(?:[^"\\\n\r]|\\.)*"|#[^\n\r]*|\.\.\.'
    r"|[_A-Za-z0-9][_A-Za-z0-9.+-]*|[^\s,\ufeff]"
)
MOST = 10**12  # what is more is not counted further: JSON numbers end somewhere
OPENING, CLOSING = frozenset("([{"), frozenset(")]}")


@dataclass(frozen=True, slots=True)
class Limit:
    """`allowed` of something, and what a caller can do who needs more."""

    allowed: int
    what: str
    advice: str


SHORTER = "Ask for less, or in several requests."
LIMITS = {
    # Parsing takes about 6 µs of CPU a token, and validating what fits the other limits as much again.
    "characters": Limit(100_000, "characters", "Put long texts into variables."),
    "tokens": Limit(5_000, "tokens", "Put long values into variables, or ask in several requests."),
    # graphql-core takes 1.4 µs for each; 500 tracks with all that they can have are half as many.
    "variables": Limit(30_000, "values in its variables", "Send them in several requests."),
    "directives": Limit(100, "directives", SHORTER),
    "nesting": Limit(100, "levels of brackets", "Put nested values into variables, or ask for less."),
    # Validation compares fragments of one selection in pairs.
    "definitions": Limit(100, "operations and fragments", "Send only the operation that you run."),
    # Compiling takes about 30 µs a field.
    "fields": Limit(2_000, "fields once its fragments are written out", SHORTER),
    "depth": Limit(60, "levels, its fragments counted", "Ask for the inner objects by their ids."),
    "aliases": Limit(
        100, "fields that it asks for again under another name", "Take lists, such as nodes(ids:)."
    ),
    "breadth": Limit(200, "fields in one selection", SHORTER),
    # Validation compares fields of one name in pairs.
    "repeated_fields": Limit(200, "fields that repeat another of their selection", "Name each field once."),
    # Two of these lists in each other are every field of every field's type: tens of thousands.
    "introspection_depth": Limit(
        1, "lists of a type's members in each other", "Ask for other types by __type(name:)."
    ),
    "cost": Limit(100_000, "points", "Ask for smaller pages, or in several requests."),
}


class LimitExceeded(ApiError):
    """The document is larger than it may be: `limit` of LIMITS, with what was `found`."""

    code = "LIMIT_EXCEEDED"

    def __init__(self, name: str, found: int, *, at_least: bool = False, nodes: Any = None) -> None:
        limit = LIMITS[name]
        found, at_least = min(found, MOST), at_least or found > MOST
        super().__init__(
            f"This has {'more than ' if at_least else ''}{limit.allowed if at_least else found:,}"
            f" {limit.what}; {limit.allowed:,} are the most. {limit.advice}",
            nodes=nodes,
            limit=name,
            allowed=limit.allowed,
            found=found,
        )


def check(name: str, found: int, *, at_least: bool = False, nodes: Any = None) -> None:
    """Raises LimitExceeded. With `at_least` counting stopped there, and there may be more."""
    if found > LIMITS[name].allowed:
        raise LimitExceeded(name, found, at_least=at_least, nodes=nodes)


def check_text(text: str) -> int:
    """The tokens of a document that nothing has parsed yet. Raises LimitExceeded.

    The lexer proper takes 5 µs a token, this a tenth of one: what is far too long costs next to nothing.
    """
    check("characters", len(text))
    tokens: list[str] = TOKEN.findall(text)
    check("tokens", len(tokens))
    check("directives", tokens.count("@"))
    level = deepest = 0
    for token in tokens:
        if token in OPENING:
            level += 1
            deepest = max(deepest, level)
        elif token in CLOSING:
            level -= 1
    check("nesting", deepest)
    return len(tokens)


def check_variables(variables: dict[str, Any] | None) -> None:
    """Of variables that nothing has coerced yet. Raises LimitExceeded, without looking at all of them."""
    found = 0
    containers: list[dict[str, Any] | list[Any]] = [variables or {}]
    while containers:
        container = containers.pop()
        found += len(container)
        check("variables", found, at_least=True)
        values = container.values() if isinstance(container, dict) else container
        containers += (value for value in values if isinstance(value, dict | list))
