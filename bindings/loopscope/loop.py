"""The event loop.

Native code (loopscope._native) runs the ready queue, timers, polling, handles and stream transports. Code that does
not run per callback is inherited from asyncio: connecting, resolving, servers, subprocesses. So the loop behaves as
the asyncio of the running Python.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import os
import sys
import threading
import warnings
import weakref
from asyncio import SelectorEventLoop, base_events, events, format_helpers
from contextvars import Context
from socket import socket
from typing import Any

from loopscope import _native, accepting, datagram
from loopscope.lookups import Lookups
from loopscope.pipes import ReadPipeTransport, WritePipeTransport
from loopscope.pools import Pools
from loopscope.process_end import ProcessEnd
from loopscope.queues import Queues
from loopscope.refusals import NotNestable, refuse_gevent
from loopscope.signal_slot import SlotHeld, slot
from loopscope.signals import Signals
from loopscope.stall_log import StallLog
from loopscope.tls import TIMEOUTS, SSLProtocol, check_upgrade, hand_over
from loopscope.transport import connect_transport
from loopscope.watchers import Watchers

_PYTHON_VERSION = sys.version.split(maxsplit=1)[0]
_loop_numbers = itertools.count(1)
_open_loops: weakref.WeakSet[Loop] = weakref.WeakSet()
_process_end = ProcessEnd(_open_loops)


class Loop(_native.LoopBase, Lookups, Pools, Queues, NotNestable, Signals):  # type: ignore[misc]
    """An asyncio event loop on libuv that records what it does.

    Thread: as any asyncio loop, one; only call_soon_threadsafe() may be called from others.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        refuse_gevent()
        return super().__new__(cls)

    def __init__(self) -> None:
        super().__init__()
        problem = self._open_session(_command_line(), _PYTHON_VERSION, next(_loop_numbers))
        if problem is not None:
            warnings.warn(
                f"loopscope: this loop is not traced: {problem}", RuntimeWarning, stacklevel=2
            )
        SelectorEventLoop.__init__(self, Watchers(self))
        self._transports = self._transport_table
        self._stall_log = StallLog()
        self._prepare_for_signals()
        _open_loops.add(self)
        _process_end.watch()

    # -- running -------------------------------------------------------------------------------------

    def run_forever(self) -> None:
        """Run until stop() is called."""
        self._check_closed()
        self._check_running()
        self._set_coroutine_origin_tracking(self._debug)
        old_hooks = sys.get_asyncgen_hooks()
        try:
            self._thread_id = threading.get_ident()
            sys.set_asyncgen_hooks(
                firstiter=self._asyncgen_firstiter_hook, finalizer=self._asyncgen_finalizer_hook
            )
            events._set_running_loop(self)
            if self._debug:
                self._take_stall()  # from now on there is one to take
            with SlotHeld(self._signal_fd):
                self._run()
        finally:
            self._stopping = False
            self._thread_id = None
            events._set_running_loop(None)
            self._set_coroutine_origin_tracking(False)
            sys.set_asyncgen_hooks(*old_hooks)

    def set_debug(self, enabled: Any) -> None:
        """Turn debug mode on if `enabled` is true, else off."""
        super().set_debug(bool(enabled))

    def close(self) -> None:
        """Close the loop: drop all callbacks and timers, and shut down the executor without waiting for it."""
        super().close()
        self._close_native()
        _open_loops.discard(self)

    def _report_if_slow(self, handle: asyncio.Handle, seconds: float) -> None:
        if seconds >= self.slow_callback_duration:
            base_events.logger.warning(
                "Executing %s took %.3f seconds", base_events._format_handle(handle), seconds
            )
        if seconds >= _native.get_stall_threshold():
            self._stall_log.report(self, base_events._format_handle(handle), seconds)

    def _report_if_slow_protocol(self, protocol: Any, method: str, seconds: float) -> None:
        if seconds >= self.slow_callback_duration:
            what = format_helpers._format_callback_source(getattr(protocol, method), ())
            base_events.logger.warning("Executing %s took %.3f seconds", what, seconds)
        if seconds >= _native.get_stall_threshold():
            what = format_helpers._format_callback_source(getattr(protocol, method), ())
            self._stall_log.report(self, what, seconds)

    # -- transports ----------------------------------------------------------------------------------

    # If a newer asyncio passes keywords that loopscope does not know (`newer` below), asyncio's own code gets them. Its
    # transports are slower, and run on this loop as well.

    def _start_serving(self, protocol_factory: Any, sock: Any, *args: Any, **options: Any) -> None:
        listener = accepting.Listener(sock) if type(sock) is socket else sock
        super()._start_serving(protocol_factory, listener, *args, **options)

    def _accept_connection2(
        self, protocol_factory: Any, conn: Any, *args: Any, **options: Any
    ) -> Any:
        maker = functools.partial(accepting.make_protocol, self, protocol_factory, conn)
        return super()._accept_connection2(maker, conn, *args, **options)

    def _make_socket_transport(
        self,
        sock: Any,
        protocol: asyncio.BaseProtocol,
        waiter: asyncio.Future[None] | None = None,
        *,
        extra: dict[str, Any] | None = None,
        server: Any = None,
        context: Context | None = None,
        **newer: Any,
    ) -> Any:
        try:
            if newer:
                newer.update(extra=extra, server=server, **_given(context))
                return super()._make_socket_transport(sock, protocol, waiter, **newer)
            return connect_transport(self, sock, protocol, waiter, extra, server, context)
        except BaseException as error:
            if server is not None:
                accepting.give_up(self, sock, error)
            raise

    def _make_datagram_transport(
        self,
        sock: Any,
        protocol: Any,
        address: Any = None,
        waiter: asyncio.Future[None] | None = None,
        extra: dict[str, Any] | None = None,
        **newer: Any,
    ) -> Any:
        if newer or not datagram.is_known(sock):
            return super()._make_datagram_transport(sock, protocol, address, waiter, extra, **newer)
        return datagram.DatagramTransport(self, sock, protocol, address, waiter, extra)

    def _make_ssl_transport(
        self,
        rawsock: Any,
        protocol: asyncio.BaseProtocol,
        sslcontext: Any,
        waiter: asyncio.Future[None] | None = None,
        *,
        server_side: bool = False,
        server_hostname: str | None = None,
        extra: dict[str, Any] | None = None,
        server: Any = None,
        context: Context | None = None,
        **options: Any,
    ) -> Any:
        roles = {"server_side": server_side, "server_hostname": server_hostname}
        try:
            if not options.keys() <= TIMEOUTS:
                options.update(roles, extra=extra, server=server, **_given(context))
                return super()._make_ssl_transport(rawsock, protocol, sslcontext, waiter, **options)
            tls = SSLProtocol(self, protocol, sslcontext, waiter, **roles, **options)
            connect_transport(self, rawsock, tls, extra=extra, server=server, context=context)
            return tls._app_transport
        except BaseException as error:
            if server is not None:
                accepting.give_up(self, rawsock, error)
            raise

    @functools.wraps(
        asyncio.SelectorEventLoop.start_tls, assigned=()
    )  # its signature differs by version
    async def start_tls(
        self,
        transport: Any,
        protocol: asyncio.BaseProtocol,
        sslcontext: Any,
        *,
        server_side: bool = False,
        server_hostname: str | None = None,
        **options: Any,
    ) -> Any:
        """Upgrade a connection to TLS. Return the transport that the protocol must use from now on."""
        if not options.keys() <= TIMEOUTS:
            roles = {"server_side": server_side, "server_hostname": server_hostname}
            return await super().start_tls(transport, protocol, sslcontext, **roles, **options)
        check_upgrade(transport, sslcontext)
        done = self.create_future()
        tls = SSLProtocol(
            self,
            protocol,
            sslcontext,
            done,
            server_side,
            server_hostname,
            call_connection_made=False,
            **options,
        )
        transport.pause_reading()  # until tls.connection_made() has run
        if server_side:
            hand_over(protocol, tls)
        transport.set_protocol(tls)
        steps = [
            self.call_soon(tls.connection_made, transport),
            self.call_soon(transport.resume_reading),
        ]
        try:
            await done
        except BaseException:
            transport.close()
            for step in steps:
                step.cancel()
            done = None  # it holds the exception, whose traceback holds this frame
            raise
        return tls._app_transport

    def _make_read_pipe_transport(
        self, pipe: Any, protocol: Any, waiter: Any = None, extra: Any = None, **newer: Any
    ) -> Any:
        if newer:
            return super()._make_read_pipe_transport(pipe, protocol, waiter, extra, **newer)
        return ReadPipeTransport(self, pipe, protocol, waiter, extra)

    def _make_write_pipe_transport(
        self, pipe: Any, protocol: Any, waiter: Any = None, extra: Any = None, **newer: Any
    ) -> Any:
        if newer:
            return super()._make_write_pipe_transport(pipe, protocol, waiter, extra, **newer)
        return WritePipeTransport(self, pipe, protocol, waiter, extra)


for _name in _native.SockMethod.names:
    if hasattr(asyncio.SelectorEventLoop, _name):  # Python 3.9 does not have all of them
        setattr(Loop, _name, _native.SockMethod(getattr(asyncio.SelectorEventLoop, _name)))


def new_event_loop() -> Loop:
    """A new loop, for asyncio.Runner(loop_factory=...) and the like."""
    return Loop()


def _given(context: Context | None) -> dict[str, Any]:
    """The context as a keyword argument. asyncio has the keyword from Python 3.15 on."""
    return {} if context is None else {"context": context}


def _command_line() -> str:
    """The program as people would type it. Characters that are not valid text become question marks."""
    arguments = getattr(sys, "orig_argv", sys.argv)
    shown = sys.argv if sys.argv and sys.argv[0] not in ("", "-c") else arguments
    line = " ".join(shown)
    return line if line.isascii() else line.encode("utf-8", "replace").decode()


def _after_fork() -> None:
    _native.watchdog_forked()  # first: its thread may have held a lock
    slot.forked()
    for loop in list(_open_loops):
        loop._after_fork()


def stall_threshold_changed() -> None:
    """Let the open loops know."""
    for loop in list(_open_loops):
        loop._take_stall_threshold()


os.register_at_fork(after_in_child=_after_fork)
if sys.version_info >= (3, 12):
    # From then on os.fork() warns of a process with more than one thread, and counts this one, too.
    os.register_at_fork(before=_native.stop_watchdog)
