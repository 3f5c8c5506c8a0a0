"""What ended an operation, as the errors that its caller sees: the same over WebSocket and SSE."""

from __future__ import annotations

from graphql import GraphQLError, located_error

from api.documents.document import DocumentInvalid
from api.errors import reported
from tenancy.quotas import QuotaExceeded, QuotaUnavailable


def errors_of(error: Exception) -> list[GraphQLError]:
    """One error or several, each with a code; unexpected ones are masked and logged."""
    if isinstance(error, DocumentInvalid):
        return error.errors
    if isinstance(error, QuotaExceeded):
        data = {"limit": error.limit, "cost": error.cost, "retryAfterSeconds": error.retry_after_seconds}
        return [GraphQLError(str(error), extensions={"code": "QUOTA_EXCEEDED", **data})]
    if isinstance(error, QuotaUnavailable):
        data = {"retryAfterSeconds": error.retry_after_seconds}
        return [GraphQLError(str(error), extensions={"code": "QUOTA_UNAVAILABLE", **data})]
    return [reported(error if isinstance(error, GraphQLError) else located_error(error))]
