#!/usr/bin/python3
"""What it costs to know every moment of a trace: moment_cost.py SESSION

Prints the time and the memory that the key frames and the events take, and how long one moment takes to build.
"""

from __future__ import annotations

import random
import sys
import time

from loopscope import _trace

QUESTIONS = 1_000


def main() -> None:
    session = _trace.Session(_trace.find_session(sys.argv[1]))
    moments = _trace.Moments(session)
    begin = time.process_time()
    moments.follow()
    built_s = time.process_time() - begin
    span_s = (moments.last_ns - moments.first_ns) / 1e9
    print(f"{moments.events:,} events of {span_s:.1f} s, {moments.key_frames:,} key frames")
    each_ns = built_s * 1e9 / moments.events
    print(f"built in {built_s * 1e3:.0f} ms, {each_ns:.0f} ns an event")
    print(f"takes {moments.bytes / 2**20:.1f} MiB")
    times = []
    for _ in range(QUESTIONS):
        t_ns = random.randint(moments.first_ns, moments.last_ns)
        begin = time.perf_counter()
        moments.at(t_ns)
        times.append(time.perf_counter() - begin)
    times.sort()
    print(
        f"a moment, as Python objects: {times[len(times) // 2] * 1e3:.2f} ms, at most {times[-1] * 1e3:.2f} ms"
    )


main()
