"""Types of the native module. Its classes are documented where they are derived from: loop.py, transport.py."""

import asyncio
from asyncio.transports import _FlowControlMixin
from collections.abc import Callable, Iterable
from contextvars import Context
from socket import socket
from typing import Any

libuv_version: str

class Handle(asyncio.Handle): ...
class TimerHandle(asyncio.TimerHandle): ...

class LoopBase:
    trace_level: str
    _closed: bool
    _debug: bool
    _stopping: bool
    _thread_id: int | None
    _current_handle: Handle | None
    @property
    def session_path(self) -> str | None: ...
    @property
    def _ready_count(self) -> int: ...
    @property
    def _timer_count(self) -> int: ...
    def call_soon(
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Handle: ...
    def call_soon_threadsafe(
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Handle: ...
    def call_later(
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> TimerHandle: ...
    def call_at(
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> TimerHandle: ...
    def time(self) -> float: ...
    def stop(self) -> None: ...
    def _add_callback(self, handle: asyncio.Handle) -> None: ...
    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None: ...
    def _write_to_self(self) -> None: ...
    def _run(self) -> None: ...
    def _run_once(self) -> None: ...
    def _close_native(self) -> None: ...
    def _after_fork(self) -> None: ...
    def _add_reader(self, fd: Any, callback: Callable[..., object], *args: Any) -> Handle: ...
    def _add_writer(self, fd: Any, callback: Callable[..., object], *args: Any) -> Handle: ...
    def _remove_reader(self, fd: Any) -> bool: ...
    def _remove_writer(self, fd: Any) -> bool: ...
    def _watched_events(self, fd: Any) -> int: ...
    def _set_passive(self, fd: int, passive: bool) -> None: ...
    def _open_handle(self, kind: int, protocol: Any, fd: int) -> int: ...
    def _close_handle(self, kind: int, handle_id: int) -> None: ...
    def _count_bytes(self, handle_id: int, read: int, written: int) -> None: ...
    def _in_span(
        self,
        kind: int,
        handle_id: int,
        protocol: Any,
        callable: Callable[..., object],
        *args: Any,
    ) -> Any: ...
    def _soon_in_span(
        self,
        kind: int,
        handle_id: int,
        protocol: Any,
        callable: Callable[..., object],
        *args: Any,
    ) -> None: ...
    def _open_session(
        self,
        program: str,
        python_version: str,
        loop_number: int,
        level: str,
        ring_events: int,
    ) -> str | None: ...

class SockMethod:
    """A coroutine function that does what asyncio's does, and leaves to it what it does not know."""

    names: tuple[str, ...]
    def __init__(self, function: Callable[..., Any], /) -> None: ...
    def __call__(self, loop: LoopBase, /, *args: Any, **keywords: Any) -> Any: ...

class StreamTransport(_FlowControlMixin):
    _loop: Any
    _extra: dict[str, Any]
    _sock: socket | None
    _protocol: asyncio.BaseProtocol | None
    _server: Any
    _empty_waiter: asyncio.Future[None] | None
    _sock_fd: int
    _high_water: int
    _low_water: int
    _conn_lost: int
    _closing: bool
    _eof: bool
    _paused: bool
    _protocol_paused: bool
    _protocol_connected: bool
    def _attach(
        self,
        loop: LoopBase,
        sock: socket,
        fd: int,
        protocol: asyncio.BaseProtocol,
        waiter: asyncio.Future[None] | None,
        extra: dict[str, Any] | None,
        server: Any,
        kind: int,
    ) -> None: ...
    def _detach(self) -> None: ...
    def _call_connection_lost(self, exc: BaseException | None) -> None: ...
    def _force_close(self, exc: BaseException | None) -> None: ...
    def _maybe_pause_protocol(self) -> None: ...

class TlsProtocolBase:
    def _do_read(self) -> None: ...
    def _write_appdata(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None: ...
    def _process_outgoing(self) -> None: ...
    def _control_app_writing(self) -> None: ...
    def _call_app(self, method: str, *args: Any) -> Any: ...
    def _schedule_app_lost(self, exc: BaseException | None) -> None: ...

class TlsTransportBase(_FlowControlMixin):
    _closed: bool
    def write(self, data: bytes | bytearray | memoryview) -> None: ...
    def is_closing(self) -> bool: ...

class DatagramTransport(_FlowControlMixin):
    _loop: Any
    _extra: dict[str, Any]
    _sock: socket | None
    _protocol: asyncio.BaseProtocol | None
    _address: Any
    _sock_fd: int
    _high_water: int
    _low_water: int
    _conn_lost: int
    _closing: bool
    _paused: bool
    _protocol_paused: bool
    _protocol_connected: bool
    def _attach(
        self,
        loop: LoopBase,
        sock: socket,
        fd: int,
        family: int,
        protocol: asyncio.BaseProtocol,
        address: Any,
        waiter: asyncio.Future[None] | None,
        extra: dict[str, Any],
        connected: bool,
        header_bytes: int,
        sends_empty: bool,
    ) -> None: ...
    def _detach(self) -> None: ...
    def _pause(self) -> None: ...
    def _resume(self) -> None: ...
    def _call_connection_lost(self, exc: BaseException | None) -> None: ...
    def _force_close(self, exc: BaseException | None) -> None: ...
    def _maybe_pause_protocol(self) -> None: ...
    def sendto(self, data: Any, addr: Any = None) -> None: ...
