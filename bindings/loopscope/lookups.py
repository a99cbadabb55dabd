"""Looking up names and addresses: asyncio's way, in a thread, unless there is nothing to look up."""

from __future__ import annotations

import _socket
import asyncio
import socket
from typing import Any

from loopscope import _native

_NUMERIC = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV

_getaddrinfo = socket.getaddrinfo
if getattr(_getaddrinfo, "__globals__", None) is not vars(socket):
    _getaddrinfo = None  # type: ignore[assignment]  # somebody was here before us
_run_in_executor = asyncio.BaseEventLoop.run_in_executor


class Lookups:
    """What the C library answers without asking anybody is answered at once. Mixed in before asyncio's loop.

    A program that has put functions of its own in place of the socket module's, or of run_in_executor(), is asked as
    asyncio would ask it.
    """

    __slots__ = ()

    def _asks_nobody(self) -> bool:
        """True if asyncio's own code would call the socket module in a thread now, and tell nobody of it."""
        loop: Any = self
        return (
            getattr(loop.run_in_executor, "__func__", None) is _run_in_executor
            and not loop._debug
            and not loop._closed
            and not loop._executor_shutdown_called
        )

    async def getaddrinfo(
        self,
        host: Any,
        port: Any,
        *,
        family: int = 0,
        type: int = 0,
        proto: int = 0,
        flags: int = 0,
    ) -> Any:
        """As socket.getaddrinfo(); an IP address with a numeric port is not handed to a thread."""
        if socket.getaddrinfo is _getaddrinfo and self._asks_nobody():
            literal = _native.literal_addresses(host, port, family, type, proto, flags)
            if literal is not None:
                return literal
        return await super().getaddrinfo(  # type: ignore[misc]
            host, port, family=family, type=type, proto=proto, flags=flags
        )

    async def getnameinfo(self, sockaddr: Any, flags: int = 0) -> Any:
        """As socket.getnameinfo(); if only numbers are wanted, without a thread."""
        if (
            isinstance(flags, int)
            and flags & _NUMERIC == _NUMERIC
            and socket.getnameinfo is _socket.getnameinfo
            and self._asks_nobody()
        ):
            return socket.getnameinfo(sockaddr, flags)
        return await super().getnameinfo(sockaddr, flags)  # type: ignore[misc]
