"""Where a key may be used from: networks of IP addresses, and origins of web pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")
MAX_ENTRIES = 50


class InvalidRestriction(ValueError):
    """An allowed network or origin that can't be used; `field` is `allowed_networks` or `allowed_origins`."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request comes from: its IP address, and its page's origin where a browser names one.

    `tenant` is the slug that a member of several tenants names.
    """

    address: str | None = None
    origin: str | None = None
    tenant: str | None = None


class CallerRefused(PermissionError):
    """This API key may not be used from this address or page."""


@dataclass(frozen=True, slots=True)
class Restrictions:
    """No networks: from anywhere. No origins: from any page, and from programs that are no pages."""

    networks: tuple[Network, ...] = ()
    origins: tuple[str, ...] = ()

    @classmethod
    def parse(cls, networks: Sequence[str], origins: Sequence[str]) -> Restrictions:
        """Networks as `203.0.113.0/24` or one address, origins as `https://app.example.com`.

        Raises InvalidRestriction.
        """
        for field, entries in (("allowed_networks", networks), ("allowed_origins", origins)):
            if len(entries) > MAX_ENTRIES:
                raise InvalidRestriction(field, f"At most {MAX_ENTRIES} entries; these are {len(entries)}.")
        return cls(tuple(map(network, networks)), tuple(map(origin, origins)))

    @property
    def texts(self) -> dict[str, list[str]]:
        """As they are stored and shown."""
        return {
            "allowed_networks": [str(network) for network in self.networks],
            "allowed_origins": list(self.origins),
        }

    def check(self, caller: Caller) -> None:
        """Raises CallerRefused. An address or an origin that is not known is none that is allowed."""
        if self.networks:
            address = address_of(caller)
            if address is None or not any(address in network for network in self.networks):
                raise CallerRefused(
                    f"This API key may not be used from the address {caller.address or '(unknown)'}."
                    " Use it from an allowed network, or create a key for this one."
                )
        if self.origins and (caller.origin or "").lower() not in self.origins:
            raise CallerRefused(
                "This API key may be used by pages of its allowed origins alone."
                f" This request's origin is {(caller.origin or '(none)')[:100]}."
            )


def address_of(caller: Caller) -> IPv4Address | IPv6Address | None:
    """None for what is no IP address, such as that of a Unix socket."""
    try:
        address = ip_address(caller.address or "")
    except ValueError:
        return None
    # A socket for both kinds shows IPv4 as ::ffff:203.0.113.9.
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def network(text: str) -> Network:
    try:
        return ip_network(text.strip())
    except ValueError as error:
        raise InvalidRestriction(
            "allowed_networks",
            f"{text[:80]!r} is no network: write 203.0.113.0/24, 2001:db8::/32 or one address"
            " (no bits may be set behind the prefix).",
        ) from error


def origin(text: str) -> str:
    lowered = text.strip().lower().rstrip("/")
    if not ORIGIN.fullmatch(lowered):
        raise InvalidRestriction(
            "allowed_origins", f"{text[:80]!r} is no origin: write https://app.example.com, without a path."
        )
    return lowered
