"""Arguments of fields, written out or as variables, with each variable's values of several requests."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLSchema,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
)
from hypothesis import strategies as st

from tests.differential.pools import POOLS, WRONG

PAGING = ("first", "last", "after", "before")
SIZES = [0, 1, 1, 2, 2, 3, 4, 100]
DEFAULTS = ["Boolean = false", "Boolean = true"]
WRONG_SIZES = [-1, 101, 2147483647]


@dataclass(slots=True)
class Variables:
    """The variables of one document; `values` has one dictionary a request."""

    draw: st.DrawFn
    schema: GraphQLSchema
    requests: int
    declarations: dict[str, str] = field(default_factory=dict)
    values: list[dict[str, Any]] = field(init=False)
    # Requests with a null where none may be: graphql-core tells that before a resolver can look at scopes.
    unscoped: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.values = [{} for _ in range(self.requests)]

    def declared(self) -> str:
        return "(" + ", ".join(f"${name}: {type_}" for name, type_ in self.declarations.items()) + ")"

    def arguments(self, place: str, definition: GraphQLField) -> str:
        """`(…)`, or nothing; `place` is "Type.field"."""
        args, given = definition.args, {}
        if "last" in args:
            given = self.paging(args)
        for name, argument in args.items():
            if name in PAGING[1:] or ("last" in args and name == "first"):
                continue
            if is_required_argument(argument) or self.chance(40):
                given[name] = self.text(argument.type, f"{place}.{name}", argument)
        return "(" + ", ".join(f"{name}: {text}" for name, text in given.items()) + ")" if given else ""

    def paging(self, args: Any) -> dict[str, str]:
        """Mostly one of `first` and `last`, and sometimes cursors."""
        style = self.draw(st.sampled_from(["first"] * 12 + ["last"] * 6 + ["both", "neither"]))
        given = {}
        for name in ("first", "last"):
            if style in (name, "both"):
                sizes = WRONG_SIZES if self.chance(4) else SIZES
                given[name] = self.text(args[name].type, name, args[name], sizes)
        for name in ("after", "before"):
            if self.chance(22):
                given[name] = self.text(args[name].type, name, args[name])
        return given

    def condition(self) -> str:
        """What decides over @skip and @include: a literal or a Boolean variable."""
        if self.chance(30):
            return self.draw(st.sampled_from(["true", "false"]))
        known = [name for name in self.declarations if name.startswith("if")]
        if known and self.chance(40):
            return "$" + self.draw(st.sampled_from(known))
        name = f"if{len(known)}"
        default = self.chance(30)
        self.declarations[name] = self.draw(st.sampled_from(DEFAULTS)) if default else "Boolean!"
        for values in self.values:
            if default and self.chance(8):
                values[name] = None
            elif not (default and self.chance(40)):
                values[name] = self.draw(st.booleans())
        return f"${name}"

    def text(self, type_: Any, place: str, position: Any = None, pool: list[Any] | None = None) -> str:
        """A value of the type as it stands in a document."""
        if self.chance(25):
            return self.variable(type_, place, position, pool)
        inner = type_.of_type if is_non_null_type(type_) else type_
        if inner is type_ and pool is None and self.chance(6):
            return "null"
        if is_list_type(inner):
            items = [self.text(inner.of_type, place) for _ in range(self.draw(st.integers(0, 3)))]
            return "[" + ", ".join(items) + "]"
        if is_input_object_type(inner):
            fields = {
                name: self.text(its.type, f"{inner.name}.{name}", its)
                for name, its in self.fields(inner).items()
            }
            return "{" + ", ".join(f"{name}: {text}" for name, text in fields.items()) + "}"
        return literal(inner, self.json(inner, place, pool, sure=True))

    def variable(self, type_: Any, place: str, position: Any, pool: list[Any] | None) -> str:
        """A new variable: sometimes with a default, and sometimes null, left out or of a wrong kind."""
        name = f"v{len(self.declarations)}"
        nullable = not is_non_null_type(type_)
        inner = type_ if nullable else type_.of_type
        declared, default = str(inner), ""
        if self.chance(30):
            value = self.json(inner, place, pool)
            default = "" if value is None else f" = {literal(inner, value)}"
        # Where null is not allowed, a variable may still be null if there is a default.
        may_be_null = (nullable or default or has_default(position)) and self.chance(70)
        self.declarations[name] = f"{declared}{'' if may_be_null else '!'}{default}"
        for request, values in enumerate(self.values):
            if self.chance(2):
                values[name] = self.draw(st.sampled_from(WRONG))
            elif may_be_null and self.chance(7):
                values[name] = None
                self.unscoped |= set() if nullable else {request}
            elif not ((may_be_null or default) and self.chance(15)):
                values[name] = self.json(inner, place, pool, sure=True)
        return f"${name}"

    def json(self, type_: Any, place: str, pool: list[Any] | None = None, *, sure: bool = False) -> Any:
        """A value of the type as variables have it."""
        if is_non_null_type(type_):
            return self.json(type_.of_type, place, pool, sure=True)
        if not sure and pool is None and self.chance(6):
            return None
        if is_list_type(type_):
            return [self.json(type_.of_type, place, pool) for _ in range(self.draw(st.integers(0, 3)))]
        if is_input_object_type(type_):
            return {n: self.json(f.type, f"{type_.name}.{n}") for n, f in self.fields(type_).items()}
        if is_enum_type(type_):
            return self.draw(st.sampled_from(list(type_.values)))
        for key in (place, place.rpartition(".")[2], type_.name):
            if pool is None:
                pool = POOLS.get(key)
        return self.draw(st.sampled_from(pool or []))

    def fields(self, type_: Any) -> dict[str, Any]:
        """The required fields of an input object, and at most two others."""
        optional = [name for name, its in type_.fields.items() if not is_required_input_field(its)]
        chosen = self.draw(st.lists(st.sampled_from(optional), max_size=2, unique=True)) if optional else []
        return {n: its for n, its in type_.fields.items() if is_required_input_field(its) or n in chosen}

    def chance(self, percent: int) -> bool:
        return self.draw(st.integers(0, 99)) >= 100 - percent


def has_default(position: Any) -> bool:
    return getattr(getattr(position, "ast_node", None), "default_value", None) is not None


def literal(type_: Any, value: Any) -> str:
    """A value as a document writes it: like JSON, but for enums and the names of fields."""
    if value is None:
        return "null"
    if is_non_null_type(type_):
        return literal(type_.of_type, value)
    if is_list_type(type_):
        return "[" + ", ".join(literal(type_.of_type, item) for item in value) + "]"
    if is_input_object_type(type_):
        items = (f"{name}: {literal(type_.fields[name].type, item)}" for name, item in value.items())
        return "{" + ", ".join(items) + "}"
    return str(value) if is_enum_type(get_named_type(type_)) else json.dumps(value, ensure_ascii=False)
