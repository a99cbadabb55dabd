"""The contenders: asyncio's loops, which run the same program, and other servers, each with a program of its own."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from environments import Missing, packages_of
from asyncio_loops import LOOPS

SERVERS = Path(__file__).resolve().parent / "servers"
OURS = "loopscope phases"  # as it is used unless somebody asks for more


@dataclass(frozen=True)
class Field:
    """A server that is no asyncio loop."""

    transports: tuple[str, ...]
    program: Callable[
        [Places], tuple[str, ...]
    ]  # what comes before the transport and the descriptor
    module: str = ""  # it is a Python package, whose program is for one transport and not told so


@dataclass(frozen=True)
class Places:
    """Paths on this machine."""

    build: Path
    python: str
    cache: Path | None

    def tool(self, *names: str) -> str:
        for name in names:
            if found := shutil.which(name):
                return found
        raise Missing(f"{Path(names[0]).name} is not installed")

    def built(self, name: str) -> str:
        path = self.build / "bin" / name
        if not path.exists():
            raise Missing(f"{name} is not built: there is no {path}")
        return str(path)


def go_server(places: Places) -> tuple[str, ...]:
    go = places.tool("go", "/usr/local/go/bin/go")
    server = places.build / "bench" / "go_server"
    source = SERVERS / "go"
    if not server.exists() or server.stat().st_mtime < (source / "server.go").stat().st_mtime:
        environment = {**os.environ, "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
        done = subprocess.run(
            [go, "build", "-o", str(server), "."],
            cwd=source,
            env=environment,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise Missing(f"the Go server could not be built: {done.stderr.strip()}")
    return (str(server),)


def python_server(name: str) -> Field:
    program = str(SERVERS / f"{name}_echo.py")
    return Field(("tcp",), lambda places: (places.python, program), name)


ALL_OF_THEM = ("tcp", "unix", "tls", "udp", "http")
FIELD = {
    "libuv": Field(("tcp", "unix", "udp"), lambda places: (places.built("libuv_echo"),)),
    "go": Field(ALL_OF_THEM, go_server),
    "node": Field(
        ALL_OF_THEM, lambda places: (places.tool("node", "nodejs"), str(SERVERS / "node_server.js"))
    ),
    **{name: python_server(name) for name in ("gevent", "tornado", "twisted", "curio")},
}
NAMES = [*LOOPS, *FIELD]


def environment_of(name: str, places: Places) -> Path | None:
    """The packages that a contender needs beside the system's. Raises Missing if it cannot run here."""
    if name in LOOPS:
        loop = LOOPS[name]
        if loop.environment:
            return packages_of(loop.environment, places.cache)
        if loop.module != "loopscope" and not importlib.util.find_spec(loop.module):
            raise Missing(f"Python has no {loop.module}")
        return None
    field = FIELD[name]
    field.program(places)
    if field.module and not importlib.util.find_spec(field.module):
        return packages_of("field", places.cache)
    return None
