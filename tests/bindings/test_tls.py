"""TLS: bytes arrive and protocols are called as on asyncio's own loop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import logging
import os
import socket
import ssl
import weakref
from asyncio import sslproto

import pytest
from tcp import Recorder, until
from test_buffered_protocol import Buffered as BufferedInCopies
from tls import TLS_1_2, TLS_1_3, client_context, connected, server_context
from versions import since, stock_differs

RECORD = 16 * 1024


def run(loop, scenario, *factories, **options):
    async def main():
        async with connected(*factories, **options) as (remote, client):
            await scenario(remote, client)

    loop.run_until_complete(main())


class Echo(Recorder):
    def data_received(self, data):
        super().data_received(data)
        self.transport.write(data)


class Buffered(BufferedInCopies):
    """asyncio slices the buffer. Slices of a bytearray are copies, so bytes that are read into them are lost."""

    def get_buffer(self, size_hint):
        return memoryview(super().get_buffer(size_hint))


# -- round trips ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
@pytest.mark.parametrize("factory", [Recorder, Buffered])
@pytest.mark.parametrize("size", [1, 1000, RECORD - 1, RECORD, RECORD + 1, 100_000, 1_000_000])
def test_what_is_sent_comes_back(loop, size, factory, version):
    message = os.urandom(size)

    async def scenario(remote, client):
        client.transport.write(message)
        await until(lambda: len(client.received) >= size)
        assert client.received == remote.received == message

    run(loop, scenario, Echo, factory, version=version)


@pytest.mark.parametrize("size", [1000, RECORD, 100_000, 104_000])
def test_a_message_that_somebody_keeps_stays_what_it_was(loop, size):
    """The same if others of about the same length, which are not kept, come before and after it."""

    class KeepsOneInThree(Recorder):
        def __init__(self):
            super().__init__()
            self.kept, self.copies, self.count = [], [], 0

        def data_received(self, data):
            self.count += len(data)
            if data[0] % 3 == 0:
                self.kept.append(data)
                self.copies.append(bytearray(data))
                hash(data)

    async def scenario(remote, client):
        total = 0
        for number in range(30):
            message = bytes([number]) * (size - 7 * number)
            total += len(message)
            client.transport.write(message)
            await until(lambda: remote.count == total)
        assert len(remote.kept) >= 10
        assert remote.kept == remote.copies
        assert [hash(data) for data in remote.kept] == [hash(bytes(copy)) for copy in remote.copies]

    run(loop, scenario, KeepsOneInThree)


def test_fifty_megabytes_both_ways(loop):
    chunk = os.urandom(1 << 20)
    wanted = hashlib.sha256(chunk * 50).hexdigest()

    class Sink(Recorder):
        def __init__(self):
            super().__init__()
            self.digest, self.count = hashlib.sha256(), 0
            self.may_write = asyncio.Event()
            self.may_write.set()

        def data_received(self, data):
            self.digest.update(data)
            self.count += len(data)

        def pause_writing(self):
            self.may_write.clear()

        def resume_writing(self):
            self.may_write.set()

    async def send(side):
        for _ in range(50):
            side.transport.write(chunk)
            await side.may_write.wait()

    async def scenario(remote, client):
        await asyncio.gather(send(remote), send(client))
        await until(lambda: remote.count == client.count == 50 << 20)
        assert remote.digest.hexdigest() == client.digest.hexdigest() == wanted

    run(loop, scenario, Sink, Sink)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_each_kind_of_buffer_can_be_sent(loop, kind):
    async def scenario(remote, client):
        client.transport.write(kind(b"hello"))
        client.transport.write(kind(b""))
        await until(lambda: remote.received == b"hello")
        assert remote.events == ["made", "data"]

    run(loop, scenario)


@pytest.mark.parametrize("data", ["text", 7, None, [b"x"]])
def test_what_is_no_buffer_is_refused(loop, data):
    async def scenario(remote, client):
        with pytest.raises(TypeError, match=f"bytes-like instance, got {type(data).__name__}"):
            client.transport.write(data)

    run(loop, scenario)


@pytest.mark.parametrize(
    "parts",
    [
        [b"a", b"", b"bc"],
        (b"x" * RECORD, b"y" * RECORD, b"z"),
        [b"x" * 100_000, b"y"],
        [b"a", bytearray(b"b"), memoryview(b"c")],
        [],
    ],
)
def test_writelines_sends_the_parts_in_order(loop, parts):
    wanted = b"".join(parts)

    async def scenario(remote, client):
        client.transport.writelines(parts)
        client.transport.writelines(part for part in parts)
        client.transport.write(b"!")
        await until(lambda: remote.received.endswith(b"!"))
        assert remote.received == wanted * 2 + b"!"

    run(loop, scenario)


def test_a_mutable_buffer_may_change_after_the_write(loop):
    async def scenario(remote, client):
        data = bytearray(b"before")
        client.transport.write(data)
        data[:] = b"after!"
        await until(lambda: len(remote.received) == 6)
        assert remote.received == b"before"

    run(loop, scenario)


def test_what_is_written_in_connection_made_arrives_first(loop):
    class Greeting(Recorder):
        def connection_made(self, transport):
            super().connection_made(transport)
            transport.write(b"hello ")
            transport.writelines([b"wor", b"ld"])

    async def scenario(remote, client):
        await until(lambda: client.received == remote.received == b"hello world")

    run(loop, scenario, Greeting, Greeting)


# -- flow control --------------------------------------------------------------------------------------


@since((3, 11), "asyncio's present SSLProtocol")
def test_reading_can_be_paused_and_resumed(loop):
    async def scenario(remote, client):
        client.transport.write(b"one")
        await until(lambda: remote.received == b"one")
        remote.transport.pause_reading()
        assert not remote.transport.is_reading()
        client.transport.write(b"two" * 50_000)
        await asyncio.sleep(0.02)
        assert remote.received == b"one"
        assert remote.transport.get_read_buffer_size() > 0
        remote.transport.resume_reading()
        await until(lambda: len(remote.received) == 3 + 150_000)
        assert remote.transport.get_read_buffer_size() == 0

    run(loop, scenario)


def test_a_protocol_that_pauses_in_data_received_gets_the_rest_later(loop):
    class Hesitant(Recorder):
        def data_received(self, data):
            super().data_received(data)
            self.transport.pause_reading()
            asyncio.get_running_loop().call_later(0.001, self.transport.resume_reading)

    message = os.urandom(600_000)

    async def scenario(remote, client):
        client.transport.write(message)
        await until(lambda: len(remote.received) == len(message))
        assert remote.received == message

    run(loop, scenario, Hesitant)


def test_a_writer_is_paused_while_the_peer_does_not_read(loop):
    async def scenario(remote, client):
        remote.transport.pause_reading()
        client.transport.set_write_buffer_limits(high=100_000, low=10_000)
        assert client.transport.get_write_buffer_limits() == (10_000, 100_000)
        written = 0
        while "pause" not in client.events:
            client.transport.write(b"x" * 100_000)
            written += 100_000
            await asyncio.sleep(0)
        assert client.transport.get_write_buffer_size() >= 100_000
        remote.transport.resume_reading()
        await until(lambda: "resume" in client.events)
        await until(lambda: len(remote.received) == written)
        assert client.events == ["made", "pause", "resume"]
        assert client.transport.get_write_buffer_size() == 0

    run(loop, scenario)


@since((3, 11), "asyncio's present SSLProtocol")
@pytest.mark.parametrize("high, low", [(1.5e5, 1e4), (float("inf"), 1), (10**30, 0)])
def test_water_marks_may_be_any_number(loop, high, low):
    async def scenario(remote, client):
        client.transport.set_write_buffer_limits(high=high, low=low)
        assert client.transport.get_write_buffer_limits() == (low, high)
        client.transport.set_read_buffer_limits(high=high, low=low)
        assert client.transport.get_read_buffer_limits() == (low, high)
        client.transport.write(b"x" * 1000)
        remote.transport.write(b"y" * 1000)
        await until(lambda: len(remote.received) == len(client.received) == 1000)

    run(loop, scenario)


# -- the end -------------------------------------------------------------------------------------------


@since((3, 11), "asyncio's present SSLProtocol")
def test_close_is_told_to_both_sides(loop, errors):
    async def scenario(remote, client):
        client.transport.write(b"last words")
        client.transport.close()
        client.transport.close()
        assert client.transport.is_closing()
        assert (await remote.lost, await client.lost) == (None, None)
        assert remote.events == ["made", "data", "eof", "lost"]
        assert remote.received == b"last words"
        assert remote.transport.is_closing()

    run(loop, scenario)
    assert errors == []


def test_everything_written_before_close_arrives(loop):
    async def scenario(remote, client):
        client.transport.write(b"x" * 3_000_000)
        client.transport.close()
        await remote.lost
        assert len(remote.received) == 3_000_000

    run(loop, scenario)


def test_abort_drops_what_waits(loop, errors):
    async def scenario(remote, client):
        remote.transport.pause_reading()
        client.transport.write(b"x" * 10_000_000)
        client.transport.abort()
        assert client.transport.is_closing()
        assert await client.lost is None
        remote.transport.resume_reading()
        await remote.lost
        assert len(remote.received) < 10_000_000

    run(loop, scenario)


@since((3, 11), "asyncio's present SSLProtocol")
def test_keeping_open_on_eof_is_not_possible(loop, caplog):
    async def scenario(remote, client):
        remote.keep_open_on_eof = True
        client.transport.close()
        await remote.lost
        await client.lost

    with caplog.at_level(logging.WARNING, "asyncio"):
        run(loop, scenario)
    assert "returning true from eof_received() has no effect when using ssl" in caplog.text


@since((3, 11), "asyncio's present SSLProtocol")
def test_writing_after_the_end_is_warned_of_in_the_end(loop, caplog):
    async def scenario(remote, client):
        transport = client.transport
        transport.abort()
        await client.lost
        with caplog.at_level(logging.WARNING, "asyncio"):
            for _ in range(10):
                transport.write(b"x")
                transport.writelines([b"x"])
        assert "SSL connection is closed" in caplog.text

    run(loop, scenario)


def test_a_connection_that_is_cut_ends_without_close_notify(loop, errors):
    async def scenario(remote, client):
        client.transport._ssl_protocol._transport.abort()
        await remote.lost
        await client.lost
        assert remote.events[-1] == "lost"

    run(loop, scenario)
    assert errors == []


def test_write_eof_is_not_offered(loop):
    async def scenario(remote, client):
        assert not client.transport.can_write_eof()
        with pytest.raises(NotImplementedError):
            client.transport.write_eof()

    run(loop, scenario)


def test_garbage_ends_the_connection(loop, errors):
    async def scenario(remote, client):
        client.transport.write(b"fine")
        await until(lambda: remote.received == b"fine")
        client.transport._ssl_protocol._transport.write(b"this is no record of TLS at all")
        assert isinstance(await remote.lost, ssl.SSLError)

    run(loop, scenario)


@since((3, 11), "asyncio's present SSLProtocol")
def test_what_came_with_garbage_is_lost(loop):
    async def scenario(remote, client):
        below = client.transport._ssl_protocol
        below._ssl_writing_paused = True
        client.transport.write(b"good data")
        below._transport.write(below._outgoing.read() + b"x" * 40)
        assert isinstance(await remote.lost, ssl.SSLError)
        assert remote.received == b""

    run(loop, scenario)


def test_garbage_instead_of_a_handshake_is_survived(loop):
    async def main():
        server = await loop.create_server(Recorder, "127.0.0.1", 0, ssl=server_context())
        address = server.sockets[0].getsockname()
        _, plain = await loop.create_connection(Recorder, *address)
        plain.transport.write(b"GET / HTTP/1.0\r\n\r\n")
        await plain.lost
        transport, client = await loop.create_connection(
            Recorder, *address, ssl=client_context(), server_hostname="localhost"
        )
        transport.close()
        await client.lost
        server.close()

    loop.set_exception_handler(lambda *_: None)
    loop.run_until_complete(main())


# -- errors in protocols -------------------------------------------------------------------------------


@since((3, 11), "asyncio's present SSLProtocol")
@pytest.mark.parametrize(
    "factory, method",
    [
        (Recorder, "data_received"),
        (Recorder, "eof_received"),
        (Buffered, "get_buffer"),
        (Buffered, "buffer_updated"),
        (Buffered, "eof_received"),
    ],
)
def test_an_error_in_a_protocols_method_ends_the_connection(loop, errors, factory, method):
    def fail(self, *args):
        raise ZeroDivisionError(method)

    async def scenario(remote, client):
        client.transport.write(b"x")
        if method == "eof_received":
            client.transport.close()
        error = await remote.lost
        assert isinstance(error, ZeroDivisionError)

    run(loop, scenario, type("Broken", (factory,), {method: fail}))
    assert [str(report["exception"]) for report in errors] == [method]
    assert type(errors[0]["protocol"]).__name__ == "SSLProtocol"
    assert errors[0]["message"] in (
        "Fatal error on SSL protocol",
        "Error calling eof_received()",
    )


@pytest.mark.parametrize("method", ["pause_writing", "resume_writing"])
def test_an_error_in_flow_control_is_only_reported(loop, errors, method):
    def fail(self):
        self.events.append(method)
        raise ZeroDivisionError(method)

    async def scenario(remote, client):
        remote.transport.pause_reading()
        client.transport.set_write_buffer_limits(high=1000)
        client.transport.write(b"x" * 10_000_000)
        client.transport.write(b"x" * 1000)  # waits here, as the transport below is full
        remote.transport.resume_reading()
        await until(lambda: len(remote.received) == 10_001_000)
        await until(lambda: method in client.events)

    run(loop, scenario, Recorder, type("Broken", (Recorder,), {method: fail}))
    assert [report["message"] for report in errors] == [f"protocol.{method}() failed"]
    assert {"exception", "transport", "protocol"} <= set(errors[0])


def test_an_error_in_connection_made_is_reported(loop, errors):
    class Broken(Recorder):
        def connection_made(self, transport):
            super().connection_made(transport)
            raise ZeroDivisionError("made")

    async def scenario(remote, client):
        await client.lost

    run(loop, scenario, Broken)
    assert "made" in [str(report.get("exception")) for report in errors]


def test_an_error_in_connection_lost_is_reported(loop, errors):
    class Broken(Recorder):
        def connection_lost(self, error):
            super().connection_lost(error)
            raise ZeroDivisionError("lost")

    async def scenario(remote, client):
        client.transport.close()
        await remote.lost
        await client.lost

    run(loop, scenario, Broken)
    assert [str(report["exception"]) for report in errors] == ["lost"]


@pytest.mark.parametrize("exit_exception", [KeyboardInterrupt, SystemExit])
def test_an_exit_in_data_received_leaves_the_loop(loop, exit_exception):
    class Leaving(Recorder):
        def data_received(self, data):
            raise exit_exception

    async def scenario(remote, client):
        client.transport.write(b"x")
        await asyncio.sleep(10)

    with pytest.raises(exit_exception):
        run(loop, scenario, Leaving)
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0.01))


def test_a_failed_handshake_is_told_to_who_connects(loop, errors):
    async def main():
        server = await loop.create_server(Recorder, "127.0.0.1", 0, ssl=server_context())
        with pytest.raises(ssl.SSLCertVerificationError):
            await loop.create_connection(
                Recorder,
                *server.sockets[0].getsockname(),
                ssl=ssl.create_default_context(),
                server_hostname="localhost",
            )
        server.close()

    loop.run_until_complete(main())


# -- other ways ----------------------------------------------------------------------------------------


def test_the_protocol_can_be_exchanged(loop):
    async def scenario(remote, client):
        second = Buffered()
        client.transport.write(b"first")
        await until(lambda: remote.received == b"first")
        remote.transport.set_protocol(second)
        assert remote.transport.get_protocol() is second
        client.transport.write(b"second")
        await until(lambda: second.received == b"second")
        remote.transport.set_protocol(remote)
        client.transport.write(b"third")
        await until(lambda: remote.received == b"firstthird")

    run(loop, scenario)


def test_a_small_buffer_is_filled_again_and_again(loop):
    message = os.urandom(40_000)

    class Small(Buffered):
        size = 333

    async def scenario(remote, client):
        client.transport.write(message)
        await until(lambda: len(remote.received) == len(message))
        assert remote.received == message
        assert max(remote.events) == 333

    run(loop, scenario, Small)


def test_a_bytearray_serves_as_a_buffer(loop, loop_name):
    if loop_name == "stock":
        pytest.skip("asyncio loses what follows the first record")
    message = os.urandom(40_000)

    class Large(BufferedInCopies):
        size = 1 << 20

    async def scenario(remote, client):
        client.transport.write(message)
        await until(lambda: len(remote.received) == len(message))
        assert remote.received == message

    run(loop, scenario, Large)


def test_a_buffer_may_be_larger_than_a_record(loop):
    message = os.urandom(100_000)

    class Large(Buffered):
        size = 1 << 20

    async def scenario(remote, client):
        client.transport.write(message)
        await until(lambda: len(remote.received) == len(message))
        assert remote.received == message

    run(loop, scenario, Large)


@since((3, 11), "asyncio's present SSLProtocol")
@pytest.mark.parametrize("again", [False, True], ids=["over TCP", "in TLS"])
def test_start_tls_upgrades_a_connection(loop, again):
    async def main():
        accepted: list = []
        done = loop.create_future()

        class Upgrading(Recorder):
            def connection_made(self, transport):
                super().connection_made(transport)
                accepted.append(self)

        server = await loop.create_server(Upgrading, "127.0.0.1", 0)
        transport, client = await loop.create_connection(Recorder, *server.sockets[0].getsockname())
        await until(lambda: accepted)
        remote = accepted[0]

        async def upgrade(side, context, **options):
            for _ in range(2 if again else 1):
                side.transport = await loop.start_tls(side.transport, side, context, **options)

        await asyncio.gather(
            upgrade(remote, server_context(), server_side=True),
            upgrade(client, client_context(), server_hostname="localhost"),
        )
        client.transport.write(b"x" * 100_000)
        remote.transport.write(b"y" * 100_000)
        await until(lambda: len(remote.received) == len(client.received) == 100_000)
        assert client.transport.get_extra_info("ssl_object").version() == "TLSv1.3"
        assert client.events.count("made") == 1
        client.transport.close()
        await remote.lost
        await client.lost
        done.set_result(None)
        server.close()

    loop.run_until_complete(main())


def test_start_tls_refuses_what_it_cannot_upgrade(loop):
    async def main():
        with pytest.raises(TypeError, match="SSLContext"):
            await loop.start_tls(None, Recorder(), "no context")
        with pytest.raises(TypeError, match="not supported by start_tls"):
            await loop.start_tls(asyncio.Transport(), Recorder(), client_context())

    loop.run_until_complete(main())


def test_over_unix_sockets(loop, tmp_path):
    async def main():
        accepted: list = []
        server = await loop.create_unix_server(
            lambda: accepted.append(Echo()) or accepted[-1],
            str(tmp_path / "socket"),
            ssl=server_context(),
        )
        transport, client = await loop.create_unix_connection(
            Recorder, str(tmp_path / "socket"), ssl=client_context(), server_hostname="localhost"
        )
        transport.write(b"x" * 50_000)
        await until(lambda: len(client.received) == 50_000)
        transport.close()
        await client.lost
        server.close()

    loop.run_until_complete(main())


def test_streams_over_tls(loop):
    async def echo(reader, writer):
        while data := await reader.read(100_000):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def main():
        server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=server_context())
        reader, writer = await asyncio.open_connection(
            *server.sockets[0].getsockname(), ssl=client_context(), server_hostname="localhost"
        )
        for size in (1, RECORD, 200_000):
            message = os.urandom(size)
            writer.write(message)
            await writer.drain()
            assert await reader.readexactly(size) == message
        writer.close()
        await writer.wait_closed()
        server.close()

    loop.run_until_complete(main())


def test_a_context_may_make_its_own_kind_of_ssl_object(loop):
    reads = []

    class Watched(ssl.SSLObject):
        def read(self, *args):
            data = super().read(*args)
            reads.append(data)
            return data

    async def main():
        context = server_context()
        context.sslobject_class = Watched
        accepted: list = []
        server = await loop.create_server(
            lambda: accepted.append(Echo()) or accepted[-1], "127.0.0.1", 0, ssl=context
        )
        transport, client = await loop.create_connection(
            Recorder,
            *server.sockets[0].getsockname(),
            ssl=client_context(),
            server_hostname="localhost",
        )
        transport.write(b"hello")
        await until(lambda: client.received == b"hello")
        transport.close()
        await client.lost
        server.close()

    loop.run_until_complete(main())
    assert b"hello" in reads


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
def test_openssls_client_is_understood(loop, version):
    """Session tickets and, with 1.3, a change of keys in both directions."""

    async def main():
        accepted: list = []
        server = await loop.create_server(
            lambda: accepted.append(Echo()) or accepted[-1],
            "127.0.0.1",
            0,
            ssl=server_context(version),
        )
        port = server.sockets[0].getsockname()[1]
        client = await asyncio.create_subprocess_exec(
            "openssl",
            "s_client",
            "-connect",
            f"127.0.0.1:{port}",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        client.stdin.write(b"one\n")
        await until(lambda: accepted and accepted[0].received.endswith(b"one\n"))
        if version == TLS_1_3:
            client.stdin.write(b"K\n")
            await asyncio.sleep(0.05)
        client.stdin.write(b"two\n")
        await until(lambda: accepted[0].received.endswith(b"two\n"))
        client.stdin.write(b"Q\n")
        out, _ = await client.communicate()
        assert b"one\n" in out and b"two\n" in out
        assert await accepted[0].lost is None
        server.close()

    loop.run_until_complete(main())


def test_a_peer_that_sends_byte_by_byte_is_understood(loop):
    """Records come in pieces. None is lost, none is delivered early."""
    message = os.urandom(3000)

    async def main():
        accepted: list = []
        server = await loop.create_server(
            lambda: accepted.append(Echo()) or accepted[-1], "127.0.0.1", 0, ssl=server_context()
        )
        sock = socket.socket()
        sock.setblocking(False)
        await loop.sock_connect(sock, server.sockets[0].getsockname())
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = client_context().wrap_bio(incoming, outgoing, server_hostname="localhost")

        async def do(action, *args):
            while True:
                try:
                    result = action(*args)
                except ssl.SSLWantReadError:
                    result = None
                sent = outgoing.read()
                for i in range(0, len(sent), 7):
                    await loop.sock_sendall(sock, sent[i : i + 7])
                    await asyncio.sleep(0)
                if result is not None:
                    return result
                incoming.write(await loop.sock_recv(sock, 100_000))

        await do(lambda: tls.do_handshake() or True)
        await do(tls.write, message)
        received = b""
        while len(received) < len(message):
            received += await do(tls.read, 100_000)
        assert received == message == accepted[0].received
        sock.close()
        await accepted[0].lost
        server.close()

    loop.run_until_complete(main())


# -- nothing is left -----------------------------------------------------------------------------------


def test_nothing_of_a_closed_connection_is_left(loop):
    left = []

    async def scenario(remote, client):
        for side in (remote, client):
            left.append(weakref.ref(side))
            left.append(weakref.ref(side.transport))
            left.append(weakref.ref(side.transport._ssl_protocol))
            left.append(weakref.ref(side.transport._ssl_protocol._transport))
        client.transport.write(b"x" * 1000)
        await until(lambda: len(remote.received) == 1000)
        client.transport.close()
        await remote.lost
        await client.lost
        remote.transport = client.transport = None

    async def main():
        async with connected() as (remote, client):
            transports = remote.transport, client.transport
            await scenario(remote, client)
            remote.transport, client.transport = transports

    loop.run_until_complete(main())
    gc.collect()
    assert [ref() for ref in left] == [None] * len(left)


@stock_differs("attributes are a dict to the garbage collector again", first=(3, 13))
@since((3, 11), "asyncio's present SSLProtocol")
def test_the_garbage_collector_finds_a_forgotten_connection(loop):
    async def scenario(remote, client):
        protocol = client.transport._ssl_protocol
        assert protocol in gc.get_referents(client.transport)
        found = gc.get_referents(protocol, vars(protocol))
        for attribute in ("_sslobj", "_incoming", "_outgoing", "_app_protocol", "_transport"):
            assert any(getattr(protocol, attribute) is one for one in found)

    run(loop, scenario)


@stock_differs("loses it", last=(3, 13))
@since((3, 11), "StreamWriter.start_tls()")
def test_what_the_client_sent_before_the_server_upgraded_is_not_lost(loop):
    """The client says that it upgrades and begins at once. So the server's StreamReader already has its hello."""

    async def upgrade(reader, writer):
        assert await reader.readline() == b"STARTTLS\n"
        await writer.start_tls(server_context())
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    async def main():
        server = await asyncio.start_server(upgrade, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = client_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        writer.write(b"STARTTLS\n" + outgoing.read())
        while tls.version() is None or outgoing.pending:
            incoming.write(await asyncio.wait_for(reader.read(65536), 5))
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.do_handshake()
            writer.write(outgoing.read())
        tls.write(b"hello\n")
        writer.write(outgoing.read())
        answer = b""
        while not answer:
            incoming.write(await asyncio.wait_for(reader.read(65536), 5))
            with contextlib.suppress(ssl.SSLWantReadError):
                answer = tls.read(100)
        writer.close()
        server.close()
        return answer

    assert loop.run_until_complete(main()) == b"hello\n"


def test_whether_it_is_closing_is_told_as_this_python_does(loop):
    """From 3.14 on it is also closing if only the connection below is."""

    async def scenario(_, client):
        below = client.transport._ssl_protocol._transport
        assert not client.transport.is_closing()
        below.abort()
        asks = hasattr(sslproto.SSLProtocol, "_is_transport_closing")
        assert client.transport.is_closing() == asks
        await client.lost
        client.transport.is_closing()

    run(loop, scenario)
