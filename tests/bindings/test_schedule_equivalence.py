"""Random programs of call_soon, call_later, cancel and I/O run in the same order on both loops.

Timers of a program that are due together lie in the past. Others are so far apart that a slow machine cannot
exchange them. So the order is a function of the program alone, and the stock loop's order is right.
"""

from __future__ import annotations

import asyncio
import dataclasses
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loops import factory_of

LATE_SECONDS = [-3.0, -2.0, -1.0]  # due at once, in this order


@dataclasses.dataclass(frozen=True)
class Step:
    """What one callback does when it runs: an action each, in order."""

    actions: tuple


actions = st.deferred(
    lambda: st.one_of(
        st.tuples(st.just("soon"), steps),
        st.tuples(st.just("threadsafe"), steps),
        st.tuples(st.just("timer"), st.sampled_from(LATE_SECONDS), steps),
        st.tuples(st.just("cancel"), st.integers(0, 30)),
        st.tuples(st.just("input"), steps),
        st.tuples(st.just("future"), steps),
        st.just(("fail",)),
    )
)
steps = st.builds(Step, st.lists(actions, max_size=4).map(tuple))
programs = st.lists(actions, min_size=1, max_size=8).map(tuple).map(Step)


class Machine:
    """Runs a program on a loop and writes down the order of its callbacks."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.order: list[int] = []
        self.handles: list[asyncio.Handle] = []
        self.pending = 0
        self.numbers = 0
        self.inputs: list[tuple[int, Step]] = []
        self.left, self.right = socket.socketpair()
        self.base = loop.time()
        loop.add_reader(self.left, self.read)
        loop.set_exception_handler(lambda loop, context: self.order.append(-1))

    def run(self, program: Step) -> list[int]:
        self.loop.call_soon(self.step, 0, program)
        self.loop.call_later(0.002, self.stop_when_done)
        self.loop.run_forever()
        self.loop.remove_reader(self.left)
        self.left.close()
        self.right.close()
        return self.order

    def stop_when_done(self) -> None:
        if self.loop.time() < self.base + 5:
            if self.inputs or self.order[-1:] != self.seen:
                self.seen = self.order[-1:]
                self.loop.call_later(0.002, self.stop_when_done)
                return
        self.loop.stop()

    seen: list[int] = [-2]

    def read(self) -> None:
        self.left.recv(1)
        number, step = self.inputs.pop(0)
        self.step(number, step)

    def step(self, number: int, step: Step) -> None:
        self.order.append(number)
        for action in step.actions:
            self.act(*action)

    def act(self, kind: str, *details) -> None:
        self.numbers += 1
        number = self.numbers
        if kind == "soon":
            self.handles.append(self.loop.call_soon(self.step, number, *details))
        elif kind == "threadsafe":
            self.handles.append(self.loop.call_soon_threadsafe(self.step, number, *details))
        elif kind == "timer":
            late, step = details
            # equal times may run in any order, so each has its own
            when = self.base + late + number * 1e-6
            self.handles.append(self.loop.call_at(when, self.step, number, step))
        elif kind == "cancel" and self.handles:
            self.handles[details[0] % len(self.handles)].cancel()
        elif kind == "input":
            self.inputs.append((number, details[0]))
            self.right.send(b"x")
        elif kind == "future":
            future = self.loop.create_future()
            future.add_done_callback(lambda _: self.step(number, details[0]))
            future.set_result(None)
        elif kind == "fail":
            raise ZeroDivisionError


def order_on(loop_name: str, program: Step) -> list[int]:
    loop = factory_of(loop_name)()
    try:
        return Machine(loop).run(program)
    finally:
        loop.close()


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(program=programs)
def test_a_random_program_runs_in_the_same_order(loop_name, program):
    assert order_on(loop_name, program) == order_on("stock", program)


@pytest.mark.parametrize("count", [1, 10, 1000])
def test_a_wide_program_runs_in_the_same_order(loop_name, count):
    leaf = Step(())
    kinds = [("soon", leaf), ("input", leaf), ("timer", -1.0, leaf), ("threadsafe", leaf)]
    program = Step(tuple(kinds[n % 4] for n in range(count)))
    assert order_on(loop_name, program) == order_on("stock", program)
