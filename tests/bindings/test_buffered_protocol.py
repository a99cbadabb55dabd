"""BufferedProtocol: the loop reads into the protocol's own buffer."""

from __future__ import annotations

import asyncio

import pytest
from tcp import Recorder, connected, until


class Buffered(asyncio.BufferedProtocol):
    size = 1000

    def __init__(self):
        self.buffer = bytearray(self.size)
        self.received = bytearray()
        self.events = []
        self.hints = []
        self.transport = None
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport

    def get_buffer(self, size_hint):
        self.hints.append(size_hint)
        return self.buffer

    def buffer_updated(self, count):
        self.events.append(count)
        self.received += self.buffer[:count]

    def eof_received(self):
        self.events.append("eof")

    def connection_lost(self, error):
        self.events.append("lost")
        self.lost.set_result(error)


def run(loop, scenario, *factories):
    async def main():
        async with connected(*factories) as (remote, client):
            await scenario(remote, client)

    loop.run_until_complete(main())


def test_data_lands_in_the_protocols_buffer(loop):
    async def scenario(remote, client):
        client.transport.write(b"hello")
        await until(lambda: remote.received == b"hello")
        assert remote.events == [5]
        client.transport.close()
        assert await remote.lost is None
        assert remote.events == [5, "eof", "lost"]

    run(loop, scenario, Buffered)


def test_more_than_the_buffer_holds_comes_in_pieces(loop):
    message = bytes(range(256)) * 400

    async def scenario(remote, client):
        client.transport.write(message)
        await until(lambda: len(remote.received) == len(message))
        assert remote.received == message
        assert max(remote.events) <= Buffered.size

    run(loop, scenario, Buffered)


def test_the_buffer_may_be_a_view_of_a_part(loop):
    class Part(Buffered):
        def get_buffer(self, size_hint):
            return memoryview(self.buffer)[10:20]

        def buffer_updated(self, count):
            self.received += self.buffer[10 : 10 + count]

    async def scenario(remote, client):
        client.transport.write(b"0123456789abcdef")
        await until(lambda: remote.received == b"0123456789abcdef")
        assert remote.buffer[:10] == bytes(10) and remote.buffer[20:] == bytes(980)

    run(loop, scenario, Part)


def test_both_ways_of_reading_can_be_exchanged(loop):
    async def scenario(remote, client):
        client.transport.write(b"one")
        await until(lambda: remote.received == b"one")
        plain = Recorder()
        remote.transport.set_protocol(plain)
        client.transport.write(b"two")
        await until(lambda: plain.received == b"two")
        remote.transport.set_protocol(remote)
        client.transport.write(b"three")
        await until(lambda: remote.received == b"onethree")

    run(loop, scenario, Buffered)


@pytest.mark.parametrize("method", ["get_buffer", "buffer_updated", "eof_received"])
def test_an_error_in_a_method_ends_the_connection_and_is_reported(loop, errors, method):
    def fail(self, *args):
        raise ZeroDivisionError(method)

    broken = type("Broken", (Buffered,), {method: fail})

    async def scenario(remote, client):
        client.transport.write(b"x")
        client.transport.write_eof()
        assert isinstance(await remote.lost, ZeroDivisionError)

    run(loop, scenario, broken)
    assert method in errors[0]["message"]
    assert errors[0]["transport"] and errors[0]["protocol"]


def test_an_empty_buffer_is_an_error(loop, errors):
    class Empty(Buffered):
        def get_buffer(self, size_hint):
            return bytearray()

    async def scenario(remote, client):
        client.transport.write(b"x")
        assert isinstance(await remote.lost, RuntimeError)

    run(loop, scenario, Empty)
    assert "get_buffer() returned an empty buffer" in str(errors[0]["exception"])


def test_a_read_only_buffer_is_an_error(loop, errors):
    class ReadOnly(Buffered):
        def get_buffer(self, size_hint):
            return b"x" * 100

    async def scenario(remote, client):
        client.transport.write(b"x")
        assert await remote.lost is not None

    run(loop, scenario, ReadOnly)
    assert errors
