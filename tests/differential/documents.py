"""Documents over a schema, with the variables and scopes of several requests each, for Hypothesis.

The package hypothesis-graphql writes no variables, aliases, named fragments or directives, and at random
nearly every argument of ours would be refused; so this is a strategy of our own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_object_type,
)
from hypothesis import strategies as st

from tenancy.scopes import ROLES, Scope
from tests.differential.arguments import Variables

DEPTH = 6
FIELDS = 25
RUNS = 3  # of each document: plans are kept by document, scopes and conditions
ALL = frozenset(Scope)
SCOPES = st.sampled_from(
    [ALL, ALL, ALL, ALL - {Scope.LYRICS_READ}, ALL - {Scope.ADMIN_KEYS}, ROLES["analyst"], ROLES["reader"],
     ALL - {Scope.TRACKS_READ}, frozenset[Scope]()]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """One request: its variables and what its key may do."""

    variables: dict[str, Any]
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class Case:
    """One document and the requests that are made with it."""

    text: str
    runs: tuple[Run, ...]


@st.composite
def cases(draw: st.DrawFn, schema: GraphQLSchema) -> Case:
    writer = Writer(draw, schema, Variables(draw, schema, RUNS))
    assert schema.query_type is not None
    body = writer.selection(schema.query_type, DEPTH)
    header = f"query Q{writer.variables.declared()} " if writer.variables.declarations else ""
    text = "\n".join([header + body, *writer.fragments.values()])
    runs = [
        Run(values, ALL if number in writer.variables.unscoped else draw(SCOPES))
        for number, values in enumerate(writer.variables.values)
    ]
    return Case(text, tuple(runs))


@dataclass(slots=True)
class Writer:
    """Writes one document. A response key means one field with one set of arguments, wherever it stands:
    so all selections can be merged."""

    draw: st.DrawFn
    schema: GraphQLSchema
    variables: Variables
    left: int = FIELDS
    keys: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    fragments: dict[str, str] = field(default_factory=dict)
    conditions: dict[str, str] = field(default_factory=dict)  # the type of each complete fragment

    def selection(self, type_: Any, depth: int) -> str:
        count = self.draw(st.integers(1, 4))
        return "{ " + " ".join(self.part(type_, depth) for _ in range(count)) + " }"

    def part(self, type_: Any, depth: int) -> str:
        if type_ is self.schema.query_type and self.chance(3):
            return "__schema { queryType { name } }"
        if self.chance(8):
            return self.named("__typename", "", "String!") + self.directives()
        if depth > 0 and ((is_abstract_type(type_) and self.chance(75)) or self.chance(20)):
            return self.fragment(type_, depth)
        fields = {} if not hasattr(type_, "fields") else type_.fields
        names = [n for n, f in fields.items() if is_leaf_type(get_named_type(f.type)) or self.goes_on(depth)]
        if not names:
            return self.named("__typename", "", "String!")
        name = self.draw(st.sampled_from(names))
        return self.field(type_.name, name, fields[name], depth)

    def goes_on(self, depth: int) -> bool:
        return depth > 0 and self.left > 0

    def field(self, parent: str, name: str, definition: GraphQLField, depth: int) -> str:
        self.left -= 1
        arguments = self.variables.arguments(f"{parent}.{name}", definition)
        text = self.named(name, arguments, str(definition.type)) + self.directives()
        named = get_named_type(definition.type)
        return text if is_leaf_type(named) else f"{text} {self.selection(named, depth - 1)}"

    def named(self, name: str, arguments: str, type_: str) -> str:
        """The field under a key that nothing else in the document has."""
        meaning = name, arguments, type_
        for key in [name, *(f"{name}_{n}" for n in range(len(self.keys) + 1))][self.chance(15) :]:
            if self.keys.setdefault(key, meaning) == meaning:
                return f"{'' if key == name else key + ': '}{name}{arguments}"
        raise AssertionError("there is always one more number")

    def fragment(self, type_: Any, depth: int) -> str:
        """An inline fragment or a named one, on the type itself, an interface of it, or a member."""
        if is_abstract_type(type_):
            among = [*self.schema.get_possible_types(type_), type_]
        else:
            among = [type_, *getattr(type_, "interfaces", ())]
        on = self.draw(st.sampled_from(among))
        if self.chance(50):
            bare = on is type_ and is_object_type(type_) and self.chance(40)
            condition = "..." if bare else f"... on {on.name}"
            return f"{condition}{self.directives()} {self.selection(on, depth - 1)}"
        known = [name for name, its in self.conditions.items() if its == on.name]
        if known and self.chance(50):
            return f"...{self.draw(st.sampled_from(known))}{self.directives()}"
        name = f"F{len(self.fragments)}"
        self.fragments[name] = ""
        self.fragments[name] = f"fragment {name} on {on.name} {self.selection(on, depth - 1)}"
        self.conditions[name] = on.name  # from now on: a fragment can't spread itself
        return f"...{name}{self.directives()}"

    def directives(self) -> str:
        if not self.chance(12):
            return ""
        kinds = self.draw(st.sampled_from([["include"], ["skip"], ["skip", "include"]]))
        return "".join(f" @{kind}(if: {self.variables.condition()})" for kind in kinds)

    def chance(self, percent: int) -> bool:
        return self.draw(st.integers(0, 99)) >= 100 - percent


def printed(case: Case) -> str:
    """What reproduces a case."""
    runs = [{"variables": run.variables, "scopes": sorted(run.scopes)} for run in case.runs]
    return case.text + "\n" + json.dumps(runs, ensure_ascii=False)
