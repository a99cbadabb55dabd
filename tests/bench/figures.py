"""Samples of a case, their medians, and ratios pair by pair."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Metric:
    title: str
    more_is_better: bool = False
    decimals: int = 2


METRICS = {
    "throughput": Metric("requests/s", True, 0),
    "cpu_us": Metric("CPU us"),
    "user_us": Metric("user us"),
    "system_us": Metric("system us"),
    "p50_us": Metric("p50 us", decimals=1),
    "p99_us": Metric("p99 us", decimals=1),
    "p999_us": Metric("p99.9 us", decimals=1),
    "sent_again": Metric("lost", decimals=0),
    "client_idle_percent": Metric("client idle %", decimals=0),
    "cpu_ns": Metric("CPU ns", decimals=0),
    "wall_ns": Metric("ns on the clock", decimals=0),
    "cpu_ms": Metric("CPU ms"),
    "wall_ms": Metric("ms on the clock"),
    "late_us": Metric("us late", decimals=1),
    "late_p99_us": Metric("p99 us late", decimals=1),
    "early_percent": Metric("early %", decimals=0),
    "bytes": Metric("bytes", decimals=0),
    "bytes_of_its_own": Metric("without shared memory", decimals=0),
    "event_ns": Metric("ns an event of a callback"),
    "phase_event_ns": Metric("of a phase"),
    "callback_off_ns": Metric("a callback when off"),
    "clock_ns": Metric("the clock alone"),
    "measured_ns": Metric("measured ns", decimals=1),
    "said_ns": Metric("the app says ns", decimals=1),
    "said_of_measured": Metric("said / measured"),
    "traced_events": Metric("events"),
    "measured_percent": Metric("% of its CPU"),
}
# The kernel's tick samples it, which is too coarse for one round. So all rounds are added up.
SUMMED = ("user_us", "system_us")
ENOUGH_US = 40_000  # with fewer than ten ticks it is not known

Sample = dict[str, float]


@dataclass(frozen=True)
class Ratio:
    """The ratios of one contender to another, round by round."""

    middle: float
    lowest: float
    highest: float

    def __str__(self) -> str:
        return f"{self.middle:.2f} ({self.lowest:.2f}..{self.highest:.2f})"


@dataclass
class Figure:
    """All rounds of one contender in one case. Sample i of each contender is of round i."""

    case: str
    contender: str
    primary: str
    samples: list[Sample] = field(default_factory=list)

    def value(self, metric: str) -> float:
        if metric in SUMMED:
            return self.total_us(metric) / sum(sample["requests"] for sample in self.samples)
        return statistics.median(sample[metric] for sample in self.samples)

    def total_us(self, metric: str) -> float:
        """All rounds together."""
        return sum(sample[metric] * sample["requests"] for sample in self.samples)

    def ratio_to(self, other: Figure, metric: str) -> Ratio | None:
        """Self's values divided by other's: the median of the rounds, and their range. None if there is nothing to
        divide by, if a timer was early and so nothing to compare, or too few ticks of the kernel met the programs.
        """
        pairs = zip(self.samples, other.samples)
        ratios = sorted(
            mine[metric] / theirs[metric]
            for mine, theirs in pairs
            if theirs[metric] > 0 and mine[metric] >= 0
        )
        if not ratios:
            return None
        middle = statistics.median(ratios)
        if metric in SUMMED:
            if min(self.total_us(metric), other.total_us(metric)) < ENOUGH_US:
                return None
            middle = self.value(metric) / other.value(metric)
        return Ratio(middle, ratios[0], ratios[-1])

    def times_better_than(self, other: Figure) -> Ratio | None:
        """Above 1 if self is better, in the case's own metric."""
        if METRICS[self.primary].more_is_better:
            return self.ratio_to(other, self.primary)
        return other.ratio_to(self, self.primary)


class Results:
    """The figures of a run, and which are missing and why."""

    def __init__(self) -> None:
        self.figures: dict[tuple[str, str], Figure] = {}
        self.missing: dict[str, str] = {}  # contender, or "contender in case" -> reason

    def figure(self, case: str, contender: str, primary: str) -> Figure:
        return self.figures.setdefault((case, contender), Figure(case, contender, primary))

    def find(self, case: str, contender: str) -> Figure | None:
        figure = self.figures.get((case, contender))
        return figure if figure and figure.samples else None

    def of_case(self, case: str) -> list[Figure]:
        return [f for f in self.figures.values() if f.case == case and f.samples]

    def cases(self) -> list[str]:
        return list(dict.fromkeys(f.case for f in self.figures.values() if f.samples))
