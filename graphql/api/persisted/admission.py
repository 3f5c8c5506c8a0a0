"""Which operation a request means, and whether its principal may run it at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from api.documents.document import Document, Operation
from api.errors import ApiError, Forbidden
from api.execution.engine import Engine
from api.persisted.asked import Asked, PersistedQueryNotFound, hash_of
from api.persisted.stored import StoredDocuments
from tenancy.principals import Principal
from tenancy.scopes import Scope

Introspection = Literal["everyone", "scope", "nobody"]


class TrustedDocumentRequired(ApiError):
    """This key runs trusted documents alone, and this is none of them."""

    code = "PERSISTED_QUERY_REQUIRED"

    def __init__(self) -> None:
        super().__init__(
            "This key runs trusted documents alone, and this is none of them. Name one that the service knows"
            ' as documentId "sha256:…" or in extensions.persistedQuery, or use another key.'
        )


class IntrospectionDisabled(ApiError):
    """Introspection is switched off here. Ask the operator for the schema as a file."""

    code = "INTROSPECTION_DISABLED"

    def __init__(self) -> None:
        super().__init__((IntrospectionDisabled.__doc__ or "").strip())


class Admission:
    """What stands between a request and the engine, for HTTP and WebSocket alike.

    `trusted` are texts by their hash (api.persisted.trusted). Without `stored` nothing is kept for later.
    """

    def __init__(
        self,
        engine: Engine,
        trusted: Mapping[str, str] | None = None,
        stored: StoredDocuments | None = None,
        *,
        introspection: Introspection = "everyone",
    ) -> None:
        self._engine = engine
        self._trusted = trusted or {}
        self._stored = stored
        self._introspection = introspection

    async def admit(self, principal: Principal, parameters: Mapping[str, Any]) -> tuple[Document, Operation]:
        """Of a request whose parameters have the right kinds. Raises DocumentInvalid or an ApiError."""
        asked = Asked.read(parameters)
        text = await self._text(principal, asked)
        document = self._engine.documents.get(text)
        operation = document.operation(parameters.get("operationName") or None)
        if operation.introspects:
            self._may_introspect(principal)
        if asked.automatic and asked.hash not in self._trusted and asked.text is not None and self._stored:
            # Last: nothing is kept that is not valid.
            await self._stored.keep(principal.tenant, asked.hash or "", asked.text)
        return document, operation

    async def _text(self, principal: Principal, asked: Asked) -> str:
        trusted = self._trusted.get(asked.hash or "")
        if trusted is not None:
            return trusted
        if principal.trusted_documents_only and (
            asked.text is None or asked.hash is not None or hash_of(asked.text) not in self._trusted
        ):
            raise TrustedDocumentRequired
        if asked.text is not None:
            return asked.text
        stored = await self._stored.get(principal.tenant, asked.hash or "") if self._stored else None
        if stored is None:
            raise PersistedQueryNotFound
        return stored

    def _may_introspect(self, principal: Principal) -> None:
        if self._introspection == "nobody":
            raise IntrospectionDisabled
        if self._introspection == "scope" and Scope.SCHEMA_READ not in principal.scopes:
            raise Forbidden(Scope.SCHEMA_READ)
