"""Work in thread pools, with a record of when it waited, ran and in which thread."""

from __future__ import annotations

import functools
import socket
import sys
from contextvars import Context
from typing import Any

_EXECUTOR, _LOOKUP = 0, 1  # JobKind of tracer/format.h


class Pools:
    """run_in_executor(), recorded from level callbacks on. Mixed in before asyncio's loop.

    Only jobs of plain thread pools are recorded. Other executors may send the function to another process.
    """

    __slots__ = ()

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        """Arrange for `func` to be called in the executor. None: the loop's default one."""
        loop: Any = self
        if not loop._records_jobs:
            return super().run_in_executor(executor, func, *args)  # type: ignore[misc]
        pool = executor if executor is not None else loop._default_executor
        if not _is_thread_pool(pool) or not callable(func):
            return super().run_in_executor(executor, func, *args)  # type: ignore[misc]
        if loop._debug:
            loop._check_closed()
            loop._check_callback(func, "run_in_executor")
        kind = _LOOKUP if func in (socket.getaddrinfo, socket.getnameinfo) else _EXECUTOR
        job = loop._pool_job(kind, func, _meant(func))
        future = super().run_in_executor(executor, job, *args)  # type: ignore[misc]
        if job is not func:
            job._resolves(future)
        return future


def _is_thread_pool(pool: Any) -> bool:
    """True also for None: asyncio makes a thread pool then. Its module is large, and a program may never need it."""
    threads = sys.modules.get("concurrent.futures.thread")
    return pool is None or (threads is not None and type(pool) is threads.ThreadPoolExecutor)


def _meant(func: Any) -> Any:
    """The function that somebody gave to asyncio.to_thread(), which wraps it in its context."""
    if isinstance(func, functools.partial) and func.args:
        runner = getattr(func.func, "__self__", None)
        if isinstance(runner, Context):
            return func.args[0]
    return func
