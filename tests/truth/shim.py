"""Runs a program under epoll_shim.c and reads the shim's notes."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
CALL = struct.Struct("<IiiiiI4Q")
HEADER = struct.Struct("<QQ48x")


@dataclass(frozen=True)
class Call:
    """One call of epoll_wait or epoll_pwait."""

    thread_id: int
    epoll_fd: int
    timeout_ms: int
    result: int
    error: int
    most_events: int
    before_ns: int
    after_ns: int
    before_tsc: int
    after_tsc: int

    def before(self, clock: str) -> int:
        return self.before_tsc if clock == "tsc" else self.before_ns

    def after(self, clock: str) -> int:
        return self.after_tsc if clock == "tsc" else self.after_ns


def build(folder: Path) -> Path:
    library = folder / "epoll_shim.so"
    if not library.exists():
        compiler = os.environ.get("CC", "cc")
        source = HERE / "epoll_shim.c"
        subprocess.run(
            [compiler, "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
            + ["-o", str(library), str(source), "-ldl"],
            check=True,
        )
    return library


def environment(library: Path, log: Path, capacity: int) -> dict[str, str]:
    return {
        **os.environ,
        "LD_PRELOAD": " ".join([os.environ.get("LD_PRELOAD", ""), str(library)]).strip(),
        "EPOLL_SHIM_FILE": str(log),
        "EPOLL_SHIM_CALLS": str(capacity),
    }


def run(program: Path, *arguments: str, folder: Path, capacity: int, **settings: str) -> list[Call]:
    """Runs a Python program to its end. Returns its calls in order."""
    log = folder / "calls.bin"
    result = subprocess.run(
        [sys.executable, str(program), *arguments],
        env={**environment(build(folder), log, capacity), **settings},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert result.returncode == 0, result.stderr
    return read(log)


def read(log: Path) -> list[Call]:
    data = log.read_bytes()
    count, capacity = HEADER.unpack_from(data)
    assert count <= capacity, f"{count} calls did not fit into a log of {capacity}"
    end = HEADER.size + count * CALL.size
    return [Call(*fields) for fields in CALL.iter_unpack(data[HEADER.size : end])]
