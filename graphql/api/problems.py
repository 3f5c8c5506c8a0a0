"""Failures of mutations that a caller can act on: members of every result's union."""

from __future__ import annotations

import strawberry
from strawberry.utils.str_converters import to_camel_case as camel

from app.analysis.endings import RunEnded, RunNotFound
from app.analysis.orchestrator import UnknownAnalyzer
from app.analysis.policy import InvalidPolicy
from app.analysis.runs import AnalyzerUnavailable, NothingFailed
from app.catalog.new_track import InvalidTrack
from app.catalog.tracks import TrackNotFound
from tenancy import quotas
from tenancy.api_keys import ApiKeyEnded, ApiKeyNotFound, ExpiryExceeded, ScopeExceeded
from tenancy.members import InvalidMember, LastOwner, MemberExists, MemberNotFound, OwnersOnly
from tenancy.names import InvalidName
from tenancy.oidc.providers import UnknownProvider
from tenancy.restrictions import InvalidRestriction
from tenancy.scopes import UnknownScope


@strawberry.interface(description="Why something was not done, and what to do about it.")
class Problem:
    code: str = strawberry.field(description="For programs.")
    message: str = strawberry.field(description="For people.")


@strawberry.type(description="Something in the input can't be used; nothing was changed.")
class InvalidInput(Problem):
    field: str | None = strawberry.field(
        default=None, description="Where in the input, such as `tracks.3.title`."
    )


@strawberry.type(description="There is no such thing; nothing was changed.")
class NotFound(Problem):
    pass


@strawberry.type(description="It does not fit what is there; nothing was changed.")
class Conflict(Problem):
    pass


@strawberry.type(description="Too many points were spent; nothing was changed.")
class QuotaExceeded(Problem):
    limit: str = strawberry.field(description="Which limit: `burst`, `per_minute` or `per_month`.")
    retry_after_seconds: int = strawberry.field(description="When to try again.")


def problem(error: Exception, field: str | None = None) -> InvalidInput | NotFound | Conflict | QuotaExceeded:
    """The problem that a feature's exception is; raises it again when it is none of these."""
    message = str(error) or (type(error).__doc__ or "").strip()
    match error:
        case InvalidTrack():
            path = ".".join(part for part in (field, error.field) if part)
            return InvalidInput(code="BAD_USER_INPUT", message=message, field=path)
        case InvalidRestriction() | InvalidPolicy():
            path = ".".join(part for part in (field, camel(error.field)) if part)
            return InvalidInput(code="BAD_USER_INPUT", message=message, field=path)
        case InvalidName():
            path = ".".join(part for part in (field, "name") if part)
            return InvalidInput(code="BAD_USER_INPUT", message=message, field=path)
        case AnalyzerUnavailable() | UnknownAnalyzer() | UnknownScope() | ScopeExceeded() | ExpiryExceeded():
            forbidden = isinstance(error, ScopeExceeded | ExpiryExceeded)
            code = "FORBIDDEN" if forbidden else "BAD_USER_INPUT"
            return InvalidInput(code=code, message=message, field=field)
        case InvalidMember() | UnknownProvider():
            path = ".".join(part for part in (field, getattr(error, "field", "provider")) if part)
            return InvalidInput(code="BAD_USER_INPUT", message=message, field=path)
        case OwnersOnly():
            return InvalidInput(code="FORBIDDEN", message=message, field=field)
        case TrackNotFound() | RunNotFound() | ApiKeyNotFound() | MemberNotFound():
            return NotFound(code="NOT_FOUND", message=message)
        case RunEnded() | NothingFailed() | ApiKeyEnded() | MemberExists() | LastOwner():
            return Conflict(code="CONFLICT", message=message)
        case quotas.QuotaExceeded():
            return QuotaExceeded(
                code="QUOTA_EXCEEDED",
                message=message,
                limit=error.limit,
                retry_after_seconds=error.retry_after_seconds,
            )
    raise error
