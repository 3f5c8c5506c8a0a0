"""The two cookies of signing in. Both are Secure, and browsers keep that promise for loopback, too."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.responses import Response

from api.requests import SESSION_COOKIE
from tenancy.oidc.attempts import MINUTES
from tenancy.sessions import Opened

ATTEMPT_COOKIE = "__Host-rap_sign_in"


def remember_attempt(response: Response, browser: str) -> None:
    """What proves, at the end of a sign-in, that it began in this browser."""
    put(response, ATTEMPT_COOKIE, browser, MINUTES * 60)


def forget_attempt(response: Response) -> None:
    put(response, ATTEMPT_COOKIE, "", 0)


def remember_session(response: Response, opened: Opened) -> None:
    put(response, SESSION_COOKIE, opened.token, int((opened.expires_at - datetime.now(UTC)).total_seconds()))


def forget_session(response: Response) -> None:
    put(response, SESSION_COOKIE, "", 0)


def put(response: Response, name: str, value: str, seconds: int) -> None:
    # Lax: the way back from the provider is a link from another site, and has to bring the cookie.
    response.set_cookie(name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax")
