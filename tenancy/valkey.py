"""Clients of Valkey, whether it is one server or a cluster."""

from __future__ import annotations

from typing import Any

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.client import PubSub
from redis.asyncio.connection import SSLConnection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisClusterException, RedisError

from tenancy.cluster import Cluster

Valkey = Redis | Cluster
AWAY = (RedisError, RedisClusterException, OSError)  # what is raised while it, or a node, can't be used
CLUSTERS = {"redis+cluster": "redis", "rediss+cluster": "rediss"}
PORT = 6379
SECONDS = 0.5  # within which Valkey answers, or is away


def connect(url: str, **settings: Any) -> Valkey:
    """A client of redis://… or rediss://…, or of the cluster redis+cluster://host:port,host:port.

    `settings` are those of redis-py's connections. Raises ValueError.
    """
    scheme, _, rest = url.partition("://")
    if scheme not in CLUSTERS:
        return Redis.from_url(url, **settings)
    place = rest.partition("?")[0].partition("/")[0]
    login, at, hosts = place.rpartition("@")
    each: list[dict[str, Any]] = [
        dict(parse_url(f"{CLUSTERS[scheme]}://{login}{at}{host}{rest[len(place) :]}"))
        for host in hosts.split(",")
    ]
    if not all(node.get("host") for node in each):
        raise ValueError("a host is missing")
    nodes = [(node.pop("host"), node.pop("port", PORT)) for node in each]
    own = each[0]
    if own.pop("db", 0):
        raise ValueError("a cluster has no database but 0")
    own["ssl"] = own.pop("connection_class", None) is SSLConnection
    try:
        return Cluster(nodes, **{**settings, **own})
    except TypeError as error:  # it does not know an option
        raise ValueError(str(error)) from error


def address(url: str) -> str:
    """Host and port, without who logs in there."""
    place = url.partition("://")[2].partition("?")[0].partition("/")[0].rpartition("@")[2]
    return ",".join(host if ":" in host else f"{host}:{PORT}" for host in place.split(","))


def impatient(valkey: Valkey, seconds: float = SECONDS) -> Valkey:
    """Another client of the same servers: nothing is tried twice, and nothing waits longer than `seconds`.

    For whatever has to go on without Valkey, or has to know at once that a server is gone. Close it with
    `aclose`.
    """
    own = {
        "decode_responses": False,
        "socket_timeout": seconds,
        "socket_connect_timeout": seconds,
        "retry": Retry(NoBackoff(), 0),
    }
    if isinstance(valkey, Cluster):
        return valkey.another(**own)
    pool = valkey.connection_pool
    # The other settings belong to that pool: what it has negotiated and who handles its notifications.
    of_pool = ("himport_registry", "maint_notifications_pool_handler", "orig_")
    settings = {name: value for name, value in pool.connection_kwargs.items() if not name.startswith(of_pool)}
    return Redis.from_pool(ConnectionPool(pool.connection_class, **settings | own))


async def reconnect(valkey: Valkey) -> None:
    """Returns when all of Valkey answers on new connections. Raises what AWAY names."""
    if isinstance(valkey, Cluster):
        await valkey.refresh()
    else:
        await valkey.connection_pool.disconnect(inuse_connections=False)
    await valkey.ping()


async def listener(valkey: Valkey) -> PubSub:
    """Subscriptions, on a connection of their own: to any node, since each hears what is published."""
    if isinstance(valkey, Cluster):
        await valkey.refresh()
        return valkey.pubsub(node=valkey.get_random_node())
    return valkey.pubsub()
