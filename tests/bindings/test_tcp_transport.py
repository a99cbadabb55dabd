"""TCP transports: reading, writing, closing, and errors."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import socket
import ssl
import struct

import pytest
from programs import PATIENCE_S
from tcp import Recorder, connected, until
from versions import since, stock_differs


def run(loop, scenario, *factories):
    """Runs scenario(remote, client) on a connected pair."""

    async def main():
        async with connected(*factories) as (remote, client):
            await scenario(remote, client)

    loop.run_until_complete(main())


def test_what_is_written_arrives(loop):
    async def scenario(remote, client):
        client.transport.write(b"hello ")
        client.transport.write(b"world")
        await until(lambda: remote.received == b"hello world")
        remote.transport.write(b"back")
        await until(lambda: client.received == b"back")

    run(loop, scenario)


def test_a_message_that_somebody_keeps_stays_what_it_was(loop):
    """The same if others of the same size, which are not kept, come before and after it."""
    messages = [
        bytes([number % 251]) * size
        for size in (1, 600, 600, 1000, 990, 5000)
        for number in range(20)
    ]

    class Keeper(Recorder):
        def __init__(self):
            super().__init__()
            self.kept, self.views, self.count = [], [], 0

        def data_received(self, data):
            assert hash(data) == hash(bytes(bytearray(data)))
            assert (len(data), data[-1:]) == (len(messages[self.count]), messages[self.count][-1:])
            if self.count % 3 == 0:
                self.kept.append(data)
            if self.count % 3 == 1:
                self.views.append(memoryview(data)[1:])
            self.count += 1
            self.transport.write(b".")

    async def scenario(remote, client):
        for number, message in enumerate(messages):
            client.transport.write(message)
            await until(lambda: len(client.received) > number)  # noqa: B023
        assert remote.kept == messages[::3]
        assert [view.tobytes() for view in remote.views] == [
            message[1:] for message in messages[1::3]
        ]

    run(loop, scenario, Keeper)


def test_a_large_message_that_somebody_keeps_stays_what_it_was(loop):
    class KeepsOneInThree(Recorder):
        def __init__(self):
            super().__init__()
            self.kept, self.copies, self.calls, self.count = [], [], 0, 0

        def data_received(self, data):
            assert hash(data) == hash(bytes(bytearray(data)))
            if self.calls % 3 == 0:
                self.kept.append(data)
                self.copies.append(bytearray(data))
            self.calls += 1
            self.count += len(data)

    async def scenario(remote, client):
        total = 0
        for number in range(60):
            message = bytes([number]) * (100_000 - 1000 * number)
            total += len(message)
            client.transport.write(message)
            await until(lambda: remote.count == total)  # noqa: B023
        assert len(remote.kept) >= 20
        assert remote.kept == remote.copies

    run(loop, scenario, KeepsOneInThree)


def test_fifty_megabytes_each_way_arrive_unchanged(loop):
    block = os.urandom(1 << 20)

    class Digest(Recorder):
        def __init__(self):
            super().__init__()
            self.digest, self.count = hashlib.sha1(), 0

        def data_received(self, data):
            self.digest.update(data)
            self.count += len(data)

    async def scenario(remote, client):
        for _ in range(50):
            client.transport.write(block)
            remote.transport.write(block)
            await asyncio.sleep(0)
        await until(lambda: remote.count == client.count == 50 << 20)
        expected = hashlib.sha1(block * 50).digest()
        assert remote.digest.digest() == expected
        assert client.digest.digest() == expected

    run(loop, scenario, Digest, Digest)


@pytest.mark.parametrize("size", [1, 1000, 65535, 65536, 65537, 262144, 262145, 1000000])
def test_messages_of_all_sizes_come_back_as_they_were(loop, size):
    message = os.urandom(size)

    class Echo(Recorder):
        def data_received(self, data):
            self.transport.write(data)

    async def scenario(remote, client):
        for turn in range(3):
            client.transport.write(message)
            await until(lambda: len(client.received) == size * (turn + 1))
        assert client.received == message * 3

    run(loop, scenario, Echo)


def test_data_received_gets_bytes(loop):
    kinds = []

    class Kind(Recorder):
        def data_received(self, data):
            kinds.append(type(data))
            self.received += data

    async def scenario(remote, client):
        client.transport.write(b"small")
        await until(lambda: remote.received == b"small")
        client.transport.write(bytes(500_000))
        await until(lambda: len(remote.received) == 500_005)

    run(loop, scenario, Kind)
    assert set(kinds) == {bytes}


def test_what_data_received_got_does_not_change_afterwards(loop):
    kept = []

    class Keep(Recorder):
        def data_received(self, data):
            kept.append(data)

    async def scenario(remote, client):
        for number in range(20):
            client.transport.write(bytes([number]) * 1000)
            await until(lambda: sum(map(len, kept)) == 1000 * (number + 1))

    run(loop, scenario, Keep)
    assert b"".join(kept) == b"".join(bytes([n]) * 1000 for n in range(20))


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview], ids=lambda k: k.__name__)
def test_write_takes_any_kind_of_bytes(loop, kind):
    async def scenario(remote, client):
        client.transport.write(kind(b"hello"))
        await until(lambda: remote.received == b"hello")

    run(loop, scenario)


@stock_differs("it keeps a view of the buffer", first=(3, 12))
def test_a_buffer_may_be_changed_after_it_was_written(loop):
    size = 8 << 20  # more than the kernel takes at once

    async def scenario(remote, client):
        buffer = bytearray(b"a" * size)
        client.transport.write(buffer)
        buffer[:] = b"b" * size
        client.transport.write(memoryview(buffer))
        buffer[:] = b"c" * size
        await until(lambda: len(remote.received) == 2 * size)
        assert remote.received == b"a" * size + b"b" * size

    run(loop, scenario)


@stock_differs("it keeps a view of the buffer", first=(3, 12))
def test_a_written_bytearray_can_be_resized(loop):
    async def scenario(remote, client):
        buffer = bytearray(b"x" * (4 << 20))
        client.transport.write(buffer)
        buffer.clear()
        await until(lambda: len(remote.received) == 4 << 20)

    run(loop, scenario)


def test_a_view_of_wide_items_is_written_byte_by_byte(loop):
    import array

    async def scenario(remote, client):
        numbers = array.array("i", range(100))
        client.transport.write(memoryview(numbers).cast("B"))
        await until(lambda: remote.received == numbers.tobytes())

    run(loop, scenario)


@pytest.mark.parametrize("wrong", ["text", None, 5, [b"x"]], ids=repr)
def test_write_refuses_what_is_not_bytes(loop, wrong):
    async def scenario(remote, client):
        with pytest.raises(TypeError, match="data argument must be"):
            client.transport.write(wrong)

    run(loop, scenario)


def test_writing_nothing_does_nothing(loop):
    async def scenario(remote, client):
        client.transport.write(b"")
        client.transport.write(b"x")
        await until(lambda: remote.received == b"x")
        assert remote.events == ["made", "data"]

    run(loop, scenario)


def test_writelines_joins_its_parts(loop):
    async def scenario(remote, client):
        client.transport.writelines([b"a", bytearray(b"b"), memoryview(b"c")])
        client.transport.writelines(iter([b"d", b"", b"e"]))
        client.transport.writelines([])
        await until(lambda: remote.received == b"abcde")

    run(loop, scenario)


def test_writelines_of_many_large_parts(loop):
    async def scenario(remote, client):
        parts = [os.urandom(1 << 16) for _ in range(100)]
        client.transport.writelines(parts)
        await until(lambda: len(remote.received) == 100 << 16)
        assert remote.received == b"".join(parts)

    run(loop, scenario)


def test_a_hundred_thousand_small_writes_keep_their_order(loop):
    async def scenario(remote, client):
        client.transport.set_write_buffer_limits(high=1 << 30)
        for number in range(100_000):
            client.transport.write(struct.pack("I", number))
        await until(lambda: len(remote.received) == 400_000)
        assert remote.received == struct.pack("100000I", *range(100_000))

    run(loop, scenario)


def test_close_delivers_what_was_written_before(loop):
    async def scenario(remote, client):
        client.transport.write(b"x" * (4 << 20))
        assert client.transport.is_closing() is False
        client.transport.close()
        assert client.transport.is_closing() is True
        client.transport.close()
        assert await client.lost is None
        await until(lambda: len(remote.received) == 4 << 20)
        assert await remote.lost is None
        assert remote.events[-2:] == ["eof", "lost"]

    run(loop, scenario)


def test_connection_lost_is_called_later_and_once(loop):
    async def scenario(remote, client):
        client.transport.close()
        assert client.events == ["made"]
        await client.lost
        await asyncio.sleep(0.005)
        assert client.events == ["made", "lost"]

    run(loop, scenario)


def test_no_data_is_delivered_after_close(loop):
    async def scenario(remote, client):
        remote.transport.write(b"x" * 100)
        client.transport.close()
        await client.lost
        assert client.events == ["made", "lost"]

    run(loop, scenario)


def test_abort_drops_what_was_written_before(loop):
    async def scenario(remote, client):
        remote.transport.pause_reading()
        client.transport.write(b"x" * (16 << 20))
        assert client.transport.get_write_buffer_size() > 0
        client.transport.abort()
        assert client.transport.is_closing()
        assert await client.lost is None
        assert client.transport.get_write_buffer_size() == 0
        remote.transport.resume_reading()
        await remote.lost
        assert len(remote.received) < 16 << 20

    run(loop, scenario)


def test_write_after_close_is_dropped_in_silence(loop):
    async def scenario(remote, client):
        client.transport.close()
        client.transport.write(b"too late")
        await remote.lost
        assert remote.received == b""

    run(loop, scenario)


def test_many_writes_after_the_connection_was_lost_warn(loop, caplog):
    async def scenario(remote, client):
        client.transport.abort()
        await client.lost
        with caplog.at_level(logging.WARNING, logger="asyncio"):
            for _ in range(10):
                client.transport.write(b"x")
        # asyncio counts the loss and then each write, and warns from the fifth on
        warnings = [record.getMessage() for record in caplog.records]
        assert warnings == ["socket.send() raised exception."] * 6

    run(loop, scenario)


def test_a_client_that_resets_the_connection_ends_it_with_an_error(loop):
    async def scenario(remote, client):
        sock = client.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.transport.abort()
        assert isinstance(await remote.lost, ConnectionResetError)
        assert remote.events == ["made", "lost"]

    run(loop, scenario)


def test_a_reset_while_writing_ends_with_an_error(loop):
    async def scenario(remote, client):
        remote.transport.pause_reading()
        client.transport.write(b"x" * (8 << 20))
        sock = remote.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        remote.transport.abort()
        assert isinstance(await client.lost, (ConnectionResetError, BrokenPipeError))
        client.transport.write(b"more")

    run(loop, scenario)


def test_half_close_lets_the_other_side_answer(loop):
    class Answer(Recorder):
        def eof_received(self):
            self.transport.write(b"you said " + self.received)
            self.transport.close()
            return True

    async def scenario(remote, client):
        assert client.transport.can_write_eof()
        client.transport.write(b"hello")
        client.transport.write_eof()
        client.transport.write_eof()
        await client.lost
        assert client.received == b"you said hello"

    run(loop, scenario, Answer)


def test_write_after_write_eof_is_an_error(loop):
    async def scenario(remote, client):
        client.transport.write_eof()
        with pytest.raises(RuntimeError, match="Cannot call write.. after write_eof"):
            client.transport.write(b"x")

    run(loop, scenario)


def test_write_eof_comes_after_what_was_written(loop):
    async def scenario(remote, client):
        remote.keep_open_on_eof = True
        client.transport.write(b"x" * (4 << 20))
        client.transport.write_eof()
        await until(lambda: "eof" in remote.events)
        assert len(remote.received) == 4 << 20
        assert not remote.transport.is_closing()
        remote.transport.write(b"reply")
        await until(lambda: client.received == b"reply")

    run(loop, scenario)


def test_eof_received_false_closes_the_transport(loop):
    async def scenario(remote, client):
        client.transport.write_eof()
        assert await remote.lost is None
        assert remote.events == ["made", "eof", "lost"]

    run(loop, scenario)


def test_eof_is_told_once(loop):
    async def scenario(remote, client):
        remote.keep_open_on_eof = True
        client.transport.write_eof()
        await until(lambda: "eof" in remote.events)
        await asyncio.sleep(0.02)
        assert remote.events.count("eof") == 1

    run(loop, scenario)


def test_set_protocol_sends_what_follows_to_the_new_one(loop):
    async def scenario(remote, client):
        client.transport.write(b"one")
        await until(lambda: remote.received == b"one")
        second = Recorder()
        remote.transport.set_protocol(second)
        assert remote.transport.get_protocol() is second
        client.transport.write(b"two")
        await until(lambda: second.received == b"two")
        assert remote.received == b"one"
        client.transport.close()
        await second.lost
        assert second.events == ["data", "eof", "lost"]

    run(loop, scenario)


def test_set_protocol_inside_data_received(loop):
    seconds = []

    class First(Recorder):
        def data_received(self, data):
            seconds.append(Recorder())
            self.transport.set_protocol(seconds[0])

    async def scenario(remote, client):
        client.transport.write(b"one")
        await until(lambda: seconds)
        client.transport.write(b"two")
        await until(lambda: seconds[0].received == b"two")

    run(loop, scenario, First)


def test_repr_of_a_transport_says_its_state(loop):
    async def scenario(remote, client):
        text = repr(client.transport)
        assert "fd=%d" % client.transport.get_extra_info("socket").fileno() in text
        client.transport.close()
        await client.lost
        assert "closed" in repr(client.transport) or "closing" in repr(client.transport)

    run(loop, scenario)


def test_a_transport_that_is_forgotten_open_warns(loop):
    async def main():
        left, right = socket.socketpair()
        transport, protocol = await loop.connect_accepted_socket(Recorder, left)
        transport.pause_reading()
        protocol.transport = None
        return right

    with pytest.warns(ResourceWarning, match="unclosed transport"):
        right = loop.run_until_complete(main())
        import gc

        loop.run_until_complete(asyncio.sleep(0))
        gc.collect()
    right.close()


def test_closing_inside_data_received(loop):
    class Once(Recorder):
        def data_received(self, data):
            super().data_received(data)
            self.transport.close()

    async def scenario(remote, client):
        client.transport.write(b"x")
        await remote.lost
        assert remote.events == ["made", "data", "lost"]
        await client.lost

    run(loop, scenario, Once)


def test_aborting_inside_connection_made(loop):
    class Refuse(Recorder):
        def connection_made(self, transport):
            super().connection_made(transport)
            transport.abort()

    async def scenario(remote, client):
        client.transport.write(b"x")
        assert await remote.lost is None
        assert remote.events == ["made", "lost"]
        await client.lost

    run(loop, scenario, Refuse)


def test_writing_inside_connection_made(loop):
    class Greet(Recorder):
        def connection_made(self, transport):
            super().connection_made(transport)
            transport.write(b"welcome")

    async def scenario(remote, client):
        await until(lambda: client.received == b"welcome")

    run(loop, scenario, Greet)


class TestASocketThatReadsAndWritesInItsOwnWay:
    """A class derived from socket.socket whose methods are not socket.socket's."""

    class Reversing(socket.socket):
        def recv(self, *args):
            return super().recv(*args)[::-1]

        def send(self, data, *args):
            return super().send(bytes(data)[::-1], *args)

    class Renamed(socket.socket):
        """Whose reading and writing are socket.socket's."""

    async def talk(self, kind):
        near, far = socket.socketpair()
        mine = kind(fileno=near.detach())
        mine.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=mine)
        writer.write(b"abc")
        far.settimeout(PATIENCE_S)
        loop = asyncio.get_running_loop()
        sent = await loop.run_in_executor(None, far.recv, 10)
        far.send(b"xyz")
        received = await reader.readexactly(3)
        writer.close()
        await writer.wait_closed()
        far.close()
        return sent, received

    def test_is_asked_to(self, loop):
        assert loop.run_until_complete(self.talk(self.Reversing)) == (b"cba", b"zyx")

    def test_is_as_good_as_any_if_it_does_not(self, loop):
        assert loop.run_until_complete(self.talk(self.Renamed)) == (b"abc", b"xyz")

    @since((3, 11), "asyncio's present SSLProtocol")
    def test_is_asked_to_under_tls_as_well(self, loop):
        calls = set()

        class Counting(socket.socket):
            def recv_into(self, *args):
                calls.add("recv_into")
                return super().recv_into(*args)

            def send(self, *args):
                calls.add("send")
                return super().send(*args)

        async def main():
            near, far = socket.socketpair()
            mine = Counting(fileno=near.detach())
            mine.setblocking(False)
            context = ssl.create_default_context()
            hello = loop.run_in_executor(None, far.recv, 10)
            connecting = loop.create_connection(
                asyncio.Protocol, sock=mine, ssl=context, server_hostname="nobody"
            )
            task = asyncio.ensure_future(connecting)
            assert (await hello)[:1] == b"\x16"
            far.close()
            with pytest.raises(ConnectionError):
                await task

        loop.run_until_complete(main())
        assert calls == {"recv_into", "send"}
