"""CPython's own tests of asyncio pass on loopscope's loop. run.py in this folder shows each of them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import run  # noqa: E402

pytest.importorskip(
    "test.test_asyncio",
    reason="this Python comes without its tests: install libpython3.11-testsuite",
)
JOBS = os.cpu_count() or 1


@pytest.mark.timeout(500)
def test_the_core_of_test_asyncio_passes_as_it_does_on_stock_asyncio():
    outcomes = run.run_tests("loopscope", pattern="core.", wide=False, jobs=JOBS, seconds=60)
    assert len(outcomes) >= 100
    assert run.judge("loopscope", outcomes) == []


@pytest.mark.timeout(500)
@pytest.mark.parametrize(
    "module",
    "streams subprocess ssl taskgroups timeouts waitfor threads runners context".split(),
)
def test_a_module_that_takes_its_loop_from_the_policy_passes(module):
    outcomes = run.run_tests(
        "loopscope", pattern=f"wide.test_{module}.", wide=True, jobs=JOBS, seconds=60
    )
    if not outcomes:
        pytest.skip(f"this Python has no test_{module}")
    assert run.judge("loopscope", outcomes) == []
