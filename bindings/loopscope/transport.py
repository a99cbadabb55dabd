"""The Python half of the socket transport: code that runs once per connection."""

from __future__ import annotations

import _socket
import asyncio
import warnings
from asyncio import constants, selector_events, trsock
from contextvars import Context
from socket import AF_INET, AF_INET6, AF_UNIX, IPPROTO_TCP, SOCK_STREAM, TCP_NODELAY, socket
from typing import Any

from loopscope import _native, python_versions

_HANDLE_TCP = 2
_HANDLE_UNIX_STREAM = 3


# socket.socket makes an enum of each of these every time. That costs more than the rest of setting up a connection.
family_of = _socket.socket.family.__get__
type_of = _socket.socket.type.__get__
protocol_of = _socket.socket.proto.__get__


def _without_delay(sock: socket) -> int:
    """Sends small writes at once if `sock` is TCP's; answers what kind of handle it is."""
    family = family_of(sock)
    if family == AF_UNIX:
        return _HANDLE_UNIX_STREAM
    if family in (AF_INET, AF_INET6) and type_of(sock) == SOCK_STREAM:
        if protocol_of(sock) == IPPROTO_TCP:
            sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    return _HANDLE_TCP


_SOCKET_CALLS = ("recv", "recv_into", "send", "sendmsg", "shutdown")


def connect_transport(
    loop: Any,
    sock: socket,
    protocol: asyncio.BaseProtocol,
    waiter: asyncio.Future[None] | None = None,
    extra: dict[str, Any] | None = None,
    server: Any = None,
    context: Context | None = None,
) -> Any:
    """Makes a loopscope transport, or asyncio's own if the socket's class reads or writes in its own way.

    All callbacks of the transport run in `context`. Without one, as before Python 3.15, each runs in a copy of the
    context in which the transport was made, reading was resumed, or bytes were written.
    """
    kind = type(sock)
    if kind is socket or all(
        getattr(kind, name, None) is getattr(socket, name) for name in _SOCKET_CALLS
    ):
        return SocketTransport(loop, sock, protocol, waiter, extra, server, context)
    return selector_events._SelectorSocketTransport(
        loop, sock, protocol, waiter, extra, server, *([] if context is None else [context])
    )


def with_socket_facts(sock: socket, extra: dict[str, Any] | None) -> dict[str, Any]:
    """`extra`, or a new dict, with the socket's entries for get_extra_info()."""
    facts = {} if extra is None else extra
    facts["socket"] = trsock.TransportSocket(sock)
    try:
        facts["sockname"] = sock.getsockname()
    except OSError:
        facts["sockname"] = None
    if "peername" not in facts:
        try:
            facts["peername"] = sock.getpeername()
        except OSError:
            facts["peername"] = None
    return facts


class TransportFacts:
    """The common part of stream and datagram transports, mixed in before their native halves."""

    __slots__ = ()

    _loop: Any
    _sock: Any
    _sock_fd: int
    _closing: bool
    _extra: dict[str, Any]
    _protocol: Any
    _high_water: Any  # any number, as in asyncio
    _low_water: Any

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return (self._low_water, self._high_water)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        if high is None:
            high = 64 * 1024 if low is None else 4 * low
        if low is None:
            low = high // 4
        if not high >= low >= 0:
            raise ValueError(f"high ({high!r}) must be >= low ({low!r}) must be >= 0")
        self._high_water = high
        self._low_water = low
        self._maybe_pause_protocol()

    def _fatal_error(self, exc: BaseException, message: str = "Fatal error on transport") -> None:
        loop = self._loop
        if loop is None:
            return
        if isinstance(exc, OSError):
            if loop.get_debug():
                selector_events.logger.debug("%r: %s", self, message, exc_info=True)
        else:
            loop.call_exception_handler(
                {
                    "message": message,
                    "exception": exc,
                    "transport": self,
                    "protocol": self._protocol,
                }
            )
        self._force_close(exc)

    def _warn_lost(self) -> None:
        selector_events.logger.warning("socket.send() raised exception.")

    def __repr__(self) -> str:
        info = [type(self).__name__]
        if self._sock is None:
            info.append("closed")
        elif self._closing:
            info.append("closing")
        info.append(f"fd={self._sock_fd}")
        if self._loop is not None and not self._loop.is_closed():
            events = self._loop._watched_events(self._sock_fd)
            info.append("read=polling" if events & 1 else "read=idle")
            state = "polling" if events & 2 else "idle"
            info.append(f"write=<{state}, bufsize={self.get_write_buffer_size()}>")
        return "<{}>".format(" ".join(info))

    def __del__(self, _warn: Any = warnings.warn) -> None:
        if self._sock is not None:
            _warn(f"unclosed transport {self!r}", ResourceWarning, source=self)
            self._close_unclosed()


class SocketTransport(TransportFacts, _native.StreamTransport):
    """A stream socket on the loop. Behaves as asyncio's own transport does."""

    __slots__ = ()

    _start_tls_compatible = True
    _sendfile_compatible = constants._SendfileMode.TRY_NATIVE

    def __init__(
        self,
        loop: Any,
        sock: socket,
        protocol: asyncio.BaseProtocol,
        waiter: asyncio.Future[None] | None = None,
        extra: dict[str, Any] | None = None,
        server: Any = None,
        context: Context | None = None,
    ) -> None:
        kind = _without_delay(sock)
        self._attach(loop, sock, sock.fileno(), protocol, waiter, extra, kind, context)
        if server is not None:
            self._server = server
            python_versions.attach_to_server(server, self)

    if python_versions.HAS_OWN_WRITELINES:

        def writelines(self, list_of_data: Any) -> None:
            if self._eof:
                raise RuntimeError("Cannot call writelines() after write_eof()")
            if self._empty_waiter is not None:
                raise RuntimeError("unable to writelines; sendfile is in progress")
            super().writelines(list_of_data)

    @staticmethod
    def _tell_all(sock: socket, extra: dict[str, Any] | None) -> dict[str, Any]:
        return with_socket_facts(sock, extra)

    def _finish(self) -> None:
        """The connection is over: closes the socket and drops all references."""
        server, sock, waiter = self._server, self._sock, self._empty_waiter
        self._detach()
        if sock is not None:
            sock.close()
        if server is not None:
            python_versions.detach_from_server(server, self)
        if waiter is not None:
            waiter.set_exception(ConnectionError("Connection is closed by peer"))

    def _make_empty_waiter(self) -> asyncio.Future[None]:
        if self._empty_waiter is not None:
            raise RuntimeError("Empty waiter is already set")
        waiter = self._loop.create_future()
        self._empty_waiter = waiter
        if not self.get_write_buffer_size():
            waiter.set_result(None)
        return waiter

    def _reset_empty_waiter(self) -> None:
        self._empty_waiter = None

    def _close_unclosed(self) -> None:
        server, sock = self._server, self._sock
        self._detach()
        if sock is not None:
            sock.close()
        if server is not None:
            python_versions.detach_from_server(server, self)
