"""`loopscope ls` and `loopscope clean`: list the sessions, and remove the dead ones."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time

from loopscope import _trace
from loopscope.cli.errors import CommandError, printable
from loopscope.cli.output import say, writing_to_stdout
from loopscope.cli.parser import Parser

COLUMNS = ("session", "state", "level", "age", "python", "libuv", "program")
LEVELS = ("off", "phases", "callbacks", "tasks")


def add_parser(commands: argparse._SubParsersAction[Parser]) -> None:
    listing = commands.add_parser("ls", help="list the sessions, live ones first")
    listing.add_argument("--json", action="store_true", help="one JSON array instead of a table")
    listing.set_defaults(command=list_command)
    clean = commands.add_parser("clean", help="remove the sessions of dead programs")
    clean.set_defaults(command=clean_command)


def list_command(arguments: argparse.Namespace) -> None:
    try:
        sessions = _trace.list_sessions()
    except _trace.TraceError as error:
        raise CommandError(str(error)) from None
    if arguments.json:
        say(json.dumps([as_json(session) for session in sessions], indent=2))
    elif not sessions:
        say("no sessions; `python3 -m loopscope run SCRIPT` starts one")
    else:
        print_table([as_row(session) for session in sessions])


def clean_command(arguments: argparse.Namespace) -> None:
    try:
        removed = _trace.clean_dead_sessions()
    except _trace.TraceError as error:
        raise CommandError(str(error)) from None
    say(f"removed {removed} dead session{'' if removed == 1 else 's'}")


def as_json(session: _trace.SessionEntry) -> dict[str, object]:
    return {
        "session": session.id,
        "pid": session.pid,
        "loop": session.loop_number,
        "alive": session.alive,
        "readable": session.readable,
        "problem": session.problem,
        "level": level_name(session.level),
        "created_unix_s": session.created_realtime_ns / 1e9,
        "python": session.python_version,
        "libuv": session.libuv_version,
        "title": session.title,
        "program": session.program,
        "path": session.path,
    }


def as_row(session: _trace.SessionEntry) -> tuple[str, ...]:
    if not session.readable:
        cells = (session.id, "unreadable", "", "", "", "", session.problem)
        return tuple(map(printable, cells))
    cells = (
        session.id,
        "live" if session.alive else "dead",
        level_name(session.level),
        age(time.time() - session.created_realtime_ns / 1e9),
        session.python_version,
        session.libuv_version,
        session.line,
    )
    return tuple(map(printable, cells))


def level_name(level: int) -> str:
    return LEVELS[level] if 0 <= level < len(LEVELS) else str(level)


def age(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def print_table(rows: list[tuple[str, ...]]) -> None:
    # People at a terminal get a table by rich if it is installed. Scripts get plain columns, whole lines, no escapes.
    if sys.stdout is not None and sys.stdout.isatty() and print_rich_table(rows):
        return
    widths = [max(len(row[column]) for row in [COLUMNS, *rows]) for column in range(len(COLUMNS))]
    for row in [COLUMNS, *rows]:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def print_rich_table(rows: list[tuple[str, ...]]) -> bool:
    try:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        return False
    table = Table(*COLUMNS, box=None, pad_edge=False, header_style="bold")
    styles = {"live": "green", "dead": "dim", "unreadable": "red"}
    for row in rows:
        table.add_row(*(Text(cell) for cell in row), style=styles.get(row[1], ""))
    with writing_to_stdout() as out:
        Console(file=out, width=shutil.get_terminal_size().columns).print(table)
    return True
