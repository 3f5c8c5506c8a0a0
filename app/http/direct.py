"""The shortest way to the endpoint that nearly every request is for."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class Direct:
    """Hands HTTP requests for `path` to `endpoint`, past routing and the handling of HTTPException.

    The endpoint answers every method and failure itself. Whatever else comes goes on to the routes.
    """

    def __init__(self, app: ASGIApp, path: str, endpoint: ASGIApp) -> None:
        self._app, self._path, self._endpoint = app, path, endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        direct = scope["type"] == "http" and scope["path"] == self._path
        await (self._endpoint if direct else self._app)(scope, receive, send)
