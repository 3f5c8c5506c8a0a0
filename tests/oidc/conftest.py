"""A service that people sign in to, beside two real OpenID providers."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from app.embedded.valkey import ValkeyServer
from app.settings import IdentityProvider
from tests.service import Service, serving

HERE = Path(__file__).parent
AUDIENCE = "https://api.rap-analyzer.test"


@dataclass(frozen=True, slots=True)
class Issuers:
    """Where the two providers are."""

    okta: str
    mallory: str

    async def rotate(self) -> None:
        async with httpx.AsyncClient() as http:
            await http.get(f"{self.okta}/test/rotate")

    async def keys_read(self) -> int:
        async with httpx.AsyncClient() as http:
            return int((await http.get(f"{self.okta}/test/keys-read")).text)


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


@pytest.fixture(scope="session")
def installed() -> str:
    """Where Node is; without it these tests are skipped, but not in CI."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        assert "CI" not in os.environ, "CI has no Node: the sign-in tests would be skipped"
        pytest.skip("Node is not installed: the OpenID provider of these tests needs it")
    return node


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def packages(installed: str) -> str:
    if not (HERE / "node_modules" / ".package-lock.json").exists():
        npm = await asyncio.create_subprocess_exec(
            "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=HERE
        )
        assert await npm.wait() == 0, "npm ci failed"
    return installed


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def signing_in(
    packages: str, database_url: str, valkey_server: ValkeyServer
) -> AsyncIterator[tuple[Service, Issuers]]:
    """The service and its providers, for the session; take a tenant of your own."""
    sock = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    ports = dict(zip(("okta", "mallory"), free_ports(2), strict=True))
    node = await asyncio.create_subprocess_exec(
        packages, "provider.mjs", json.dumps({"service": url, "ports": ports}),
        cwd=HERE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert node.stdout is not None
    try:
        for _ in ports:
            line = await asyncio.wait_for(node.stdout.readline(), 30)
            assert line.startswith(b"listening"), line
        issuers = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        providers = tuple(
            IdentityProvider(
                name=name,
                title=name.title(),
                issuer=issuer,
                client_id="rap-analyzer",
                client_secret=SecretStr("a secret of the tests"),
                audience=AUDIENCE,
            )
            for name, issuer in issuers.items()
        )
        async with serving(
            database_url, valkey_server.url, sock=sock, public_url=url, identity_providers=providers
        ) as service:
            yield service, Issuers(**issuers)
    finally:
        node.kill()
        await node.wait()


@pytest.fixture
def people(signing_in: tuple[Service, Issuers]) -> Service:
    """The service that people sign in to."""
    return signing_in[0]


@pytest.fixture
def issuers(signing_in: tuple[Service, Issuers]) -> Issuers:
    return signing_in[1]
