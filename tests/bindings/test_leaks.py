"""Nothing stays after loops and connections are closed: no objects, descriptors, threads or warnings."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import os
import socket
import sys
import weakref

import pytest
from tcp import Recorder, connected, until

from programs import FREED_MEMORY_IS_KEPT


def open_descriptors():
    return len(os.listdir("/proc/self/fd"))


class Thing:
    def call(self, *args):
        pass


def test_a_closed_loop_is_freed(loop_factory):
    loop = loop_factory()
    loop.run_until_complete(asyncio.sleep(0.001))
    gone = weakref.ref(loop)
    loop.close()
    del loop
    gc.collect()
    assert gone() is None


def test_a_loop_with_a_cycle_through_a_callback_is_freed(loop_factory):
    loop = loop_factory()
    loop.call_later(100, loop.call_soon, loop)
    loop.call_soon(loop.call_soon, loop)
    gone = weakref.ref(loop)
    loop.close()
    del loop
    gc.collect()
    assert gone() is None


def run_a_class_that_knows_its_loop(loop_factory):
    loop = loop_factory()
    lost = loop.create_future()

    class Knowing(asyncio.Protocol):
        def connection_lost(self, error):
            lost.set_result(error)

    async def main():
        left, right = socket.socketpair()
        transport, _ = await loop.create_connection(Knowing, sock=left)
        transport.close()
        await lost
        right.close()

    loop.run_until_complete(main())
    loop.close()
    return weakref.ref(loop)


def test_a_loop_that_its_protocols_class_knows_is_freed(loop_factory):
    """The trace keeps a class whose method it has named, so the class must not keep the loop."""
    gone = run_a_class_that_knows_its_loop(loop_factory)
    gc.collect()
    assert gone() is None


def test_a_loop_that_was_never_closed_warns(loop_factory):
    loop = loop_factory()
    with pytest.warns(ResourceWarning, match="unclosed event loop"):
        del loop
        gc.collect()


@pytest.mark.parametrize(
    "schedule",
    [
        lambda loop, f: loop.call_soon(f),
        lambda loop, f: loop.call_soon_threadsafe(f),
        lambda loop, f: loop.call_later(0.001, f),
    ],
    ids=["soon", "threadsafe", "later"],
)
class TestCallbacks:
    def test_one_that_ran_is_freed_with_its_arguments(self, loop, schedule):
        thing = Thing()
        gone = weakref.ref(thing)
        schedule(loop, thing.call)
        del thing
        loop.run_until_complete(asyncio.sleep(0.005))
        gc.collect()
        assert gone() is None

    def test_one_still_pending_is_freed_when_the_loop_closes(self, loop, schedule):
        thing = Thing()
        gone = weakref.ref(thing)
        schedule(loop, thing.call)
        del thing
        loop.close()
        gc.collect()
        assert gone() is None

    def test_a_cycle_through_its_handle_is_freed(self, loop, schedule):
        thing = Thing()
        thing.handle = schedule(loop, thing.call)
        gone = weakref.ref(thing)
        loop.run_until_complete(asyncio.sleep(0.005))
        del thing
        gc.collect()
        assert gone() is None


class TestContextsOfManyCallbacks:
    """Each callback has a context of its own, which the collector need not know while the callback waits."""

    MANY = 200
    variable: contextvars.ContextVar[Thing] = contextvars.ContextVar("variable")

    def schedule(self, loop) -> list[weakref.ref]:
        """Each callback's context refers to a thing, which refers to the callback's handle."""
        gone = []

        def keep(thing):
            self.variable.set(thing)

        for _ in range(self.MANY):
            thing = Thing()
            thing.handle = loop.call_soon(keep, thing)
            gone.append(weakref.ref(thing))
        return gone

    def test_a_cycle_through_one_is_freed(self, loop):
        async def main():
            gone = self.schedule(loop)
            await asyncio.sleep(0)
            gc.collect()
            return gone

        assert [ref() for ref in loop.run_until_complete(main())] == [None] * self.MANY

    def test_one_that_never_ran_is_freed(self, loop):
        async def main():
            gone = self.schedule(loop)
            loop.stop()
            return gone

        gone = loop.create_task(main())
        loop.run_forever()
        loop.close()
        gc.collect()
        assert [ref() for ref in gone.result()] == [None] * self.MANY

    def test_a_cycle_through_one_that_was_asked_for_is_freed(self, loop):
        async def main():
            gone = []
            for _ in range(self.MANY):
                thing = Thing()
                context = loop.call_soon(int)._context
                thing.context = context
                context.run(self.variable.set, thing)
                gone.append(weakref.ref(thing))
            del thing, context
            await asyncio.sleep(0)
            gc.collect()
            return gone

        assert [ref() for ref in loop.run_until_complete(main())] == [None] * self.MANY

    def test_the_collector_may_look_while_they_wait_and_run(self, loop):
        async def main():
            ran = []
            for number in range(self.MANY):
                loop.call_soon(lambda number=number: (gc.collect(0), ran.append(number)))
            gc.collect()
            await asyncio.sleep(0)
            return ran

        assert loop.run_until_complete(main()) == list(range(self.MANY))


def test_a_reader_still_added_is_freed_when_the_loop_closes(loop):
    left, right = socket.socketpair()
    thing = Thing()
    gone = weakref.ref(thing)
    loop.add_reader(left, thing.call)
    del thing
    loop.close()
    gc.collect()
    left.close()
    right.close()
    assert gone() is None


def test_protocol_and_transport_are_freed_after_the_connection(loop):
    async def main():
        async with connected() as (remote, client):
            gone = [weakref.ref(p) for p in (remote, client, remote.transport, client.transport)]
            client.transport.write(b"x")
            await until(lambda: remote.received)
            client.transport.close()
            await remote.lost
            await client.lost
        return gone

    gone = loop.run_until_complete(main())
    loop.run_until_complete(asyncio.sleep(0))
    gc.collect()
    assert [reference() for reference in gone] == [None] * 4


def test_descriptors_are_given_back(loop_factory):
    gc.collect()
    before = open_descriptors()
    for _ in range(20):
        loop = loop_factory()

        async def main():
            async with connected() as (remote, client):
                client.transport.write(b"x")
                await until(lambda: remote.received)

        loop.run_until_complete(main())
        loop.close()
    del loop
    gc.collect()
    assert open_descriptors() == before


def test_a_thousand_connections_leave_nothing(loop):
    class Echo(Recorder):
        def data_received(self, data):
            self.transport.write(data)

    async def one(address):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"x" * 100)
        await reader.readexactly(100)
        writer.close()
        await writer.wait_closed()

    async def hundreds(count):
        server = await loop.create_server(Echo, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        for _ in range(count // 50):
            await asyncio.gather(*(one(address) for _ in range(50)))
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0.01)

    loop.run_until_complete(hundreds(200))
    gc.collect()
    descriptors, blocks = open_descriptors(), sys.getallocatedblocks()
    loop.run_until_complete(hundreds(1000))
    gc.collect()
    assert open_descriptors() == descriptors
    assert sys.getallocatedblocks() - blocks < 1000


@pytest.mark.skipif(FREED_MEMORY_IS_KEPT, reason="AddressSanitizer keeps what is freed")
def test_resident_memory_does_not_grow_with_turns(program):
    """Half a million callbacks, timers and messages after a warm-up."""
    result = program.run(
        """
        import resource, socket

        def resident():
            return int(open("/proc/self/statm").read().split()[1]) * 4096

        async def work(turns):
            loop = asyncio.get_running_loop()
            left, right = socket.socketpair()
            left.setblocking(False); right.setblocking(False)
            for _ in range(turns):
                loop.call_soon(int)
                loop.call_later(0, int)
                loop.call_later(50, int).cancel()
                await loop.sock_sendall(left, b"x")
                await loop.sock_recv(right, 10)
                await asyncio.sleep(0)
            left.close(); right.close()

        loop = new_event_loop()
        loop.run_until_complete(work(20_000))
        before = resident()
        loop.run_until_complete(work(60_000))
        print(resident() - before)
        loop.close()
        """
    )
    assert result.stderr == ""
    assert int(result.stdout) < 4 << 20


def test_closing_with_everything_pending_is_quiet(program):
    """Callbacks, timers, watchers, a listener and a connection wait. close() must not crash, hang or call anything."""
    result = program.run(
        """
        import socket

        class Protocol(asyncio.Protocol):
            def connection_made(self, transport):
                transport.write(b"x" * (16 << 20))

        async def main():
            loop = asyncio.get_running_loop()
            server = await loop.create_server(Protocol, "127.0.0.1", 0)
            transport, _ = await loop.create_connection(Protocol, *server.sockets[0].getsockname())
            transport.pause_reading()
            await asyncio.sleep(0.01)
            left, right = socket.socketpair()
            loop.add_reader(left, print, "reader")
            loop.add_writer(right, print, "writer")
            loop.call_soon(print, "soon")
            loop.call_later(0, print, "later")
            loop.call_later(1000, print, "much later")
            loop.stop()
            return left, right, server, transport

        loop = new_event_loop()
        task = loop.create_task(main())
        loop.run_forever()
        loop.close()
        print("closed")
        """
    )
    assert result.returncode == 0
    assert result.stdout.splitlines()[-1] == "closed"
    assert "much later" not in result.stdout


def test_a_program_that_never_closes_its_loop_ends_in_order(program):
    result = program.run(
        """
        import socket
        loop = new_event_loop()
        left, right = socket.socketpair()
        loop.add_reader(left, print)
        loop.call_later(1000, print)
        loop.run_until_complete(loop.create_server(asyncio.Protocol, "127.0.0.1", 0))
        loop.call_soon(print)
        print("end")
        """
    )
    assert (result.returncode, result.stdout) == (0, "end\n")


def test_a_loop_in_a_daemon_thread_does_not_disturb_the_end_of_the_program(program):
    result = program.run(
        """
        import threading
        loop = new_event_loop()
        async def work():
            while True:
                await asyncio.sleep(0.0001)
        threading.Thread(target=loop.run_until_complete, args=(work(),), daemon=True).start()
        time.sleep(0.2)
        print("end")
        """
    )
    assert (result.returncode, result.stdout) == (0, "end\n")
