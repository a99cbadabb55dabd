"""Measures whole processes: one operation done many times, an import, the recorder's own benchmark."""

from __future__ import annotations

import os
import subprocess
import time

from cases import Lateness, Operation, TracingCost
from figures import Sample
from asyncio_loops import LOOPS
from machine import cpus, pinned
from launcher import Failed, Programs, numbers, output_of

IMPORTS_A_ROUND = 5


def measure_operation(
    programs: Programs, contender: str, case: Operation, seconds: float
) -> Sample:
    command = programs.micro(contender, case.function, seconds, case.pending)
    where: int | tuple[int, ...] = cpus() if case.both_cpus else cpus()[0]
    return numbers(output_of(pinned(where, *command), programs.environment(contender), seconds))


def measure_lateness(programs: Programs, contender: str, case: Lateness, seconds: float) -> Sample:
    command = programs.script("lateness.py", contender, case.delay_us, seconds)
    return numbers(output_of(pinned(cpus()[0], *command), programs.environment(contender), 120))


def measure_tracing_cost(
    programs: Programs, contender: str, case: TracingCost, seconds: float
) -> Sample:
    app_says = programs.places.built("tracing_cost_of")
    command = programs.script(
        "tracing_cost.py", case.function, LOOPS[contender].level, seconds, app_says
    )
    return numbers(output_of(pinned(cpus()[0], *command), programs.environment(contender), seconds))


def measure_import(programs: Programs, contender: str) -> Sample:
    """The time that an import adds to the start of Python."""
    environment = programs.environment(contender)
    rounds = [
        (run_python(programs, environment, statement))
        for _ in range(IMPORTS_A_ROUND)
        for statement in (f"import {LOOPS[contender].module}", "pass")
    ]
    cpu = sorted(rounds[i][0] - rounds[i + 1][0] for i in range(0, len(rounds), 2))
    wall = sorted(rounds[i][1] - rounds[i + 1][1] for i in range(0, len(rounds), 2))
    middle = IMPORTS_A_ROUND // 2
    return {"cpu_ms": 1e3 * cpu[middle], "wall_ms": 1e3 * wall[middle]}


def run_python(
    programs: Programs, environment: dict[str, str], statement: str
) -> tuple[float, float]:
    """Seconds of CPU and on the clock."""
    began = time.monotonic()
    child = subprocess.Popen(
        pinned(cpus()[0], programs.places.python, "-c", statement), env=environment
    )
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise Failed(f"{statement!r} ended with {child.returncode}")
    return used.ru_utime + used.ru_stime, time.monotonic() - began


def measure_writer(programs: Programs) -> Sample:
    command = pinned(cpus()[0], programs.places.built("recorder_bench"), "json")
    return numbers(output_of(command, programs.environment("asyncio")))
