"""Failures that mean that the database is away for the moment, and not that something is wrong with us."""

from __future__ import annotations

import asyncpg
from sqlalchemy.exc import DBAPIError

AWAY = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # asyncpg was told of the end of a connection, and has not seen it yet
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)
# Of the same classes, but the statement's fault: it took too long, or a value can't be sent.
OURS = (asyncpg.QueryCanceledError, ValueError)


def is_away(error: BaseException | None) -> bool:
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig.__cause__ or error.orig
    return isinstance(error, AWAY) and not isinstance(error, OURS)
