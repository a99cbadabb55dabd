"""`loopscope attach`: opens the app on a running program, or on the session of a dead one."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from loopscope import _trace
from loopscope.cli.app import APP, find_app, has_display
from loopscope.cli.errors import CommandError, printable
from loopscope.cli.parser import Parser, add_session_argument

WAIT_INTERVAL_S = 0.05


def add_parser(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = commands.add_parser("attach", help="open the app on a session")
    add_session_argument(parser)
    parser.add_argument(
        "--wait", action="store_true", help="wait until the process has an event loop"
    )
    parser.add_argument("--detach", action="store_true", help="do it in the background")
    parser.add_argument("--screenshot", metavar="FILE", help="write a picture (PNG) and end")
    parser.add_argument(
        "--after", metavar="SECONDS", type=float, default=5, help="when to take it (default: 5)"
    )
    parser.add_argument(
        "--show-worst", action="store_true", help="bring the worst finding into the picture"
    )
    parser.set_defaults(command=command)


def command(arguments: argparse.Namespace) -> None:
    app = find_app()
    if not has_display():
        raise CommandError(
            f"there is no display for {APP}; set DISPLAY, or use `{APP} --screenshot` under xvfb-run"
        )
    if arguments.detach:
        detach()
    if arguments.wait:
        wait_for_session(arguments.session)
    path = find_session(arguments.session)
    try:
        os.execv(app, [app, *picture_options(arguments), "--", path])
    except OSError as error:
        raise CommandError(f"cannot start {printable(app)}: {error.strerror}") from None


def picture_options(arguments: argparse.Namespace) -> list[str]:
    if not arguments.screenshot:
        return []
    options = ["--screenshot", arguments.screenshot, "--after", str(arguments.after)]
    return [*options, "--show-worst"] if arguments.show_worst else options


def detach() -> None:
    if os.fork() != 0:
        os._exit(0)
    os.setsid()


def wait_for_session(wanted: str) -> None:
    if not wanted.isdecimal():
        given = f", and {printable(wanted)} is none" if wanted else ""
        raise CommandError(
            f"--wait needs the pid of the process to wait for{given}: attach --wait PID"
        )
    while not any(str(session.pid) == wanted for session in _trace.list_sessions()):
        if not is_running(wanted):
            raise CommandError(f"process {wanted} ended before it had an event loop")
        time.sleep(WAIT_INTERVAL_S)


def is_running(pid: str) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return False
    # The name in parentheses may contain anything. The state follows it. Z: ended, and its parent has not noticed yet.
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def find_session(wanted: str) -> str:
    try:
        return _trace.find_session(os.fsencode(wanted))
    except _trace.TraceError as error:
        raise CommandError(str(error)) from None
