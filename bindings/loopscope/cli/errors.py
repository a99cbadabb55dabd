"""What the user is told when a command cannot go on."""

from __future__ import annotations

import sys

from loopscope import _trace

__all__ = ["CommandError", "OutputError", "printable", "tell"]


class CommandError(Exception):
    """One sentence: what was wrong, what was expected, what to do."""

    exit_code = 2


class OutputError(CommandError):
    """The command did its work, and what it says cannot be written."""

    exit_code = 1

    def __init__(self, where: str, error: OSError) -> None:
        super().__init__(f"cannot write to {printable(where)}: {error.strerror or error}")


def printable(text: str) -> str:
    """Text of the user's, fit to be shown: it may be no Unicode at all."""
    try:
        return _trace.printable(text.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        return _trace.printable(text.encode("utf-8", "surrogatepass"))


def tell(sentence: str) -> None:
    """Says it on stderr, if there is one and it takes it."""
    if sys.stderr is None:  # print() would say it on stdout
        return
    try:
        print(sentence, file=sys.stderr, flush=True)
    except OSError:
        pass
