"""Whoever runs a command on keys or tenants: in the audit log, and in what other processes are told."""

from __future__ import annotations

import getpass
import socket
from typing import TYPE_CHECKING
from uuid import UUID

from app.cli.terminal import say

if TYPE_CHECKING:
    from app.settings import Settings
    from tenancy.audit import Actor


def operator() -> Actor:
    """This user on this machine."""
    from tenancy.audit import Actor, ActorKind

    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        name = "operator"
    return Actor(ActorKind.OPERATOR, name, address=socket.gethostname())


async def announce(settings: Settings, tenant: UUID, key: UUID | None = None) -> None:
    """Tells running processes of a change that is committed; without a Valkey they notice by themselves."""
    from app.cli.services import located
    from tenancy import invalidation
    from tenancy.authentication import CACHE_SECONDS
    from tenancy.valkey import connect

    url = located(settings).redis_url
    if url is None:
        say(f"RAP_ANALYZER_REDIS_URL is not set: running services notice within {CACHE_SECONDS:.0f} s.")
        return
    valkey = connect(url, socket_connect_timeout=2, socket_timeout=2)
    try:
        await invalidation.announce(valkey, tenant, key)
    finally:
        await valkey.aclose()
