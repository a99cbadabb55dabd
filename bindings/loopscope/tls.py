"""The Python half of TLS: asyncio's own protocol and transport, with a native half for code that runs per message."""

from __future__ import annotations

from asyncio import sslproto, streams
from asyncio.log import logger
from typing import Any

from loopscope import _native

try:
    import ssl
except ImportError:  # asyncio works without it, too
    ssl = None  # type: ignore[assignment]


# The options of a TLS connection that asyncio passes and SSLProtocol takes, on any supported Python.
TIMEOUTS = frozenset({"ssl_handshake_timeout", "ssl_shutdown_timeout"})


def check_upgrade(transport: Any, context: Any) -> None:
    """Raises if start_tls() cannot use the transport or the context."""
    if ssl is None:
        raise RuntimeError("Python ssl module is not available")
    if not isinstance(context, ssl.SSLContext):
        raise TypeError(
            f"sslcontext is expected to be an instance of ssl.SSLContext, got {context!r}"
        )
    if not getattr(transport, "_start_tls_compatible", False):
        raise TypeError(f"transport {transport!r} is not supported by start_tls()")


def hand_over(protocol: Any, tls: sslproto.SSLProtocol) -> None:
    """Moves bytes that a server's StreamReader has already received to TLS. They are encrypted: the client began before
    the server upgraded."""
    reader = getattr(protocol, "_stream_reader", None)
    if isinstance(protocol, streams.StreamReaderProtocol) and reader is not None and reader._buffer:
        tls._incoming.write(reader._buffer)  # type: ignore[attr-defined]
        reader._buffer.clear()


if hasattr(_native, "TlsProtocolBase"):
    _App = sslproto.AppProtocolState

    class SSLProtocol(_native.TlsProtocolBase, sslproto.SSLProtocol):  # type: ignore[misc]
        """TLS between a transport and an application's protocol. Behaves as asyncio's own does."""

        _app_state: Any
        _state: Any
        _app_transport: Any
        _app_transport_created: bool
        _must_call_made = False

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            # No receive buffer of its own, unless a foreign transport asks for it.
            self.max_size = 0  # type: ignore[misc]
            super().__init__(*args, **kwargs)
            del self.max_size

        def _get_app_transport(self) -> Any:
            if self._app_transport is None:
                if self._app_transport_created:
                    raise RuntimeError("Creating _SSLProtocolTransport twice")
                self._app_transport = SSLTransport(self._loop, self)
                self._app_transport_created = True
            return self._app_transport

        def _on_handshake_complete(self, handshake_exc: Any) -> None:
            # The inherited method would call connection_made(). Here _wakeup_waiter() calls it a little later, so that
            # the trace records the call by its name.
            self._must_call_made = self._app_state == _App.STATE_INIT
            if self._must_call_made:
                self._app_state = _App.STATE_CON_MADE
            try:
                super()._on_handshake_complete(handshake_exc)
            finally:
                self._take_back_made()

        def _wakeup_waiter(self, exc: BaseException | None = None) -> None:
            if self._must_call_made and exc is None:
                self._must_call_made = False
                self._call_app("connection_made", self._get_app_transport())
            self._take_back_made()
            super()._wakeup_waiter(exc)

        def _take_back_made(self) -> None:
            if self._must_call_made:
                self._must_call_made = False
                self._app_state = _App.STATE_INIT

        def connection_lost(self, exc: BaseException | None) -> None:
            told = self._app_state in (_App.STATE_CON_MADE, _App.STATE_EOF)
            if told and self._state != sslproto.SSLProtocolState.DO_HANDSHAKE:
                self._app_state = _App.STATE_CON_LOST
                self._schedule_app_lost(exc)
            super().connection_lost(exc)

        def _call_eof_received(self) -> None:
            if self._app_state != _App.STATE_CON_MADE:
                return
            self._app_state = _App.STATE_EOF
            try:
                if self._call_app("eof_received"):
                    logger.warning(
                        "returning true from eof_received() has no effect when using ssl"
                    )
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:
                self._fatal_error(error, "Error calling eof_received()")

    class SSLTransport(_native.TlsTransportBase, sslproto._SSLProtocolTransport):  # type: ignore[misc]
        """The transport that the application's protocol gets."""

else:
    SSLProtocol = sslproto.SSLProtocol  # type: ignore[misc,assignment]
