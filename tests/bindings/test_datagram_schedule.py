"""Datagrams that wait together come in the same order as on asyncio's loop, with everything else that a program does.

asyncio polls before each datagram. loopscope skips a poll that could bring only the next datagram. But a callback, a
timer or another descriptor that a datagram makes ready must still run between two datagrams.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loops import factory_of


@dataclasses.dataclass(frozen=True)
class Step:
    """What one callback does when it runs: an action each, in order."""

    actions: tuple


actions = st.deferred(
    lambda: st.one_of(
        st.tuples(st.just("datagram"), steps),
        st.tuples(st.just("datagram"), steps),
        st.tuples(st.just("soon"), steps),
        st.tuples(st.just("timer"), steps),
        st.tuples(st.just("threadsafe"), steps),
        st.tuples(st.just("byte"), steps),
        st.just(("stop",)),
        st.just(("fail",)),
    )
)
steps = st.builds(Step, st.lists(actions, max_size=4).map(tuple))
programs = st.lists(actions, min_size=1, max_size=8).map(tuple).map(Step)


class Machine(asyncio.DatagramProtocol):
    """Runs a program on a loop and writes down the order of its callbacks."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.order: list[object] = []
        self.steps: list[Step] = []
        self.left, self.right = socket.socketpair()
        self.left.setblocking(False)
        self.base = loop.time()
        self.looked_at = -1
        loop.set_exception_handler(lambda loop, context: self.order.append("raised"))

    def run(self, program: Step) -> list[object]:
        self.transport, _ = self.loop.run_until_complete(
            self.loop.create_datagram_endpoint(lambda: self, ("127.0.0.1", 0))
        )
        self.sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sender.connect(self.transport.get_extra_info("sockname"))
        with self.left, self.right, self.sender:
            self.loop.call_soon(self.step, -1, program)
            while not self.is_done():
                last = self.loop.call_later(0.002, self.loop.stop)
                self.loop.run_forever()
                last.cancel()  # a program that stopped by itself leaves it for a later run
                self.order.append("stopped")
            self.loop.remove_reader(self.left)
            self.transport.close()
            self.loop.run_until_complete(asyncio.sleep(0))
        return [step for step in self.order if step != "stopped"]

    def is_done(self) -> bool:
        before, self.looked_at = self.looked_at, sum(step != "stopped" for step in self.order)
        return before == self.looked_at

    def datagram_received(self, data, address):
        self.step(int(data), self.steps[int(data)])

    def read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            number = int.from_bytes(self.left.recv(2), "big")
            self.step(number, self.steps[number])

    def step(self, number: int, step: Step) -> None:
        self.order.append(number)
        for action in step.actions:
            self.act(*action)

    def act(self, kind: str, *details) -> None:
        number = len(self.steps)
        self.steps.append(*details or [Step(())])
        if kind == "datagram":
            self.sender.send(b"%d" % number)
        elif kind == "soon":
            self.loop.call_soon(self.step, number, *details)
        elif (
            kind == "timer"
        ):  # due since long; equal times may run in any order, so each has its own
            self.loop.call_at(self.base - 1 + number * 1e-6, self.step, number, *details)
        elif kind == "threadsafe":
            self.loop.call_soon_threadsafe(self.step, number, *details)
        elif kind == "byte":
            self.right.send(number.to_bytes(2, "big"))
        elif kind == "watch":
            self.loop.add_reader(self.left, self.read)
        elif kind == "stop":
            self.loop.stop()
        elif kind == "fail":
            raise ZeroDivisionError


def order_on(loop_name: str, program: Step, others: bool = False) -> list[object]:
    loop = factory_of(loop_name)()
    try:
        machine = Machine(loop)
        if others:
            machine.act("watch")
        return machine.run(program)
    finally:
        loop.close()


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(program=programs, others=st.booleans())
def test_a_random_program_with_datagrams_runs_in_the_same_order(loop_name, program, others):
    """The same if nobody waits for another descriptor, and its bytes are never read."""
    assert order_on(loop_name, program, others) == order_on("stock", program, others)


LEAF = Step(())


@pytest.mark.parametrize("kind", ["soon", "timer", "threadsafe", "datagram", "byte"])
def test_what_a_datagram_leads_to_has_its_turn_between_datagrams(loop_name, kind):
    leads_to = Step((("watch",), (kind, LEAF)))
    program = Step((("datagram", leads_to), *[("datagram", Step(((kind, LEAF),)))] * 20))
    order = order_on(loop_name, program)
    assert order == order_on("stock", program)
    assert len(order) == 1 + 21 * 2


def test_no_datagram_comes_after_stop_until_the_loop_runs_again(loop):
    received = []

    class Stops(asyncio.DatagramProtocol):
        def datagram_received(self, data, address):
            received.append(data)
            loop.stop()

    transport = send_three(loop, Stops)
    for expected in ([b"0"], [b"0", b"1"], [b"0", b"1", b"2"]):
        loop.run_forever()
        assert received == expected
    transport.close()
    loop.run_until_complete(asyncio.sleep(0))


def test_no_datagram_comes_after_close(loop):
    received = []

    class Closes(asyncio.DatagramProtocol):
        def datagram_received(self, data, address):
            received.append(data)
            transport.close()

        def connection_lost(self, error):
            loop.stop()

    transport = send_three(loop, Closes)
    loop.run_forever()
    assert received == [b"0"]


def test_a_datagram_behind_a_keyboard_interrupt_waits_for_the_next_run(loop):
    received = []

    class Interrupted(asyncio.DatagramProtocol):
        def datagram_received(self, data, address):
            received.append(data)
            raise KeyboardInterrupt

    transport = send_three(loop, Interrupted)
    for count in (1, 2, 3):
        with pytest.raises(KeyboardInterrupt):
            loop.run_forever()
        assert len(received) == count
    transport.close()
    loop.run_until_complete(asyncio.sleep(0))


def send_three(loop, factory):
    """A transport for which three datagrams wait."""
    transport, _ = loop.run_until_complete(loop.create_datagram_endpoint(factory, ("127.0.0.1", 0)))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(3):
            sender.sendto(b"%d" % number, transport.get_extra_info("sockname"))
    return transport
