"""GraphQL documents, parsed and validated once for each text."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
    validate,
)

from api.cost import Points
from api.errors import ApiError
from api.planner.plan import Plan
from api.planner.selection import condition_variables

MAX_DOCUMENTS = 1_000
MAX_TOKENS = 5_000
MAX_FIELDS = 5_000  # of an operation whose fragments are written out; compiling takes about 30 µs a field


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
        errors = validate(self._schema, node, max_errors=20)
        if not errors:
            errors = expanded_too_far(node)
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


def expanded_too_far(document: DocumentNode) -> list[GraphQLError]:
    """An error for each operation that is small as it is written and large once its fragments are.

    Each fragment is counted once, so this takes time in proportion to the text: a fragment that names another
    one twice doubles it, and thirty of them would make a billion fields.
    """
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    sizes: dict[str, int] = {}

    def size(selection: SelectionSetNode | None) -> int:
        total = 0
        for node in selection.selections if selection is not None else ():
            if isinstance(node, FragmentSpreadNode):
                name = node.name.value
                if name not in sizes:  # no cycles: validation has seen to that
                    sizes[name] = size(fragments[name].selection_set)
                total += sizes[name]
            elif isinstance(node, FieldNode | InlineFragmentNode):
                total += isinstance(node, FieldNode) + size(node.selection_set)
        return total

    return [
        GraphQLError(
            f"With its fragments written out this asks for {fields:,} fields; {MAX_FIELDS:,} are the most.",
            [operation],
        )
        for operation in document.definitions
        if isinstance(operation, OperationDefinitionNode)
        and (fields := size(operation.selection_set)) > MAX_FIELDS
    ]
