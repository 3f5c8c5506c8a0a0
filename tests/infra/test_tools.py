"""Says of an ordinary `make test` that what goes to production was not tried."""

from __future__ import annotations

from importlib.util import find_spec

import pytest


def test_the_tools_are_here() -> None:
    if find_spec("helm_python") is None:
        pytest.skip("The chart and all that belongs to it is tried by make infra-check.")
