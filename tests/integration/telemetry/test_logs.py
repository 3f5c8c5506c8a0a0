"""Every line of a log is one JSON object, and no line says what it must not."""

from __future__ import annotations

import json
import subprocess
import sys

LOG = """
import logging, structlog
from app.telemetry.logs import configure_logs
configure_logs("INFO")
structlog.get_logger("ours").info("began", port=1)
try:
    raise ValueError("never gonna give you up")
except ValueError:
    logging.getLogger("theirs").exception("It broke.")
logging.getLogger("theirs").warning("Two\\nlines")
"""


def test_ours_and_theirs_are_json() -> None:
    done = subprocess.run([sys.executable, "-c", LOG], check=True, capture_output=True, text=True)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["event"], line["level"]) for line in lines] == [
        ("began", "info"),
        ("It broke. (ValueError)", "error"),
        ("Two\nlines", "warning"),
    ]
    assert all("timestamp" in line for line in lines)
    assert [line.get("logger") for line in lines] == [None, "theirs", "theirs"]
    assert "never gonna" not in done.stderr
