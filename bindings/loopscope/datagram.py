"""The Python half of the datagram transport: code that runs once per transport."""

from __future__ import annotations

import asyncio
import sys
from asyncio import selector_events
from socket import AF_INET, AF_INET6, AF_UNIX, socket
from typing import Any

from loopscope import _native
from loopscope.transport import TransportFacts, with_socket_facts

# From 3.13 on asyncio sends empty datagrams, and counts some bytes more than its data for each datagram that waits.
_SENDS_EMPTY = sys.version_info >= (3, 13)
_HEADER_BYTES = 8 if _SENDS_EMPTY else 0


def is_known(sock: Any) -> bool:
    """True if the native half can use it: a socket of Python's own, of a family whose addresses it can read."""
    return type(sock) is socket and sock.family in (AF_INET, AF_INET6, AF_UNIX)


class DatagramTransport(TransportFacts, _native.DatagramTransport, asyncio.DatagramTransport):
    """A datagram socket on the loop. Behaves as asyncio's own transport does."""

    __slots__ = ()

    def __init__(
        self,
        loop: Any,
        sock: socket,
        protocol: asyncio.DatagramProtocol,
        address: Any = None,
        waiter: asyncio.Future[None] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        extra = with_socket_facts(sock, extra)
        self._attach(
            loop,
            sock,
            sock.fileno(),
            sock.family,
            protocol,
            address,
            waiter,
            extra,
            extra["peername"],
            _HEADER_BYTES,
            _SENDS_EMPTY,
        )
        loop._transports[self._sock_fd] = self

    if sys.version_info >= (3, 12):

        def is_reading(self) -> bool:
            return not self._closing and not self._paused

        def pause_reading(self) -> None:
            if self.is_reading():
                self._pause()
                if self._loop is not None and self._loop.get_debug():
                    selector_events.logger.debug("%r pauses reading", self)

        def resume_reading(self) -> None:
            if not self._closing and self._paused:
                self._resume()
                if self._loop is not None and self._loop.get_debug():
                    selector_events.logger.debug("%r resumes reading", self)

    def _finish(self) -> None:
        """The transport is over: close the socket, let go of everything."""
        sock = self._sock
        self._detach()
        if sock is not None:
            sock.close()

    def _close_unclosed(self) -> None:
        self._finish()
