"""`loopscope stalls`: what held the loop for too long, and the line at which it stood."""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from loopscope import _trace
from loopscope.cli.errors import printable
from loopscope.cli.export import open_session
from loopscope.cli.output import flush_stdout, say
from loopscope.cli.parser import Parser, add_session_argument

LOOK_INTERVAL_S = 0.02


def add_parser(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = commands.add_parser("stalls", help="what held the loop for too long, with the line")
    add_session_argument(parser)
    parser.add_argument(
        "--follow", action="store_true", help="go on: each stall when it is seen and when it ends"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.set_defaults(command=command)


def command(arguments: argparse.Namespace) -> None:
    session = open_session(arguments.session)
    stalls = _trace.Stalls(session)
    write = write_json if arguments.json else write_text
    if arguments.follow:
        follow(session, stalls, write)
        return
    latest = {stall["number"]: stall for stall in stalls.follow()}
    for stall in latest.values():
        write(stall)
    if not latest and not arguments.json:
        say("no stall was seen")


def follow(session: _trace.Session, stalls: _trace.Stalls, write: Any) -> None:
    """Until the session ends. What was over before is not told."""
    told = {stall["number"] for stall in stalls.follow() if stall["end"] != "open"}
    pending: dict[int, dict[str, Any]] = {}  # not all is known of them yet
    alive = True
    while alive:
        alive = session.alive  # before the last look, so that nothing is missed
        for stall in stalls.follow():
            number = stall["number"]
            if number in told:
                continue
            if stall["settled"]:
                told.add(number)
                pending.pop(number, None)
                write(stall)
            elif stall["samples"]:  # its line comes at once
                if number not in pending and stall["end"] == "open":
                    write(stall)
                pending[number] = stall
        if not alive:
            for stall in pending.values():
                if stall["end"] != "open":
                    write(stall)
        flush_stdout()
        if alive:
            time.sleep(LOOK_INTERVAL_S)


def milliseconds(ns: int | None) -> float | None:
    return None if ns is None else round(ns / 1e6, 3)


def write_json(stall: dict[str, Any]) -> None:
    cpu = stall["cpu_ns"]
    fields = {
        "t_ns": stall["t_ns"],
        "held_ms": milliseconds(stall["held_ns"]),
        "open": stall["end"] == "open",
        "callback": stall["callback_text"],
        "task": stall["task"],
        "label": stall["doing"],
        "system_call": stall["system_call"],
        "cpu_ms": None if cpu is None else [milliseconds(bound) for bound in cpu],
        "stack": [[frame.function, frame.file, frame.line] for frame in stall["stack"]],
        "samples": stall["samples"],
        "waited": stall["waited"],
        "harmed_ms": milliseconds(stall["harmed_ns"]),
    }
    say(json.dumps(fields))


def write_text(stall: dict[str, Any]) -> None:
    limit = "at most " if stall["end"] == "at_most" else ""
    so_far = " so far" if stall["end"] == "open" else ""
    say(f"{who(stall)} held the loop for {limit}{stall['held_ns'] / 1e6:.1f} ms{so_far}")
    say(f"  {stall['label']} ({stall['label_samples']} of {stall['samples']} samples)")
    if stall["line"] is None:
        say("  at a line that is not known")
    else:
        seen = f"{stall['line_samples']} of {stall['line_of']} stacks"
        say(f"  at {place(stall['line'])} ({seen})")
    for frame in stall["stack"]:
        say(f"    {place(frame)}")
    if stall["waited"] is not None:
        say(f"  {stall['waited']} callbacks waited, {stall['harmed_ns'] / 1e6:.1f} ms in all")


def who(stall: dict[str, Any]) -> str:
    if stall["kind"] == "gil_wait":
        return "Waiting for the GIL"
    if stall["callback_text"] is None:
        return f"Something in phase {stall['phase']}"
    task = "" if stall["task"] is None else f" ({printable(stall['task'])})"
    return f"{stall['callback_text']}{task}"


def place(frame: _trace.Name) -> str:
    where = f"{printable(frame.file)}:{frame.line} " if frame.file else ""
    return f"{where}in {printable(frame.function)}"
