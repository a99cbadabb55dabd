"""The command line: `python3 -m loopscope run | ls | attach | dump | export | clean`.

Each command is a module with `add_parser(commands)`; its parser carries the function that does the work as
the default `command`. A command that cannot go on raises CommandError: one sentence, exit code 2.
"""

from __future__ import annotations

import os
import sys

from loopscope import __version__
from loopscope.cli import attach, export, run, sessions
from loopscope.cli.errors import CommandError, Parser

__all__ = ["main"]


def make_parser() -> Parser:
    parser = Parser(
        prog="loopscope",
        description="An asyncio event loop on libuv that shows what it is doing while it does it.",
    )
    parser.add_argument("--version", action="version", version=f"loopscope {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, dest="name")
    for module in (run, sessions, attach, export):
        module.add_parser(commands)
    return parser


def main(argv: list[str] | None = None) -> int | None:
    arguments = make_parser().parse_args(argv)
    try:
        code: int | None = arguments.command(arguments)
        return code
    except CommandError as error:
        print(f"loopscope: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever read our output has seen enough (`loopscope dump | head`): no second try at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
