"""Which fields an operation asks for on an object type: fragments merged, @skip and @include applied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
)
from graphql.execution.values import VariableValues, get_argument_values
from graphql.language import Visitor, visit
from graphql.language.ast import Node

CONDITIONS = {"skip": (GraphQLSkipDirective, False), "include": (GraphQLIncludeDirective, True)}


@dataclass(frozen=True, slots=True)
class Selector:
    """Selections of one document under the values that its @skip and @include conditions have."""

    schema: GraphQLSchema
    fragments: dict[str, FragmentDefinitionNode]
    variables: VariableValues

    def fields(self, type_: GraphQLObjectType, nodes: Iterable[FieldNode]) -> dict[str, list[FieldNode]]:
        """The nodes of each response key, in the order of the response, below the same field's `nodes`."""
        found: dict[str, list[FieldNode]] = {}
        visited: set[str] = set()  # of all nodes: a fragment in two of them would double with every level
        for node in nodes:
            if node.selection_set is not None:
                self._collect(type_, node.selection_set, found, visited)
        return found

    def root(self, type_: GraphQLObjectType, selection: SelectionSetNode) -> dict[str, list[FieldNode]]:
        found: dict[str, list[FieldNode]] = {}
        self._collect(type_, selection, found, set())
        return found

    def _collect(
        self,
        type_: GraphQLObjectType,
        selection: SelectionSetNode,
        found: dict[str, list[FieldNode]],
        visited: set[str],
    ) -> None:
        for node in selection.selections:
            if not self._included(node.directives):
                continue
            if isinstance(node, FieldNode):
                found.setdefault((node.alias or node.name).value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition is None or self._applies(node.type_condition.name.value, type_):
                    self._collect(type_, node.selection_set, found, visited)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in visited:
                visited.add(node.name.value)
                fragment = self.fragments[node.name.value]
                if self._applies(fragment.type_condition.name.value, type_):
                    self._collect(type_, fragment.selection_set, found, visited)

    def _applies(self, condition: str, type_: GraphQLObjectType) -> bool:
        if condition == type_.name:
            return True
        conditional = self.schema.type_map[condition]
        return is_abstract_type(conditional) and self.schema.is_sub_type(conditional, type_)

    def _included(self, directives: Iterable[DirectiveNode] | None) -> bool:
        for directive in directives or ():
            if directive.name.value not in CONDITIONS:
                continue
            definition, wanted = CONDITIONS[directive.name.value]
            if get_argument_values(definition, directive, self.variables)["if"] is not wanted:
                return False
        return True


class _ConditionVariables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        if node.name.value in CONDITIONS:
            self.names |= {
                a.value.name.value for a in node.arguments or () if isinstance(a.value, VariableNode)
            }


def condition_variables(document: Node) -> tuple[str, ...]:
    """The variables that decide what is selected: a plan holds for one combination of their values."""
    visitor = _ConditionVariables()
    visit(document, visitor)
    return tuple(sorted(visitor.names))
