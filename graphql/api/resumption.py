"""A subscription that goes on behind the last event that its client has seen."""

from __future__ import annotations

from dataclasses import replace

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    NameNode,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
)

from api.planner.documents import Bound


def resumed(schema: GraphQLSchema, bound: Bound, after: str) -> Bound:
    """The same subscription with another `after`, where its root field has one; a root field inside a
    fragment stays as it is."""

    def resume(node: SelectionNode) -> SelectionNode:
        root = schema.subscription_type
        if not isinstance(node, FieldNode) or root is None or node.name.value not in root.fields:
            return node
        if "after" not in root.fields[node.name.value].args:
            return node
        others = [argument for argument in node.arguments or () if argument.name.value != "after"]
        argument = ArgumentNode(name=NameNode(value="after"), value=StringValueNode(value=after))
        return replace(node, arguments=(*others, argument))

    old, nodes = bound.operation.node, bound.document.node.definitions
    new = replace(
        old, selection_set=SelectionSetNode(selections=tuple(map(resume, old.selection_set.selections)))
    )
    definitions = tuple(new if node is old else node for node in nodes)
    return replace(
        bound,
        document=replace(bound.document, node=DocumentNode(definitions=definitions)),
        operation=replace(bound.operation, node=new, plans={}, costs={}),
    )
