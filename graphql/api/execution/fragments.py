"""JSON that is complete: graphql-core passes it on, and it goes into the response as bytes."""

from __future__ import annotations

from typing import Any

from graphql.execution import Executor


class Fragment:
    """The JSON of a planned field."""

    __slots__ = ("json",)

    def __init__(self, json: bytes) -> None:
        self.json = json


class FragmentExecutor(Executor[Any]):
    """Leaves a Fragment as it is, where graphql-core would complete it field by field."""

    def complete_value(self, return_type: Any, field_details_list: Any, info: Any, path: Any, result: Any,
                       position_context: Any) -> Any:  # fmt: skip
        if isinstance(result, Fragment):
            return result
        return super().complete_value(return_type, field_details_list, info, path, result, position_context)
