"""create_datagram_endpoint(): UDP and Unix datagram sockets by protocol."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import socket
import sys
import weakref

import pytest
from programs import PATIENCE_S
from tcp import until
from versions import stock_differs


class Recorder(asyncio.DatagramProtocol):
    """Writes down what happens to it."""

    def __init__(self) -> None:
        self.events: list = []
        self.received: list = []
        self.errors: list = []
        self.transport: asyncio.DatagramTransport | None = None
        self.lost: asyncio.Future = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport
        self.events.append("made")

    def datagram_received(self, data, addr):
        self.received.append((data, addr))

    def error_received(self, exc):
        self.errors.append(exc)

    def pause_writing(self):
        self.events.append("pause")

    def resume_writing(self):
        self.events.append("resume")

    def connection_lost(self, exc):
        self.events.append("lost")
        self.lost.set_result(exc)


@contextlib.asynccontextmanager
async def endpoint(factory=Recorder, **options):
    loop = asyncio.get_running_loop()
    options = options or {"local_addr": ("127.0.0.1", 0)}
    transport, protocol = await loop.create_datagram_endpoint(factory, **options)
    try:
        yield protocol
    finally:
        if not transport.is_closing():
            transport.abort()
        await asyncio.sleep(0)
        await asyncio.sleep(0)


def address_of(protocol):
    return protocol.transport.get_extra_info("sockname")


def run(loop, main):
    return loop.run_until_complete(asyncio.wait_for(main(), PATIENCE_S))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("size", [1, 1000, 10_000, 65_000])
def test_datagrams_go_both_ways(loop, host, size):
    async def main():
        async with endpoint(local_addr=(host, 0)) as one, endpoint(local_addr=(host, 0)) as two:
            for number in range(5):
                data = bytes([number]) * size
                one.transport.sendto(data, address_of(two))
                await until(lambda: len(two.received) == number + 1)
                assert two.received[-1] == (data, address_of(one))
                assert type(two.received[-1][0]) is bytes
                two.transport.sendto(data, two.received[-1][1])
                await until(lambda: len(one.received) == number + 1)
                assert one.received[-1] == (data, address_of(two))

    run(loop, main)


def test_an_empty_datagram_is_received(loop):
    async def main():
        async with endpoint() as one:
            with socket.socket(type=socket.SOCK_DGRAM) as sock:
                sock.sendto(b"", address_of(one))
                await until(lambda: one.received)
                assert one.received == [(b"", ("127.0.0.1", sock.getsockname()[1]))]

    run(loop, main)


def test_an_empty_datagram_is_sent_since_3_13(loop):
    async def main():
        async with endpoint() as one, endpoint() as two:
            one.transport.sendto(b"", address_of(two))
            one.transport.sendto(b"x", address_of(two))
            await until(lambda: (b"x", address_of(one)) in two.received)
            assert ((b"", address_of(one)) in two.received) == (sys.version_info >= (3, 13))

    run(loop, main)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_kind_of_bytes_is_sent(loop, kind):
    async def main():
        async with endpoint() as one, endpoint() as two:
            one.transport.sendto(kind(b"hello"), address_of(two))
            await until(lambda: two.received)
            assert two.received[0][0] == b"hello"

    run(loop, main)


@pytest.mark.parametrize("wrong", ["text", None, 1, [b"x"]], ids=repr)
def test_what_is_no_bytes_is_an_error(loop, wrong):
    async def main():
        async with endpoint() as one:
            with pytest.raises(TypeError, match="must be a bytes-like object"):
                one.transport.sendto(wrong, address_of(one))

    run(loop, main)


def test_arguments_may_be_named(loop):
    async def main():
        async with endpoint() as one, endpoint() as two:
            one.transport.sendto(data=b"a", addr=address_of(two))
            one.transport.sendto(b"b", addr=address_of(two))
            await until(lambda: len(two.received) == 2)
            for wrong in ({}, {"data": b"x", "to": 1}):
                with pytest.raises(TypeError):
                    one.transport.sendto(**wrong)
            with pytest.raises(TypeError):
                one.transport.sendto(b"x", address_of(two), data=b"y")

    run(loop, main)


def test_a_connected_endpoint_has_one_destination(loop):
    async def main():
        async with endpoint() as server, endpoint(remote_addr=address_of(server)) as client:
            assert client.transport.get_extra_info("peername") == address_of(server)
            client.transport.sendto(b"to nobody named")
            client.transport.sendto(b"to the peer by name", address_of(server))
            with pytest.raises(ValueError, match="Invalid address: must be None or"):
                client.transport.sendto(b"x", ("127.0.0.1", 1))
            await until(lambda: len(server.received) == 2)
            server.transport.sendto(b"answer", server.received[0][1])
            await until(lambda: client.received)
            assert client.received == [(b"answer", address_of(server))]

    run(loop, main)


def test_a_name_is_looked_up(loop):
    async def main():
        async with endpoint() as one:
            one.transport.sendto(b"hello", ("localhost", address_of(one)[1]))
            await until(lambda: one.received)

    run(loop, main)


def test_errors_of_the_kernel_are_the_protocols_to_know(loop, errors):
    async def main():
        async with endpoint() as server:
            address = address_of(server)
        async with endpoint(remote_addr=address) as client:
            client.transport.sendto(b"nobody there")
            await until(lambda: client.errors)
            assert [type(error) for error in client.errors] == [ConnectionRefusedError]
            client.transport.sendto(b"x" * 70_000)
            assert client.errors[-1].errno == 90  # EMSGSIZE
            assert not client.transport.is_closing()

    run(loop, main)
    assert errors == []


@pytest.mark.parametrize(
    "wrong", [None, "path", ("127.0.0.1",), ("127.0.0.1", "port"), 1], ids=repr
)
def test_a_wrong_address_ends_the_transport(loop, errors, wrong):
    async def main():
        async with endpoint() as one:
            one.transport.sendto(b"x", wrong)
            assert one.transport.is_closing()
            error = await one.lost
            assert isinstance(error, TypeError)

    run(loop, main)
    assert [e["message"] for e in errors] == ["Fatal write error on datagram transport"]


def test_closing_calls_connection_lost_once(loop):
    async def main():
        async with endpoint() as one:
            one.transport.close()
            assert one.transport.is_closing() and one.events == ["made"]
            one.transport.close()
            one.transport.abort()
            assert await one.lost is None
            assert one.events == ["made", "lost"]
            assert one.transport.get_extra_info("socket").fileno() == -1

    run(loop, main)


def test_what_comes_after_close_is_not_received(loop):
    async def main():
        async with endpoint() as one, endpoint() as two:

            def close(data, addr):
                two.received.append(data)
                two.transport.close()

            two.datagram_received = close
            for data in (b"1", b"2", b"3"):
                one.transport.sendto(data, address_of(two))
            await two.lost
            assert two.received == [b"1"]

    run(loop, main)


def test_a_protocol_may_be_replaced(loop):
    async def main():
        async with endpoint() as one:
            other = Recorder()
            one.transport.set_protocol(other)
            assert one.transport.get_protocol() is other
            one.transport.sendto(b"x", address_of(one))
            await until(lambda: other.received)
            one.transport.close()
            await other.lost
            assert not one.lost.done()

    run(loop, main)


def test_between_two_datagrams_the_loop_turns(loop):
    """Callbacks of one datagram run before the next one is received. So a queue between the two need not hold both."""

    async def main():
        order = []
        async with endpoint() as one, endpoint() as two:

            def received(data, addr):
                order.append(data)
                loop.call_soon(order.append, "after " + data.decode())

            two.datagram_received = received
            for data in (b"1", b"2", b"3"):
                one.transport.sendto(data, address_of(two))
            await until(lambda: len(order) == 6)
        assert order == [b"1", "after 1", b"2", "after 2", b"3", "after 3"]

    run(loop, main)


@pytest.mark.parametrize("method", ["datagram_received", "error_received"])
def test_what_the_protocol_raises_is_reported_and_not_fatal(loop, errors, method):
    async def main():
        async with endpoint() as gone:
            nowhere = address_of(gone)
        async with endpoint() as one, endpoint(remote_addr=nowhere) as two:

            def fail(*args):
                raise ZeroDivisionError

            for protocol in (one, two):
                setattr(protocol, method, fail)
            one.transport.sendto(b"x", address_of(one))
            two.transport.sendto(b"x")
            await until(lambda: errors)
            assert not one.transport.is_closing() and not two.transport.is_closing()

    run(loop, main)
    assert [type(e["exception"]) for e in errors] == [ZeroDivisionError]


@pytest.mark.parametrize("exit_type", [KeyboardInterrupt, SystemExit])
def test_an_exit_in_datagram_received_leaves_the_loop(loop, exit_type):
    async def main():
        _, one = await loop.create_datagram_endpoint(Recorder, local_addr=("127.0.0.1", 0))

        def leave(data, addr):
            raise exit_type

        one.datagram_received = leave
        return one

    one = loop.run_until_complete(main())
    one.transport.sendto(b"x", address_of(one))
    with pytest.raises(exit_type):
        loop.run_until_complete(asyncio.sleep(5))
    one.transport.abort()
    loop.run_until_complete(one.lost)


@contextlib.asynccontextmanager
async def unix_pair(tmp_path):
    """A sender connected to a socket that nobody reads yet. It fills up; UDP over loopback never does."""
    loop = asyncio.get_running_loop()
    reader = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    reader.bind(str(tmp_path / "reader"))
    reader.setblocking(False)
    transport, protocol = await loop.create_datagram_endpoint(
        Recorder, remote_addr=str(tmp_path / "reader"), family=socket.AF_UNIX
    )
    with reader:
        try:
            yield protocol, reader
        finally:
            if not transport.is_closing():
                transport.abort()
            await asyncio.sleep(0)
            await asyncio.sleep(0)


def drain(sock):
    got = []
    with pytest.raises(BlockingIOError):
        while True:
            got.append(sock.recv(1 << 18))
    return got


@stock_differs("3.13.0 forgets to subtract headers from what waits", first=(3, 13))
def test_what_the_kernel_does_not_take_waits(loop, tmp_path):
    async def main():
        async with unix_pair(tmp_path) as (sender, reader):
            sent = [b"%06d" % n * 1000 for n in range(200)]
            for data in sent:
                sender.transport.sendto(data)
            waiting = sender.transport.get_write_buffer_size()
            assert waiting > 64 * 1024 and sender.events == ["made", "pause"]
            got = []
            while len(got) < len(sent):
                got += drain(reader)
                await asyncio.sleep(0)
            assert got == sent
            assert sender.transport.get_write_buffer_size() == 0
            assert sender.events == ["made", "pause", "resume"]

    run(loop, main)


def test_what_waits_does_not_change_with_its_buffer(loop, tmp_path):
    async def main():
        async with unix_pair(tmp_path) as (sender, reader):
            count = 0
            while not sender.transport.get_write_buffer_size():
                sender.transport.sendto(b"filler")
                count += 1
            buffer = bytearray(b"before")
            sender.transport.sendto(buffer)
            buffer[:] = b"after!"
            buffer.append(1)
            got = []
            while len(got) <= count:
                got += drain(reader)
                await asyncio.sleep(0)
            assert got[-1] == b"before"

    run(loop, main)


def test_closing_sends_what_waits_first(loop, tmp_path):
    async def main():
        async with unix_pair(tmp_path) as (sender, reader):
            for _ in range(100):
                sender.transport.sendto(b"x" * 5000)
            assert sender.transport.get_write_buffer_size() > 0
            sender.transport.close()
            got = 0
            while not sender.lost.done():
                got += len(drain(reader))
                await asyncio.sleep(0)
            assert got + len(drain(reader)) == 100
            assert sender.lost.result() is None

    run(loop, main)


def test_aborting_drops_what_waits(loop, tmp_path):
    async def main():
        async with unix_pair(tmp_path) as (sender, reader):
            for _ in range(100):
                sender.transport.sendto(b"x" * 5000)
            sender.transport.abort()
            assert await sender.lost is None
            assert len(drain(reader)) < 100

    run(loop, main)


def test_water_marks_are_kept(loop):
    async def main():
        async with endpoint() as one:
            assert one.transport.get_write_buffer_limits() == (16384, 65536)
            one.transport.set_write_buffer_limits(high=1000)
            assert one.transport.get_write_buffer_limits() == (250, 1000)
            with pytest.raises(ValueError, match="must be >= low"):
                one.transport.set_write_buffer_limits(high=1, low=2)
            assert one.transport.get_write_buffer_size() == 0

    run(loop, main)


def test_unix_datagrams_have_paths_for_addresses(loop, tmp_path):
    async def main():
        paths = [str(tmp_path / name) for name in ("one", "two")]
        async with endpoint(local_addr=paths[0], family=socket.AF_UNIX) as one, endpoint(
            local_addr=paths[1], family=socket.AF_UNIX
        ) as two:
            one.transport.sendto(b"x" * 100_000, paths[1])
            await until(lambda: two.received)
            assert two.received == [(b"x" * 100_000, paths[0])]
            left, right = socket.socketpair(type=socket.SOCK_DGRAM)
            left.setblocking(False)
            with right:
                async with endpoint(sock=left) as unnamed:
                    right.send(b"unnamed")
                    await until(lambda: unnamed.received)
                    assert unnamed.received == [(b"unnamed", None)]

    run(loop, main)


@stock_differs("sends it to no address, which ends the transport")
def test_one_end_of_an_unnamed_pair_sends_to_the_other(loop, errors):
    async def main():
        left, right = socket.socketpair(type=socket.SOCK_DGRAM)
        right.settimeout(5)
        with right:
            async with endpoint(sock=left) as one:
                one.transport.sendto(b"first")
                one.transport.sendto(b"second", None)
                assert (right.recv(100), right.recv(100)) == (b"first", b"second")
                for _ in range(10_000):  # more than fit: what waits is sent there, too
                    one.transport.sendto(b"x" * 1000)
                assert one.transport.get_write_buffer_size() > 0
                for _ in range(10_000):
                    assert len(right.recv(2000)) == 1000
                    await asyncio.sleep(0)
                assert one.transport.get_write_buffer_size() == 0
                right.close()
                one.transport.sendto(b"for nobody")
                assert isinstance(one.errors[0], ConnectionRefusedError)
            assert await one.lost is None

    run(loop, main)
    assert errors == []


def test_an_address_that_is_given_to_an_unnamed_pair_counts(loop, tmp_path):
    async def main():
        left, right = socket.socketpair(type=socket.SOCK_DGRAM)
        third = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        third.bind(str(tmp_path / "third"))
        third.settimeout(5)
        with right, third:
            async with endpoint(sock=left) as one:
                one.transport.sendto(b"hello", str(tmp_path / "third"))
                assert third.recv(100) == b"hello"

    run(loop, main)


async def sends_after_its_end(caplog, to_peer: bool) -> None:
    """Each is dropped, as a write to a closed stream is. From the fifth on there is a warning."""
    with socket.socket(type=socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(0)
        address = peer.getsockname()
        options = {"remote_addr": address} if to_peer else {"local_addr": ("127.0.0.1", 0)}
        async with endpoint(**options) as one:
            one.transport.close()
            assert await one.lost is None
        for _ in range(7):
            one.transport.sendto(b"late", None if to_peer else address)
        assert [record.message for record in caplog.records] == [
            "socket.send() raised exception."
        ] * (7 - 4)
        with pytest.raises(TypeError, match="data argument must be a bytes-like object"):
            one.transport.sendto(7)
        with pytest.raises(BlockingIOError):
            peer.recv(100)
        assert one.errors == []


def test_what_is_sent_to_the_peer_after_the_end_is_dropped_with_a_warning(loop, caplog):
    run(loop, lambda: sends_after_its_end(caplog, to_peer=True))


@stock_differs("looks for the exception handler of no loop, an AttributeError")
def test_what_is_sent_anywhere_after_the_end_is_dropped_with_a_warning(loop, caplog):
    run(loop, lambda: sends_after_its_end(caplog, to_peer=False))


@stock_differs("looks for the exception handler of no loop, an AttributeError")
def test_what_is_sent_after_an_error_ended_it_is_dropped(loop, errors):
    async def main():
        async with endpoint() as one:
            one.transport.sendto(b"to no address")  # a mistake of the program's, as on asyncio
            assert isinstance(await one.lost, TypeError)
            one.transport.sendto(b"late", ("127.0.0.1", 9))

    run(loop, main)
    assert [type(error["exception"]) for error in errors] == [TypeError]


def test_it_is_one_of_asyncios_transports(loop):
    async def main():
        async with endpoint() as one:
            transport = one.transport
            stock = asyncio.selector_events._SelectorDatagramTransport
            for cls in (asyncio.DatagramTransport, asyncio.Transport, asyncio.BaseTransport):
                if issubclass(stock, cls) or cls is asyncio.DatagramTransport:
                    assert isinstance(transport, cls) or not issubclass(stock, cls)
            assert repr(transport).partition(" ")[2].startswith("fd=")
            assert "read=polling write=<idle, bufsize=0>" in repr(transport)
            transport.close()
            assert "closing" in repr(transport)
            await one.lost
            assert "closed" in repr(transport)
            assert transport.get_extra_info("nothing", 5) == 5

    run(loop, main)


def test_it_warns_if_it_is_never_closed(loop):
    async def main():
        transport, _ = await loop.create_datagram_endpoint(Recorder, local_addr=("127.0.0.1", 0))
        loop._remove_reader(transport._sock_fd)
        return weakref.ref(transport)

    with pytest.warns(ResourceWarning, match="unclosed transport"):
        gone = loop.run_until_complete(main())
        gc.collect()
    gc.collect()  # pytest has the warning no more, which had its source
    assert gone() is None


variable: contextvars.ContextVar = contextvars.ContextVar("variable", default="none")


def test_the_protocol_is_called_in_the_context_it_was_made_in(loop):
    async def main():
        variable.set("of main")
        seen = []
        async with endpoint() as one:
            one.datagram_received = lambda data, addr: seen.append(variable.get())
            variable.set("later")
            one.transport.sendto(b"x", address_of(one))
            await until(lambda: seen)
        assert seen == ["of main"]

    run(loop, main)


def test_slow_calls_are_reported_in_debug_mode(loop, caplog):
    loop.set_debug(True)
    loop.slow_callback_duration = 0.001

    async def main():
        import time

        async with endpoint() as one:
            one.datagram_received = lambda data, addr: (time.sleep(0.005), one.received.append(1))
            one.transport.sendto(b"x", address_of(one))
            await until(lambda: one.received)

    run(loop, main)
    assert "Executing" in caplog.text


def test_many_datagrams_from_many_senders_keep_their_addresses(loop):
    async def main():
        async with endpoint() as server:
            senders = [socket.socket(type=socket.SOCK_DGRAM) for _ in range(40)]
            for sock in senders:
                sock.bind(("127.0.0.1", 0))
            for _ in range(3):
                for sock in senders:
                    sock.sendto(b"%d" % sock.getsockname()[1], address_of(server))
                await asyncio.sleep(0.001)
            await until(lambda: len(server.received) == 120)
            assert all(data == b"%d" % addr[1] for data, addr in server.received)
            for sock in senders:
                sock.close()

    run(loop, main)
