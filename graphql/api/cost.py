"""What an operation costs, in points, before it runs and when its answer is known.

The idea and the weights are Shopify's: a scalar is free, an object costs 1, a connection as many
times its selection as `first` or `last` ask for, and 2 for the connection itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    GraphQLObjectType,
    OperationDefinitionNode,
    SchemaMetaFieldDef,
    TypeMetaFieldDef,
    get_named_type,
    is_abstract_type,
    is_object_type,
)

from api.documents.selection import Selector
from api.sizes import Sizes, Times, multiplier, once

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
META = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}
MOST = 10**12  # points: no plan allows as many at once, and what counts them is no larger
MAX_FIGURES = 500  # that an operation remembers


@dataclass(frozen=True, slots=True)
class Weight:
    """A field that costs something: `own`, and `times` the dearest of `choices`, each an object's fields."""

    own: int
    times: Times
    choices: list[list[Weight]]

    def estimate(self, sizes: Sizes) -> int:
        if not self.choices:
            return self.own
        below = max(1 + sum(field.estimate(sizes) for field in choice) for choice in self.choices)
        return self.own + self.times(sizes) * below

    def fixed(self, sizes: Sizes, parents: int, objects: int) -> int:
        """Its weight and those below it, where `parents` objects have it and there are `objects` in all."""
        times = min(parents * self.times(sizes), objects)
        below = (sum(field.fixed(sizes, times, objects) for field in choice) for choice in self.choices)
        return self.own * parents + max(below, default=0)


@dataclass(frozen=True, slots=True)
class Points:
    """An operation's cost as functions of how much its variables ask for: a document is walked once however
    often it runs, and a figure is reckoned once for the page lengths that most requests share."""

    own: int
    fields: list[Weight]
    _known: dict[tuple[Sizes, int | None], int] = field(default_factory=dict)

    def estimate(self, sizes: Sizes) -> int:
        """Points of the largest answer that the operation can have."""
        return self._figure(
            (sizes, None), lambda: self.own + sum(field.estimate(sizes) for field in self.fields)
        )

    def actual(self, sizes: Sizes, objects: int) -> int:
        """Points of an answer of so many objects, its fixed weights included; the estimate may be less."""
        return self._figure(
            (sizes, objects),
            lambda: objects + self.own + sum(field.fixed(sizes, 1, objects) for field in self.fields),
        )

    def _figure(self, key: tuple[Sizes, int | None], reckon: Callable[[], int]) -> int:
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= MAX_FIGURES:
                self._known.clear()
            known = self._known[key] = min(MOST, reckon())
        return known


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one request is charged before it runs, and the operation's name under which that counts."""

    requested: int
    operation: str = ""
    points: Points | None = None  # None where the answer changes nothing
    sizes: Sizes = ()

    def actual(self, objects: int) -> int:
        """Points, once the answer's objects are counted: at most those requested."""
        if self.points is None:
            return self.requested
        return min(self.requested, self.points.actual(self.sizes, objects))


def cost(selector: Selector, operation: OperationDefinitionNode, root: GraphQLObjectType) -> Points:
    fields = selector.root(root, operation.selection_set)
    own = BASE + (MUTATION * len(fields) if operation.operation.value == "mutation" else 0)
    return Points(own, weights(selector, root, fields))


def weights(
    selector: Selector, parent: GraphQLObjectType, fields: dict[str, list[FieldNode]]
) -> list[Weight]:
    """Those of the fields that cost anything."""
    all_ = (weight(selector, parent, nodes) for nodes in fields.values())
    return [one for one in all_ if one.own or one.choices]


def weight(selector: Selector, parent: GraphQLObjectType, nodes: list[FieldNode]) -> Weight:
    definition = parent.fields.get(nodes[0].name.value) or META.get(nodes[0].name.value)
    own = OWN.get(f"{parent.name}.{nodes[0].name.value}", 0)
    if definition is None:  # __typename
        return Weight(own, once, [])
    named = get_named_type(definition.type)
    if is_object_type(named):
        types = [named]
    elif is_abstract_type(named):
        types = list(selector.schema.get_possible_types(named))
    else:
        return Weight(own, once, [])
    if is_connection(named):
        own += CONNECTION
    times = once if is_connection(parent) else multiplier(definition, nodes[0])
    return Weight(own, times, [weights(selector, type_, selector.fields(type_, nodes)) for type_ in types])


def is_connection(type_: Any) -> bool:
    """Its `edges` and `nodes` are as many as the connection's own arguments say."""
    return str(type_.name).endswith("Connection")
