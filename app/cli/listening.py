"""The address that we serve on, taken before anything slow starts."""

from __future__ import annotations

import errno
import socket

from app.cli.failures import Failure

BACKLOG = 2048  # connections that wait to be accepted, as uvicorn has it


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens already, which keeps the port ours: two may be bound to one, until one listens.

    Raises Failure, naming a port that is taken."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror:
        raise Failure(
            f"There is no address {host} on this machine. Leave RAP_ANALYZER_HOST at 127.0.0.1."
        ) from None
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise Failure(reason(error, host, port)) from error
    return bound


def reason(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else 8001
        return (
            f"Port {port} is in use by another program. Choose another one: PORT={other} make up"
            f" (or --port {other})."
        )
    if error.errno == errno.EACCES:
        return f"Only root may listen on port {port}. Choose one above 1023: PORT=8001 make up"
    return f"Can't listen on {host}:{port}: {error.strerror}."


def url(host: str, port: int) -> str:
    """Where a browser on this machine finds it."""
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - compared, not bound
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
