"""CPU-bound work in processes of its own, which end with the process that started them."""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import os
import resource
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
MAX_BYTES = 4 << 30  # of memory a process, eight times what the analyzers and the embedder take


class WorkLost(Exception):
    """The process that worked on this died, was killed, or took too long. Nothing else was harmed."""


class ProcessPool:
    """At most `size` processes, started when first needed; for one event loop, on a lasting thread.

    Each is a pool of its own, so that a call that kills its process takes no other call with it.
    """

    def __init__(self, size: int, *, patience_seconds: float | None = None) -> None:
        self._free = asyncio.Semaphore(size)
        self._idle: list[ProcessPoolExecutor] = []
        self._all: set[ProcessPoolExecutor] = set()
        self._patience = patience_seconds

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`function(*args)` in another process. Raises what it raises, or WorkLost when its process died.

        After `patience_seconds` the process is killed: what it is at may never end.
        """
        if kwargs:
            raise TypeError("Keyword arguments do not travel.")
        async with self._free:
            process = self._idle.pop() if self._idle else self._start()
            try:
                with interrupts_held():
                    answer = asyncio.get_running_loop().run_in_executor(process, function, *args)
                async with asyncio.timeout(self._patience):
                    result = await answer
            except (BrokenProcessPool, TimeoutError) as error:
                if isinstance(error, TimeoutError) and answer.done() and not answer.cancelled():
                    self._idle.append(process)  # the function itself raised it
                    raise
                self._end(process)
                raise WorkLost(str(error)) from error
            except asyncio.CancelledError:
                self._end(process)  # nobody waits for it any more, and it would hold up the next call
                raise
            except BaseException:
                self._idle.append(process)
                raise
            self._idle.append(process)
            return result

    def close(self) -> None:
        """Ends the processes; what they work on is lost."""
        for process in list(self._all):
            self._end(process)

    def _start(self) -> ProcessPoolExecutor:
        # Not forked: a fork would copy the event loop, its sockets and its locks.
        context = multiprocessing.get_context("spawn")
        process = ProcessPoolExecutor(1, context, initializer=begin, initargs=(os.getpid(),))
        self._all.add(process)
        return process

    def _end(self, process: ProcessPoolExecutor) -> None:
        self._all.discard(process)
        if process in self._idle:
            self._idle.remove(process)
        for each in list((process._processes or {}).values()):
            each.kill()
        process.shutdown(wait=True, cancel_futures=True)


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
    # A text that takes all memory fails by itself, where the kernel might end the whole container for it.
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = MAX_BYTES if hard == resource.RLIM_INFINITY else min(MAX_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
    for library in ("OMP", "OPENBLAS"):  # one thread a process: there are as many processes as cores
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    os.nice(5)  # whoever waits for an answer goes before the batch
