"""`loopscope run`: runs an unmodified program on this loop, with the app attached."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

import loopscope
from loopscope.cli import app, children, other_loops, program
from loopscope.cli.errors import CommandError
from loopscope.cli.parser import Parser

LEVELS = ("off", "phases", "callbacks", "tasks")


def add_parser(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = commands.add_parser(
        "run",
        help="run a program on the loop and open the app",
        usage="loopscope run [--no-app] [--level LEVEL] (SCRIPT | -m MODULE) [ARGS ...]",
        description="Runs an unmodified program as python itself would, on this loop in place of asyncio's.",
    )
    parser.add_argument("--no-app", action="store_true", help="do not open the app")
    parser.add_argument(
        "--level",
        choices=LEVELS,
        help="how much to record (default: $LOOPSCOPE_LEVEL, else callbacks)",
    )
    parser.add_argument(
        "-m", dest="module", nargs=argparse.REMAINDER, help="run a module as a script"
    )
    parser.add_argument("script", nargs=argparse.REMAINDER, help="the program and its arguments")
    parser.set_defaults(command=command)


def command(arguments: argparse.Namespace) -> Callable[[], None]:
    argv = arguments.module or arguments.script
    if not argv:
        raise CommandError("no program given; expected SCRIPT or -m MODULE")
    os.environ["LOOPSCOPE_LEVEL"] = (
        arguments.level or os.environ.get("LOOPSCOPE_LEVEL") or "callbacks"
    )
    loopscope.install()
    other_loops.guard()
    children.follow()
    if not arguments.no_app:
        app.open_for_this_process()
    start = program.run_module if arguments.module else program.run_script
    return lambda: start(argv)
