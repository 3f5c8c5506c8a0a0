"""Why a model gave no answer, in words that hold neither lyrics nor keys, and whether asking again may help.

Providers have errors of their own, so that they are known here by what they have in common: a status, the
headers of the response, and their names.
"""

from __future__ import annotations

from typing import Any

LONGEST_WAIT = 30.0  # seconds; a server that wants more is not asked again for this song
_TEMPORARY = frozenset({408, 409, 425, 429})


class Unanswered(Exception):
    """No answer came. `wait` is None where asking again is of no use, and the server's own wish in seconds
    where it has one (0 where not). `paid` says that the request may be on the bill all the same.
    """

    def __init__(self, reason: str, wait: float | None = None, *, paid: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait
        self.paid = paid


def of(error: Exception, seconds: float) -> Unanswered:
    """What `error` of a request that may take so many seconds means."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return _of_status(status, getattr(error, "response", None))
    names = {kind.__name__ for cause in _causes(error) for kind in type(cause).__mro__}
    if "LengthFinishReasonError" in names:
        return Unanswered("The answer was longer than the model may give.", paid=True)
    if "ContentFilterFinishReasonError" in names:
        return Unanswered("The provider's content filter stopped the answer.", paid=True)
    if any("ConnectError" in name or "ConnectTimeout" in name for name in names):
        return Unanswered("The model's server can't be reached.", 0)
    if any("Timeout" in name for name in names):
        return Unanswered(f"The model did not answer within {seconds:g} s.", 0, paid=True)
    if any("ConnectionError" in name or name == "TransportError" for name in names):
        return Unanswered("The connection to the model's server broke.", 0, paid=True)
    return Unanswered(f"Asking the model failed ({type(error).__name__}).", paid=True)


def _of_status(status: int, response: Any) -> Unanswered:
    if status in (401, 403):
        return Unanswered(f"The model's server refused our key (status {status}).")
    wait: float | None = 0.0 if status in _TEMPORARY or status >= 500 else None
    if wait is not None and response is not None:
        wait = _wished(str(response.headers.get("retry-after", "")))
    what = "is overloaded" if status == 429 else "failed" if status >= 500 else "refused the request"
    if wait is not None and wait > LONGEST_WAIT:
        wait = None
    return Unanswered(f"The model's server {what} (status {status}).", wait)


def _wished(header: str) -> float:
    # The other form, a date, is rare; asking again by our own rhythm does no harm.
    return float(header) if header.strip().isdecimal() else 0.0


def _causes(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None and len(chain) < 10:
        chain.append(cause)
    return chain
