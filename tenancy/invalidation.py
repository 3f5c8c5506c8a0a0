"""Telling every process that a key or a tenant has changed, so that it takes effect within a second."""

from __future__ import annotations

import asyncio
from uuid import UUID

import orjson
import structlog

from tenancy.authentication import Authenticator
from tenancy.valkey import AWAY, Valkey, listener

log = structlog.get_logger(__name__)

CHANNEL = "rap:principals"
POLL_SECONDS = 5.0
BACKOFF_SECONDS = (0.1, 5.0)  # first and longest


async def announce(valkey: Valkey, tenant: UUID, key: UUID | None = None) -> None:
    """Says that a key, or all keys of a tenant, have changed; call it once the change is committed.

    A message that is lost, or that nobody can send, costs no more than authentication.CACHE_SECONDS.
    """
    message = {"tenant": str(tenant), "key": str(key) if key is not None else None}
    try:
        await valkey.publish(CHANNEL, orjson.dumps(message))
    except AWAY as error:
        log.warning("change_not_announced", error=type(error).__qualname__)


async def listen(valkey: Valkey, authenticator: Authenticator) -> None:
    """Passes announcements on to this process's authenticator, endlessly."""
    delay, longest = BACKOFF_SECONDS
    while True:
        try:
            async with await listener(valkey) as subscription:
                await subscription.subscribe(CHANNEL)
                authenticator.forget()  # whatever was said while nobody listened
                delay = BACKOFF_SECONDS[0]
                while True:
                    message = await subscription.get_message(
                        ignore_subscribe_messages=True, timeout=POLL_SECONDS
                    )
                    if message is not None:
                        heard(message["data"], authenticator)
        except AWAY as error:
            log.warning("changes_not_heard", error=type(error).__qualname__)
        await asyncio.sleep(delay)
        delay = min(2 * delay, longest)


def heard(data: bytes, authenticator: Authenticator) -> None:
    try:
        message = orjson.loads(data)
        key = message["key"]
        authenticator.forget(UUID(message["tenant"]), UUID(key) if key is not None else None)
    except (ValueError, TypeError, KeyError):
        authenticator.forget()  # a message of another version: something has changed
