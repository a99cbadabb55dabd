"""What one operation of a loop costs: micro.py LOOP OPERATION SECONDS prints ns of CPU time per operation.

CPU time of the whole process, not time on the wall: so waiting for a timer costs nothing, and neither does a
machine that has other things to do.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time

from contenders import make_loop

BATCH = 1000


async def call_soon(loop, count):
    """A thousand callbacks at a time, scheduled and run."""
    for _ in range(count // BATCH):
        for _ in range(BATCH):
            loop.call_soon(int)
        await asyncio.sleep(0)


async def call_soon_chain(loop, count):
    """Each callback schedules the next."""
    done = loop.create_future()

    def step(left):
        if left:
            loop.call_soon(step, left - 1)
        else:
            done.set_result(None)

    loop.call_soon(step, count)
    await done


async def sleep_0(loop, count):
    for _ in range(count):
        await asyncio.sleep(0)


async def timer_set_and_cancelled(loop, count):
    for number in range(count):
        loop.call_later(60, int).cancel()
        if number % BATCH == 0:
            await asyncio.sleep(0)


async def timer_set_and_fired(loop, count):
    """A thousand timers at a time, within two milliseconds: no loop can take them for call_soon."""
    for _ in range(count // BATCH):
        for number in range(BATCH):
            loop.call_later(0.001 + number * 1e-6, int)
        await asyncio.sleep(0.0021)


async def call_soon_threadsafe(loop, count):
    """From another thread, while the loop runs what came."""
    done = loop.create_future()

    def schedule():
        for _ in range(count):
            loop.call_soon_threadsafe(int)
        loop.call_soon_threadsafe(done.set_result, None)

    thread = threading.Thread(target=schedule)
    thread.start()
    await done
    thread.join()


async def create_task_and_await(loop, count):
    async def nothing():
        pass

    for _ in range(count):
        await loop.create_task(nothing())


async def future_wake_up(loop, count):
    """Two tasks wake each other through futures."""
    futures = [loop.create_future(), loop.create_future()]

    async def side(mine):
        for _ in range(count // 2):
            await futures[mine]
            futures[mine] = loop.create_future()
            if not futures[1 - mine].done():
                futures[1 - mine].set_result(None)

    sides = [asyncio.ensure_future(side(0)), asyncio.ensure_future(side(1))]
    await asyncio.sleep(0)
    futures[0].set_result(None)
    await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
    for task in sides:
        task.cancel()


OPERATIONS = [
    call_soon,
    call_soon_chain,
    sleep_0,
    timer_set_and_cancelled,
    timer_set_and_fired,
    call_soon_threadsafe,
    create_task_and_await,
    future_wake_up,
]


def measure(loop, operation, count: int) -> float:
    begin = time.process_time()
    loop.run_until_complete(operation(loop, count))
    return time.process_time() - begin


def main() -> None:
    name, wanted, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    operation = next(operation for operation in OPERATIONS if operation.__name__ == wanted)
    loop = make_loop(name)
    count = 2 * BATCH
    while (taken := measure(loop, operation, count)) < seconds / 10:
        count *= 2
    count = max(BATCH, int(count * seconds / taken) // BATCH * BATCH)
    print(1e9 * measure(loop, operation, count) / count)
    loop.close()


if __name__ == "__main__":
    main()
