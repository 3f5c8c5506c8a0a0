"""Forms as browsers and providers send them: a few short fields."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request

from app.lifespan import State

MEDIA_TYPE = "application/x-www-form-urlencoded"
MAX_BYTES = 32_768
MAX_FIELDS = 10


class InvalidForm(ValueError):
    """Send a form: application/x-www-form-urlencoded, at most 32 KB."""


async def fields_of(request: Request[State]) -> dict[str, str]:
    """The last value of each field. Raises InvalidForm."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise InvalidForm
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise InvalidForm
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError as error:
        raise InvalidForm from error
