"""The common part of all Python servers: the socket that the bench made for them, and the loop that it names."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from asyncio_loops import make_loop  # noqa: E402


def inherited_socket(descriptor: str) -> socket.socket:
    """Listening already, and not blocking; a datagram socket is bound."""
    return socket.socket(fileno=int(descriptor))


def serve(loop_name, make_coroutine) -> None:
    """Starts the server that the coroutine makes, and serves until a signal ends the process."""
    loop = make_loop(loop_name)
    asyncio.set_event_loop(loop)
    keep = loop.run_until_complete(make_coroutine()) if make_coroutine else None
    loop.run_forever()
    del keep
