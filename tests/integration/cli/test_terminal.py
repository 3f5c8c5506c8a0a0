from __future__ import annotations

import io
import socket
import sys

import pytest

from app.cli.failures import Failure
from app.cli.listening import listen, url
from app.cli.stopping import Stopping
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


def test_a_port_is_ours_before_the_service_runs() -> None:
    with listen("127.0.0.1", 0) as ours:
        port = ours.getsockname()[1]
        with pytest.raises(Failure, match=f"Port {port} is in use"):
            listen("127.0.0.1", port)


async def test_a_signal_stops_us_when_nobody_is_left_to_read_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Gone())
    stopping = Stopping()
    stopping.request()
    assert stopping.event.is_set()
    stopping.request()  # the same signal again, by way of our group: no reason to hurry


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
