"""CPU-bound work in processes of its own, which end with the process that started them."""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
PR_SET_PDEATHSIG = 1  # linux/prctl.h


class WorkLost(Exception):
    """The process that worked on this died: out of memory, or killed. Nothing else was harmed."""


class ProcessPool:
    """At most `size` processes, started when first needed; for one event loop, on a lasting thread."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._pool: ProcessPoolExecutor | None = None

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`function(*args)` in another process. Raises what it raises, or WorkLost when its process died."""
        if kwargs:
            raise TypeError("Keyword arguments do not travel.")
        pool = self._pool = self._pool or self._start()
        try:
            with interrupts_held():
                answer = asyncio.get_running_loop().run_in_executor(pool, function, *args)
            return await answer
        except BrokenProcessPool as error:
            if self._pool is pool:  # another task may have replaced it already
                self._pool = None
                pool.shutdown(wait=False, cancel_futures=True)
            raise WorkLost(str(error)) from error

    def close(self) -> None:
        """Ends the processes; what they work on is lost."""
        if self._pool is not None:
            for process in list((self._pool._processes or {}).values()):
                process.terminate()
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _start(self) -> ProcessPoolExecutor:
        # Not forked: a fork would copy the event loop, its sockets and its locks.
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self._size, context, initializer=begin, initargs=(os.getpid(),))


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Processes that start in the block are born deaf to Ctrl-C: until `begin` runs they would take it as
    theirs, and end with a traceback."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def begin(parent: int) -> None:
    """In the new process: end when the parent ends, and leave the terminal's Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it had ended before the kernel knew
            os._exit(1)
    for library in ("OMP", "OPENBLAS"):  # one thread a process: there are as many processes as cores
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    os.nice(5)  # whoever waits for an answer goes before the batch
