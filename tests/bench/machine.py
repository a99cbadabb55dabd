"""The machine of a run: its CPUs, its limits, and the facts that a reader of the figures needs."""

from __future__ import annotations

import contextlib
import datetime
import os
import platform
import resource
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def cpus() -> tuple[int, int]:
    """The CPU of the servers and the CPU of the client. They differ if there are two."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def pinned(cpu: int | tuple[int, ...], *command: str) -> list[str]:
    """The command, bound to these CPUs. It does not outlive its parent."""
    several = ",".join(map(str, cpu if isinstance(cpu, tuple) else (cpu,)))
    return ["setpriv", "--pdeathsig", "KILL", "taskset", "-c", several, *command]


def allow_many_descriptors() -> int:
    """Children inherit the limit. Answers with it."""
    _, highest = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest, highest))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def said_by(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip()


def commit() -> str:
    """The commit of these files; a copy of them that is no git clone does not tell."""
    known = said_by("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD")
    if not known:
        return "unknown: no git clone"
    changes = " + changes" if said_by("git", "-C", str(ROOT), "status", "--porcelain") else ""
    return known + changes


def cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def facts() -> dict[str, str]:
    return {
        "cpu": cpu_model(),
        "cpus": str(len(os.sched_getaffinity(0))),
        "load before": f"{os.getloadavg()[0]:.1f}",
        "kernel": platform.release(),
        "python": platform.python_version(),
        "libuv": said_by("pkg-config", "--modversion", "libuv"),
        "commit": commit(),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
    }
