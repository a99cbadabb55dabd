"""The differences between Pythons that this package's Python code depends on.

All its other code is the same on every Python from 3.9 on. Native code asks for PY_VERSION_HEX; docs/pythons.md lists
the files.
"""

from __future__ import annotations

import linecache
import sys
import types
from asyncio import events, format_helpers, unix_events
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asyncio import AbstractEventLoopPolicy

# 3.12: asyncio's transports have a writelines() of their own, with its own error messages.
HAS_OWN_WRITELINES = sys.version_info >= (3, 12)
# Up to 3.13 a program's __main__ begins with an empty __annotations__.
MAIN_HAS_ANNOTATIONS = sys.version_info < (3, 14)


class NoPolicy:
    """Stands in for asyncio's event loop policy on a Python without policies (3.16, as announced)."""

    def __init__(self) -> None:
        raise RuntimeError(
            f"Python {sys.version_info[0]}.{sys.version_info[1]} has no event loop policies, so loopscope can be "
            "neither installed nor a policy: use asyncio.run(main(), loop_factory=loopscope.new_event_loop) "
            "or loopscope.run(main())"
        )


def default_policy() -> Any:
    """The class of asyncio's own event loop policy. Its public name gives a warning from 3.14 on."""
    return getattr(unix_events, "_UnixDefaultEventLoopPolicy", NoPolicy)


def set_policy(policy: AbstractEventLoopPolicy | None) -> None:
    """asyncio.set_event_loop_policy(), without the warning that it gives from 3.14 on."""
    setter: Any = getattr(events, "_set_event_loop_policy", None) or events.set_event_loop_policy
    setter(policy)


if sys.version_info >= (3, 13):

    def format_callback(callback: Any, args: Any, debug: bool) -> str:
        """A callback as asyncio prints it: with its arguments in debug mode only."""
        return format_helpers._format_callback_source(callback, args, debug=debug)

else:

    def format_callback(callback: Any, args: Any, debug: bool) -> str:
        return format_helpers._format_callback_source(callback, args)


if sys.version_info >= (3, 13):

    def attach_to_server(server: Any, transport: Any) -> None:
        """Counts a connection of a server. The server keeps the transport for close_clients()."""
        server._attach(transport)

    def detach_from_server(server: Any, transport: Any) -> None:
        server._detach(transport)

else:

    def attach_to_server(server: Any, transport: Any) -> None:
        server._attach()

    def detach_from_server(server: Any, transport: Any) -> None:
        server._detach()


def isolates_path() -> bool:
    """True if python was started with -P (3.11) or -I. It then puts no folder of the program's into sys.path."""
    return bool(getattr(sys.flags, "safe_path", False)) or bool(sys.flags.isolated)


def command_text(code: str) -> str:
    """The code of `python3 -c CODE` as python compiles it: without its common indentation from 3.14 on."""
    if sys.version_info < (3, 14):
        return code
    import textwrap  # asyncio of 3.9 and 3.10 does without

    return textwrap.dedent(code)


def keep_source(code: types.CodeType, text: str) -> None:
    """Keeps the code of `python3 -c CODE` for its tracebacks, as python does from 3.13 on."""
    register: Any = getattr(linecache, "_register_code", None)
    if register is not None:
        by_code = hasattr(linecache, "_interactive_cache")  # the first 3.13 went by the name alone
        register(code if by_code else code.co_filename, text, code.co_filename)
