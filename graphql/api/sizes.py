"""How much a request asks for: the lengths that its arguments and variables say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    FieldNode,
    GraphQLArgument,
    IntValueNode,
    ListValueNode,
    ValueNode,
    VariableNode,
    is_list_type,
    is_non_null_type,
)

from api.planner.fields import PLAN, Paged

# How much each variable asks for: a number is its own size, that of a list is its length, others have none.
Sizes = tuple[tuple[str, int], ...]
Times = Callable[[Sizes], int]

LIST = 5  # items that a list without paging is taken to have
PAGING = ("first", "last")


def sizes(variables: Mapping[str, Any]) -> Sizes:
    """Those of coerced variables."""
    return tuple(
        (name, value if isinstance(value, int) else len(value))
        for name, value in variables.items()
        if isinstance(value, (int, list))
    )


def size(of: Sizes, name: str) -> int:
    """That of one variable; 0 where it asks for nothing."""
    return next((size for known, size in of if known == name), 0)


def once(_: Sizes) -> int:
    return 1


def length(argument: GraphQLArgument, name: str, node: FieldNode) -> Times:
    """How long a page this argument asks for; 0 where it asks for none."""
    given = next((a.value for a in node.arguments or () if a.name.value == name), None)
    if isinstance(given, IntValueNode):
        written = int(given.value)
        return lambda _: written
    if isinstance(given, VariableNode):
        variable = given.name.value
        return lambda sizes: size(sizes, variable)
    default = argument.default_value if given is None else None
    return lambda _: default if isinstance(default, int) else 0


def listed(given: ValueNode | None) -> Times:
    """How many items a list has that is written out or comes in a variable."""
    if isinstance(given, VariableNode):
        variable = given.name.value
        return lambda sizes: size(sizes, variable)
    written = len(given.values) if isinstance(given, ListValueNode) else 1
    return lambda _: written


def multiplier(definition: Any, node: FieldNode) -> Times:
    """How many times the selection is read: the page's length, that of a list of ids, LIST, or once."""
    field = definition.extensions.get("strawberry-definition")
    spec = field.metadata.get(PLAN) if field is not None else None
    lengths = [length(definition.args[name], name, node) for name in PAGING if name in definition.args]
    if lengths:
        # Whichever is given: one of the two may be a variable that is null.
        return lambda sizes: max(1, *(own(sizes) for own in lengths))
    if isinstance(spec, Paged):
        return once
    if "ids" in definition.args:
        return listed(next((a.value for a in node.arguments or () if a.name.value == "ids"), None))
    type_ = definition.type.of_type if is_non_null_type(definition.type) else definition.type
    return (lambda _: LIST) if is_list_type(type_) else once
