"""Which document a request means: by its text, by its hash, or by both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from api.documents.limits import check
from api.errors import ApiError

HASH = re.compile(r"[0-9a-f]{64}")


class PersistedQueryNotFound(ApiError):
    """PersistedQueryNotFound"""

    # Apollo's clients go by this very message, and then send the text too.
    code = "PERSISTED_QUERY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound")


class HashMismatch(ApiError):
    """The text that came with a hash has another one."""

    code = "PERSISTED_QUERY_HASH_MISMATCH"

    def __init__(self) -> None:
        super().__init__(
            "provided sha does not match query: send the SHA-256 of the query's UTF-8 in lower-case hex."
        )


class UnknownPersistence(ApiError):
    """A way of naming documents that is not one of ours."""

    code = "BAD_REQUEST"


@dataclass(frozen=True, slots=True)
class Asked:
    """`text` or `hash` is there; `automatic` where the text is to be kept for its hash, as Apollo has it."""

    text: str | None
    hash: str | None
    automatic: bool

    @classmethod
    def read(cls, parameters: Mapping[str, Any]) -> Asked:
        """From `query`, `documentId` and `extensions.persistedQuery`.

        documentId: https://github.com/graphql/graphql-over-http/blob/main/spec/Appendix%20A%20--%20Persisted%20Documents.md
        persistedQuery: https://www.apollographql.com/docs/apollo-server/performance/apq

        Raises LimitExceeded, UnknownPersistence, HashMismatch, or PersistedQueryNotFound for what can be
        no hash.
        """
        text, id_ = parameters.get("query"), parameters.get("documentId")
        extension = (parameters.get("extensions") or {}).get("persistedQuery")
        hash_: Any = None
        if id_ is not None:
            method, _, hash_ = id_.partition(":")
            if method != "sha256":
                raise PersistedQueryNotFound
        elif extension is not None:
            if not isinstance(extension, dict) or extension.get("version") != 1:
                raise UnknownPersistence(
                    'extensions.persistedQuery has to be {"version": 1, "sha256Hash": "…"}.'
                )
            hash_ = extension.get("sha256Hash")
        if text is not None:
            check("characters", len(text))
        if hash_ is not None:
            text = text or None
            if not isinstance(hash_, str) or not HASH.fullmatch(hash_):
                raise PersistedQueryNotFound if text is None else HashMismatch
            if text is not None and hash_ != hash_of(text):
                raise HashMismatch
        return cls(text, hash_, id_ is None and extension is not None)


def names_document(parameters: Mapping[str, Any]) -> bool:
    """Whether a request says at all which document it means."""
    query, id_, extensions = (parameters.get(name) for name in ("query", "documentId", "extensions"))
    if query is None:
        return isinstance(id_, str) or (isinstance(extensions, dict) and "persistedQuery" in extensions)
    return isinstance(query, str) and (id_ is None or isinstance(id_, str))


def hash_of(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
