"""A run as Markdown for people and as JSON for programs."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from figures import METRICS, Figure, Results
from targets import verdicts

METHOD = (
    "Medians of {rounds} rounds in which the contenders take turns, in another order each round. 'x NAME' says how "
    "many times better than NAME, as the median of the rounds' ratios with the lowest and the highest: above 1 is "
    "better. Servers and client are pinned to a CPU each; CPU is the server's for a request, all of its threads, exact "
    "in sum and split into user and system as the kernel's tick saw it, all rounds together. Each request is answered "
    "before the next is sent, and the bytes are compared; {seconds:g} s a round, three times that where user CPU has a "
    "target. Where the client was hardly idle, it was the limit, and throughput says less than CPU does: 'less CPU' "
    "has how many times less a request costs."
)
REFERENCES = ("asyncio", "uvloop", "newest uvloop", "libuv")


@dataclass(frozen=True)
class Run:
    facts: dict[str, str]  # of the machine
    versions: dict[str, str]
    results: Results
    rounds: int
    seconds: float
    is_complete: bool  # everything that a target is about was to be measured


def row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def head(cells: list[str]) -> list[str]:
    return [row(cells), "|---" * len(cells) + "|"]


def number(value: float, decimals: int) -> str:
    return f"{value:,.{decimals}f}"


def table_of(case: str, results: Results) -> list[str]:
    """A row a contender."""
    figures = results.of_case(case)
    references = [name for name in REFERENCES if results.find(case, name)]
    metrics = [name for name in METRICS if name in figures[0].samples[0]]
    if not any(sample.get("sent_again") for figure in figures for sample in figure.samples):
        metrics = [name for name in metrics if name != "sent_again"]
    lines = head(["", *(METRICS[m].title for m in metrics), *(f"x {name}" for name in references)])
    for figure in figures:
        cells = [figure.contender]
        cells += [number(figure.value(metric), METRICS[metric].decimals) for metric in metrics]
        cells += [comparison(figure, results.find(case, name)) for name in references]
        lines.append(row(cells))
    return lines


def comparison(figure: Figure, other: Figure | None) -> str:
    if other is None or other is figure:
        return ""
    return str(figure.times_better_than(other) or "")


def target_table(results: Results, all_of_them: bool) -> list[str]:
    """The targets that something was measured for, or all."""
    lines = head(["", "case", "tracing", "against", "asked", "measured", "met", "less CPU"])
    for line in verdicts(results):
        if line.met == "not measured" and not all_of_them:
            continue
        ours = line.ours.replace("loopscope ", "")
        met = f"**{line.met}**" if line.met == "no" else line.met
        cells = [line.what, line.case, ours, line.against, line.asked, line.measured, met, line.cpu]
        lines.append(row(cells))
    return lines


def markdown(run: Run) -> str:
    facts = ", ".join(f"{key} {value}" for key, value in run.facts.items())
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    lines = ["# Speed", "", f"{facts}.", "", f"Versions: {versions}.", ""]
    lines += [METHOD.format(rounds=run.rounds, seconds=run.seconds), ""]
    results = run.results
    if results.missing:
        lines += ["## Not measured", ""]
        lines += [f"- {who}: {why}" for who, why in results.missing.items()] + [""]
    lines += ["## Targets", "", *target_table(results, run.is_complete), ""]
    for case in results.cases():
        lines += [f"## {case}", "", *table_of(case, results), ""]
    return "\n".join(lines)


def document(run: Run) -> dict[str, object]:
    return {
        "machine": run.facts,
        "versions": run.versions,
        "rounds": run.rounds,
        "seconds": run.seconds,
        "missing": run.results.missing,
        "targets": [asdict(verdict) for verdict in verdicts(run.results)],
        "figures": [asdict(figure) for figure in run.results.figures.values() if figure.samples],
    }
