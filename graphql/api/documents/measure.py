"""What the selections of a document ask for once fragments are written out and fields of one name are one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from api.documents.limits import LIMITS, LimitExceeded, check

INTROSPECTION = ("__schema", "__type")
MEMBERS = ("fields", "inputFields", "interfaces", "possibleTypes")
MAX_SELECTIONS = 5_000  # that differ; only a document made for it has as many as it has tokens


@dataclass(frozen=True, slots=True)
class Size:
    """All of a selection: `aliases` counts fields that it has already under another name, `members` the
    lists of a type's members in each other."""

    fields: int = 0
    depth: int = 0
    aliases: int = 0
    members: int = 0
    introspection: int = 0
    introspects: bool = False


@dataclass(slots=True)
class Merged:
    """The nodes under one response key, and how many fragments the deepest of them stands in."""

    nodes: list[FieldNode] = field(default_factory=list)
    level: int = 0


class Measure:
    """Measures each selection once, however often fragments lead to it, in time proportional to the text.

    It comes before validation, which compares fields and fragments in pairs, and before whatever walks
    the written-out document. So it knows no types: every fragment counts, also one that fits nowhere.
    What an operation costs depends on types and variables, and is api.cost's to say.
    """

    def __init__(self, document: DocumentNode) -> None:
        self._definitions = [
            d for d in document.definitions if isinstance(d, OperationDefinitionNode | FragmentDefinitionNode)
        ]
        self._fragments = {
            d.name.value: d for d in self._definitions if isinstance(d, FragmentDefinitionNode)
        }
        self._known: dict[tuple[int, ...], Size] = {}
        self._repeated = 0

    def check(self) -> list[tuple[OperationDefinitionNode, Size]]:
        """The operations with their sizes. Raises LimitExceeded."""
        check("definitions", len(self._definitions))
        sizes: list[tuple[OperationDefinitionNode, Size]] = []
        for definition in self._definitions:
            size = self._measure((definition.selection_set,), 1)
            for name in ("depth", "fields", "aliases"):
                check(name, getattr(size, name), at_least=name == "depth", nodes=[definition])
            check("introspection_depth", size.introspection, nodes=[definition])
            if isinstance(definition, OperationDefinitionNode):
                sizes.append((definition, size))
        return sizes

    def _measure(self, selection: tuple[SelectionSetNode, ...], level: int) -> Size:
        """Several sets are those of fields under one response key, which are read as one."""
        key = tuple(map(id, selection))
        if key in self._known:
            return self._known[key]
        if level > LIMITS["depth"].allowed:
            return Size(depth=1)  # no further: the total is over the limit whatever is below
        self._known[key] = Size()  # while it is being measured it may contain itself
        if len(self._known) > MAX_SELECTIONS:
            raise LimitExceeded("fields", len(self._known), at_least=True)
        keys = self._collect(selection)
        check("breadth", len(keys))
        self._repeated += sum(len(merged.nodes) - 1 for merged in keys.values())
        check("repeated_fields", self._repeated, at_least=True)
        self._known[key] = size = total(
            (merged, self._below(merged, level + merged.level)) for merged in keys.values()
        )
        return size

    def _below(self, merged: Merged, level: int) -> Size:
        sets = tuple(node.selection_set for node in merged.nodes if node.selection_set is not None)
        return self._measure(sets, level) if sets else Size()

    def _collect(self, selection: tuple[SelectionSetNode, ...]) -> dict[str, Merged]:
        """In the order of api.documents.selection, which goes as deep as this says; without recursion."""
        keys: dict[str, Merged] = {}
        seen: set[str] = set()
        for root in selection:
            stack: list[Iterator[SelectionNode]] = [iter(root.selections)]
            while stack:
                node = next(stack[-1], None)
                if node is None:
                    stack.pop()
                elif isinstance(node, FieldNode):
                    merged = keys.setdefault((node.alias or node.name).value, Merged())
                    merged.nodes.append(node)
                    merged.level = max(merged.level, len(stack))
                elif not isinstance(node, FragmentSpreadNode):
                    stack.append(iter(node.selection_set.selections))  # type: ignore[attr-defined]
                elif node.name.value in self._fragments and node.name.value not in seen:
                    seen.add(node.name.value)
                    stack.append(iter(self._fragments[node.name.value].selection_set.selections))
        return keys


def total(parts: Iterable[tuple[Merged, Size]]) -> Size:
    """The fields under each key, with what is below them."""
    fields = depth = aliases = members = introspection = 0
    introspects = False
    names: set[str] = set()
    for merged, below in parts:
        name = merged.nodes[0].name.value
        fields += 1 + below.fields
        depth = max(depth, merged.level + below.depth)
        aliases += (name in names) + below.aliases
        names.add(name)
        members = max(members, below.members + (name in MEMBERS))
        introspection = max(introspection, below.introspection)
        if name in INTROSPECTION:
            introspects, introspection = True, max(introspection, below.members)
    return Size(fields, depth, aliases, members, introspection, introspects)
