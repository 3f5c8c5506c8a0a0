"""A Valkey of its own a test: starting, stopping, attaching, refusing."""

# ruff: noqa: ASYNC240 - a test may wait for its disk

import os
import socket
import stat
from pathlib import Path

import pytest
import uvloop
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError

from app.embedded.errors import PasswordRejected, PortTaken, ProgramUnusable, ServerFailed
from app.embedded.process import is_alive
from app.embedded.valkey import EmbeddedValkey


async def test_a_second_start_keeps_data_port_and_password(folder: Path) -> None:
    first = EmbeddedValkey(folder / "valkey")
    server = await first.start()
    async with Redis.from_url(server.url) as client:
        await client.xadd("events", {"line": "kept"})
    assert await first.stop() == 0
    assert not is_alive(server.pid)

    async with EmbeddedValkey(folder / "valkey") as again, Redis.from_url(again.url) as client:
        assert (again.url, again.attached) == (server.url, False)
        entries = await client.xrange("events") or []
        assert [entry for _, entry in entries] == [{b"line": b"kept"}]


async def test_it_listens_on_loopback_with_a_password_alone(folder: Path) -> None:
    async with EmbeddedValkey(folder / "valkey", durable=False) as server:
        async with Redis.from_url(server.url) as client:
            config = await client.config_get("bind", "maxmemory-policy", "appendonly")
            assert config == {"bind": "127.0.0.1", "maxmemory-policy": "noeviction", "appendonly": "no"}
        # No retries: the client takes a refused password for a passing failure.
        async with Redis(host="127.0.0.1", port=server.port, retry=Retry(NoBackoff(), 0)) as stranger:
            with pytest.raises(AuthenticationError):
                await stranger.ping()
        assert server.password not in Path(f"/proc/{server.pid}/cmdline").read_text()
        assert server.password not in repr(server)
        assert os.getsid(server.pid) == server.pid
    for name in ("password", "valkey.conf"):
        assert stat.S_IMODE((folder / "valkey" / name).stat().st_mode) == 0o600


async def test_a_durable_server_appends_every_second(folder: Path) -> None:
    async with EmbeddedValkey(folder / "valkey") as server, Redis.from_url(server.url) as client:
        config = await client.config_get("appendonly", "appendfsync")
        assert config == {"appendonly": "yes", "appendfsync": "everysec"}


async def test_a_second_start_attaches_to_the_living_server(folder: Path) -> None:
    async with EmbeddedValkey(folder / "valkey", durable=False) as server:
        second = EmbeddedValkey(folder / "valkey", durable=False)
        attached = await second.start()
        assert (attached.attached, attached.pid, attached.url) == (True, server.pid, server.url)
        assert await second.stop() is None
        async with Redis.from_url(server.url) as client:
            assert await client.ping()


async def test_a_pinned_port_that_is_taken_is_refused(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as squatter:
        port = squatter.getsockname()[1]
        with pytest.raises(PortTaken):
            await EmbeddedValkey(folder / "valkey", port=port).start()


async def test_a_port_lost_between_choice_and_use_is_left(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        port = squatter.getsockname()[1]
        (folder / "valkey").mkdir()
        (folder / "valkey" / "port").write_text(str(port))
        # As if the squatter came just after the look.
        monkeypatch.setattr("app.embedded.ports.is_free", lambda _port, _host="": True)
        async with EmbeddedValkey(folder / "valkey", durable=False) as server:
            assert server.port != port


async def test_an_unreadable_log_of_writes_is_named(folder: Path) -> None:
    async with EmbeddedValkey(folder / "valkey") as server, Redis.from_url(server.url) as client:
        await client.set("verse", "kept")
    for manifest in (folder / "valkey" / "appendonlydir").glob("*.manifest"):
        manifest.write_text("nonsense\n")
    with pytest.raises(ServerFailed, match=r"Valkey stopped while it started: .+server\.log"):
        await EmbeddedValkey(folder / "valkey").start()


async def test_a_program_that_cannot_be_executed_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = folder / "valkey-server"
    program.write_text("text, not a program")
    monkeypatch.setattr("app.embedded.binaries.valkey_binary", lambda: program)
    with pytest.raises(ProgramUnusable, match=r"valkey-server can't be started \(Permission denied\)"):
        await EmbeddedValkey(folder / "valkey").start()


def test_start_and_stop_may_use_different_event_loops(folder: Path) -> None:
    valkey = EmbeddedValkey(folder / "valkey", durable=False)
    server = uvloop.run(valkey.start())
    assert is_alive(server.pid)
    assert uvloop.run(valkey.stop()) == 0


async def test_another_password_is_named(folder: Path) -> None:
    async with EmbeddedValkey(folder / "valkey", durable=False):
        (folder / "valkey" / "password").write_text("forgotten\n")
        with pytest.raises(PasswordRejected):
            await EmbeddedValkey(folder / "valkey").start()
