"""uvicorn around an application, in the test's own loop."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator
from typing import Any

import uvicorn
from field_loops import Certificates, listening


class Server(uvicorn.Server):
    """Leaves signals to pytest."""

    def install_signal_handlers(self) -> None:
        pass

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:  # its name from uvicorn 0.29 on
        yield


@contextlib.asynccontextmanager
async def serving(
    application: Any, tls: Certificates | None = None, **options: Any
) -> AsyncIterator[str]:
    """Serves the application, and gives its address."""
    if tls is not None:
        options |= {"ssl_certfile": str(tls.certificate), "ssl_keyfile": str(tls.key)}
    config = uvicorn.Config(application, log_level="warning", **options)
    server = Server(config)
    sock = listening()
    task = asyncio.create_task(server.serve(sockets=[sock]))
    try:
        while not server.started and not task.done():
            await asyncio.sleep(0.005)
        yield f"{'https' if tls else 'http'}://127.0.0.1:{sock.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


def verify(context: ssl.SSLContext | None) -> Any:
    """httpx's `verify`, which cannot be None."""
    return context if context is not None else True
