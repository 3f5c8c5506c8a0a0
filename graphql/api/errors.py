"""Errors that a caller sees, each with a code that programs can rely on."""

from __future__ import annotations

import traceback
from typing import Any
from uuid import uuid4

import asyncpg
import structlog
from graphql import GraphQLError

from app.analysis.endings import RunEnded, RunNotFound
from app.analysis.orchestrator import UnknownAnalyzer
from app.analysis.runs import AnalyzerUnavailable, NothingFailed
from app.catalog.new_track import InvalidTrack
from app.catalog.tracks import TrackNotFound
from app.events.cursors import InvalidCursor
from app.search.errors import InvalidSearch, MeaningUnavailable
from app.search.recommend import SeedNotFound
from app.telemetry.metrics import ERRORS
from app.trends.service import TooManyPeriods
from tenancy.api_keys import ApiKeyEnded, ApiKeyNotFound, ExpiryExceeded, ScopeExceeded
from tenancy.away import is_away
from tenancy.limits import QuotaUnavailable
from tenancy.members import InvalidMember, LastOwner, MemberExists, MemberNotFound, OwnersOnly
from tenancy.names import InvalidName
from tenancy.oidc.providers import UnknownProvider
from tenancy.principals import TenantSuspended, Unauthenticated
from tenancy.restrictions import CallerRefused, InvalidRestriction
from tenancy.seats import Full

log = structlog.get_logger(__name__)

# What features raise on purpose: the message is for the caller.
EXPECTED: dict[type[Exception], str] = {
    AnalyzerUnavailable: "BAD_USER_INPUT",
    ApiKeyEnded: "CONFLICT",
    ApiKeyNotFound: "NOT_FOUND",
    CallerRefused: "FORBIDDEN",
    ExpiryExceeded: "FORBIDDEN",
    Full: "TOO_MANY_OPEN",
    InvalidCursor: "BAD_USER_INPUT",
    InvalidMember: "BAD_USER_INPUT",
    InvalidName: "BAD_USER_INPUT",
    InvalidRestriction: "BAD_USER_INPUT",
    InvalidSearch: "BAD_USER_INPUT",
    InvalidTrack: "BAD_USER_INPUT",
    LastOwner: "CONFLICT",
    MeaningUnavailable: "SEARCH_UNAVAILABLE",
    MemberExists: "CONFLICT",
    MemberNotFound: "NOT_FOUND",
    NothingFailed: "CONFLICT",
    OwnersOnly: "FORBIDDEN",
    QuotaUnavailable: "QUOTA_UNAVAILABLE",
    RunEnded: "CONFLICT",
    RunNotFound: "NOT_FOUND",
    ScopeExceeded: "FORBIDDEN",
    SeedNotFound: "NOT_FOUND",
    TenantSuspended: "TENANT_SUSPENDED",
    TooManyPeriods: "BAD_USER_INPUT",
    TrackNotFound: "NOT_FOUND",
    Unauthenticated: "UNAUTHENTICATED",
    UnknownAnalyzer: "BAD_USER_INPUT",
    UnknownProvider: "BAD_USER_INPUT",
}
UNAVAILABLE = "The database is away for the moment. Try again in a few seconds."
DATABASE = {
    asyncpg.QueryCanceledError: ("TIMEOUT", "This took too long. Ask for fewer items, or narrow the filter."),
    # The statement is ours: what the database can't read in it is a caller's cursor.
    asyncpg.DataError: (
        "BAD_USER_INPUT",
        "A cursor does not belong to this order. Start again from the first page.",
    ),
    asyncpg.CharacterNotInRepertoireError: (
        "BAD_USER_INPUT",
        "There is a NUL character in an argument: remove it.",
    ),
}


class ApiError(GraphQLError):
    """An expected failure: its message is safe to show and says what to do."""

    code = "BAD_USER_INPUT"

    def __init__(self, message: str, *, nodes: Any = None, path: Any = None, **data: Any) -> None:
        super().__init__(message, nodes=nodes, path=path, extensions={"code": self.code, **data})


class InvalidArgument(ApiError):
    """An argument's value can't be used."""


class Forbidden(ApiError):
    """The key, or the member, lacks a scope."""

    code = "FORBIDDEN"

    def __init__(self, scope: str, *, nodes: Any = None, path: Any = None) -> None:
        message = f"This needs the scope {scope}, which you do not have."
        super().__init__(message, nodes=nodes, path=path, scope=str(scope))


def code_of(error: BaseException) -> str | None:
    """The code of an error that a feature raised on purpose, or None."""
    return next((code for type_, code in EXPECTED.items() if isinstance(error, type_)), None)


def reported(error: GraphQLError) -> GraphQLError:
    """The error as the caller may see it: coded, and masked under a trace id where it was not expected."""
    original = error.original_error
    if original is None or isinstance(original, GraphQLError):
        extensions = {**((original and original.extensions) or {}), **(error.extensions or {})}
        error.extensions = {"code": "BAD_USER_INPUT", **extensions}
        ERRORS.labels(error.extensions["code"]).inc()
        return error
    code, message = code_of(original), str(original) or (type(original).__doc__ or "").strip()
    for type_, (its_code, its_message) in DATABASE.items():
        if isinstance(original, type_):
            code, message = its_code, its_message
    if code is None and is_away(original):
        code, message = "UNAVAILABLE", UNAVAILABLE
        log.warning("database_away", error=type(original).__qualname__)
    extensions = {"code": code}
    if code is None:
        trace = uuid4().hex
        # Neither its message nor its values: they may hold lyrics.
        where = traceback.format_tb(original.__traceback__)
        log.error("unexpected_error", trace=trace, error=type(original).__qualname__, where=where)
        message = "Something went wrong on our side. Tell us the trace id and we will find out what."
        extensions = {"code": "INTERNAL", "trace": trace}
    ERRORS.labels(extensions["code"]).inc()
    return GraphQLError(
        message, nodes=error.nodes, source=error.source, positions=error.positions, path=error.path,
        extensions=extensions,
    )  # fmt: skip
