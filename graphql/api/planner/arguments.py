"""The arguments of one field, as its Python function takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import (
    FieldNode,
    GraphQLField,
    VariableNode,
    Visitor,
    get_nullable_type,
    is_leaf_type,
    is_non_null_type,
    visit,
)
from graphql import is_required_argument as is_required
from graphql.execution.values import VariableValues, get_argument_values
from graphql.language.ast import Node
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField


@dataclass(frozen=True, slots=True)
class Conversion:
    """From graphql-core's argument values to what the resolvers of this Strawberry schema take."""

    schema: strawberry.Schema

    def values(self, given: dict[str, Any], field: StrawberryField) -> dict[str, Any]:
        registry = self.schema.schema_converter.scalar_registry
        return convert_arguments(given, field.arguments, scalar_registry=registry, config=self.schema.config)

    def names(self, field: StrawberryField) -> dict[str, str]:
        """Names in Python, by those in GraphQL."""
        convert = self.schema.config.name_converter.from_argument
        return {convert(argument): argument.python_name for argument in field.arguments}


class Arguments:
    """Those of one node.

    Most are constants, or variables of leaf types. Those were coerced with all others and are taken
    as they are, which spares a request the way through graphql-core and Strawberry.
    """

    def __init__(
        self, definition: GraphQLField, node: FieldNode, field: StrawberryField, conversion: Conversion
    ) -> None:
        self._definition, self._node, self._field, self._conversion = definition, node, field, conversion
        names = conversion.names(field)
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        taken = {
            name: value.name.value
            for name, value in given.items()
            if isinstance(value, VariableNode) and is_leaf_type(get_nullable_type(definition.args[name].type))
        }
        others = {name: argument for name, argument in definition.args.items() if name not in taken}
        optional = {name: definition.args[name] for name in taken if not is_required(definition.args[name])}
        # In Python's name, the variable's, and whether it may be null.
        self._taken = [
            (names[name], variable, not is_non_null_type(definition.args[name].type))
            for name, variable in taken.items()
        ]
        self._others = GraphQLField(definition.type, others)
        self._defaults = self._coerced(GraphQLField(definition.type, optional), FieldNode(name=node.name))
        self._varies = any(has_variables(given[name]) for name in others if name in given)
        self._constants: dict[str, Any] | None = None

    def values(self, variables: VariableValues) -> dict[str, Any]:
        """A dict of the caller's own. Raises GraphQLError for a variable of the wrong kind."""
        if self._constants is None:
            constants = self._defaults | self._coerced(self._others, self._node, variables)
            if self._varies:
                return self._take(constants, variables)
            self._constants = constants
        return self._take(dict(self._constants), variables)

    def _take(self, found: dict[str, Any], variables: VariableValues) -> dict[str, Any]:
        for name, variable, nullable in self._taken:
            if variable in variables.coerced:
                value = variables.coerced[variable]
                if value is None and not nullable:  # graphql-core says what is wrong with it
                    return self._coerced(self._definition, self._node, variables)
                found[name] = value
        return found

    def _coerced(
        self, definition: GraphQLField, node: FieldNode, variables: VariableValues | None = None
    ) -> dict[str, Any]:
        return self._conversion.values(get_argument_values(definition, node, variables), self._field)


def has_variables(value: Node) -> bool:
    return bool(variables_in(value))


def variables_in(node: Node) -> set[str]:
    """The names of the variables that stand anywhere in it."""
    finder = _VariableFinder()
    visit(node, finder)
    return finder.names


class _VariableFinder(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.names.add(node.name.value)
