"""Who is measured in which case, in which order, and for how long."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from cases import Case, IdleMemory, Import, Operation, Traffic, Writer
from contenders import FIELD, NAMES
from environments import Missing
from figures import Results, Sample
from loops import LOOPS
from processes import measure_import, measure_operation, measure_writer
from launcher import Failed, Programs
from traffic import measure_idle_memory, measure_traffic


@dataclass(frozen=True)
class Pace:
    rounds: int
    seconds: float  # of a server's round; an operation gets a third of it


def contenders_of(case: Case) -> list[str]:
    """All for which the case means something."""
    if isinstance(case, Writer):
        return ["writer"]
    if isinstance(case, Import):
        return ["loopscope phases", "uvloop", "newest uvloop", "asyncio"]
    if isinstance(case, Operation):
        return list(LOOPS)
    if isinstance(case, IdleMemory):
        return [*LOOPS, "libuv"]
    return [name for name in NAMES if name in LOOPS or serves(name, case)]


def serves(name: str, case: Traffic) -> bool:
    """Other servers have one way to do it, and it is compared with ours by protocol."""
    field = FIELD[name]
    one_size_of_many = case.connections == 10 or case.transport == "http"
    return (
        case.way in ("protocol", "datagram", "httptools")
        and case.transport in field.transports
        and (field.of_all_sizes or one_size_of_many)
    )


def measure(programs: Programs, contender: str, case: Case, seconds: float) -> Sample:
    if isinstance(case, Traffic):
        return measure_traffic(programs, contender, case, seconds * case.patience)
    if isinstance(case, Operation):
        return measure_operation(programs, contender, case, seconds / 3)
    if isinstance(case, Import):
        return measure_import(programs, contender)
    if isinstance(case, IdleMemory):
        return measure_idle_memory(programs, contender, case)
    return measure_writer(programs)


def present(programs: Programs, contenders: list[str], results: Results) -> list[str]:
    """Those that can run here; why the others cannot is noted."""
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
    """One round after the other; who fails once is left out of the case, and the report says why."""
    left = list(contenders)
    for turn in range(pace.rounds):
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
