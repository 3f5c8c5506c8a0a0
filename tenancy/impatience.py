"""A client of Valkey for what has to go on without it."""

from __future__ import annotations

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

SECONDS = 0.5  # within which Valkey answers, or is away


def impatient(valkey: Redis) -> Redis:
    """Another client of the same server: nothing is tried twice, and nothing waits longer than SECONDS."""
    pool = valkey.connection_pool
    # The other settings belong to that pool: what it has negotiated and who handles its notifications.
    own = ("himport_registry", "maint_notifications_pool_handler", "orig_")
    settings = {name: value for name, value in pool.connection_kwargs.items() if not name.startswith(own)}
    settings |= {
        "decode_responses": False,
        "socket_timeout": SECONDS,
        "socket_connect_timeout": SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }
    return Redis.from_pool(ConnectionPool(pool.connection_class, **settings))
