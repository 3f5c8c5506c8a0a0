"""GraphQL documents, parsed and validated once for each text."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
    validate,
)

from api.cost import Points
from api.errors import ApiError
from api.planner.expansion import Expansion
from api.planner.plan import Plan
from api.planner.selection import condition_variables

MAX_DOCUMENTS = 1_000
MAX_TOKENS = 5_000


class DocumentInvalid(Exception):
    """The document does not parse, or does not fit the schema; `errors` says where."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors


class UnknownOperation(ApiError):
    """There is no operation of this name, or several and no name."""

    code = "OPERATION_RESOLUTION_FAILURE"


@dataclass(slots=True)
class Operation:
    """One operation of a valid document, with the plans that were compiled of it."""

    node: OperationDefinitionNode
    condition_variables: tuple[str, ...]
    plans: dict[Any, dict[str, Plan] | None] = field(default_factory=dict)
    costs: dict[Any, Points] = field(default_factory=dict)


@dataclass(slots=True)
class Document:
    """A valid document."""

    node: DocumentNode
    fragments: dict[str, FragmentDefinitionNode]
    operations: dict[str | None, Operation]

    def operation(self, name: str | None) -> Operation:
        """Raises UnknownOperation."""
        if name is None:
            if len(self.operations) > 1:
                raise UnknownOperation("The document has several operations: say which with operationName.")
            return next(iter(self.operations.values()))
        if name not in self.operations:
            raise UnknownOperation(f"The document has no operation named {name!r}.")
        return self.operations[name]


class Documents:
    """The most recently used documents; refuses those that do not fit the schema, each time anew."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._known: OrderedDict[str, Document] = OrderedDict()

    def get(self, text: str) -> Document:
        """Raises DocumentInvalid."""
        document = self._known.get(text)
        if document is None:
            document = self._known[text] = self._read(text)
            if len(self._known) > MAX_DOCUMENTS:
                self._known.popitem(last=False)
        self._known.move_to_end(text)
        return document

    def _read(self, text: str) -> Document:
        try:
            node = parse(text, max_tokens=MAX_TOKENS)
        except GraphQLSyntaxError as error:
            error.extensions = {"code": "GRAPHQL_PARSE_FAILED"}
            raise DocumentInvalid([error]) from error
        errors = Expansion(node).errors() or validate(self._schema, node, max_errors=20)
        operations = {
            d.name.value if d.name else None: Operation(d, ())
            for d in node.definitions
            if isinstance(d, OperationDefinitionNode)
        }
        if not operations and not errors:
            errors = [GraphQLError("The document has no operation.")]
        if errors:
            for invalid in errors:
                invalid.extensions = {"code": "GRAPHQL_VALIDATION_FAILED", **(invalid.extensions or {})}
            raise DocumentInvalid(errors)
        conditions = condition_variables(node)
        for operation in operations.values():
            operation.condition_variables = conditions
        fragments = {d.name.value: d for d in node.definitions if isinstance(d, FragmentDefinitionNode)}
        return Document(node, fragments, operations)
