"""Random misuse of transports and descriptors: see misuse.py. LOOPSCOPE_MISUSE_SEEDS=30 tries more of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SEEDS = int(os.environ.get("LOOPSCOPE_MISUSE_SEEDS", "4"))
SECONDS = 240


@pytest.mark.timeout(SECONDS + 30)
@pytest.mark.parametrize("level", ["phases", "tasks"])
@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_server_is_left_deaf_and_nothing_crashes(seed, level):
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", Path(__file__).with_name("misuse.py"), str(seed)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "LOOPSCOPE_LEVEL": level,
        },
    )
    assert done.returncode == 0, done.stderr
    assert "every server answers" in done.stdout
