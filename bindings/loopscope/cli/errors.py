"""Errors of the command line, and how they reach the user."""

from __future__ import annotations

import sys

from loopscope import _trace

__all__ = ["CommandError", "OutputError", "printable", "tell"]


class CommandError(Exception):
    """One sentence: what was wrong, what was expected, what to do."""

    exit_code = 2


class OutputError(CommandError):
    """The command did its work, but its output cannot be written."""

    exit_code = 1

    def __init__(self, where: str, error: OSError) -> None:
        super().__init__(f"cannot write to {printable(where)}: {error.strerror or error}")


def printable(text: str) -> str:
    """Makes the user's text safe to print. It may not be valid Unicode."""
    try:
        return _trace.printable(text.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        return _trace.printable(text.encode("utf-8", "surrogatepass"))


def tell(sentence: str) -> None:
    """Prints a sentence on stderr, if stderr is open and can be written."""
    if sys.stderr is None:  # print() would say it on stdout
        return
    try:
        print(sentence, file=sys.stderr, flush=True)
    except OSError:
        pass
