"""What a slice costs the one who asked for its run: taken before it is analysed, given back if it is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from app.analysis.claims import OpenRun
from app.analysis.runs import POINTS
from tenancy.principals import Principal
from tenancy.quotas import QuotaExceeded, Quotas

OPERATION = "AnalysisRun"  # under which it counts in the tenant's usage


def nothing() -> None:
    """There is nothing to give back."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """How many tracks are paid for; where fewer than were asked for, `shortage` says why."""

    tracks: int
    shortage: QuotaExceeded | None = None
    give_back: Callable[[], None] = nothing


class Charges:
    """Without `quotas` all is free."""

    def __init__(self, quotas: Quotas | None = None) -> None:
        self._quotas = quotas

    async def take(self, run: OpenRun, tracks: int) -> Receipt:
        """Charges as many of the tracks as the quota allows. Raises QuotaUnavailable.

        A worker that is killed before it commits has charged for what another one will charge again: one
        slice, at most.
        """
        quotas = self._quotas
        if quotas is None or run.charged_to is None:
            return Receipt(tracks)
        payer = Principal(run.tenant, "", run.plan, run.charged_to, OPERATION, frozenset())
        shortage = None
        while tracks > 0:
            try:
                charge = await quotas.charge(payer, tracks * POINTS, OPERATION)
            except QuotaExceeded as error:
                shortage = error
                tracks = min(tracks - 1, error.remaining // POINTS)
            else:
                back = partial(quotas.give_back, payer, charge, tracks * POINTS)
                return Receipt(tracks, shortage, back)
        return Receipt(0, shortage)
