"""Where to look: the timers in the timeline. drifting() moves away from the grid, punctual() stays on it.

Two ways to do something ten times a second: count from now, or from the time when it was due.
"""

import asyncio
import time

PERIOD_S = 0.1


def work() -> None:
    time.sleep(0.003)


def drifting(loop: asyncio.AbstractEventLoop) -> None:
    work()
    loop.call_later(PERIOD_S, drifting, loop)


def punctual(loop: asyncio.AbstractEventLoop, due: float) -> None:
    work()
    loop.call_at(due + PERIOD_S, punctual, loop, due + PERIOD_S)


async def main() -> None:
    loop = asyncio.get_running_loop()
    loop.call_soon(drifting, loop)
    loop.call_soon(punctual, loop, loop.time())
    await asyncio.sleep(60)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
