"""Who may be told the same of an event: one tenant, one set of scopes, one operation and its variables."""

from __future__ import annotations

from collections.abc import Hashable
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest

from api.context import Context
from api.execution.engine import Engine
from api.execution.subscribing import selection
from api.schema import schema
from tenancy.principals import Principal
from tenancy.scopes import ROLES

ENGINE = Engine(schema)
TENANT = uuid4()
TEXT = """subscription Of($after: String, $deep: Boolean!) { analysisEvents(after: $after) { __typename
  ... on AnalysisCompleted { analysis { error evidence @include(if: $deep) { text } } } } }"""


def key(tenant: Any = TENANT, role: str = "analyst", text: str = TEXT, **variables: Any) -> Hashable:
    principal = Principal(tenant, "slug", "TEAM", uuid4(), "A key", ROLES[role])
    document = ENGINE.documents.get(text)
    bound = ENGINE.bind(document, document.operation(None), {"deep": True, **variables})
    return selection(bound, cast("Context", SimpleNamespace(principal=principal)))  # it asks for no more


def test_keys_of_one_tenant_share_wherever_they_begin() -> None:
    assert key() == key(after="1-1") == key(after=None)


@pytest.mark.parametrize(
    "other",
    [
        {"tenant": uuid4()},
        {"role": "reader"},
        {"deep": False},
        {"text": TEXT.replace("error", "sentiment")},
    ],
    ids=["tenant", "scopes", "variables", "operation"],
)
def test_others_do_not(other: dict[str, Any]) -> None:
    assert key(**other) != key()
