"""instants.py as a process that stands still at each of its instants."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from loopscope import _trace

PROGRAM = Path(__file__).parent / "instants.py"


class Program:
    """instants.py at one of its instants."""

    def __init__(self, sessions: Path, instants: int, ring_events: int, ends: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(instants), ends],
            env={
                **os.environ,
                "LOOPSCOPE_LEVEL": "tasks",
                "LOOPSCOPE_RING_EVENTS": str(ring_events),
                "LOOPSCOPE_DIR": str(sessions),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.session = _trace.Session(self.line()["session"])

    def line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the program ended with {self.process.wait()}"
        return json.loads(line)

    def instants(self) -> Iterator[dict[str, Any]]:
        """It stands still until the next one is asked for."""
        while not (said := self.line()).get("end"):
            yield said
            self.go_on()

    def go_on(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()
