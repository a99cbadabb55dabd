"""What tracing costs an operation, measured and as the app says: tracing_cost.py OPERATION LEVEL SECONDS APP_SAYS

OPERATION is one of micro.py's, or echo_of_1_kib, which has both ends of ten connections on this loop. Prints JSON.
measured_ns is CPU time with tracing at LEVEL minus that with tracing off. The two take turns of milliseconds in one
process, so that the machine's state is the same for both. said_ns is the estimate of the app's own code for the trace
of the same program.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import subprocess
import sys
import time

from asyncio_loops import make_loop
from micro import OPERATIONS

TURN_S = 0.005
SETTLE_S = 0.0015  # a level is taken up at the next poll
WATCH_S = 1.6
CONNECTIONS = 10
MESSAGES = 1000
MESSAGE = bytes(1024)


class PingPong(asyncio.Protocol):
    """Goes on for ever. A turn ends after a number of messages, however long other programs hold the CPU meanwhile."""

    left = 0
    done: asyncio.Future[None] | None = None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)
        PingPong.left -= 1
        if PingPong.left == 0 and PingPong.done:
            PingPong.done.set_result(None)


async def connect(loop):
    server = await loop.create_server(PingPong, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for _ in range(CONNECTIONS):
        transport, _ = await loop.create_connection(PingPong, "127.0.0.1", port)
        transport.write(MESSAGE)
    return server


async def echo_turn():
    PingPong.done, PingPong.left = asyncio.get_running_loop().create_future(), MESSAGES
    await PingPong.done
    return MESSAGES


def make_turn(loop, name):
    """A function that does the operation for a moment and returns how often."""
    if name == "echo_of_1_kib":
        server = loop.run_until_complete(connect(loop))
        return lambda: loop.run_until_complete(echo_turn()), server
    operation, count = OPERATIONS[name], 1000
    while True:
        began = time.thread_time()
        loop.run_until_complete(operation(loop, count))
        if time.thread_time() - began > TURN_S / 2:
            break
        count *= 2

    def turn():
        loop.run_until_complete(operation(loop, count))
        return count

    return turn, None


def undisturbed(samples):
    """The mean of the lower half without the very lowest, because other programs only ever add time."""
    ordered = sorted(samples)
    return statistics.mean(ordered[len(ordered) // 20 : max(len(ordered) // 2, 1)])


def measure(loop, turn, level, seconds):
    """CPU ns of an operation by level."""
    samples: dict[str, list[float]] = {"off": [], level: []}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for now in random.sample(list(samples), 2):
            loop.trace_level = now
            loop.run_until_complete(asyncio.sleep(SETTLE_S))
            began = time.thread_time_ns()
            count = turn()
            samples[now].append((time.thread_time_ns() - began) / max(count, 1))
    return undisturbed(samples["off"]), undisturbed(samples[level])


def ask_app(loop, turn, level, app_says):
    """The app's estimate for an operation, and how many events it has."""
    from loopscope import _trace

    loop.trace_level = level
    loop.run_until_complete(asyncio.sleep(SETTLE_S))
    session = _trace.Session(loop.session_path)
    watcher = subprocess.Popen(
        [app_says, loop.session_path, str(WATCH_S)], stdout=subprocess.PIPE, text=True
    )
    events, count = session.counters()["events"], 0
    while watcher.poll() is None:
        count += turn()
    events = session.counters()["events"] - events
    said = json.loads(watcher.communicate()[0])
    return said["event_ns"] * events / count, events / count


def main() -> None:
    name, level, seconds, app_says = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4]
    loop = make_loop(f"loopscope {level}")
    asyncio.set_event_loop(loop)
    turn, keep = make_turn(loop, name)
    off, on = measure(loop, turn, level, seconds)
    said, events = ask_app(loop, turn, level, app_says)
    figures = {
        "measured_ns": on - off,
        "said_ns": said,
        "said_of_measured": said / (on - off) if on > off else 0.0,
        "traced_events": events,
        "measured_percent": 100 * (on - off) / off,
    }
    print(json.dumps(figures))
    del keep


if __name__ == "__main__":
    main()
