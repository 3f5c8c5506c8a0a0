"""The text of an API key: `rap_<environment>_<key id>_<secret><checksum>`.

`rap_live_` and `rap_demo_` can be searched for in leaked text with `PATTERN`. The secret has 32
base-62 characters (190 bits). The checksum is CRC-32 of all before it in six base-62 characters, so
that a mistyped key is refused without a look-up (the idea is GitHub's).
"""

from __future__ import annotations

import re
import secrets
import string
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal
from zlib import crc32

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
PATTERN = re.compile(r"\brap_(live|demo)_([0-9A-Za-z]{12})_([0-9A-Za-z]{32})([0-9A-Za-z]{6})\b")

Environment = Literal["live", "demo"]


class MalformedKey(ValueError):
    """This is not an API key: it starts with rap_live_ or rap_demo_ and ends with a checksum that fits."""


@dataclass(frozen=True, slots=True)
class KeyText:
    """A key in its parts. `text` shows the secret: give it to its owner once and to nothing else."""

    environment: str
    key_id: str
    secret: str

    @property
    def prefix(self) -> str:
        """The part that may be shown again, to tell keys apart."""
        return f"rap_{self.environment}_{self.key_id}"

    @property
    def text(self) -> str:
        body = f"{self.prefix}_{self.secret}"
        return body + checksum(body)

    @property
    def secret_hash(self) -> bytes:
        """SHA-256, without salt or stretching: the secret has more entropy than the hash."""
        return sha256(self.secret.encode()).digest()

    def __repr__(self) -> str:
        return f"KeyText({self.prefix!r})"


def generate(environment: Environment) -> KeyText:
    return KeyText(environment, random_text(12), random_text(32))


def parse(text: str) -> KeyText:
    """Raises MalformedKey for anything but a whole key with the right checksum."""
    match = PATTERN.fullmatch(text)
    if match is None or checksum(text[:-6]) != match[4]:
        raise MalformedKey
    return KeyText(match[1], match[2], match[3])


def random_text(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def checksum(body: str) -> str:
    value, digits = crc32(body.encode()), ""
    for _ in range(6):
        value, digit = divmod(value, 62)
        digits = ALPHABET[digit] + digits
    return digits
