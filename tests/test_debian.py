"""A newcomer's machine: tests/debian.sh runs ./run and ./test on a fresh Debian.

It takes a quarter of an hour a release, so it runs only if you ask for it. With LOOPSCOPE_DEBIANS=smoke, as in
continuous integration, ./test runs a part there, with LOOPSCOPE_DEBIANS=whole all of it.
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CANNOT = 77
ASKED = os.environ.get("LOOPSCOPE_DEBIANS", "")
OPTIONS = {"smoke": ["--smoke"], "whole": []}
# A slow machine has the rest of ./test to do, too, and continuous integration has a time limit.
MOST_SECONDS = {"smoke": 25 * 60, "whole": 3 * 3600}

pytestmark = pytest.mark.skipif(
    ASKED not in OPTIONS, reason="not asked for by LOOPSCOPE_DEBIANS=smoke or whole"
)


def debian(release: str) -> tuple[int | None, str]:
    """The exit code of debian.sh (None if it took too long), and its output."""
    command = [ROOT / "tests" / "debian.sh", *OPTIONS[ASKED], release]
    done = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        said, _ = done.communicate(timeout=MOST_SECONDS[ASKED])
        return done.returncode, said
    except subprocess.TimeoutExpired:
        os.killpg(done.pid, signal.SIGKILL)  # and all processes of that system with it
        return None, done.communicate()[0]


@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("release", ["12", "13"])
def test_a_fresh_debian_runs_and_tests_it(release: str) -> None:
    code, said = debian(release)
    if code == CANNOT:
        pytest.skip(said.strip().splitlines()[-1])
    if code is None:
        pytest.skip(f"not done within {MOST_SECONDS[ASKED] // 60} minutes; until then: {said}")
    assert code == 0, said
