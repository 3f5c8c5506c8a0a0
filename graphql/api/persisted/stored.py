"""Automatic persisted queries: documents that a tenant's clients have sent, and name by hash from then on."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from tenancy.ledger import prefix
from tenancy.valkey import AWAY, Valkey, impatient

KEEP = Path(__file__).with_name("keep.lua").read_text()
MAX_DOCUMENTS = 500  # of a tenant
MAX_BYTES = 32_000  # of a document; what is longer is sent whole each time
SECONDS = 86_400  # that a tenant's documents live
MAX_REMEMBERED = 1_000  # by this process


class StoredDocuments:
    """Kept in Valkey by tenant, and remembered by this process; without Valkey by this process alone.

    A tenant finds what it has stored itself, and nothing of others. Whatever is lost is sent again.
    """

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = impatient(valkey)
        self._remembered: OrderedDict[tuple[UUID, str], str] = OrderedDict()

    async def get(self, tenant: UUID, hash_: str) -> str | None:
        text = self._remembered.get((tenant, hash_))
        if text is None:
            with suppress(*AWAY):
                found: bytes | None = await self._valkey.hget(key(tenant), hash_)  # type: ignore[assignment]
                text = found.decode() if found is not None else None
        if text is not None:
            self._remember(tenant, hash_, text)
        return text

    async def keep(self, tenant: UUID, hash_: str, text: str) -> None:
        """The caller has checked the hash and that the document is valid."""
        if (tenant, hash_) in self._remembered or len(text.encode()) > MAX_BYTES:
            return
        self._remember(tenant, hash_, text)
        with suppress(*AWAY):
            await self._valkey.eval(KEEP, 1, key(tenant), hash_, text, MAX_DOCUMENTS, SECONDS)

    async def close(self) -> None:
        await self._valkey.aclose()

    def _remember(self, tenant: UUID, hash_: str, text: str) -> None:
        self._remembered[tenant, hash_] = text
        self._remembered.move_to_end((tenant, hash_))
        while len(self._remembered) > MAX_REMEMBERED:
            self._remembered.popitem(last=False)


def key(tenant: UUID) -> str:
    return f"{prefix(tenant)}:documents"
