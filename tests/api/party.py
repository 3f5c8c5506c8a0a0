"""A tenant of test_tenants_together."""

from __future__ import annotations

from uuid import UUID


class Party:
    """A tenant as it sees itself: its word, its ids, and how many tracks it has."""

    def __init__(self, tenant: UUID, key: str, word: str) -> None:
        self.tenant, self.key, self.word = tenant, key, word
        self.ids: list[str] = []
        self.cursors: list[str] = []
        self.tracks: list[str] = []
        self.members = 0

    def ids_of(self, kind: str) -> list[str]:
        """Those with this prefix."""
        return [id_ for id_ in self.ids if id_.startswith(f"{kind}_")]
