"""Where asyncio differs from Python to Python: what this package needs to know of it, and since when.

Everything else here is the same on every Python from 3.9 on. The native code has three such places of its own, each an
`#if PY_VERSION_HEX`: code objects and coroutines in callback_names.cpp, exceptions in py_ref.cpp.
"""

from __future__ import annotations

import sys
from asyncio import events, format_helpers, unix_events
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asyncio import AbstractEventLoopPolicy

# 3.12: transports have a writelines() of their own, with words of its own when it refuses.
HAS_OWN_WRITELINES = sys.version_info >= (3, 12)


class NoPolicy:
    """In place of asyncio's event loop policy on a Python that has none any more: 3.16, if it keeps its word."""

    def __init__(self) -> None:
        raise RuntimeError(
            f"Python {sys.version_info[0]}.{sys.version_info[1]} has no event loop policies, so loopscope can be "
            "neither installed nor a policy: use asyncio.run(main(), loop_factory=loopscope.new_event_loop) "
            "or loopscope.run(main())"
        )


def default_policy() -> Any:
    """asyncio's own event loop policy, as a class. 3.14 warns whoever asks for it by its public name."""
    return getattr(unix_events, "_UnixDefaultEventLoopPolicy", NoPolicy)


def set_policy(policy: AbstractEventLoopPolicy | None) -> None:
    """asyncio.set_event_loop_policy(). 3.14 warns of it: policies go in 3.16."""
    setter: Any = getattr(events, "_set_event_loop_policy", None) or events.set_event_loop_policy
    setter(policy)


if sys.version_info >= (3, 13):

    def format_callback(callback: Any, args: Any, debug: bool) -> str:
        """A callback as asyncio writes it: its arguments only in debug mode."""
        return format_helpers._format_callback_source(callback, args, debug=debug)

else:

    def format_callback(callback: Any, args: Any, debug: bool) -> str:
        return format_helpers._format_callback_source(callback, args)


if sys.version_info >= (3, 13):

    def attach_to_server(server: Any, transport: Any) -> None:
        """Counts a connection of a server's. It wants to know which one, for close_clients()."""
        server._attach(transport)

    def detach_from_server(server: Any, transport: Any) -> None:
        server._detach(transport)

else:

    def attach_to_server(server: Any, transport: Any) -> None:
        server._attach()

    def detach_from_server(server: Any, transport: Any) -> None:
        server._detach()


def isolates_path() -> bool:
    """True if python was started with -P (3.11) or -I: it puts no folder of the program's before sys.path."""
    return bool(getattr(sys.flags, "safe_path", False)) or bool(sys.flags.isolated)
