"""The loop's targets, as data, and how far a run got. Nothing here is asserted: the report has the results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from figures import Figure, Results

UVLOOPS = ("uvloop", "newest uvloop")
OFF, PHASES, CALLBACKS = "loopscope off", "loopscope phases", "loopscope callbacks"


@dataclass(frozen=True)
class Target:
    """A bound on ours / reference; with `times_better`, on how many times better ours is in the case's own metric."""

    what: str
    cases: tuple[str, ...]
    bound: float
    at_least: bool = True
    ours: str = PHASES
    references: tuple[str, ...] = UVLOOPS
    metric: str = ""  # "": how many times better ours is, in the case's own metric
    reference_case: str = ""  # ours in another case, instead of a reference

    @property
    def asked(self) -> str:
        return f"{'at least' if self.at_least else 'at most'} {self.bound:g}"


@dataclass(frozen=True)
class Verdict:
    what: str
    case: str
    ours: str
    against: str
    asked: str
    measured: str
    met: str  # yes, no or not measured
    cpu: str = ""  # of the reference's request divided by ours, beside a throughput


def at_sizes(way: str, *sizes: str, connections: int = 10) -> tuple[str, ...]:
    return tuple(f"{way} {size} x{connections}" for size in sizes)


SIZES = ("1 KiB", "10 KiB", "100 KiB")
SMALL, LARGE = at_sizes("protocol", "1 KiB", "10 KiB"), at_sizes("protocol", "100 KiB")
DATAGRAMS = at_sizes("datagram udp", "1 KiB", "10 KiB", "65507 bytes")
LATENESS = tuple(
    f"lateness of call_later {delay}"
    for delay in ("0 us", "1 us", "0.1 ms", "1 ms", "2.5 ms", "5 ms", "50 ms")
)
USER, TOTAL, THROUGHPUT = "user_us", "cpu_us", "throughput"


def user_cpu(cases: tuple[str, ...], bound: float, ours: str) -> Target:
    return Target("user CPU of a request", cases, bound, False, ours, metric=USER)


def faster(cases: tuple[str, ...], bound: float, *references: str) -> Target:
    return Target("throughput", cases, bound, references=references or UVLOOPS)


def operation(bound: float, *cases: str) -> Target:
    return Target("speed with tracing off", cases, bound, ours=OFF)


OPERATION_TARGETS = [
    operation(1.8, "call_soon"),
    operation(2.7, "call_soon with 3 arguments"),
    operation(1.7, "call_soon threadsafe", "call_soon threadsafe from another thread"),
    operation(4.0, "timer set and cancelled with 10 pending"),
    operation(2.5, "timer set and fired with 10 pending"),
    operation(2.5, "call_soon chain"),
    operation(2.0, "sleep 0"),
    operation(2.0, "future wake up"),
    operation(1.4, "create_task and await"),
]
TARGETS = [
    user_cpu(SMALL, 0.45, PHASES),
    user_cpu(LARGE, 0.25, PHASES),
    user_cpu(SMALL, 0.55, CALLBACKS),
    user_cpu(LARGE, 0.3, CALLBACKS),
    *(faster(at_sizes(way, *SIZES), 1.15) for way in ("protocol", "buffered", "protocol unix")),
    faster(DATAGRAMS, 1.15),
    faster(at_sizes("streams", *SIZES), 1.1),
    faster(at_sizes("sock", *SIZES), 2.5),
    faster(at_sizes("protocol tls", *SIZES), 1.0),
    faster((*SMALL, *LARGE, *at_sizes("protocol unix", *SIZES), *DATAGRAMS), 0.92, "libuv"),
    faster(at_sizes("http httptools", *SIZES, connections=300), 1.15),
    faster(at_sizes("http aiohttp", "1 KiB", connections=300), 1.05),
    faster(at_sizes("http uvicorn", "1 KiB", connections=300), 1.05),
    *OPERATION_TARGETS,
    Target("lateness of a timer", LATENESS, 1.0, references=("asyncio",)),
    Target(
        "speed with tracing at callbacks",
        tuple(case for target in OPERATION_TARGETS for case in target.cases),
        0.75,
        ours=CALLBACKS,
        references=(OFF,),
    ),
    Target("throughput with tracing", SMALL[:1], 0.99, references=(OFF,)),
    Target("throughput with tracing", SMALL[:1], 0.97, ours=CALLBACKS, references=(OFF,)),
    Target("ns an event", ("the writer's events",), 12, False, "writer", (), "event_ns"),
    *(
        Target(
            "CPU of a request against 10 connections",
            at_sizes(way, "1 KiB", connections=10_000),
            1.15,
            False,
            references=(),
            metric=TOTAL,
            reference_case=f"{way} 1 KiB x10",
        )
        for way in ("protocol",)
    ),
    *(
        Target(
            "CPU of an operation against 10 pending",
            (f"timer {what} with 1000000 pending",),
            2,
            False,
            references=(),
            metric="cpu_ns",
            reference_case=f"timer {what} with 10 pending",
        )
        for what in ("set and cancelled", "set and fired")
    ),
    *(
        Target(
            "cost of tracing as the app says it / measured",
            ("cost of tracing echo of 1 kib", "cost of tracing timer set and fired"),
            bound,
            at_least,
            CALLBACKS,
            (),
            "said_of_measured",
        )
        for bound, at_least in ((0.8, True), (1.2, False))
    ),
    Target(
        "memory of an idle connection",
        ("memory of an idle connection x10000",),
        1.0,
        False,
        metric="bytes",
    ),
]


def cases_of_targets() -> set[str]:
    with_references = {target.reference_case for target in TARGETS if target.reference_case}
    return with_references | {case for target in TARGETS for case in target.cases}


def contenders_of_target_case(case: str) -> set[str]:
    """The contenders that this case's targets compare. asyncio has to be behind in all of them."""
    about = [target for target in TARGETS if case in (*target.cases, target.reference_case)]
    ours = {target.ours for target in about}
    return ours | {PHASES, "asyncio"} | {name for target in about for name in target.references}


def ahead_of_asyncio(results: Results) -> Target:
    """In every case in which both asyncio and ours were measured."""
    cases = [
        case
        for case in results.cases()
        if results.find(case, "asyncio") and results.find(case, PHASES)
    ]
    return Target("ahead of asyncio", tuple(cases), 1.0, references=("asyncio",))


def verdicts(results: Results) -> Iterator[Verdict]:
    for target in [*TARGETS, ahead_of_asyncio(results)]:
        for case in target.cases:
            yield from verdicts_of(target, case, results)


def verdicts_of(target: Target, case: str, results: Results) -> Iterator[Verdict]:
    ours = results.find(case, target.ours)
    if target.reference_case:
        other = results.find(target.reference_case, target.ours)
        yield verdict(target, case, target.reference_case, ours, other)
        return
    if not target.references:
        value = ours.value(target.metric) if ours else None
        yield judged(target, case, "", value, f"{value:.2f}" if value is not None else "")
    for reference in target.references:
        yield verdict(target, case, reference, ours, results.find(case, reference))


def verdict(
    target: Target, case: str, against: str, ours: Figure | None, other: Figure | None
) -> Verdict:
    if not ours or not other:
        return judged(target, case, against, None, "")
    compared = target.metric
    ratio = ours.ratio_to(other, compared) if compared else ours.times_better_than(other)
    found = judged(target, case, against, ratio.middle if ratio else None, str(ratio or ""))
    return replace(found, cpu=times_less_cpu(ours, other)) if ours.primary == THROUGHPUT else found


def times_less_cpu(ours: Figure, other: Figure) -> str:
    """The throughput if the server alone were the limit."""
    return str(other.ratio_to(ours, TOTAL) or "")


def judged(target: Target, case: str, against: str, value: float | None, measured: str) -> Verdict:
    if value is None:
        met = "not measured"
    else:
        met = "yes" if (value >= target.bound) == target.at_least or value == target.bound else "no"
    return Verdict(target.what, case, target.ours, against, target.asked, measured, met)
