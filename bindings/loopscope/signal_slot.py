"""The process's only slot for a descriptor to which Python writes signals: signal.set_wakeup_fd().

asyncio's select() returns after a signal, but libuv's poll goes back to sleep. So while a loopscope loop runs in the
main thread, its own descriptor is in the slot, whatever the program puts there. The program gets the same answers as
if it had the slot, and the loop passes signals on to the program's descriptor. To learn of that descriptor, this
module replaces set_wakeup_fd() when it is imported. While no loop runs, the replacement does what Python's own does.
"""

from __future__ import annotations

import _signal  # type: ignore[import]
import contextlib
import functools
import signal
import threading

_python_set = signal.set_wakeup_fd


@functools.wraps(_python_set)
def set_wakeup_fd(fd: int, /, *, warn_on_full_buffer: bool = True) -> int:
    return slot.set(fd, warn_on_full_buffer)


class SignalSlot:
    """Knows who has the slot. Thread: the main one; no other may change the slot."""

    def __init__(self) -> None:
        self._holders: list[int] = []  # descriptors of the loops that run, the innermost last
        self._programs_fd = -1  # while there are holders
        self._program_is_warned = True

    def set(self, fd: int, warn_on_full_buffer: bool) -> int:
        """The same as Python's own set_wakeup_fd()."""
        found = _python_set(fd, warn_on_full_buffer=warn_on_full_buffer)
        if not self._holders:
            return found
        _python_set(self._holders[-1], warn_on_full_buffer=False)
        found, self._programs_fd = self._programs_fd, fd
        self._program_is_warned = warn_on_full_buffer
        return found

    def take(self, fd: int) -> None:
        """A loop begins to run. Its own descriptor for the slot is `fd`."""
        found = _python_set(fd, warn_on_full_buffer=False)
        if not self._holders:
            self._programs_fd = found
            self._program_is_warned = True
        self._holders.append(fd)

    def give_back(self) -> None:
        """The innermost loop has ended."""
        if not self._holders:
            return  # in the child of a fork
        own = self._holders.pop()
        if self._holders:
            _python_set(self._holders[-1], warn_on_full_buffer=False)
            return
        found = _put(self._programs_fd, self._program_is_warned)
        if found != own:  # somebody put it there with Python's own function
            _put(found, True)

    def forked(self) -> None:
        """In the child of a fork: empties the slot, so that the child's signals do not reach the parent's loops."""
        if self._holders:
            self._holders.clear()
            _python_set(-1)

    def programs_fd(self) -> int:
        """The descriptor that the program has put in; -1 if none."""
        if self._holders:
            return self._programs_fd
        found = _python_set(-1)  # there is no other way to read it
        _put(found, True)
        return found

    def owner_beside(self, fd: int) -> int:
        """The descriptor to which the running loop with `fd` must pass signals on; -1 if none."""
        if not self._holders or self._holders[-1] != fd or self._programs_fd == fd:
            return -1
        return self._programs_fd

    def tells(self, fd: int) -> bool:
        """True if signals are written to `fd`."""
        if self._holders:
            return self._holders[-1] == fd
        found = _python_set(fd, warn_on_full_buffer=False)
        if found != fd:
            _put(found, True)
        return found == fd


def _put(fd: int, warn: bool) -> int:
    """Puts `fd` into the slot, unless the program has closed it. Returns the one that was there."""
    with contextlib.suppress(ValueError, OSError):
        return _python_set(fd, warn_on_full_buffer=warn)
    return _python_set(-1)


def in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


slot = SignalSlot()  # Python has one a process
signal.set_wakeup_fd = _signal.set_wakeup_fd = set_wakeup_fd  # type: ignore[assignment]


class SlotHeld:
    """While a loop runs in the main thread, it has the slot: `with SlotHeld(fd)`."""

    __slots__ = ("_fd", "_holds")

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def __enter__(self) -> None:
        self._holds = in_main_thread()
        if self._holds:
            slot.take(self._fd)

    def __exit__(self, *_: object) -> None:
        if self._holds:
            slot.give_back()
