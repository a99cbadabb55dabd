"""The end of a process with open loops. If the process can still notice that it ends, it leaves no sessions behind."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Iterable
from typing import Any

AFTER_ALL_OTHERS = -100  # priority: multiprocessing joins its children before it calls this


class ProcessEnd:
    """Removes the sessions of the loops that are open when the interpreter ends.

    A child of multiprocessing does not call functions of atexit when it ends. It calls multiprocessing's finalizers.
    """

    def __init__(self, open_loops: Iterable[Any]) -> None:
        self._open_loops = open_loops
        self._watched_pid = 0
        atexit.register(self._remove_sessions)

    def watch(self) -> None:
        """Watches the process that calls this. It may be a fork of the one that made this object."""
        if os.getpid() == self._watched_pid:
            return
        self._watched_pid = os.getpid()
        finalizers = sys.modules.get("multiprocessing.util")
        if finalizers is not None:
            self._finalize()
            # A child forgets all finalizers when its work begins. It may have made its first loop by then.
            finalizers.register_after_fork(self, ProcessEnd._finalize)

    def _finalize(self) -> None:
        finalizers = sys.modules["multiprocessing.util"]
        finalizers.Finalize(None, self._remove_sessions, exitpriority=AFTER_ALL_OTHERS)

    def _remove_sessions(self) -> None:
        for loop in list(self._open_loops):
            loop._remove_session()
