"""SQL for a field that Python gives once the statement has run: a mark now, and a plan for its values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from graphql import FieldNode, GraphQLObjectType, is_non_null_type

from api.planner import json_values
from api.planner.faults import TOKEN, Place
from api.planner.fields import Later
from api.planner.plan import Deferred, JsonHole, Plan, compact
from api.planner.rows import Row
from api.planner.sql import Parts

if TYPE_CHECKING:
    from api.planner.compiler import Compiler


def deferred(
    compiler: Compiler,
    spec: Later,
    row: Row,
    place: Place,
    parent: GraphQLObjectType,
    nodes: list[FieldNode],
) -> Parts:
    """The row's id under a mark; the plan turns the list of all rows' values into their JSON."""
    fault = compiler.fault(place, nodes, None)
    # Two types may defer under one response key: the mark says whose row it is.
    mark = f"{TOKEN}{fault}:"
    compiler.plan.deferred.append(
        Deferred(
            path=place.keys,
            mark=re.compile(rb'"%b([0-9a-f-]{36})"' % mark.encode()),
            fault=fault,
            spec=spec,
            arguments=compiler.arguments(parent, nodes),
            plan=plan_of_values(compiler, place, parent, nodes),
        )
    )
    return [f"('{mark}' || {row.get('id')})"]


def plan_of_values(
    compiler: Compiler, place: Place, parent: GraphQLObjectType, nodes: list[FieldNode]
) -> Plan:
    """One statement for the texts of all values, in their order. Its faults are the whole plan's: so are
    their places."""
    below = compiler.another(Plan(faults=compiler.plan.faults))
    values = below.hole(JsonHole(None, "values", None), place, nodes)
    type_ = parent.fields[nodes[0].name.value].type
    inner = json_values.value(below, type_, "later.v", place, nodes)
    if is_non_null_type(type_):
        inner = below.never_null(inner, place, nodes)
    below.plan.parts = compact(
        [
            "(select coalesce(json_agg((",
            *inner,
            lambda filled: (
                f")::text order by later.n), '[]'::json) from jsonb_array_elements({filled[values]})"
                " with ordinality later(v, n))"
            ),
        ]
    )
    return below.plan
