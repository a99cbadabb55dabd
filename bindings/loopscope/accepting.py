"""Accepting connections: the steps before a server's connection has a transport."""

from __future__ import annotations

from socket import socket
from typing import Any

from loopscope.transport import family_of, protocol_of, type_of


class Listener:
    """A server's socket as asyncio's accepting code uses it, with a faster accept()."""

    __slots__ = ("_socket",)

    def __init__(self, listening: socket) -> None:
        self._socket = listening

    def accept(self) -> tuple[socket, Any]:
        """The connection and the peer's address. The listening socket does not block."""
        own = self._socket
        fd, address = own._accept()  # type: ignore[attr-defined]
        return socket(family_of(own), type_of(own), protocol_of(own), fd), address

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)


def make_protocol(loop: Any, protocol_factory: Any, accepted: socket) -> Any:
    """Calls a server's protocol_factory for a connection."""
    try:
        return protocol_factory()
    except BaseException as error:
        give_up(loop, accepted, error)
        raise


def give_up(loop: Any, accepted: socket, error: BaseException) -> None:
    """Ends a connection that could get no protocol or transport, and tells the exception handler.

    asyncio's accepting code gets the error next, and reports it in debug mode only.
    """
    accepted.close()
    if not loop.get_debug() and not isinstance(error, (KeyboardInterrupt, SystemExit)):
        message = "Error on transport creation for incoming connection"
        loop.call_exception_handler({"message": message, "exception": error})
