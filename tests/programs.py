"""Programs that tests start and wait for."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable

Started = subprocess.Popen[str]
# AddressSanitizer keeps for a while what is freed: a process grows by it.
FREED_MEMORY_IS_KEPT = "asan" in os.environ.get("LD_PRELOAD", "")


def wait_until(condition: Callable[[], object], what: str, timeout_s: float = 10.0) -> None:
    """Fails with `what` if the condition does not come true in time."""
    give_up = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < give_up, f"waited {timeout_s} s in vain until {what}"
        time.sleep(0.01)
