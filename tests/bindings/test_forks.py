"""The parent's loop still works after a fork."""

from __future__ import annotations

import asyncio
import os
import socket


def fork() -> None:
    """A child that ends at once."""
    child = os.fork()
    if child == 0:
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_the_parents_descriptors_are_watched_after_a_fork(loop):
    left, right = socket.socketpair()
    received = []

    def read():
        received.append(left.recv(10))
        loop.stop()

    with left, right:
        left.setblocking(False)
        loop.add_reader(left, read)
        loop.run_until_complete(asyncio.sleep(0.001))
        fork()
        right.send(b"x")
        loop.call_later(20, loop.stop)
        loop.run_forever()
        assert received == [b"x"]
        loop.remove_reader(left)


def test_another_thread_wakes_the_parents_loop_after_a_fork(loop):
    async def main():
        await asyncio.sleep(0.001)
        fork()
        await asyncio.wait_for(loop.run_in_executor(None, int), 20)

    loop.run_until_complete(main())


def test_the_parents_connection_goes_on_after_a_fork(loop):
    async def echo(reader, writer):
        while data := await reader.read(10):
            writer.write(data)
        writer.close()

    async def main():
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        for _ in range(3):
            fork()
            writer.write(b"x")
            assert await asyncio.wait_for(reader.readexactly(1), 20) == b"x"
        writer.close()
        assert await reader.read() == b""
        server.close()

    loop.run_until_complete(main())


def test_a_childs_loop_that_was_the_parents_can_be_closed_and_another_one_run(loop, loop_name):
    loop.run_until_complete(asyncio.sleep(0.001))
    child = os.fork()
    if child == 0:
        status = 1
        try:
            loop.close()
            other = type(loop)()
            other.run_until_complete(asyncio.sleep(0.001))
            other.close()
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    loop.run_until_complete(asyncio.sleep(0.001))
