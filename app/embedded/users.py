"""Which operating-system user runs Postgres, which refuses to be root."""

import os
import pwd
from dataclasses import dataclass
from typing import Self

from app.embedded.errors import NoUnprivilegedUser

_CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The user that a child becomes before it executes the server."""

    name: str
    uid: int
    gid: int

    @classmethod
    def current(cls) -> Self | None:
        """None for an ordinary user, who runs the server as themselves; for root, `postgres`, else `nobody`.

        Raises NoUnprivilegedUser where neither exists.
        """
        if os.geteuid() != 0:
            return None
        for name in _CANDIDATES:
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(name, entry.pw_uid, entry.pw_gid)
        raise NoUnprivilegedUser(f"there is no user {' or '.join(_CANDIDATES)}")
