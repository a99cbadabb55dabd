"""How late a loop's timers are: lateness.py LOOP DELAY_US SECONDS prints it as JSON.

call_later() sets one timer at a time in a loop that has nothing else to do. late_us is the time from the moment when it
was due to the first line of its callback, the median of all. A value below 0 was early.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time

from asyncio_loops import make_loop

LEAST = 20
MOST = 2000


async def lateness_of_one(loop: asyncio.AbstractEventLoop, delay: float) -> float:
    """In seconds."""
    came = loop.create_future()

    def fire() -> None:
        came.set_result(time.monotonic())

    due = time.monotonic() + delay
    loop.call_later(delay, fire)
    at = await came
    return at - due


async def lateness(loop: asyncio.AbstractEventLoop, delay: float, seconds: float) -> list[float]:
    end = time.monotonic() + seconds
    found: list[float] = []
    while len(found) < LEAST or (time.monotonic() < end and len(found) < MOST):
        found.append(await lateness_of_one(loop, delay))
    return found


def main() -> None:
    name, delay_us, seconds = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    loop = make_loop(name)
    asyncio.set_event_loop(loop)
    found = loop.run_until_complete(lateness(loop, delay_us / 1e6, seconds))
    early = sum(late < 0 for late in found)
    print(
        json.dumps(
            {
                "late_us": 1e6 * statistics.median(found),
                "late_p99_us": 1e6 * statistics.quantiles(found, n=100)[98],
                "early_percent": 100 * early / len(found),
            }
        )
    )
    loop.close()


if __name__ == "__main__":
    main()
