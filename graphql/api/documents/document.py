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
from graphql.execution.values import VariableValues

from api.documents.limits import LIMITS, LimitExceeded, check_text
from api.documents.measure import Measure
from api.documents.selection import condition_variables
from api.errors import ApiError
from app.telemetry.metrics import DOCUMENTS_PARSED

MAX_DOCUMENTS = 1_000
MAX_TOKENS = 300_000  # of all documents that are kept: about 1 kB a token


class DocumentInvalid(Exception):
    """The document does not parse, or does not fit the schema; `errors` says where."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors


class UnknownOperation(ApiError):
    """There is no operation of this name, or several and no name."""

    code = "OPERATION_RESOLUTION_FAILURE"


@dataclass(slots=True, eq=False)
class Operation:
    """One operation of a valid document. Two are never equal.

    `coerced` is what documents.variables, `plans` and `costs` are what api.planner remembers of it: they go
    when it does.
    """

    node: OperationDefinitionNode
    condition_variables: tuple[str, ...]
    introspects: bool = False
    coerced: dict[Any, VariableValues] = field(default_factory=dict)  # by variables as they came
    plans: dict[Any, Any] = field(default_factory=dict)
    costs: dict[Any, Any] = field(default_factory=dict)
    event_variables: tuple[str, ...] | None = None  # of a subscription; see `subscribing.event_variables`


@dataclass(slots=True)
class Document:
    """A valid document."""

    node: DocumentNode
    fragments: dict[str, FragmentDefinitionNode]
    operations: dict[str | None, Operation]
    tokens: int = 0

    def operation(self, name: str | None) -> Operation:
        """Raises UnknownOperation."""
        if name is None:
            if len(self.operations) > 1:
                raise UnknownOperation("The document has several operations: say which with operationName.")
            return next(iter(self.operations.values()))
        if name not in self.operations:
            raise UnknownOperation(f"The document has no operation named {name!r}.")
        return self.operations[name]


@dataclass(frozen=True, slots=True)
class Bound:
    """An operation with one request's variables: as they came, and as their types take them (or why not)."""

    document: Document
    operation: Operation
    variables: dict[str, Any] | None
    values: VariableValues | list[GraphQLError]

    @property
    def name(self) -> str | None:
        return self.operation.node.name.value if self.operation.node.name else None


class Documents:
    """The most recently used documents; refuses those that do not fit the schema, each time anew.

    Without `suggestions` errors do not say what a caller may have meant: that tells the schema to those
    who guess.
    """

    def __init__(self, schema: GraphQLSchema, *, suggestions: bool = False) -> None:
        self._schema = schema
        self._suggestions = suggestions
        self._known: OrderedDict[str, Document] = OrderedDict()
        self._pinned: dict[str, Document] = {}
        self._tokens = 0

    def get(self, text: str) -> Document:
        """Raises DocumentInvalid."""
        if text in self._pinned:
            return self._pinned[text]
        document = self._known.get(text)
        if document is None:
            document = self._known[text] = self._read(text)
            self._tokens += document.tokens
            while len(self._known) > MAX_DOCUMENTS or self._tokens > MAX_TOKENS:
                self._tokens -= self._known.popitem(last=False)[1].tokens
        self._known.move_to_end(text)
        return document

    def pin(self, text: str) -> Document:
        """Keeps a document for good. Raises DocumentInvalid."""
        return self._pinned.setdefault(text, self._read(text))

    def _read(self, text: str) -> Document:
        DOCUMENTS_PARSED.inc()
        try:
            tokens = check_text(text)
            node = parse(text, max_tokens=LIMITS["tokens"].allowed)
            sizes = Measure(node).check()
        except LimitExceeded as error:
            raise DocumentInvalid([error]) from error
        except GraphQLSyntaxError as error:
            error.extensions = {"code": "GRAPHQL_PARSE_FAILED"}
            raise DocumentInvalid([error]) from error
        errors = validate(self._schema, node, max_errors=20, hide_suggestions=not self._suggestions)
        if not sizes and not errors:
            errors = [GraphQLError("The document has no operation.")]
        if errors:
            for invalid in errors:
                invalid.extensions = {"code": "GRAPHQL_VALIDATION_FAILED", **(invalid.extensions or {})}
            raise DocumentInvalid(errors)
        conditions = condition_variables(node)
        operations = {
            d.name.value if d.name else None: Operation(d, conditions, size.introspects) for d, size in sizes
        }
        fragments = {d.name.value: d for d in node.definitions if isinstance(d, FragmentDefinitionNode)}
        return Document(node, fragments, operations, tokens)
