"""CPython's own tests of asyncio pass on loopscope's loop. run.py in this folder shows each of them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import run  # noqa: E402

pytest.importorskip(
    "test.test_asyncio",
    reason="this Python comes without its tests: install libpython{}.{}-testsuite".format(
        *sys.version_info
    ),
)
JOBS = 2 * (os.cpu_count() or 1)  # many tests mostly wait
CORE = "Events Sockets Sendfile Server BufferedProtocol Subprocesses".split()
WIDE = (
    "base_events context eager_task_factory events free_threading futures futures2 graph locks pep492 protocols "
    "queues runners server server_context ssl sslproto staggered streams subprocess taskgroups tasks threads "
    "timeouts tools transports unix_events waitfor"
).split()
WITHOUT_A_LOOP = {
    "futures",
    "protocols",
    "transports",
}  # they need none, or one with a clock of its own

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def outcomes() -> list[run.Outcome]:
    return run.run_tests("loopscope", pattern="", jobs=JOBS, seconds=60)


def of_group(outcomes: list[run.Outcome], group: str) -> list[run.Outcome]:
    chosen = [outcome for outcome in outcomes if outcome.name.startswith(group + ".")]
    if not chosen:
        pytest.skip(f"this Python has no {group}")
    return chosen


def made(outcomes: list[run.Outcome], whose: str) -> int:
    return sum(outcome.loops.get(whose, 0) for outcome in outcomes)


@pytest.mark.parametrize("mixin", CORE)
def test_a_mixin_for_testing_a_loop_passes(outcomes, mixin):
    chosen = of_group(outcomes, f"core.{mixin}")
    assert run.judge("loopscope", chosen) == []
    assert made(chosen, "ours") >= len(chosen)


@pytest.mark.parametrize("module", WIDE)
def test_a_module_passes(outcomes, module):
    assert run.judge("loopscope", of_group(outcomes, f"wide.test_{module}")) == []


@pytest.mark.parametrize("module", sorted(set(WIDE) - WITHOUT_A_LOOP))
def test_the_loops_of_a_module_are_ours(outcomes, module):
    chosen = of_group(outcomes, f"wide.test_{module}")
    assert made(chosen, "ours") > 0
    assert made(chosen, "asyncio's") == 0


def test_every_module_of_the_suite_is_looked_at(outcomes):
    groups = {".".join(outcome.name.split(".")[:2]) for outcome in outcomes}
    assert groups <= {f"core.{name}" for name in CORE} | {f"wide.test_{name}" for name in WIDE}


def test_the_exceptions_are_documented():
    page = (HERE.parent.parent / "docs" / "conformance.md").read_text()
    documented = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `test_")}
    assert documented == {name.rsplit(".", 1)[1] for name in run.FOREIGN}
