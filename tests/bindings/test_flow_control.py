"""Water marks, pausing and resuming."""

from __future__ import annotations

import asyncio
import socket

import pytest
from tcp import connected, until


def run(loop, scenario, *factories):
    async def main():
        async with connected(*factories) as (remote, client):
            await scenario(remote, client)

    loop.run_until_complete(main())


def test_the_limits_are_those_of_asyncio(loop):
    async def scenario(remote, client):
        assert client.transport.get_write_buffer_limits() == (16384, 65536)
        assert client.transport.get_write_buffer_size() == 0

    run(loop, scenario)


@pytest.mark.parametrize(
    "given, expected",
    [
        ({"high": 1000}, (250, 1000)),
        ({"low": 1000}, (1000, 4000)),
        ({"high": 100, "low": 50}, (50, 100)),
        ({"high": 0}, (0, 0)),
        ({}, (16384, 65536)),
        ({"high": 1e6}, (250_000.0, 1e6)),
        ({"high": 10**30, "low": 1}, (1, 10**30)),
        ({"high": float("inf"), "low": 0.5}, (0.5, float("inf"))),
    ],
    ids=repr,
)
def test_limits_follow_from_one_another(loop, given, expected):
    async def scenario(remote, client):
        client.transport.set_write_buffer_limits(**given)
        assert client.transport.get_write_buffer_limits() == expected

    run(loop, scenario)


def test_impossible_limits_are_an_error(loop):
    async def scenario(remote, client):
        with pytest.raises(ValueError):
            client.transport.set_write_buffer_limits(high=10, low=20)
        with pytest.raises(ValueError):
            client.transport.set_write_buffer_limits(high=10, low=-1)

    run(loop, scenario)


@pytest.mark.parametrize("high", [float("inf"), 10**30])
def test_a_limit_beyond_all_bounds_never_pauses_the_protocol(loop, high):
    async def scenario(remote, client):
        remote.transport.pause_reading()
        client.transport.set_write_buffer_limits(high=high, low=1)
        client.transport.write(bytes(10_000_000))
        assert client.transport.get_write_buffer_size() > 0
        assert "pause" not in client.events

    run(loop, scenario)


def test_a_limit_that_is_no_number_changes_nothing(loop):
    async def scenario(remote, client):
        before = client.transport.get_write_buffer_limits()
        with pytest.raises(TypeError):
            client.transport.set_write_buffer_limits(high="1000")
        assert client.transport.get_write_buffer_limits() == before

    run(loop, scenario)


def test_the_protocol_is_paused_above_high_and_resumed_at_low_water(loop):
    async def scenario(remote, client):
        remote.transport.pause_reading()
        client.transport.set_write_buffer_limits(high=100_000, low=20_000)
        while "pause" not in client.events:
            client.transport.write(b"x" * 50_000)
        assert client.transport.get_write_buffer_size() > 100_000
        assert client.events == ["made", "pause"]
        remote.transport.resume_reading()
        await until(lambda: "resume" in client.events)
        assert client.transport.get_write_buffer_size() <= 20_000
        assert client.events == ["made", "pause", "resume"]

    run(loop, scenario)


def test_what_has_to_leave_the_loop_leaves_the_write_that_paused(loop):
    class Impatient(asyncio.Protocol):
        def pause_writing(self):
            raise KeyboardInterrupt

    went_on = []

    async def main():
        mine, theirs = socket.socketpair()
        transport, _ = await loop.create_connection(Impatient, sock=mine)
        try:
            transport.write(bytes(5_000_000))
            went_on.append(True)
        finally:
            transport.abort()
            theirs.close()

    with pytest.raises(KeyboardInterrupt):
        loop.run_until_complete(main())
    loop.run_until_complete(asyncio.sleep(0.01))
    assert went_on == []


def test_pause_comes_at_most_once_until_resume(loop):
    async def scenario(remote, client):
        remote.transport.pause_reading()
        for _ in range(100):
            client.transport.write(b"x" * 200_000)
        assert client.events == ["made", "pause"]

    run(loop, scenario)


def test_exactly_the_high_water_mark_does_not_pause(loop):
    async def scenario(remote, client):
        remote.transport.pause_reading()
        client.transport.set_write_buffer_limits(high=1 << 30)
        while client.transport.get_write_buffer_size() == 0:
            client.transport.write(b"x" * 100_000)
            await asyncio.sleep(0)
        size = client.transport.get_write_buffer_size()
        client.transport.set_write_buffer_limits(high=size + 1000)
        client.transport.write(b"x" * 1000)
        assert client.events == ["made"]
        client.transport.write(b"x")
        assert client.events == ["made", "pause"]

    run(loop, scenario)


def test_the_buffer_size_counts_what_the_kernel_did_not_take(loop):
    async def scenario(remote, client):
        remote.transport.pause_reading()
        client.transport.write(b"x" * (16 << 20))
        size = client.transport.get_write_buffer_size()
        assert 0 < size < 16 << 20
        client.transport.write(b"x" * 1000)
        assert client.transport.get_write_buffer_size() == size + 1000
        remote.transport.resume_reading()
        await until(lambda: client.transport.get_write_buffer_size() == 0)
        await until(lambda: len(remote.received) == (16 << 20) + 1000)

    run(loop, scenario)


def test_pause_reading_stops_data_and_resume_brings_it(loop):
    async def scenario(remote, client):
        assert remote.transport.is_reading()
        remote.transport.pause_reading()
        assert not remote.transport.is_reading()
        client.transport.write(b"hello")
        await asyncio.sleep(0.02)
        assert remote.received == b""
        remote.transport.resume_reading()
        assert remote.transport.is_reading()
        await until(lambda: remote.received == b"hello")

    run(loop, scenario)


def test_pausing_and_resuming_twice_is_like_once(loop):
    async def scenario(remote, client):
        remote.transport.resume_reading()
        remote.transport.pause_reading()
        remote.transport.pause_reading()
        client.transport.write(b"x")
        await asyncio.sleep(0.01)
        assert remote.received == b""
        remote.transport.resume_reading()
        remote.transport.resume_reading()
        await until(lambda: remote.received == b"x")

    run(loop, scenario)


def test_pausing_inside_data_received_holds_what_follows(loop):
    from tcp import Recorder

    class OneAtATime(Recorder):
        def data_received(self, data):
            super().data_received(data)
            self.transport.pause_reading()

    async def scenario(remote, client):
        client.transport.write(b"first")
        await until(lambda: remote.received == b"first")
        client.transport.write(b"second")
        await asyncio.sleep(0.02)
        assert remote.received == b"first"
        remote.transport.resume_reading()
        await until(lambda: remote.received == b"firstsecond")

    run(loop, scenario, OneAtATime)


def test_pause_reading_on_a_closing_transport_is_harmless(loop):
    async def scenario(remote, client):
        client.transport.close()
        client.transport.pause_reading()
        client.transport.resume_reading()
        assert not client.transport.is_reading()
        await client.lost

    run(loop, scenario)


def test_a_peer_that_closes_while_reading_is_paused_is_noticed_on_resume(loop):
    async def scenario(remote, client):
        remote.transport.pause_reading()
        client.transport.write(b"last words")
        client.transport.close()
        await asyncio.sleep(0.02)
        assert remote.events == ["made"]
        remote.transport.resume_reading()
        await remote.lost
        assert remote.received == b"last words"
        assert remote.events == ["made", "data", "eof", "lost"]

    run(loop, scenario)


def test_writing_inside_resume_writing(loop):
    from tcp import Recorder

    class Source(Recorder):
        left = 200

        def connection_made(self, transport):
            super().connection_made(transport)
            self.resume_writing()

        def resume_writing(self):
            self.paused = False
            while self.left and not self.paused:
                self.left -= 1
                self.transport.write(b"x" * 50_000)

        def pause_writing(self):
            self.paused = True

    async def scenario(remote, client):
        await until(lambda: len(remote.received) == 200 * 50_000)

    run(loop, scenario, Recorder, Source)


def test_drain_waits_until_the_peer_reads(loop):
    async def main():
        writers = []
        server = await asyncio.start_server(lambda r, w: writers.append((r, w)), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"x" * (32 << 20))
        drained = asyncio.ensure_future(writer.drain())
        await asyncio.sleep(0.02)
        assert not drained.done()
        got = 0
        while got < 32 << 20:
            got += len(await writers[0][0].read(1 << 20))
        await drained
        writer.close()
        writers[0][1].close()
        server.close()
        await writer.wait_closed()

    loop.run_until_complete(main())
