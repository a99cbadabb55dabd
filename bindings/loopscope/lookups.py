"""Looks up names and addresses as asyncio does, in a thread, unless there is nothing to look up."""

from __future__ import annotations

import _socket
import socket
from typing import Any

from loopscope import _native
from loopscope.pools import Pools

_NUMERIC = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV

_getaddrinfo = socket.getaddrinfo
if getattr(_getaddrinfo, "__globals__", None) is not vars(socket):
    _getaddrinfo = None  # type: ignore[assignment]  # the program has replaced it already
_run_in_executor = Pools.run_in_executor


class Lookups:
    """Answers at once if the C library needs nobody else for the answer. Mixed in before asyncio's loop.

    If a program has replaced functions of the socket module, or run_in_executor(), these are called as asyncio would
    call them.
    """

    __slots__ = ()

    def _asks_nobody(self) -> bool:
        """True if asyncio's own code would only call the socket module in a thread now."""
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
        """As socket.getaddrinfo(). An IP address with a numeric port needs no thread."""
        if socket.getaddrinfo is _getaddrinfo and self._asks_nobody():
            literal = _native.literal_addresses(host, port, family, type, proto, flags)
            if literal is not None:
                return literal
        return await super().getaddrinfo(  # type: ignore[misc]
            host, port, family=family, type=type, proto=proto, flags=flags
        )

    async def getnameinfo(self, sockaddr: Any, flags: int = 0) -> Any:
        """As socket.getnameinfo(). Numbers only need no thread."""
        if (
            isinstance(flags, int)
            and flags & _NUMERIC == _NUMERIC
            and socket.getnameinfo is _socket.getnameinfo
            and self._asks_nobody()
        ):
            return socket.getnameinfo(sockaddr, flags)
        return await super().getnameinfo(sockaddr, flags)  # type: ignore[misc]
