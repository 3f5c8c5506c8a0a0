from __future__ import annotations

import socket

import pytest

from app.cli.failures import Failure
from app.cli.listening import listen, url
from app.cli.terminal import Progress, clock


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(-1, "0 s"), (44.6, "45 s"), (200, "3 min 20 s"), (3600, "1 h 0 min"), (7500, "2 h 5 min")],
)
def test_clock(seconds: float, told: str) -> None:
    assert clock(seconds) == told


def test_progress_without_a_terminal_is_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 100.0
    monkeypatch.setattr("app.cli.terminal.time.monotonic", lambda: now)
    progress = Progress("Importing", "songs", total=1000)
    now += 2.0
    progress.update(100, 20)
    assert capsys.readouterr().err == ""
    now += 2.0
    progress.update(250, 40)
    progress.close()
    assert capsys.readouterr().err == "Importing: 25%, 40 songs, 10/s, 12 s left\n"


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Failure, match=f"Port {port} is in use"):
            listen("127.0.0.1", port)
    listen("127.0.0.1", port).close()


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),  # noqa: S104
        ("::1", "http://[::1]:80"),
        ("rap.example", "http://rap.example:80"),
    ],
)
def test_addresses_to_show(host: str, shown: str) -> None:
    assert url(host, 80) == shown
