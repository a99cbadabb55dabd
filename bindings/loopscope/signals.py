"""A loop's signal handlers. They work whoever has the process's slot for signals (signal_slot.py).

asyncio's handlers depend on that slot alone. They fall silent when somebody else has it, another loop for example.
Here Python's own handler of the signal tells the loops that the slot did not tell.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import weakref
from asyncio import unix_events
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from loopscope.signal_slot import in_main_thread, slot

_TOLD = 0x80  # beside a signal's number: told by Python's handler, not written by way of the slot

_listening: weakref.WeakSet[Signals] = weakref.WeakSet()  # loops with handlers


class Signals(asyncio.SelectorEventLoop):
    """The part of the loop that deals with signals."""

    _ssock: socket.socket | None
    _csock: socket.socket
    _signal_handlers: dict[int, asyncio.Handle]
    _set_passive: Callable[[int, bool], None]
    _signal_fd: int  # the loop's own descriptor for the slot

    def _prepare_for_signals(self) -> None:
        self._signal_fd = self._csock.fileno()
        self._leave_out_polls_for_signals(True)

    def _leave_out_polls_for_signals(self, leave_out: bool) -> None:
        if self._ssock is not None:
            self._set_passive(self._ssock.fileno(), leave_out)

    def add_signal_handler(  # type: ignore[override]
        self, sig: int, callback: Callable[..., object], *args: Any
    ) -> None:
        """Call `callback(*args)` on the loop when the process gets the signal `sig`."""
        if self._ssock is not None and sig not in self._signal_handlers:
            self._read_from_self()  # type: ignore[attr-defined] # earlier signals are not for this handler
        with _slot_left_to_its_owner(self._signal_fd):
            super().add_signal_handler(sig, callback, *args)
        if signal.getsignal(sig) is unix_events._sighandler_noop:  # type: ignore[attr-defined]
            signal.signal(sig, _tell_loops)
            signal.siginterrupt(sig, False)
        _listening.add(self)
        self._leave_out_polls_for_signals(False)

    def remove_signal_handler(self, sig: int) -> bool:
        """Remove a handler. Return False if there was none."""
        with _slot_left_to_its_owner(self._signal_fd):
            removed = super().remove_signal_handler(sig)
        if not self._signal_handlers:
            _listening.discard(self)
            self._leave_out_polls_for_signals(True)
        return removed

    def _process_self_data(self, data: bytes) -> None:
        owner = slot.owner_beside(self._signal_fd)
        if owner != -1:
            _pass_on(bytes(number for number in data if 0 < number < _TOLD), owner)
        super()._process_self_data(bytes(number & ~_TOLD for number in data))  # type: ignore[misc]

    def _signal_came(self, number: int) -> None:
        """Python's handler of the signal runs."""
        if number in self._signal_handlers and not slot.tells(self._signal_fd):
            self._tell(number)

    def _tell(self, number: int) -> None:
        """Tells this loop, unless the signal already waits to be read."""
        if self._ssock is None:
            return
        waiting = b""
        with contextlib.suppress(BlockingIOError, InterruptedError):
            waiting = self._ssock.recv(4096, socket.MSG_PEEK)
        if number not in waiting and number | _TOLD not in waiting:
            with contextlib.suppress(OSError):
                self._csock.send(bytes([number | _TOLD]))


def _tell_loops(number: int, _: FrameType | None) -> None:
    for loop in list(_listening):
        loop._signal_came(number)


def _pass_on(numbers: bytes, owner: int) -> None:
    for loop in list(_listening):
        if loop._signal_fd == owner and loop._ssock is not None:
            for number in numbers:
                loop._tell(number)
            return
    if numbers:
        with contextlib.suppress(OSError):  # Python, too, drops numbers that do not fit
            os.write(owner, numbers)


@contextlib.contextmanager
def _slot_left_to_its_owner(own_fd: int) -> Iterator[None]:
    """Puts the slot back afterwards. asyncio's code takes it for a handler, and empties it after the last handler."""
    if not in_main_thread():
        yield
        return
    found = slot.programs_fd()
    try:
        yield
    finally:
        if found not in (-1, own_fd):
            with contextlib.suppress(ValueError, OSError):  # its owner has closed it
                signal.set_wakeup_fd(found)
