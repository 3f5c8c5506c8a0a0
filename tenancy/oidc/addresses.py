"""Which addresses sign-in may use: https, and http on this machine alone."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_safe(url: object) -> bool:
    """Whether it is an https address, or one of this machine, which nobody can listen in on."""
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host or "")))


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def path_here(wanted: str | None) -> str:
    """A path on this site to go on to; `/` for whatever could lead elsewhere."""
    # Browsers read \\ as /, and drop tabs and line breaks: //host and /\\host are other hosts.
    if not wanted or not wanted.startswith("/") or not wanted.isprintable() or "\\" in wanted:
        return "/"
    return "/" if wanted.startswith("//") else wanted
