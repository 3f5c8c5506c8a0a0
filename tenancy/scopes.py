"""What a principal may do. A key carries a set of these; a role is a set with a name."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """The value is what keys, tokens and error messages show."""

    TRACKS_READ = "tracks:read"
    LYRICS_READ = "lyrics:read"
    TRACKS_WRITE = "tracks:write"
    ANALYSES_WRITE = "analyses:write"
    USAGE_READ = "usage:read"
    ADMIN_KEYS = "admin:keys"
    ADMIN_MEMBERS = "admin:members"
    ADMIN_MODELS = "admin:models"
    SCHEMA_READ = "schema:read"


READER = frozenset({Scope.TRACKS_READ, Scope.USAGE_READ})
ANALYST = READER | {Scope.LYRICS_READ, Scope.TRACKS_WRITE, Scope.ANALYSES_WRITE, Scope.SCHEMA_READ}
ADMIN = frozenset(Scope)
ROLES = {"reader": READER, "analyst": ANALYST, "admin": ADMIN}


class Role(StrEnum):
    """What a member is to a tenant. An owner may do what an admin may, and decides who else is one."""

    OWNER = "OWNER"
    ADMIN = "ADMIN"
    ANALYST = "ANALYST"
    VIEWER = "VIEWER"

    @property
    def scopes(self) -> frozenset[Scope]:
        return {Role.OWNER: ADMIN, Role.ADMIN: ADMIN, Role.ANALYST: ANALYST, Role.VIEWER: READER}[self]


class UnknownScope(ValueError):
    """There is no such scope."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no scope {name!r}. Scopes: {', '.join(Scope)}.")


def parse(names: list[str]) -> frozenset[Scope]:
    """Scopes by their values or by the role names reader, analyst, admin. Raises UnknownScope."""
    found: set[Scope] = set()
    for name in names:
        if name in ROLES:
            found |= ROLES[name]
        elif name in {scope.value for scope in Scope}:
            found.add(Scope(name))
        else:
            raise UnknownScope(name)
    return frozenset(found)
