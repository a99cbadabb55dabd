"""Where to look: the wake-ups in the poll phase, and how long the loop waits for the GIL after each.

Three threads pass results to the loop with call_soon_threadsafe(). One of them computes in Python, and
so keeps the GIL from the loop.
"""

import asyncio
import threading
import time


def take(result: int) -> None:
    pass


def wait_and_report(loop: asyncio.AbstractEventLoop, pause_s: float) -> None:
    number = 0
    while not loop.is_closed():
        time.sleep(pause_s)
        number += 1
        loop.call_soon_threadsafe(take, number)


def compute_and_report(loop: asyncio.AbstractEventLoop) -> None:
    while not loop.is_closed():
        loop.call_soon_threadsafe(take, sum(range(300_000)))
        time.sleep(0.02)


async def main() -> None:
    loop = asyncio.get_running_loop()
    for target, *arguments in (
        (wait_and_report, loop, 0.010),
        (wait_and_report, loop, 0.033),
        (compute_and_report, loop),
    ):
        threading.Thread(target=target, args=arguments, daemon=True).start()
    await asyncio.sleep(60)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
