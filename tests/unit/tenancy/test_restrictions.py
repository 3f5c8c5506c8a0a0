"""Networks and origins as people write them, and what they let in."""

from __future__ import annotations

import pytest

from tenancy.restrictions import MAX_ENTRIES, Caller, CallerRefused, InvalidRestriction, Restrictions


@pytest.mark.parametrize(
    ("networks", "address", "welcome"),
    [
        ([], None, True),
        ([], "203.0.113.9", True),
        (["203.0.113.0/24"], "203.0.113.255", True),
        (["203.0.113.0/24"], "203.0.114.0", False),
        (["203.0.113.7"], "203.0.113.7", True),
        (["198.51.100.0/24", "2001:db8::/32"], "2001:db8::1", True),
        (["203.0.113.0/24"], "2001:db8::1", False),
        (["203.0.113.0/24"], "testclient", False),
        (["203.0.113.0/24"], "::ffff:203.0.113.9", True),
    ],
)
def test_addresses(networks: list[str], address: str | None, welcome: bool) -> None:
    restrictions = Restrictions.parse(networks, [])
    if welcome:
        restrictions.check(Caller(address))
    else:
        with pytest.raises(CallerRefused, match="address"):
            restrictions.check(Caller(address))


@pytest.mark.parametrize(
    ("origin", "welcome"),
    [
        ("https://app.example.com", True),
        ("HTTPS://APP.example.com", True),
        ("https://app.example.com:8443", False),
        ("https://app.example.com.evil.example", False),
        ("http://app.example.com", False),
        ("null", False),
        (None, False),
    ],
)
def test_origins(origin: str | None, welcome: bool) -> None:
    restrictions = Restrictions.parse([], ["https://App.example.com/"])
    if welcome:
        restrictions.check(Caller(None, origin))
    else:
        with pytest.raises(CallerRefused, match="origin"):
            restrictions.check(Caller(None, origin))


@pytest.mark.parametrize("text", ["", "everywhere", "203.0.113.9/24", "203.0.113.0/33", "1.2.3", "::1/200"])
def test_what_is_no_network(text: str) -> None:
    with pytest.raises(InvalidRestriction) as refused:
        Restrictions.parse([text], [])
    assert refused.value.field == "allowed_networks"


@pytest.mark.parametrize("text", ["", "*", "app.example.com", "https://a.example/path", "ftp://a.example"])
def test_what_is_no_origin(text: str) -> None:
    with pytest.raises(InvalidRestriction) as refused:
        Restrictions.parse([], [text])
    assert refused.value.field == "allowed_origins"


def test_there_is_an_end_to_lists() -> None:
    with pytest.raises(InvalidRestriction, match=str(MAX_ENTRIES)):
        Restrictions.parse(["203.0.113.7"] * (MAX_ENTRIES + 1), [])
