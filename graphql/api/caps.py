"""How many sockets, operations and streams of events a tenant may have open in one process."""

from __future__ import annotations

from dataclasses import dataclass

from tenancy.seats import Seats

SOCKETS, OPERATIONS = 2_000, 4_000


@dataclass(frozen=True, slots=True)
class Caps:
    """Operations are those over WebSocket and the streams of events over HTTP, counted together."""

    sockets: Seats
    operations: Seats

    @classmethod
    def of(cls, sockets: int = SOCKETS, operations: int = OPERATIONS) -> Caps:
        return cls(Seats("sockets", sockets), Seats("operations", operations))
