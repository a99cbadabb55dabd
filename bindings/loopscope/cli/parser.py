"""The parser of the command line."""

from __future__ import annotations

import argparse
import os
import sys
from typing import IO, Any, NoReturn

from loopscope.cli.errors import printable, tell
from loopscope.cli.output import writing_to_stdout


class Parser(argparse.ArgumentParser):
    """Prints one sentence on errors. argparse would print the usage as well."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        # argparse passes what a command does not know up to the parser of all commands, whose help does not help.
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return known, []

    def error(self, message: str) -> NoReturn:
        help_shown = as_typed(self.prog) + " --help"
        tell(f"{self.prog}: {printable(message)}; `{help_shown}` shows what there is")
        raise SystemExit(2)

    def _print_message(self, message: str, file: IO[str] | None = None) -> None:
        # For help and version. From Python 3.12 on argparse ignores errors when it writes them.
        with writing_to_stdout() as out:
            out.write(message)


def add_session_argument(parser: argparse.ArgumentParser) -> None:
    """The session that a command is about. Empty: the only one there is."""
    parser.add_argument(
        "session", nargs="?", default="", help="a pid, a session as `ls` shows it, or a file"
    )


def as_typed(command: str) -> str:
    """The command "loopscope ls" as this user has to type it: the package need not be installed."""
    by_module = os.path.basename(sys.argv[0]) == "__main__.py"
    return f"python3 -m {command}" if by_module else command
