"""`loopscope run`: runs an unmodified program on this loop, with the app attached."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from functools import partial

import loopscope
from loopscope.cli import app, children, other_loops, program
from loopscope.cli.errors import CommandError
from loopscope.cli.parser import Parser

LEVELS = ("off", "phases", "callbacks", "tasks")


def add_parser(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = commands.add_parser(
        "run",
        help="run a program on the loop and open the app",
        usage="loopscope run [--no-app] [--level LEVEL] (SCRIPT | -m MODULE | -c CODE | -) [ARGS ...]",
        description="Runs an unmodified program as python itself would, on this loop in place of asyncio's. "
        "Options of python itself go to python: python3 -X dev -m loopscope run SCRIPT",
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
    parser.add_argument(
        "-c", dest="code", nargs=argparse.REMAINDER, help="run the code that follows"
    )
    parser.add_argument(
        "script", nargs=argparse.REMAINDER, help="the program (- : from stdin) and its arguments"
    )
    parser.set_defaults(command=command)


def command(arguments: argparse.Namespace) -> Callable[[], None]:
    start = program_of(arguments)
    os.environ["LOOPSCOPE_LEVEL"] = (
        arguments.level or os.environ.get("LOOPSCOPE_LEVEL") or "callbacks"
    )
    loopscope.install()
    other_loops.guard()
    children.follow()
    if not arguments.no_app:
        app.open_for_this_process()
    return start


def program_of(arguments: argparse.Namespace) -> Callable[[], None]:
    """The program, which runs when it is called."""
    for given, run in (
        (arguments.module, program.run_module),
        (arguments.code, program.run_code),
        ([], program.run_script),
    ):
        # The arguments are apart if an option has its value at once: -mMODULE.
        argv = None if given is None else [*given, *arguments.script]
        if argv:
            refuse_terminal(argv)
            return partial(run, argv)
    raise CommandError("no program given; expected SCRIPT, -m MODULE, -c CODE, or - for stdin")


def refuse_terminal(argv: list[str]) -> None:
    if argv[0] == "-" and sys.stdin is not None and sys.stdin.isatty():
        raise CommandError(
            "`run -` reads a whole program from stdin, and stdin is a terminal; expected a pipe or a file"
        )
