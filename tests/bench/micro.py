"""What one operation of a loop costs: micro.py LOOP OPERATION SECONDS PENDING prints it as JSON.

cpu_ns is the CPU time of the whole process. So it leaves out waits for a timer, and other load of the machine.
wall_ns is time on the clock, for operations in which other threads and processes take part.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time

from asyncio_loops import make_loop

BATCH = 1000
FAR_AWAY_S = 1000.0


async def call_soon(loop, count):
    """A thousand callbacks at a time, scheduled and run."""
    for _ in range(count // BATCH):
        for _ in range(BATCH):
            loop.call_soon(int)
        await asyncio.sleep(0)


def three(first, second, third):
    pass


async def call_soon_with_3_arguments(loop, count):
    for _ in range(count // BATCH):
        for number in range(BATCH):
            loop.call_soon(three, number, None, loop)
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


async def call_soon_threadsafe(loop, count):
    """From the loop's own thread."""
    for _ in range(count // BATCH):
        for _ in range(BATCH):
            loop.call_soon_threadsafe(int)
        await asyncio.sleep(0)


async def call_soon_threadsafe_from_another_thread(loop, count):
    """While the loop runs the callbacks that came."""
    done = loop.create_future()

    def schedule():
        for _ in range(count):
            loop.call_soon_threadsafe(int)
        loop.call_soon_threadsafe(done.set_result, None)

    thread = threading.Thread(target=schedule)
    thread.start()
    await done
    thread.join()


async def timer_set_and_cancelled(loop, count):
    for number in range(count):
        loop.call_later(60, int).cancel()
        if number % BATCH == 0:
            await asyncio.sleep(0)


async def timer_set_and_fired(loop, count):
    """A thousand timers at a time, due within two milliseconds, so that no loop can treat them as call_soon."""
    for _ in range(count // BATCH):
        for number in range(BATCH):
            loop.call_later(0.001 + number * 1e-6, int)
        await asyncio.sleep(0.0021)


async def sleep_0(loop, count):
    for _ in range(count):
        await asyncio.sleep(0)


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


async def nothing():
    pass


async def create_task_and_await(loop, count):
    for _ in range(count):
        await loop.create_task(nothing())


async def gather_of_20000(loop, count):
    """Gathers coroutines that do nothing, and counts each of them."""
    for _ in range(max(1, count // 20_000)):
        await asyncio.gather(*(nothing() for _ in range(20_000)))


async def run_in_executor(loop, count):
    for _ in range(count):
        await loop.run_in_executor(None, int)


async def getaddrinfo_of_a_literal(loop, count):
    for _ in range(count):
        await loop.getaddrinfo("127.0.0.1", 80)


async def subprocess(loop, count):
    for _ in range(count):
        child = await asyncio.create_subprocess_exec("/bin/true")
        await child.wait()


def loop_made_and_closed(name, count):
    for _ in range(count):
        make_loop(name).close()


# How many operations belong together. If that varies, the least number.
STEPS = {
    gather_of_20000: 20_000,
    run_in_executor: 100,
    getaddrinfo_of_a_literal: 100,
    subprocess: 5,
    loop_made_and_closed: 5,
}
OPERATIONS = {
    function.__name__: function
    for function in (
        call_soon,
        call_soon_with_3_arguments,
        call_soon_chain,
        call_soon_threadsafe,
        call_soon_threadsafe_from_another_thread,
        timer_set_and_cancelled,
        timer_set_and_fired,
        sleep_0,
        future_wake_up,
        create_task_and_await,
        *STEPS,
    )
}


def measure(name, loop, operation, count):
    """Seconds of CPU and on the clock."""
    cpu, wall = time.process_time(), time.perf_counter()
    if operation is loop_made_and_closed:
        operation(name, count)
    else:
        loop.run_until_complete(operation(loop, count))
    return time.process_time() - cpu, time.perf_counter() - wall


def main() -> None:
    name, wanted, seconds, pending = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
    operation = OPERATIONS[wanted]
    loop = make_loop(name)
    asyncio.set_event_loop(loop)
    waiting = [loop.call_later(FAR_AWAY_S + number * 1e-4, int) for number in range(pending)]
    count = step = STEPS.get(operation, BATCH)
    while (taken := max(measure(name, loop, operation, count))) < seconds / 10:
        count *= 2
    count = max(step, int(count * seconds / taken) // step * step)
    cpu, wall = measure(name, loop, operation, count)
    print(json.dumps({"cpu_ns": 1e9 * cpu / count, "wall_ns": 1e9 * wall / count}))
    del waiting
    loop.close()


if __name__ == "__main__":
    main()
