"""Where the schema has no null, the planner reads a table's column as it is: so the column must have none."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, is_non_null_type

from api.planner.fields import PLAN, TABLE, Embedded, One, Paged, Single, Value
from api.schema import schema
from tenancy.database import Database


def columns() -> dict[str, tuple[str, str]]:
    """Table and column of each field that reads one and may not be null, by "Type.field"."""
    found: dict[str, tuple[str, str]] = {}
    waiting: list[tuple[Any, str]] = []
    seen: set[tuple[str, str]] = set()
    for type_ in schema._schema.type_map.values():
        if isinstance(type_, GraphQLObjectType) and "strawberry-definition" in type_.extensions:
            table = getattr(type_.extensions["strawberry-definition"].origin, TABLE, None)
            waiting += [(type_, table.name)] if table is not None else []
            for field in type_.fields.values():
                match field.extensions["strawberry-definition"].metadata.get(PLAN):
                    case One() | Single() as spec:
                        waiting.append((get_named_type(field.type), spec.table))
                    case Paged() as spec:
                        connection: Any = get_named_type(field.type)
                        waiting.append((get_named_type(connection.fields["nodes"].type), spec.table))
    while waiting:
        type_, table_name = waiting.pop()
        if (type_.name, table_name) in seen:
            continue
        seen.add((type_.name, table_name))
        for name, field in type_.fields.items():
            declared = field.extensions["strawberry-definition"]
            match declared.metadata.get(PLAN):
                case Embedded():
                    waiting.append((get_named_type(field.type), table_name))
                case Value(sql=None) if is_non_null_type(field.type) and is_leaf_type(
                    get_named_type(field.type)
                ):
                    found[f"{type_.name}.{name}"] = table_name, declared.python_name
    return found


COLUMNS = columns()


@pytest.mark.parametrize("field", list(COLUMNS))
async def test_a_column_is_never_null_where_its_field_is_not(database: Database, field: str) -> None:
    async with database.unpinned() as connection:
        nullable = await connection.fetchval(
            "select is_nullable from information_schema.columns where table_name = $1 and column_name = $2",
            *COLUMNS[field],
        )
    assert nullable == "NO"
