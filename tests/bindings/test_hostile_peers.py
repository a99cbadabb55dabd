"""Peers that reset, half-close and stall, with data in flight."""

from __future__ import annotations

import asyncio
import random
import socket

import pytest
from peers import everything_from, opposite, reset
from tcp import Recorder, until

MUCH = random.Random(7).randbytes(4 << 20)  # more than the kernel's buffers hold


class KeptOpen(Recorder):
    def __init__(self):
        super().__init__()
        self.keep_open_on_eof = True


def lost_at_the_end(protocol):
    return protocol.events.count("lost") == 1 and protocol.events[-1] == "lost"


class TestReset:
    def test_with_nothing_in_flight(self, loop, errors):
        async def main():
            async with opposite() as (protocol, peer):
                reset(peer)
                assert isinstance(await protocol.lost, ConnectionResetError)
                assert lost_at_the_end(protocol)

        loop.run_until_complete(main())
        assert errors == []

    def test_with_data_that_was_not_read(self, loop, errors):
        async def main():
            async with opposite() as (protocol, peer):
                protocol.transport.pause_reading()
                await loop.sock_sendall(peer, b"x" * 100_000)
                reset(peer)
                await asyncio.sleep(0.01)
                assert "lost" not in protocol.events
                protocol.transport.resume_reading()
                assert isinstance(await protocol.lost, ConnectionResetError)
                assert lost_at_the_end(protocol)

        loop.run_until_complete(main())
        assert errors == []

    def test_with_much_still_to_be_written(self, loop, errors):
        async def main():
            async with opposite() as (protocol, peer):
                protocol.transport.write(MUCH)
                assert protocol.events == ["made", "pause"]
                reset(peer)
                assert isinstance(await protocol.lost, ConnectionError)
                assert lost_at_the_end(protocol)
                assert protocol.transport.get_write_buffer_size() == 0

        loop.run_until_complete(main())
        assert errors == []

    def test_while_reading_is_paused_and_much_waits(self, loop, errors):
        """Only the writing side can notice this."""

        async def main():
            async with opposite() as (protocol, peer):
                protocol.transport.pause_reading()
                protocol.transport.write(MUCH)
                reset(peer)
                assert isinstance(await protocol.lost, ConnectionError)

        loop.run_until_complete(main())
        assert errors == []

    def test_in_the_middle_of_a_transfer_each_way(self, loop, errors):
        class Echo(Recorder):
            def data_received(self, data):
                super().data_received(data)
                self.transport.write(data)

        async def main():
            async with opposite(Echo) as (protocol, peer):
                sending = loop.create_task(loop.sock_sendall(peer, MUCH))
                await until(lambda: len(protocol.received) > 1 << 18)
                await loop.sock_recv(peer, 1000)
                sending.cancel()
                await asyncio.wait([sending])
                reset(peer)
                assert isinstance(await protocol.lost, ConnectionError)
                assert lost_at_the_end(protocol)
                assert MUCH.startswith(protocol.received)

        loop.run_until_complete(main())
        assert errors == []

    def test_before_the_connection_was_accepted(self, loop, errors):
        async def main():
            accepted = []

            def factory():
                accepted.append(Recorder())
                return accepted[-1]

            server = await loop.create_server(factory, "127.0.0.1", 0)
            address = server.sockets[0].getsockname()
            for _ in range(20):
                reset(socket.create_connection(address))
            with socket.create_connection(address):  # the loop did not run meanwhile
                await until(lambda: len(accepted) == 21)
                for protocol in accepted[:20]:
                    assert isinstance(await protocol.lost, ConnectionResetError)
                    assert protocol.events == ["made", "lost"]
                assert accepted[20].events == ["made"]
                accepted[20].transport.abort()
                await accepted[20].lost
            server.close()
            await server.wait_closed()

        loop.run_until_complete(main())
        assert errors == []

    def test_after_close_with_much_still_to_be_written(self, loop, errors):
        async def main():
            async with opposite() as (protocol, peer):
                protocol.transport.write(MUCH)
                protocol.transport.close()
                await asyncio.sleep(0.01)
                assert "lost" not in protocol.events
                reset(peer)
                assert isinstance(await protocol.lost, ConnectionError)
                assert lost_at_the_end(protocol)

        loop.run_until_complete(main())
        assert errors == []

    def test_a_drain_that_waits_is_told(self, loop, errors):
        async def main():
            ended = loop.create_future()

            async def serve(reader, writer):
                writer.write(MUCH)
                try:
                    await writer.drain()
                except ConnectionError as error:
                    ended.set_result(error)
                writer.close()

            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            with socket.socket() as peer:
                peer.setblocking(False)
                await loop.sock_connect(peer, server.sockets[0].getsockname())
                await loop.sock_recv(peer, 1)
                reset(peer)
            assert isinstance(await ended, ConnectionError)
            server.close()
            await server.wait_closed()

        loop.run_until_complete(main())
        assert errors == []


class TestHalfClose:
    def test_by_the_peer_while_we_still_send(self, loop, errors):
        async def main():
            async with opposite(KeptOpen) as (protocol, peer):
                await loop.sock_sendall(peer, b"request")
                peer.shutdown(socket.SHUT_WR)
                await until(lambda: "eof" in protocol.events)
                protocol.transport.write(MUCH)
                protocol.transport.close()
                assert await everything_from(peer) == MUCH
                assert await protocol.lost is None
                assert protocol.received == b"request"

        loop.run_until_complete(main())
        assert errors == []

    def test_by_the_peer_ends_the_connection_only_when_all_is_sent(self, loop, errors):
        async def main():
            async with opposite() as (protocol, peer):
                protocol.transport.write(MUCH)
                peer.shutdown(socket.SHUT_WR)
                await until(lambda: "eof" in protocol.events)
                assert protocol.transport.is_closing()
                assert "lost" not in protocol.events
                assert await everything_from(peer) == MUCH
                assert await protocol.lost is None

        loop.run_until_complete(main())
        assert errors == []

    def test_by_us_with_data_in_flight_both_ways(self, loop, errors):
        async def main():
            async with opposite() as (protocol, peer):
                protocol.transport.write(MUCH)
                protocol.transport.write_eof()
                sending = loop.create_task(loop.sock_sendall(peer, MUCH))
                assert await everything_from(peer) == MUCH
                await sending
                await until(lambda: len(protocol.received) == len(MUCH))
                assert protocol.received == MUCH
                assert "lost" not in protocol.events
                peer.shutdown(socket.SHUT_WR)
                assert await protocol.lost is None

        loop.run_until_complete(main())
        assert errors == []

    def test_by_both_leaves_it_to_us_to_close(self, loop, errors):
        async def main():
            async with opposite(KeptOpen) as (protocol, peer):
                protocol.transport.write_eof()
                peer.shutdown(socket.SHUT_WR)
                await until(lambda: "eof" in protocol.events)
                await asyncio.sleep(0.01)
                assert protocol.events == ["made", "eof"]
                assert not protocol.transport.is_closing()
                protocol.transport.close()
                assert await protocol.lost is None

        loop.run_until_complete(main())
        assert errors == []

    def test_and_a_reset_after_it(self, loop, errors):
        async def main():
            async with opposite(KeptOpen) as (protocol, peer):
                peer.shutdown(socket.SHUT_WR)
                await until(lambda: "eof" in protocol.events)
                protocol.transport.write(MUCH)
                reset(peer)
                assert isinstance(await protocol.lost, ConnectionError)
                assert protocol.events == ["made", "eof", "pause", "lost"]

        loop.run_until_complete(main())
        assert errors == []


class TestStall:
    """A peer that never reads."""

    def test_pauses_the_writer_once(self, loop, errors):
        async def main():
            async with opposite() as (protocol, peer):
                for at in range(0, len(MUCH), 1 << 16):
                    protocol.transport.write(MUCH[at : at + (1 << 16)])
                    await asyncio.sleep(0)
                assert protocol.events == ["made", "pause"]
                assert 1 << 16 < protocol.transport.get_write_buffer_size() <= len(MUCH)

        loop.run_until_complete(main())
        assert errors == []

    def test_and_then_reads_after_all(self, loop, errors):
        async def main():
            async with opposite() as (protocol, peer):
                protocol.transport.write(MUCH)
                await asyncio.sleep(0.01)
                protocol.transport.write_eof()
                assert await everything_from(peer) == MUCH
                assert protocol.events == ["made", "pause", "resume"]

        loop.run_until_complete(main())
        assert errors == []

    def test_close_waits_and_abort_does_not(self, loop, errors):
        async def main():
            async with opposite() as (protocol, peer):
                protocol.transport.write(MUCH)
                protocol.transport.close()
                await asyncio.sleep(0.02)
                assert protocol.events == ["made", "pause"]
                assert protocol.transport.get_write_buffer_size() > 0
                protocol.transport.abort()
                assert protocol.transport.get_write_buffer_size() == 0
                assert await protocol.lost is None
                assert lost_at_the_end(protocol)

        loop.run_until_complete(main())
        assert errors == []

    def test_a_reader_that_pauses_bounds_what_is_read(self, loop, errors):
        """The other way round: we stop reading, and the peer cannot send more than the kernel holds."""

        async def main():
            async with opposite() as (protocol, peer):
                protocol.transport.pause_reading()
                sending = loop.create_task(loop.sock_sendall(peer, 4 * MUCH))
                await asyncio.sleep(0.05)
                assert not sending.done()
                assert protocol.received == b""
                protocol.transport.resume_reading()
                await sending
                await until(lambda: len(protocol.received) == 4 * len(MUCH))

        loop.run_until_complete(main())
        assert errors == []

    @pytest.mark.parametrize("size", [1, 7])
    def test_a_peer_that_reads_in_crumbs_gets_everything(self, loop, errors, size):
        data = MUCH[: 2000 * size]

        async def main():
            async with opposite() as (protocol, peer):
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
                protocol.transport.set_write_buffer_limits(high=0)
                protocol.transport.write(data)
                protocol.transport.write_eof()
                received = bytearray()
                while crumb := await loop.sock_recv(peer, size):
                    received += crumb
                assert received == data

        loop.run_until_complete(main())
        assert errors == []


def test_a_hundred_hostile_peers_do_not_disturb_a_good_one(loop, errors):
    class Echo(Recorder):
        def data_received(self, data):
            self.transport.write(data)

    async def hostile(address, way):
        with socket.socket() as peer:
            peer.setblocking(False)
            await loop.sock_connect(peer, address)
            await loop.sock_sendall(peer, b"x" * 1000)
            if way == 0:
                reset(peer)
            elif way == 1:
                peer.shutdown(socket.SHUT_RDWR)
            elif way == 2:
                await asyncio.sleep(0.05)

    async def main():
        server = await loop.create_server(Echo, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(*address)
        others = [loop.create_task(hostile(address, number % 4)) for number in range(100)]
        for number in range(100):
            writer.write(b"%d\n" % number)
            assert await reader.readline() == b"%d\n" % number
        await asyncio.gather(*others)
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0.02)

    loop.run_until_complete(main())
    assert errors == []
