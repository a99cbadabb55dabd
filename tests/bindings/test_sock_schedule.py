"""Random programs around one socket run in the same order on both loops, so sock_* calls take asyncio's iterations.

They receive from one descriptor only, because the kernel promises no order among several.
"""

from __future__ import annotations

import asyncio
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loops import factory_of
from programs import PATIENCE_S

receiver_steps = st.lists(
    st.one_of(
        st.tuples(st.just("recv"), st.integers(1, 5)),
        st.tuples(st.just("recv_into"), st.integers(1, 5)),
        st.tuples(st.just("turn"), st.integers(1, 2)),
        st.just(("soon", 0)),
    ),
    max_size=8,
)
actor_steps = st.lists(
    st.one_of(
        st.tuples(st.just("sendall"), st.integers(1, 9)),
        st.tuples(st.just("turn"), st.integers(1, 3)),
        st.just(("soon", 0)),
        st.just(("cancel", 0)),
    ),
    max_size=8,
)


class Machine:
    """Runs one task that receives and some that send, and writes down what they do and get."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.order: list = []
        self.left, self.right = socket.socketpair()
        self.left.setblocking(False)
        self.right.setblocking(False)
        self.waiting: asyncio.Task | None = None

    async def receive(self, steps) -> None:
        buffer = bytearray(9)
        for number, (kind, amount) in enumerate(steps):
            try:
                if kind == "recv":
                    got = await self.loop.sock_recv(self.left, amount)
                elif kind == "recv_into":
                    count = await self.loop.sock_recv_into(self.left, memoryview(buffer)[:amount])
                    got = bytes(buffer[:count])
                else:
                    got = await self.turn("receiver", number, kind, amount)
            except asyncio.CancelledError:
                got = "cancelled"
            self.order.append(("receiver", number, got))

    async def act(self, name, steps) -> None:
        for number, (kind, amount) in enumerate(steps):
            if kind == "sendall":
                await self.loop.sock_sendall(self.right, b"%d" % number * amount)
            elif kind == "cancel":
                self.order.append((name, number, self.waiting.cancel()))
            else:
                await self.turn(name, number, kind, amount)
            self.order.append((name, number, kind))

    async def turn(self, name, number, kind, amount) -> None:
        if kind == "soon":
            self.loop.call_soon(self.order.append, (name, number, "soon"))
        else:
            for _ in range(amount):
                await asyncio.sleep(0)

    async def main(self, receiver, actors) -> None:
        self.waiting = self.loop.create_task(self.receive(receiver))
        tasks = [self.loop.create_task(self.act(n, steps)) for n, steps in enumerate(actors)]
        await asyncio.gather(*tasks)
        for _ in range(5):
            await asyncio.sleep(0)
        self.right.close()
        await self.waiting


def order_on(loop_name: str, receiver, actors) -> list:
    loop = factory_of(loop_name)()
    machine = Machine(loop)
    try:
        loop.run_until_complete(asyncio.wait_for(machine.main(receiver, actors), PATIENCE_S))
        return machine.order
    finally:
        machine.left.close()
        machine.right.close()
        loop.close()


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(receiver=receiver_steps, actors=st.lists(actor_steps, max_size=3))
def test_a_random_program_runs_in_the_same_order(loop_name, receiver, actors):
    assert order_on(loop_name, receiver, actors) == order_on("stock", receiver, actors)


@pytest.mark.parametrize("length", [1, 10, 100])
def test_a_conversation_takes_the_same_number_of_turns(loop_name, length):
    receiver = [("recv", 5)] * length
    actor = [("sendall", 3), ("turn", 1)] * length
    assert order_on(loop_name, receiver, [actor]) == order_on("stock", receiver, [actor])
