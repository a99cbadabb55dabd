"""`loopscope dump` and `loopscope export`: a session's trace as text, for people and for programs."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

from loopscope import _trace
from loopscope.cli.attach import find_session
from loopscope.cli.errors import CommandError, printable
from loopscope.cli.output import Produce, write_bytes, write_file, write_text
from loopscope.cli.parser import Parser, add_session_argument


def add_parser(commands: argparse._SubParsersAction[Parser]) -> None:
    dump = commands.add_parser("dump", help="print a session as text")
    dump.set_defaults(command=dump_command)
    export = commands.add_parser("export", help="write a session's events in another format")
    export.add_argument(
        "--format", choices=("jsonl",), default="jsonl", help="jsonl: one event a line"
    )
    export.set_defaults(command=export_command)
    for parser in (dump, export):
        add_session_argument(parser)
        parser.add_argument(
            "-o", "--output", metavar="FILE", help="write there instead of to stdout"
        )


def dump_command(arguments: argparse.Namespace) -> None:
    session = open_session(arguments.session)
    write_output(arguments.output, session, session.dump, write_text)


def export_command(arguments: argparse.Namespace) -> None:
    session = open_session(arguments.session)
    write_output(arguments.output, session, session.export_jsonl, write_bytes)


def open_session(wanted: str) -> _trace.Session:
    try:
        return _trace.Session(os.fsencode(find_session(wanted)))
    except _trace.TraceError as error:
        raise CommandError(str(error)) from None


def write_output(
    path: str | None,
    session: _trace.Session,
    produce: Produce,
    write_to_stdout: Callable[[Produce], None],
) -> None:
    if path is None:
        write_to_stdout(produce)
    elif os.path.exists(path) and os.path.samefile(path, session.path):
        raise CommandError(f"{printable(path)} is the session itself; name another file to write")
    else:
        write_file(path, produce)
