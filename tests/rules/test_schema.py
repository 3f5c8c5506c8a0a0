"""The contract in graphql/schema.graphql is what the code gives, and says what everything means."""

from __future__ import annotations

from pathlib import Path

import graphql
import pytest
from graphql import is_input_object_type, is_interface_type, is_object_type

import api
from api.schema import schema

ROOT = Path(__file__).parents[2]


def test_the_file_is_printed_from_the_code() -> None:
    printed = schema.as_str().strip()
    file = (ROOT / "graphql" / "schema.graphql").read_text(encoding="utf-8").strip()
    assert file == printed, "Run: rap-analyzer schema > graphql/schema.graphql"


def test_graphql_is_graphql_core_and_api_is_ours() -> None:
    # A Python file directly in graphql/ would take graphql-core's import name.
    assert ROOT not in Path(graphql.__file__).parents or ".venv" in graphql.__file__
    assert Path(api.__file__ or "") == ROOT / "graphql" / "api" / "__init__.py"
    assert list((ROOT / "graphql").glob("*.py")) == []


TYPES = {
    name: type_
    for name, type_ in schema._schema.type_map.items()
    if not name.startswith("__") and not graphql.is_specified_scalar_type(type_)
}


@pytest.mark.parametrize("name", list(TYPES))
def test_types_fields_and_arguments_are_described(name: str) -> None:
    type_ = TYPES[name]
    missing = [] if type_.description else [name]
    if is_object_type(type_) or is_interface_type(type_) or is_input_object_type(type_):
        missing += [f"{name}.{field}" for field, it in type_.fields.items() if not it.description]
    if is_object_type(type_) and name != "Mutation":  # whose one argument, `input`, has a type that tells
        for field, it in type_.fields.items():
            missing += [f"{name}.{field}({arg})" for arg, of in it.args.items() if not of.description]
    assert not missing, f"Say what these are: {', '.join(missing)}"
