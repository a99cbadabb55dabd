"""The versions of the software that took part in a run."""

from __future__ import annotations

import subprocess
from pathlib import Path

from contenders import FIELD, Places
from environments import Missing
from figures import Results
from asyncio_loops import LOOPS
from machine import said_by
from launcher import Programs

OF_CASES = ("httptools", "aiohttp", "uvicorn", "sanic", "django")


def versions_of(programs: Programs, results: Results) -> dict[str, str]:
    contenders = dict.fromkeys(contender for _, contender in results.figures)
    found = {"openssl": said_by("openssl", "version")}
    for name in contenders:
        if name in FIELD or LOOPS.get(name, LOOPS["asyncio"]).module == "uvloop":
            found[name] = version_of(name, programs)
    for module in OF_CASES:
        if any(module in case for case in results.cases()):
            found[module] = python_version(module, programs, "asyncio", module)
    return {name: version for name, version in found.items() if version}


def version_of(name: str, programs: Programs) -> str:
    tools = {"go": ("go", "/usr/local/go/bin/go"), "node": ("node", "nodejs")}
    if name in tools:
        return tool_version(programs.places, *tools[name])
    if name in LOOPS or FIELD[name].module:
        module = LOOPS[name].module if name in LOOPS else FIELD[name].module
        return python_version(module, programs, name)
    return ""


def tool_version(places: Places, *names: str) -> str:
    tool = places.tool(*names)
    said = said_by(tool, "version" if Path(tool).name == "go" else "--version")
    return said.removeprefix("go version ").split()[0]


def python_version(module: str, programs: Programs, contender: str, needs: str = "") -> str:
    asked = f"from importlib.metadata import version; print(version({module!r}))"
    try:
        environment = programs.environment(contender, needs)
    except Missing:
        return ""
    command = [programs.places.python, "-c", asked]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    return done.stdout.strip()
