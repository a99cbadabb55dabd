"""Form and linters, one test for each tool of tests/lint.sh."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PASSED_OVER = 77


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "tool", ["clang-format", "black", "flake8", "mypy", "shellcheck", "clang-tidy"]
)
def test_is_content(tool: str, build_directory: Path) -> None:
    done = subprocess.run(
        [ROOT / "tests" / "lint.sh", tool],
        capture_output=True,
        text=True,
        env={**os.environ, "LOOPSCOPE_BUILD": str(build_directory)},
    )
    if done.returncode == PASSED_OVER:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, (done.stdout + done.stderr)[-8000:]
