"""What a key has paid for in Valkey and not used yet: most requests are paid from here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from time import monotonic

from tenancy.limits import Charge
from tenancy.principals import Principal


@dataclass(slots=True)
class Purse:
    """The points of one key and minute in this process, and what of them has to be counted as usage.

    `held` points are charged to the key's burst and the tenant's minute and month, and go back to all three
    unless they are spent. `unpaid` ones were spent while Valkey was away, charged to no limit there.
    `operations` has what usage does not show yet: operation → [points, requests]; points given back are
    below zero.
    """

    principal: Principal
    minute: int  # since 1970
    held: int = 0
    unpaid: int = 0
    operations: dict[str, list[int]] = field(default_factory=dict)
    standing: Charge | None = None  # of the last charge in Valkey; held points are not left there
    filling: bool = False  # a charge is under way that brings points along
    paid: int = 0  # requests
    since: float = field(default_factory=monotonic)

    @property
    def day(self) -> date:
        return datetime.fromtimestamp(self.minute * 60, UTC).date()

    def pay(self, cost: int, operation: str) -> Charge | None:
        """A charge out of what is held; None, and nothing spent, where that is not enough."""
        if self.standing is None or cost > self.held:
            return None
        self.held -= cost
        self.paid += 1
        self.count(operation, cost, 1)
        return self.standing.without(self.held, cost, operation)

    def fill(self, standing: Charge, points: int) -> None:
        self.standing = standing
        self.held += points

    def empty(self) -> int:
        """What was held: whoever takes it gives it back in Valkey."""
        held, self.held = self.held, 0
        return held

    def count(self, operation: str, points: int, requests: int = 0) -> None:
        totals = self.operations.get(operation)
        if totals is None:
            totals = self.operations[operation] = [0, 0]
        totals[0] += points
        totals[1] += requests

    def give_back(self, operation: str, points: int) -> None:
        self.count(operation, -points)
        self.held += points

    def forgive(self) -> None:
        """Valkey was lost, and its account does not know what was paid: what was spent counts, no more."""
        self.held = 0
        self.operations = {name: [max(0, points), n] for name, (points, n) in self.operations.items()}
        self.unpaid = sum(points for points, _ in self.operations.values())


@lru_cache(maxsize=1024)  # what is paid from one purse has one moment
def minute_of(moment: datetime) -> int:
    """Minutes since 1970."""
    return int(moment.timestamp()) // 60
