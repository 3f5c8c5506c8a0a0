"""The errors that the API promises, in its words."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError

MASKED = "Something went wrong on our side. Tell us the trace id and we will find out what."


class Refused(GraphQLError):
    """A failure that the caller can act on."""

    def __init__(self, message: str, code: str = "BAD_USER_INPUT", **data: Any) -> None:
        super().__init__(message, extensions={"code": code, **data})


def missing(scope: str) -> Refused:
    return Refused(f"This needs the scope {scope}, which you do not have.", "FORBIDDEN", scope=scope)


def shown(error: GraphQLError) -> dict[str, Any]:
    """As a caller should see it: what the service did not expect is masked."""
    told = error.formatted
    if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
        return {**told, "message": MASKED, "extensions": {"code": "INTERNAL"}}
    return {**told, "extensions": {"code": "BAD_USER_INPUT", **told.get("extensions", {})}}
