"""Answers that tenants share: what a model has said about the very same words, for whoever allows it."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from hashlib import blake2b

import structlog
from cryptography.fernet import Fernet, InvalidToken

from tenancy.valkey import AWAY, Valkey, impatient

log = structlog.get_logger(__name__)

KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class SharedAnswer:
    """The place of one question's answer, which belongs to no tenant."""

    valkey: Valkey
    name: str
    secret: bytes

    async def find(self) -> str | None:
        """What the model has said, to be read and checked as if it had just said it; None without Valkey."""
        try:
            kept = await self.valkey.get(self.name)
        except AWAY as error:
            log.warning("shared_answer_not_found", error=type(error).__qualname__)
            return None
        try:
            return None if kept is None else Fernet(self.secret).decrypt(kept).decode()
        except InvalidToken:
            return None  # nobody who had the words has written it

    async def keep(self, answer: str) -> None:
        """Without Valkey it is not kept."""
        try:
            await self.valkey.set(self.name, Fernet(self.secret).encrypt(answer.encode()), ex=KEPT)
        except AWAY as error:
            log.warning("shared_answer_not_kept", error=type(error).__qualname__)


class SharedAnswers:
    """In Valkey, under a hash of the question, and encrypted by another: whoever has not got the words can
    neither find an answer nor read one, and nothing says whose song it was.

    Only what the model said is shared. What is counted in a song, and which lines bear an answer out, is
    found anew in the song of whoever asks.
    """

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = impatient(valkey)

    async def close(self) -> None:
        await self._valkey.aclose()

    def to(self, *question: str) -> SharedAnswer:
        """`question` is everything that the answer depends on, the text that is sent among it."""
        hashed = partial(blake2b, "\0".join(question).encode(), digest_size=32)
        secret = urlsafe_b64encode(hashed(person=b"secret").digest())
        return SharedAnswer(self._valkey, f"rap:answer:{hashed(person=b'name').hexdigest()}", secret)
