#!/usr/bin/python3
"""Compares loopscope with stock asyncio and Debian's uvloop, in one run.

    tests/bench/bench.py                     a few minutes
    tests/bench/bench.py --rounds 15 --seconds 5
    tests/bench/bench.py --only echo,sleep_0

The loops take turns (A B C A B C ...), so that what disturbs the machine disturbs all of them; what is reported is
the median of each round's ratio. Server and client run on CPUs of their own. Nothing here is asserted: read the
numbers, and the machine they were made on.
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CONNECTIONS = 10
sys.path.insert(0, str(HERE))

import micro  # noqa: E402
import contenders  # noqa: E402


@dataclass
class Figure:
    """One thing measured of one loop; each list has a value a round."""

    benchmark: str
    unit: str
    more_is_better: bool
    loop: str
    values: list[float] = field(default_factory=list)
    more: dict[str, list[float]] = field(default_factory=dict)

    @property
    def median(self) -> float:
        return statistics.median(self.values)


def pinned(cpu: int, *command: str) -> list[str]:
    return ["taskset", "-c", str(cpu), *command]


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Machine:
    """Runs what is measured, on two CPUs if there are two."""

    def __init__(self, client: Path, env: dict[str, str]) -> None:
        self.client = client
        self.env = env
        cpus = sorted(os.sched_getaffinity(0))
        self.server_cpu, self.client_cpu = cpus[0], cpus[-1]

    def echo(self, loop: str, way: str, size: int, seconds: float) -> dict[str, float]:
        server = subprocess.Popen(
            pinned(self.server_cpu, sys.executable, str(HERE / "echo_server.py"), loop, way),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self.env,
        )
        port = server.stdout.readline().strip()
        arguments = ["127.0.0.1", port, str(CONNECTIONS), str(size), str(seconds), "0.3"]
        with subprocess.Popen(
            pinned(self.client_cpu, str(self.client), *arguments), stdout=subprocess.PIPE, text=True
        ) as client:
            assert client.stdout.readline() == "warm\n"
            before = cpu_seconds(server.pid)
            result = json.loads(client.stdout.readline())
            used = cpu_seconds(server.pid) - before
        server.communicate()
        result["cpu_us"] = 1e6 * used / max(1, result["requests"])
        return result

    def operation(self, loop: str, name: str, seconds: float) -> float:
        command = [sys.executable, str(HERE / "micro.py"), loop, name, str(seconds)]
        cpus = (
            f"{self.server_cpu},{self.client_cpu}" if "threadsafe" in name else str(self.server_cpu)
        )
        done = subprocess.run(
            ["taskset", "-c", cpus, *command], capture_output=True, text=True, env=self.env
        )
        if done.returncode != 0:
            sys.exit(f"{name} on {loop} failed:\n{done.stderr}")
        return float(done.stdout)


def measure_echo(
    machine: Machine, loops: list[str], way: str, size: int, rounds: int, seconds: float
):
    name = f"echo {size // 1024} KiB {way}"
    figures = {loop: Figure(name, "requests/s", True, loop) for loop in loops}
    for _ in range(rounds):
        for loop, figure in figures.items():
            result = machine.echo(loop, way, size, seconds)
            figure.values.append(result["requests"] / result["seconds"])
            for key in ("cpu_us", "p50_us", "p99_us", "p999_us"):
                figure.more.setdefault(key, []).append(result[key])
    return list(figures.values())


def measure_operation(machine: Machine, loops: list[str], name: str, rounds: int, seconds: float):
    figures = {loop: Figure(name, "ns of CPU", False, loop) for loop in loops}
    for _ in range(rounds):
        for loop, figure in figures.items():
            figure.values.append(machine.operation(loop, name, seconds))
    return list(figures.values())


def times_faster(figure: Figure, other: Figure) -> float:
    """The median of the rounds' ratios: above 1 if `figure` is the faster."""
    pairs = zip(figure.values, other.values, strict=True)
    return statistics.median(a / b if figure.more_is_better else b / a for a, b in pairs)


def version_of(module: str) -> str:
    if importlib.util.find_spec(module) is None:
        return "not installed"
    return getattr(importlib.import_module(module), "__version__", "unversioned")


def git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True)
    return done.stdout.strip()


def machine_facts() -> dict[str, str]:
    models = [
        line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    ]
    libuv = subprocess.run(["pkg-config", "--modversion", "libuv"], capture_output=True, text=True)
    return {
        "cpu": models[0].partition(":")[2].strip() if models else platform.machine(),
        "cpus": str(len(os.sched_getaffinity(0))),
        "load before": f"{os.getloadavg()[0]:.1f}",
        "kernel": platform.release(),
        "python": platform.python_version(),
        "libuv": libuv.stdout.strip(),
        "uvloop": version_of("uvloop"),
        "commit": git("rev-parse", "--short", "HEAD")
        + (" + changes" if git("status", "--porcelain") else ""),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
    }


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def table_of(figures: list[Figure]) -> list[str]:
    """One benchmark: a row a loop."""
    by_loop = {figure.loop: figure for figure in figures}
    unit = figures[0].unit
    extra = ["cpu_us", "p50_us", "p99_us", "p999_us"] if figures[0].more else []
    heads = ["loop", unit, "x asyncio", "x uvloop", *(key.replace("_us", " us") for key in extra)]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for figure in figures:
        cells = [figure.loop, number(figure.median)]
        for reference in ("asyncio", "uvloop"):
            cells.append(
                f"{times_faster(figure, by_loop[reference]):.2f}" if reference in by_loop else ""
            )
        cells += [f"{statistics.median(figure.more[key]):.1f}" for key in extra]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def report(facts: dict[str, str], results: list[list[Figure]], rounds: int, seconds: float) -> str:
    lines = ["# Speed against asyncio and uvloop", ""]
    lines += [", ".join(f"{key} {value}" for key, value in facts.items()) + ".", ""]
    lines += [
        f"Medians of {rounds} rounds in which the loops take turns. 'x asyncio' and 'x uvloop' are the medians of each "
        "round's ratio: above 1 is faster. Echo: "
        f"{CONNECTIONS} connections, {seconds:g} s a round, server and client on CPUs of their own; cpu is the "
        "server's user and system time for each request. Operations: CPU time of the process for each.",
        "",
    ]
    for figures in results:
        lines += [f"## {figures[0].benchmark}", "", *table_of(figures), ""]
    return "\n".join(lines)


def find_client(build: Path, folder: Path) -> Path:
    built = build / "bin" / "echo_client"
    if built.exists():
        return built
    client = folder / "echo_client"
    source = HERE / "echo_client.cpp"
    subprocess.run(["c++", "-std=c++20", "-O2", "-o", str(client), str(source)], check=True)
    return client


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each echo measurement")
    parser.add_argument(
        "--only", default="", help="parts of names of benchmarks, separated by commas"
    )
    parser.add_argument("--loops", default="", help="parts of names of loops, separated by commas")
    parser.add_argument(
        "--build", type=Path, default=Path(os.environ.get("LOOPSCOPE_BUILD", ROOT / "build"))
    )
    parser.add_argument("--out", type=Path, help="where bench.md and bench.json go (BUILD/bench)")
    return parser.parse_args()


def wanted(name: str, parts: str) -> bool:
    return not parts or any(part in name for part in parts.split(","))


def run_all(arguments: argparse.Namespace, machine: Machine) -> list[list[Figure]]:
    loops = [loop for loop in contenders.present() if wanted(loop, arguments.loops)]
    rounds, seconds = arguments.rounds, arguments.seconds
    results = []
    echoes = [("protocol", size) for size in (1, 10, 100)]
    echoes += [(way, 1) for way in ("streams", "buffered", "sock")]
    for way, kib in echoes:
        if wanted(f"echo {kib} KiB {way}", arguments.only):
            results.append(measure_echo(machine, loops, way, kib * 1024, rounds, seconds))
            print("\n".join([f"\n{results[-1][0].benchmark}", *table_of(results[-1])]), flush=True)
    for operation in micro.OPERATIONS:
        if wanted(operation.__name__, arguments.only):
            results.append(
                measure_operation(machine, loops, operation.__name__, rounds, seconds / 4)
            )
            print("\n".join([f"\n{results[-1][0].benchmark}", *table_of(results[-1])]), flush=True)
    return results


def main() -> int:
    arguments = parse_arguments()
    package = arguments.build / "python"
    if not (package / "loopscope").exists():
        print(
            f"there is no loopscope in {package}: build first, or name the build folder with --build"
        )
        return 2
    sys.path.insert(0, str(package))
    facts = machine_facts()
    with tempfile.TemporaryDirectory(
        dir="/dev/shm"
    ) as sessions, tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "PYTHONPATH": str(package), "LOOPSCOPE_DIR": sessions}
        machine = Machine(find_client(arguments.build, Path(folder)), env)
        results = run_all(arguments, machine)
    if not results:
        print(f"no benchmark has {arguments.only!r} in its name")
        return 2
    out = arguments.out or arguments.build / "bench"
    out.mkdir(parents=True, exist_ok=True)
    (out / "bench.md").write_text(report(facts, results, arguments.rounds, arguments.seconds))
    document = {
        "machine": facts,
        "figures": [asdict(figure) for figures in results for figure in figures],
    }
    (out / "bench.json").write_text(json.dumps(document, indent=1))
    print(f"\nwritten: {out / 'bench.md'} and {out / 'bench.json'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
