"""Refuses libraries that cannot work with loopscope's loop, at once and with a reason."""

from __future__ import annotations

import sys
from typing import Any


def refuse_gevent() -> None:
    """Raises if gevent has patched the process. Greenlets, and so its threads and sockets, run only while gevent's own
    loop turns. asyncio turns it by gevent's select(); libuv's poll does not."""
    monkey: Any = sys.modules.get("gevent.monkey")
    if monkey is None:
        return
    patched = [name for name in ("select", "socket", "threading") if monkey.is_module_patched(name)]
    if patched:
        raise RuntimeError(
            f"gevent.monkey has patched this process ({', '.join(patched)}): its greenlets would stand still while a "
            "loopscope loop waits. Use asyncio's own loop here, or do not patch"
        )


class NotNestable:
    """nest_asyncio.apply() asks whether a loop has `_nest_patched` before it replaces the loop's methods."""

    @property
    def _nest_patched(self) -> bool:
        if sys._getframe(1).f_globals.get("__name__") != "nest_asyncio":
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '_nest_patched'")
        raise ValueError(
            "nest_asyncio cannot patch a loopscope loop: it replaces asyncio's iteration, and this loop has "
            "its own. Use asyncio's own loop with nest_asyncio"
        )

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name != "_nest_patched"]
