"""The command line: `python3 -m loopscope run | ls | attach | dump | export | stalls | clean`.

Each command is a module with `add_parser(commands)`. The parser has the function that does the work as the default
`command`. A command that cannot go on raises CommandError: one sentence, exit code 2. The function of `run` returns
the program, which then runs outside of all this.
"""

from __future__ import annotations

from loopscope import __version__
from loopscope.cli import attach, export, run, sessions, stalls
from loopscope.cli.output import as_a_tool, prepare_standard_streams
from loopscope.cli.parser import Parser

__all__ = ["main"]


def make_parser() -> Parser:
    parser = Parser(
        prog="loopscope",
        description="An asyncio event loop on libuv that shows what it is doing while it does it.",
    )
    parser.add_argument("--version", action="version", version=f"loopscope {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, dest="name")
    for module in (run, sessions, attach, export, stalls):
        module.add_parser(commands)
    return parser


def main(argv: list[str] | None = None) -> int | None:
    with as_a_tool():
        arguments = make_parser().parse_args(argv)
        if arguments.name != "run":
            prepare_standard_streams()
        work = arguments.command(arguments)
    if work is not None:  # the user's program, which ends in its own way
        work()
    return None
