"""What an operation costs, in points, before it runs.

The idea and the weights are Shopify's: a scalar is free, an object costs 1, a connection as many
times its selection as `first` or `last` ask for, and 2 for the connection itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import (
    FieldNode,
    GraphQLObjectType,
    IntValueNode,
    OperationDefinitionNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from api.planner.fields import PLAN, Paged
from api.planner.selection import Selector

Points = Callable[[dict[str, Any]], int]

LIST = 5  # items that a list without paging is taken to have
BASE = 1
CONNECTION = 2
# Fields that do more than read rows, by name of their parent and their own.
OWN = {
    "Query.searchTracks": 10,
    "Query.recommendTracks": 20,
    "Query.trends": 10,
    "Track.similar": 20,
    "Artist.similar": 20,
    "Artist.evolution": 10,
}
MUTATION = 10


def cost(selector: Selector, operation: OperationDefinitionNode, root: GraphQLObjectType) -> Points:
    """A function of the variables, so that a document is walked once however often it runs."""
    fields = selector.root(root, operation.selection_set)
    below = [field_cost(selector, root, nodes) for nodes in fields.values()]
    own = BASE + (MUTATION * len(fields) if operation.operation.value == "mutation" else 0)
    return lambda variables: own + sum(points(variables) for points in below)


def field_cost(selector: Selector, parent: GraphQLObjectType, nodes: list[FieldNode]) -> Points:
    definition = parent.fields.get(nodes[0].name.value)
    own = OWN.get(f"{parent.name}.{nodes[0].name.value}", 0)
    if definition is None:  # __typename, __schema and __type
        return lambda _: own
    named = get_named_type(definition.type)
    if is_object_type(named):
        choices = [object_cost(selector, named, nodes)]
    elif is_abstract_type(named):
        choices = [object_cost(selector, type_, nodes) for type_ in selector.schema.get_possible_types(named)]
    else:
        return lambda _: own
    if is_connection(named):
        own += CONNECTION
    times = (lambda _: 1) if is_connection(parent) else multiplier(definition, nodes[0])
    return lambda variables: own + times(variables) * max(points(variables) for points in choices)


def is_connection(type_: Any) -> bool:
    """Its `edges` and `nodes` are as many as the connection's own arguments say."""
    return str(type_.name).endswith("Connection")


def object_cost(selector: Selector, type_: GraphQLObjectType, nodes: list[FieldNode]) -> Points:
    below = [field_cost(selector, type_, below) for below in selector.fields(type_, nodes).values()]
    return lambda variables: 1 + sum(points(variables) for points in below)


def multiplier(definition: Any, node: FieldNode) -> Points:
    """How many times the selection is read: the page's length, or LIST, or once."""
    field = definition.extensions.get("strawberry-definition")
    spec = field.metadata.get(PLAN) if field is not None else None
    for argument in node.arguments or ():
        if argument.name.value in ("first", "last"):
            if isinstance(argument.value, IntValueNode):
                length = max(1, int(argument.value.value))
                return lambda _: length
            if isinstance(argument.value, VariableNode):
                name = argument.value.name.value
                return lambda variables: max(1, variables.get(name) or 1)
    if isinstance(spec, Paged):
        return lambda _: 1
    type_ = definition.type.of_type if is_non_null_type(definition.type) else definition.type
    return (lambda _: LIST) if is_list_type(type_) else (lambda _: 1)
