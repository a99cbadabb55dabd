"""What a command writes, to stdout or into a file, and how it ends when that cannot be written.

A command of ours ends as other tools do: silently by SIGPIPE when nobody reads on (`dump | head`), by SIGINT on Ctrl-C,
and with one sentence and exit code 1 when stdout is full or closed. `run` is not one of them: there the program's own
exceptions go on to the interpreter.
"""

from __future__ import annotations

import codecs
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn, TextIO

from loopscope.cli.errors import CommandError, OutputError, printable, tell

Write = Callable[[bytes], object]
Produce = Callable[[Write], object]


@contextmanager
def as_a_tool() -> Iterator[None]:
    """Runs the work of one command, so that no exception becomes a traceback."""
    try:
        try:
            yield
        except (SystemExit, CommandError):
            flush_stdout()
            raise
        flush_stdout()
    except CommandError as error:
        tell(f"loopscope: {error}")
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        end_by(signal.SIGINT)
    except OSError as error:
        tell(f"loopscope: {printable(str(error))}")
        raise SystemExit(1) from None


def prepare_standard_streams() -> None:
    """Called before a command reads or writes. A program under `run` keeps its streams as they are."""
    # If our parent closed a standard stream, the next file that we open would get its number, and our messages.
    descriptor = os.open(os.devnull, os.O_RDWR)
    while descriptor <= 2:
        descriptor = os.open(os.devnull, os.O_RDWR)
    os.close(descriptor)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show Unicode still shows something.
        sys.stdout.reconfigure(errors="backslashreplace")


@contextmanager
def writing_to_stdout() -> Iterator[TextIO]:
    if sys.stdout is None:
        raise CommandError("there is no stdout to write to: it is closed")
    try:
        yield sys.stdout
    except BrokenPipeError:
        end_by(signal.SIGPIPE)
    except OSError as error:
        drop_stdout()
        raise OutputError("stdout", error) from None


def flush_stdout() -> None:
    """Flushes stdout now. If the interpreter had to do it at its end, an error would be hard to understand."""
    if sys.stdout is not None:
        with writing_to_stdout() as out:
            out.flush()


def drop_stdout() -> None:
    """Drops the bytes that are still in stdout's buffer."""
    if sys.stdout is None:
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def end_by(number: signal.Signals) -> NoReturn:
    """Dies by the signal, as a program without a handler does, so that the shell knows."""
    drop_stdout()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    raise SystemExit(128 + number)  # the signal was blocked


def say(text: str) -> None:
    with writing_to_stdout() as out:
        print(text, file=out)


def write_text(produce: Produce) -> None:
    """Writes the UTF-8 text of `produce` to stdout, in stdout's encoding."""
    with writing_to_stdout() as out:
        if codecs.lookup(out.encoding).name == "utf-8":
            produce(out.buffer.write)
            return
        decoder = codecs.getincrementaldecoder("utf-8")()
        produce(lambda data: out.write(decoder.decode(data)))


def write_bytes(produce: Produce) -> None:
    """Writes the bytes of `produce` to stdout unchanged, for programs."""
    with writing_to_stdout() as out:
        out.flush()
        produce(out.buffer.write)
        out.buffer.flush()


def write_file(path: str, produce: Produce) -> None:
    try:
        file = open(path, "wb")
    except OSError as error:
        problem = OutputError(path, error)
        problem.exit_code = CommandError.exit_code  # nothing was done: the name is wrong
        raise problem from None
    try:
        with file:
            produce(file.write)
    except OSError as error:
        raise OutputError(path, error) from None
