"""Counts what a process holds: objects of loopscope's types, libuv's handles, file descriptors, sessions."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import loopscope
from loopscope import _native

assert loopscope  # its modules are what types() looks through


def types() -> list[type]:
    modules = [module for name, module in sys.modules.items() if name.split(".")[0] == "loopscope"]
    found = {value for module in modules for value in vars(module).values() if type(value) is type}
    return [kind for kind in found if str(kind.__module__).split(".")[0] == "loopscope"]


def objects() -> dict[str, int]:
    """Each object holds a reference to its type, even if the garbage collector does not track it. Dead objects on a
    free list hold none. So the references to a type count its living objects."""
    return {kind.__qualname__: sys.getrefcount(kind) for kind in types()}


def descriptors() -> dict[str, str]:
    found = {}
    for number in os.listdir("/proc/self/fd"):
        try:
            found[number] = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            pass  # the one that listed them
    return found


def sessions() -> set[str]:
    folder = Path(os.environ["LOOPSCOPE_DIR"])
    return {path.name for path in folder.glob(f"{os.getpid()}.*")}


class Census:
    """Taken before a test. Says afterwards what the test left behind."""

    def __init__(self) -> None:
        gc.collect()
        self.objects = objects()
        self.watchers = _native.living_watchers()
        self.descriptors = descriptors()
        self.sessions = sessions()

    def left(self) -> list[str]:
        gc.collect()
        now = objects()
        left = [
            f"{now[name] - count:+} {name}"
            for name, count in self.objects.items()
            if now[name] > count  # fewer, if objects of an earlier failed test have gone
        ]
        left += [
            f"descriptor {number}: {target}"
            for number, target in descriptors().items()
            if number not in self.descriptors
        ]
        if _native.living_watchers() > self.watchers:
            left.append(f"{_native.living_watchers() - self.watchers:+} watchers")
        return left + [f"session {name}" for name in sessions() - self.sessions]
