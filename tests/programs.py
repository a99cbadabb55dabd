"""Programs that tests start and wait for."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

Started = subprocess.Popen[str]


def wait_until(condition: Callable[[], object], what: str, timeout_s: float = 10.0) -> None:
    """Fails with `what` if the condition does not come true in time."""
    give_up = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < give_up, f"waited {timeout_s} s in vain until {what}"
        time.sleep(0.01)
