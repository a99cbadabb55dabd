"""The order of callbacks from different sources. User code must observe asyncio's order."""

from __future__ import annotations

import socket
import time

import pytest


@pytest.fixture
def pair():
    left, right = socket.socketpair()
    left.setblocking(False)
    right.setblocking(False)
    with left, right:
        yield left, right


def run_until(loop, order, count):
    """Runs until `order` has `count` entries, and a little longer, to catch surplus ones."""

    def check():
        if len(order) >= count:
            loop.call_later(0.005, loop.stop)
        else:
            loop.call_soon(check)

    loop.call_later(0.01, check)
    loop.run_forever()


def test_ready_then_input_then_due_timers(loop, pair):
    left, right = pair
    order = []
    right.send(b"x")

    def read():
        left.recv(1)
        order.append("input")

    loop.call_soon(order.append, "ready")
    loop.add_reader(left, read)
    loop.call_at(loop.time() - 1, order.append, "timer")
    run_until(loop, order, 3)
    assert order == ["ready", "input", "timer"]


def test_what_a_ready_callback_schedules_runs_behind_input_and_timers_of_the_same_poll(loop, pair):
    left, right = pair
    order = []

    def read():
        left.recv(1)
        order.append("input")

    def first():
        order.append("first")
        right.send(b"x")
        loop.call_at(loop.time() - 1, order.append, "timer")
        loop.call_soon(order.append, "second")

    loop.add_reader(left, read)
    loop.call_soon(first)
    run_until(loop, order, 4)
    assert order == ["first", "second", "input", "timer"]


def test_what_input_schedules_runs_after_the_timers_of_the_same_poll(loop, pair):
    left, right = pair
    order = []

    def read():
        left.recv(1)
        order.append("input")
        loop.call_soon(order.append, "of input")

    def arrange():
        right.send(b"x")
        loop.call_at(loop.time() - 1, order.append, "timer")

    loop.add_reader(left, read)
    loop.call_soon(arrange)
    run_until(loop, order, 3)
    assert order == ["input", "timer", "of input"]


def test_after_a_sleep_input_schedules_behind_input(loop, pair):
    """Nothing is queued while the loop sleeps, so a reader runs before the callbacks that it schedules."""
    left, right = pair
    order = []

    def read(number, end):
        end.recv(1)
        order.append(number)
        loop.call_soon(order.append, -number)

    loop.add_reader(left, read, 1, left)
    loop.add_reader(right, read, 2, right)

    import threading

    def send():
        time.sleep(0.02)
        left.send(b"x")
        right.send(b"x")

    thread = threading.Thread(target=send)
    thread.start()
    run_until(loop, order, 4)
    thread.join()
    assert order.index(1) < order.index(-1) and order.index(2) < order.index(-2)


def test_due_timers_run_in_order_of_time_behind_the_ready_queue(loop):
    order = []
    now = loop.time()
    loop.call_at(now - 1, order.append, "late")
    loop.call_at(now - 2, order.append, "early")
    loop.call_soon(order.append, "ready")
    loop.call_later(0.01, loop.stop)
    loop.run_forever()
    assert order == ["ready", "early", "late"]


def test_a_timer_that_a_timer_sets_to_now_waits_for_the_next_iteration(loop):
    order = []

    def first():
        order.append("first")
        loop.call_at(loop.time() - 5, order.append, "third")

    now = loop.time()
    loop.call_at(now - 2, first)
    loop.call_at(now - 1, order.append, "second")
    loop.call_later(0.01, loop.stop)
    loop.run_forever()
    assert order == ["first", "second", "third"]


def test_call_soon_of_a_due_timer_comes_after_the_other_due_timers(loop):
    order = []
    now = loop.time()
    loop.call_at(now - 2, lambda: (order.append("timer 1"), loop.call_soon(order.append, "soon")))
    loop.call_at(now - 1, order.append, "timer 2")
    loop.call_later(0.01, loop.stop)
    loop.run_forever()
    assert order == ["timer 1", "timer 2", "soon"]


def test_reader_runs_before_writer_of_the_same_descriptor(loop, pair):
    left, right = pair
    order = []

    def read():
        left.recv(10)
        order.append("read")

    def write():
        order.append("write")
        loop.remove_writer(left)

    right.send(b"x")
    loop.add_writer(left, write)
    loop.add_reader(left, read)
    run_until(loop, order, 2)
    assert order == ["read", "write"]


def test_a_reader_that_replaces_another_waits_for_a_poll_of_its_own(loop, pair):
    order = []
    for mine, other in (pair, pair[::-1]):
        other.send(b"x")

        def read(mine=mine, other=other):
            mine.recv(1)
            if not order:  # the other one's input has come with the same poll
                loop.add_reader(other, replaced, other)
                loop.call_soon(order.append, "scheduled meanwhile")
                order.append("first")
            else:
                order.append("the one that was replaced")

        loop.add_reader(mine, read)

    def replaced(sock):
        sock.recv(1)
        order.append("new")

    run_until(loop, order, 3)
    for sock in pair:
        loop.remove_reader(sock)
    assert order == ["first", "scheduled meanwhile", "new"]


def test_data_received_runs_behind_what_was_ready_before_the_poll(loop, pair):
    import asyncio

    left, right = pair
    order = []

    class Protocol(asyncio.Protocol):
        def data_received(self, data):
            order.append("data")

    async def arrange():
        transport, _ = await loop.create_connection(Protocol, sock=left)
        right.send(b"x")
        loop.call_soon(order.append, "ready")
        await asyncio.sleep(0.02)
        transport.close()

    loop.run_until_complete(arrange())
    assert order == ["ready", "data"]


def test_connection_made_runs_before_data_received(loop):
    import asyncio

    order = []
    client = socket.socket()

    class Protocol(asyncio.Protocol):
        def connection_made(self, transport):
            order.append("made")

        def data_received(self, data):
            order.append(data)

        def eof_received(self):
            order.append("eof")

        def connection_lost(self, error):
            order.append(("lost", error))

    async def serve():
        server = await loop.create_server(Protocol, "127.0.0.1", 0)
        client.connect(server.sockets[0].getsockname())
        client.send(b"early")
        client.close()
        while len(order) < 4:
            await asyncio.sleep(0.001)
        server.close()
        await server.wait_closed()

    loop.run_until_complete(serve())
    assert order == ["made", b"early", "eof", ("lost", None)]
