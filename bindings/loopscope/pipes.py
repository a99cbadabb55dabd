"""Transports of pipes: asyncio's own, which also record what they do in the trace, as the loop's sockets do."""

from __future__ import annotations

import os
from asyncio import constants, unix_events
from asyncio.log import logger
from typing import Any

_HANDLE_PIPE = 6
_DATA_RECEIVED, _EOF_RECEIVED, _CONNECTION_LOST, _PAUSE_WRITING, _RESUME_WRITING = (
    10,
    12,
    13,
    14,
    15,
)
_NONE = -1


class ReadPipeTransport(unix_events._UnixReadPipeTransport):  # type: ignore[name-defined, misc]
    """The reading end of a pipe."""

    max_size = 64 * 1024  # what a pipe holds; malloc would map 256 KiB again for each read

    def __init__(self, loop: Any, pipe: Any, protocol: Any, waiter: Any, extra: Any) -> None:
        super().__init__(loop, pipe, protocol, waiter, extra)
        self._handle_id = loop._open_handle(_HANDLE_PIPE, protocol, self._fileno)

    def _read_ready(self) -> None:
        loop = self._loop
        try:
            data = os.read(self._fileno, self.max_size)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as exc:
            self._fatal_error(exc, "Fatal read error on pipe transport")
            return
        loop._count_bytes(self._handle_id, len(data), _NONE)
        protocol = self._protocol
        if data:
            loop._in_span(_DATA_RECEIVED, self._handle_id, protocol, protocol.data_received, data)
            return
        if loop.get_debug():
            logger.info("%r was closed by peer", self)
        self._closing = True
        loop._remove_reader(self._fileno)
        loop._soon_in_span(_EOF_RECEIVED, self._handle_id, protocol, protocol.eof_received)
        loop.call_soon(self._call_connection_lost, None)

    def _call_connection_lost(self, exc: BaseException | None) -> None:
        loop = self._loop
        if loop is None:
            return  # the protocol closed while it was told to resume: asyncio ends this twice
        try:
            super()._call_connection_lost(exc)
        finally:
            loop._close_handle(_HANDLE_PIPE, self._handle_id)


class WritePipeTransport(unix_events._UnixWritePipeTransport):  # type: ignore[name-defined, misc]
    """The writing end of a pipe."""

    def __init__(self, loop: Any, pipe: Any, protocol: Any, waiter: Any, extra: Any) -> None:
        super().__init__(loop, pipe, protocol, waiter, extra)
        self._handle_id = loop._open_handle(_HANDLE_PIPE, protocol, self._fileno)

    def write(self, data: Any) -> None:
        assert isinstance(data, (bytes, bytearray, memoryview)), repr(data)
        if not data:
            return
        if self._conn_lost or self._closing:
            if self._conn_lost >= constants.LOG_THRESHOLD_FOR_CONNLOST_WRITES:
                logger.warning("pipe closed by peer or os.write(pipe, data) raised exception.")
            self._conn_lost += 1
            return
        rest = memoryview(data).cast("B")
        if not self._buffer:
            try:
                rest = rest[self._send(rest) :]
            except OSError as exc:
                self._conn_lost += 1
                self._fatal_error(exc, "Fatal write error on pipe transport")
                return
            if not rest:
                return
            self._loop._add_writer(self._fileno, self._write_ready)
        self._buffer += rest
        self._maybe_pause_protocol()

    def _send(self, data: Any) -> int:
        """Writes as much as the pipe takes, and returns how much that was."""
        try:
            count = os.write(self._fileno, data)
        except (BlockingIOError, InterruptedError):
            return 0
        self._loop._count_bytes(self._handle_id, _NONE, count)
        return count

    def _write_ready(self) -> None:
        loop = self._loop
        try:
            del self._buffer[: self._send(self._buffer)]
        except OSError as exc:
            self._buffer.clear()
            self._conn_lost += 1
            loop._remove_writer(self._fileno)
            self._fatal_error(exc, "Fatal write error on pipe transport")
            return
        if self._buffer:
            return
        loop._remove_writer(self._fileno)
        self._maybe_resume_protocol()  # the protocol may write again
        if self._closing and not self._buffer:
            loop._remove_reader(self._fileno)
            end = self._call_connection_lost
            loop._in_span(_CONNECTION_LOST, self._handle_id, self._protocol, end, None)

    def _read_ready(self) -> None:
        super()._read_ready()  # defined here so that watch_kind.cpp can tell it from asyncio's

    def _maybe_pause_protocol(self) -> None:
        if self._protocol_paused or self.get_write_buffer_size() <= self._high_water:
            return
        self._loop._in_span(
            _PAUSE_WRITING, self._handle_id, self._protocol, super()._maybe_pause_protocol
        )

    def _maybe_resume_protocol(self) -> None:
        if not self._protocol_paused or self.get_write_buffer_size() > self._low_water:
            return
        self._loop._in_span(
            _RESUME_WRITING, self._handle_id, self._protocol, super()._maybe_resume_protocol
        )

    def _call_connection_lost(self, exc: BaseException | None) -> None:
        loop = self._loop
        if loop is None:
            return  # the protocol closed while it was told to resume: asyncio ends this twice
        try:
            super()._call_connection_lost(exc)
        finally:
            loop._close_handle(_HANDLE_PIPE, self._handle_id)
