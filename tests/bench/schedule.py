"""Which contenders are measured in which case, in which order, and for how long."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from cases import Case, IdleMemory, Import, Lateness, Operation, TracingCost, Traffic, Writer
from contenders import FIELD, OURS
from environments import Missing
from figures import Results, Sample
from asyncio_loops import LOOPS
from processes import (
    measure_import,
    measure_lateness,
    measure_operation,
    measure_tracing_cost,
    measure_writer,
)
from launcher import Failed, Programs
from traffic import measure_idle_memory, measure_traffic


@dataclass(frozen=True)
class Pace:
    rounds: int
    seconds: float  # of a server's round; an operation gets a third, a small difference of two six times as much


def contenders_of(case: Case) -> list[str]:
    """All contenders for which the case makes sense."""
    if isinstance(case, Writer):
        return ["writer"]
    if isinstance(case, Import):
        return [OURS, "uvloop", "newest uvloop", "asyncio"]
    if isinstance(case, TracingCost):
        return [OURS, "loopscope callbacks"]
    if isinstance(case, (Operation, Lateness)):
        return list(LOOPS)
    if isinstance(case, IdleMemory):
        return [*LOOPS, "libuv"]
    loops = list(LOOPS)
    if not is_usual(case):
        loops = [name for name in loops if name == OURS or not name.startswith("loopscope")]
    return loops + [name for name in FIELD if serves(name, case)]


def is_usual(case: Traffic) -> bool:
    """Not the cases with other numbers of connections, which compare numbers of connections and not servers."""
    return case.connections == 10 or case.transport == "http"


def serves(name: str, case: Traffic) -> bool:
    """Other servers have one way to do it. It is compared with our protocol way."""
    has_way = case.way in ("protocol", "datagram", "httptools")
    is_limit = name == "libuv"
    return has_way and case.transport in FIELD[name].transports and (is_usual(case) or is_limit)


def measure(programs: Programs, contender: str, case: Case, seconds: float) -> Sample:
    if isinstance(case, Traffic):
        return measure_traffic(programs, contender, case, seconds * case.patience)
    if isinstance(case, Operation):
        return measure_operation(programs, contender, case, seconds / 3)
    if isinstance(case, Lateness):
        return measure_lateness(programs, contender, case, seconds)
    if isinstance(case, Import):
        return measure_import(programs, contender)
    if isinstance(case, IdleMemory):
        return measure_idle_memory(programs, contender, case)
    if isinstance(case, TracingCost):
        return measure_tracing_cost(programs, contender, case, 6 * seconds)
    return measure_writer(programs)


def present(programs: Programs, contenders: list[str], results: Results) -> list[str]:
    """Those that can run here. Notes why the others cannot."""
    found = []
    for name in contenders:
        try:
            programs.environment(name) if name != "writer" else None
            found.append(name)
        except Missing as missing:
            results.missing[name] = str(missing)
    return found


def measure_case(
    programs: Programs, case: Case, contenders: list[str], pace: Pace, results: Results
) -> None:
    """One round after the other. A contender that fails once is left out of the case, and the report says why."""
    left = list(contenders)
    most_rounds = case.most_rounds if isinstance(case, Traffic) else pace.rounds
    for turn in range(min(pace.rounds, most_rounds)):
        start = turn % len(left) if left else 0
        for name in left[start:] + left[:start]:
            figure = results.figure(case.name, name, case.primary)
            try:
                figure.samples.append(measure(programs, name, case, pace.seconds))
            except (Failed, Missing) as reason:
                results.missing[f"{name} in {case.name}"] = str(reason)
                print(f"{name} in {case.name}: {reason}", file=sys.stderr)
                figure.samples.clear()
                left = [other for other in left if other != name]
