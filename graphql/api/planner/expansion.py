"""What a document asks for once its fragments are written out."""

from __future__ import annotations

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

MAX_LEVELS = 100
MAX_FIELDS = 5_000  # of an operation; compiling takes about 30 µs a field


class Expansion:
    """How large the operations of a document are once its fragments are written out.

    Each fragment is measured once, so this takes time in proportion to the text: one that names another twice
    doubles it, and thirty of those would make a billion fields. It comes before validation, which compares
    fields in pairs; what does not exist, or contains itself, counts nothing here and is told there.
    """

    def __init__(self, document: DocumentNode) -> None:
        self._document = document
        self._fragments = {
            d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
        }
        self._measured: dict[str, tuple[int, int]] = {}  # fields and levels of each fragment

    def errors(self) -> list[GraphQLError]:
        """One for each operation that is too large or too deep."""
        found: list[GraphQLError] = []
        for operation in self._document.definitions:
            if not isinstance(operation, OperationDefinitionNode):
                continue
            fields, levels = self._measure(operation.selection_set, 1)
            if levels > MAX_LEVELS:
                told = f"This is nested more than {MAX_LEVELS} levels deep, its fragments counted."
                found.append(GraphQLError(told, [operation]))
            elif fields > MAX_FIELDS:
                told = f"With its fragments written out this asks for {fields:,} fields;"
                told += f" {MAX_FIELDS:,} are the most."
                found.append(GraphQLError(told, [operation]))
        return found

    def _measure(self, selection: SelectionSetNode | None, level: int) -> tuple[int, int]:
        """Its fields, and how many levels there are from `level` down; no further than is allowed."""
        if selection is None:
            return 0, 0
        if level > MAX_LEVELS:
            return 0, 1
        fields = deepest = 0
        for node in selection.selections:
            if isinstance(node, FragmentSpreadNode):
                below, levels = self._fragment(node.name.value, level + 1)
            elif isinstance(node, FieldNode | InlineFragmentNode):
                below, levels = self._measure(node.selection_set, level + 1)
                fields += isinstance(node, FieldNode)
            fields, deepest = fields + below, max(deepest, levels)
        return fields, deepest + 1

    def _fragment(self, name: str, level: int) -> tuple[int, int]:
        if name not in self._measured:
            self._measured[name] = 0, 0  # while it is being measured it may name itself
            fragment = self._fragments.get(name)
            if fragment is not None:
                self._measured[name] = self._measure(fragment.selection_set, level)
        return self._measured[name]
