"""Helpers that let tests say the same on every Python from 3.9 on."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

import pytest

Version = tuple[int, int]

# From 3.13 on asyncio names a callback without its arguments, unless the loop is in debug mode.
ARGUMENTS_ARE_SHOWN = sys.version_info < (3, 13)


def since(version: Version, what: str) -> pytest.MarkDecorator:
    """Marks a test of something that older Pythons do not have."""
    name = ".".join(map(str, version))
    return pytest.mark.skipif(sys.version_info < version, reason=f"{what} came with Python {name}")


def stock_differs(
    why: str, *, first: Version = (3, 9), last: Version = (3, 99)
) -> pytest.MarkDecorator:
    """Marks a test that asyncio's own loop fails on these Pythons, and that ours must pass.

    A later patch of the same Python may fix asyncio, so passing is allowed.
    """
    return pytest.mark.stock_differs(why, first <= sys.version_info[:2] <= last)


@contextlib.asynccontextmanager
async def time_limit(seconds: float) -> AsyncIterator[None]:
    """The part of Python 3.11's asyncio.timeout() that tests need."""
    task = asyncio.current_task()
    assert task is not None
    expired = []

    def expire() -> None:
        expired.append(True)
        task.cancel()

    timer = asyncio.get_running_loop().call_later(seconds, expire)
    try:
        yield
    except asyncio.CancelledError:
        if expired:
            raise asyncio.TimeoutError from None
        raise
    finally:
        timer.cancel()
