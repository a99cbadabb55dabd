"""Finds the CPythons of this machine that the package can be built for.

    python3 tests/pythons.py        prints them, and why it skips others
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = """
import importlib.util, json, os, sys, sysconfig
print(json.dumps(dict(
    executable=sys.executable,
    implementation=sys.implementation.name,
    version=list(sys.version_info[:3]),
    free_threaded=bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    headers=os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")),
    pip=all(map(importlib.util.find_spec, ("venv", "ensurepip"))),
    tests=importlib.util.find_spec("test") is not None
        and importlib.util.find_spec("test.test_asyncio") is not None)))
"""
# Where installers put a Python: into a folder of its own below one of these, or directly into bin.
FOLDERS = [
    "$PYENV_ROOT/versions/*/bin",
    "~/.pyenv/versions/*/bin",
    "~/.local/share/uv/python/*/bin",
    "~/.asdf/installs/python/*/bin",
    "/opt/python*/bin",
    "/opt/python/*/bin",
    "/usr/local/bin",
    "/usr/bin",
]


@dataclasses.dataclass(frozen=True)
class Python:
    executable: str
    implementation: str
    version: tuple[int, int, int]
    free_threaded: bool
    headers: bool
    pip: bool
    tests: bool

    @property
    def minor(self) -> str:
        return f"{self.version[0]}.{self.version[1]}"

    def __str__(self) -> str:
        return ".".join(map(str, self.version))

    def unfit(self) -> str | None:
        """Why the package cannot be built and tested for it; None if it can."""
        oldest, newest = supported()
        if self.implementation != "cpython":
            return f"it is {self.implementation}"
        if not oldest <= self.version[:2] <= newest:
            return "its version is not supported"
        if self.free_threaded:
            return "it is free-threaded"
        if not self.headers:
            return "its C headers are not installed"
        if not self.pip:
            return "it comes without venv and ensurepip"
        return None


def supported() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The oldest and the newest version that the build accepts."""
    text = (ROOT / "bindings" / "python.cmake").read_text()

    def version(name: str) -> tuple[int, ...]:
        found = re.search(rf"set\(LOOPSCOPE_{name}_PYTHON (\d+)\.(\d+)\)", text)
        assert found is not None, f"bindings/python.cmake names no {name.lower()} Python"
        return tuple(map(int, found.groups()))

    return version("OLDEST"), version("NEWEST")


def missing(wanted: Iterable[str], found: Iterable[Python]) -> list[str]:
    """The minor versions that were not found: of the wanted ones, or of all supported ones."""
    oldest, newest = supported()
    every = [f"3.{minor}" for minor in range(oldest[1], newest[1] + 1)]
    there = {python.minor for python in found}
    return [name for name in [*wanted] or every if name in every and name not in there]


def ask(executable: str) -> Python | None:
    """The Python's facts about itself. None if it does not run, for example a shim for a version that is not chosen."""
    try:
        done = subprocess.run(
            [executable, "-I", "-c", QUESTIONS], capture_output=True, text=True, timeout=60
        )
        facts = json.loads(done.stdout)
        return Python(**{**facts, "version": tuple(facts["version"])})
    except (OSError, ValueError, TypeError, subprocess.TimeoutExpired):
        return None


def executables() -> Iterator[str]:
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    for pattern in FOLDERS:
        expanded = os.path.expanduser(os.path.expandvars(pattern))
        if expanded.startswith("/"):
            folders += sorted(Path("/").glob(expanded[1:]))
    seen = set()
    for folder in folders:
        for path in sorted(folder.glob("python3*")):
            if re.fullmatch(r"python3(\.\d+)?", path.name) and os.access(path, os.X_OK):
                real = os.path.realpath(path)
                if real not in seen:
                    seen.add(real)
                    yield str(path)


def find(wanted: Iterable[str]) -> tuple[list[Python], dict[str, str]]:
    """The newest suitable Python of each minor version, and why others were skipped.

    `wanted` are minor versions ("3.12") or executables; nothing means every supported version.
    """
    wanted = list(wanted)
    named = [shutil.which(name) or name for name in wanted if not re.fullmatch(r"3\.\d+", name)]
    minors = {name for name in wanted if re.fullmatch(r"3\.\d+", name)}
    passed_over = {name: "it does not run" for name in named if ask(name) is None}
    best: dict[str, Python] = {}
    for executable in named if named and not minors else [*named, *executables()]:
        python = ask(executable)
        if python is None or (minors and python.minor not in minors and executable not in named):
            continue
        reason = python.unfit()
        known = best.get(python.minor)
        if reason is not None:
            passed_over[f"{executable} ({python})"] = reason
        elif known is None or (known.executable not in named and python.version > known.version):
            best[python.minor] = python
    for minor in minors - set(best):
        passed_over[minor] = "none is found, or none is fit"
    return sorted(best.values(), key=lambda python: python.version), passed_over


def main() -> None:
    fit, passed_over = find(sys.argv[1:])
    for python in fit:
        print(
            f"{python!s:8} {python.executable}"
            + ("" if python.tests else " (without test_asyncio)")
        )
    for name, reason in passed_over.items():
        print(f"         {name}: passed over, {reason}")


if __name__ == "__main__":
    main()
