"""Datagram endpoints: UDP."""

from __future__ import annotations

import asyncio
import contextvars
import errno
import socket
import sys

import pytest
from tcp import until
from versions import stock_differs


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self):
        self.received = []
        self.errors = []
        self.events = []
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport
        self.events.append("made")

    def datagram_received(self, data, address):
        self.received.append(data)
        self.events.append("datagram")
        self.address = address

    def error_received(self, error):
        self.errors.append(error)

    def connection_lost(self, error):
        self.events.append("lost")
        self.lost.set_result(error)


@pytest.fixture
def endpoints(loop):
    """Makes endpoints, and closes them at the end."""
    made = []

    async def make(*arguments, **keywords):
        transport, protocol = await loop.create_datagram_endpoint(Datagrams, *arguments, **keywords)
        made.append(protocol)
        return protocol

    yield make
    for protocol in made:
        protocol.transport.close()
    loop.run_until_complete(asyncio.sleep(0))


LOCAL = ("127.0.0.1", 0)


async def pair(endpoints):
    server = await endpoints(LOCAL)
    client = await endpoints(remote_addr=server.transport.get_extra_info("sockname"))
    return server, client


def test_a_datagram_arrives_and_is_answered(loop, endpoints):
    async def main():
        server, client = await pair(endpoints)
        client.transport.sendto(b"hello")
        await until(lambda: server.received)
        server.transport.sendto(b"answer", server.address)
        await until(lambda: client.received)
        assert (server.received, client.received) == ([b"hello"], [b"answer"])
        assert server.address == client.transport.get_extra_info("sockname")

    loop.run_until_complete(main())


@pytest.mark.parametrize("size", [1, 600, 20_000, 65_507])
def test_a_datagram_that_somebody_keeps_stays_what_it_was(loop, endpoints, size):
    """The same if others of about the same length, which are not kept, come before and after it."""

    class KeepsOneInThree(Datagrams):
        def __init__(self):
            super().__init__()
            self.copies, self.count = [], 0

        def datagram_received(self, data, address):
            assert hash(data) == hash(bytes(bytearray(data)))
            if self.count % 3 == 0:
                self.received.append(data)
                self.copies.append(bytearray(data))
            self.count += 1

    async def main():
        transport, keeper = await loop.create_datagram_endpoint(KeepsOneInThree, LOCAL)
        client = await endpoints(remote_addr=transport.get_extra_info("sockname"))
        for number in range(30):
            client.transport.sendto(bytes([number]) * max(size - 7 * number, 1))
            await until(lambda: keeper.count > number)  # noqa: B023
        assert len(keeper.received) == 10
        assert keeper.received == keeper.copies
        transport.close()
        await keeper.lost

    loop.run_until_complete(main())


def test_each_of_many_senders_has_its_own_answer(loop, endpoints):
    """More peers than the transport remembers addresses."""

    class Echo(Datagrams):
        def datagram_received(self, data, address):
            self.transport.sendto(data, address)

    async def main():
        transport, _ = await loop.create_datagram_endpoint(Echo, LOCAL)
        clients = [
            await endpoints(remote_addr=transport.get_extra_info("sockname")) for _ in range(50)
        ]
        for turn in (b"a%d", b"b%d"):
            for number, client in enumerate(clients):
                client.transport.sendto(turn % number)
        await until(lambda: all(len(client.received) == 2 for client in clients))
        for number, client in enumerate(clients):
            assert client.received == [b"a%d" % number, b"b%d" % number]
        transport.close()

    loop.run_until_complete(main())


def test_an_address_of_a_datagram_reaches_its_sender_much_later_too(loop, endpoints):
    """The same when the transport remembers other addresses in its place."""

    async def main():
        server = await endpoints(LOCAL)
        clients = [
            await endpoints(remote_addr=server.transport.get_extra_info("sockname"))
            for _ in range(50)
        ]
        addresses = []
        for number, client in enumerate(clients):
            client.transport.sendto(b"hello")
            await until(lambda: len(server.received) > number)  # noqa: B023
            addresses.append(server.address)
        for number, address in enumerate(addresses):
            server.transport.sendto(b"%d" % number, address)
        await until(lambda: all(client.received for client in clients))
        assert [client.received for client in clients] == [[b"%d" % n] for n in range(50)]

    loop.run_until_complete(main())


def test_the_transport_is_asyncios(loop, endpoints):
    async def main():
        server, client = await pair(endpoints)
        assert isinstance(server.transport, asyncio.BaseTransport)
        assert server.transport.get_extra_info("peername") is None
        assert client.transport.get_extra_info("peername")[0] == "127.0.0.1"
        assert server.transport.get_extra_info("socket").type == socket.SOCK_DGRAM
        assert server.transport.get_extra_info("nothing", 7) == 7
        assert not server.transport.is_closing()
        assert server.transport.get_write_buffer_size() == 0
        assert server.transport.get_write_buffer_limits() == (16 * 1024, 64 * 1024)

    loop.run_until_complete(main())


def test_an_empty_datagram_is_received(loop, endpoints):
    async def main():
        server = await endpoints(LOCAL)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.sendto(b"", server.transport.get_extra_info("sockname"))
            await until(lambda: server.received)
        assert server.received == [b""]

    loop.run_until_complete(main())


def test_an_empty_datagram_is_sent_since_python_3_13(loop, endpoints):
    async def main():
        server, client = await pair(endpoints)
        client.transport.sendto(b"")
        client.transport.sendto(b"behind it")
        await until(lambda: b"behind it" in server.received)
        return server.received

    empty = [b""] if sys.version_info >= (3, 13) else []
    assert loop.run_until_complete(main()) == [*empty, b"behind it"]


def test_an_address_beside_a_remote_one_is_refused(loop, endpoints):
    async def main():
        _, client = await pair(endpoints)
        with pytest.raises(ValueError, match="Invalid address: must be None or"):
            client.transport.sendto(b"x", ("127.0.0.1", 9))
        client.transport.sendto(b"x", client.transport.get_extra_info("peername"))

    loop.run_until_complete(main())


@pytest.mark.parametrize("data", ["text", 1, None], ids=repr)
def test_what_is_not_bytes_is_refused(loop, endpoints, data):
    async def main():
        server = await endpoints(LOCAL)
        with pytest.raises(TypeError):
            server.transport.sendto(data, ("127.0.0.1", 9))

    loop.run_until_complete(main())


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_kind_of_bytes_is_sent(loop, endpoints, kind):
    async def main():
        server, client = await pair(endpoints)
        client.transport.sendto(kind(b"hello"))
        await until(lambda: server.received)
        assert server.received == [b"hello"] and type(server.received[0]) is bytes

    loop.run_until_complete(main())


def test_nobody_at_the_port_is_told_to_error_received(loop, endpoints):
    async def main():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
            gone.bind(LOCAL)
            address = gone.getsockname()
        client = await endpoints(remote_addr=address)
        client.transport.sendto(b"hello")
        await until(lambda: client.errors)
        assert isinstance(client.errors[0], ConnectionRefusedError)
        assert client.events == ["made"] and not client.transport.is_closing()

    loop.run_until_complete(main())


def test_a_datagram_that_is_too_large_is_told_to_error_received(loop, endpoints):
    async def main():
        server, client = await pair(endpoints)
        client.transport.sendto(b"x" * 70_000)
        await until(lambda: client.errors)
        assert client.errors[0].errno == errno.EMSGSIZE
        client.transport.sendto(b"y" * 65_000)
        await until(lambda: server.received)
        assert server.received == [b"y" * 65_000]

    loop.run_until_complete(main())


def test_datagrams_keep_their_order_and_bounds(loop, endpoints):
    async def main():
        server, client = await pair(endpoints)
        for number in range(100):
            client.transport.sendto(b"%d" % number * (number + 1))
        await until(lambda: len(server.received) == 100)
        assert server.received == [b"%d" % number * (number + 1) for number in range(100)]

    loop.run_until_complete(main())


def test_close_ends_it_once_and_later(loop, endpoints):
    async def main():
        server = await endpoints(LOCAL)
        server.transport.close()
        server.transport.close()
        assert server.transport.is_closing() and server.events == ["made"]
        assert await server.lost is None
        await asyncio.sleep(0)
        assert server.events == ["made", "lost"]

    loop.run_until_complete(main())


def test_abort_ends_it_too(loop, endpoints):
    async def main():
        server = await endpoints(LOCAL)
        server.transport.abort()
        assert await server.lost is None

    loop.run_until_complete(main())


def test_nothing_is_received_after_close(loop, endpoints):
    async def main():
        server, client = await pair(endpoints)
        client.transport.sendto(b"late")
        server.transport.close()
        await server.lost
        await asyncio.sleep(0.01)
        assert server.received == []

    loop.run_until_complete(main())


def test_a_protocol_that_raises_ends_the_endpoint(loop, errors):
    class Raises(Datagrams):
        def datagram_received(self, data, address):
            raise ZeroDivisionError

    async def main():
        transport, protocol = await loop.create_datagram_endpoint(Raises, LOCAL)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.sendto(b"x", transport.get_extra_info("sockname"))
            await until(lambda: errors)
        await asyncio.sleep(0.01)
        closing = transport.is_closing()
        transport.close()
        await asyncio.sleep(0)
        return closing, [type(error["exception"]) for error in errors]

    assert loop.run_until_complete(main()) == (False, [ZeroDivisionError])


def test_a_full_socket_pauses_the_protocol_and_resumes_it(loop, tmp_path):
    """Datagrams over a Unix socket wait for their reader; those over UDP are dropped."""

    class Paced(Datagrams):
        def pause_writing(self):
            self.events.append("pause")

        def resume_writing(self):
            self.events.append("resume")

    async def main():
        path = str(tmp_path / "socket")
        reader = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        reader.bind(path)
        transport, protocol = await loop.create_datagram_endpoint(
            Paced, remote_addr=path, family=socket.AF_UNIX
        )
        transport.set_write_buffer_limits(high=2000)
        sent = 0
        while "pause" not in protocol.events:
            transport.sendto(b"%05d" % sent + b"x" * 995)
            sent += 1
        waiting = transport.get_write_buffer_size()
        received = []
        reader.setblocking(False)
        while len(received) < sent:
            received.append(int((await loop.sock_recv(reader, 2000))[:5]))
        await until(lambda: "resume" in protocol.events)
        transport.close()
        await protocol.lost
        reader.close()
        assert received == list(range(sent)) and waiting > 2000
        assert protocol.events == ["made", "pause", "resume", "lost"]

    loop.run_until_complete(main())


@stock_differs("3.13.0 forgets to subtract headers from what waits", first=(3, 13))
def test_what_waits_is_a_copy(loop, tmp_path):
    async def main():
        path = str(tmp_path / "socket")
        reader = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        reader.bind(path)
        transport, protocol = await loop.create_datagram_endpoint(
            Datagrams, remote_addr=path, family=socket.AF_UNIX
        )
        data = bytearray(b"before")
        while transport.get_write_buffer_size() == 0:
            transport.sendto(data)
        data[:] = b"after!"
        reader.setblocking(False)
        received = set()
        while transport.get_write_buffer_size() > 0:
            received.add(await loop.sock_recv(reader, 2000))
        try:
            while True:
                received.add(reader.recv(2000))
        except BlockingIOError:
            pass
        transport.close()
        await protocol.lost
        reader.close()
        assert received == {b"before"}

    loop.run_until_complete(main())


def test_protocol_methods_run_in_the_context_of_their_maker(loop):
    who = contextvars.ContextVar("who")
    seen = []

    class InContext(Datagrams):
        def connection_made(self, transport):
            seen.append(("made", who.get()))
            super().connection_made(transport)

        def datagram_received(self, data, address):
            seen.append(("datagram", who.get()))
            super().datagram_received(data, address)

        def connection_lost(self, error):
            seen.append(("lost", who.get()))
            super().connection_lost(error)

    async def main():
        who.set("maker")
        transport, protocol = await loop.create_datagram_endpoint(InContext, LOCAL)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.sendto(b"x", transport.get_extra_info("sockname"))
            await until(lambda: protocol.received)
        transport.close()
        await protocol.lost

    loop.run_until_complete(main())
    assert seen == [("made", "maker"), ("datagram", "maker"), ("lost", "maker")]


def test_options_of_the_endpoint(loop, endpoints):
    async def main():
        one = await endpoints(LOCAL, reuse_port=True, allow_broadcast=True)
        sock = one.transport.get_extra_info("socket")
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST) != 0
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT) != 0
        await endpoints(one.transport.get_extra_info("sockname"), reuse_port=True)
        with pytest.raises(OSError) as caught:
            await endpoints(one.transport.get_extra_info("sockname"))
        assert caught.value.errno == errno.EADDRINUSE

    loop.run_until_complete(main())


def test_a_socket_of_ones_own(loop, endpoints):
    async def main():
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(LOCAL)
        one = await endpoints(sock=sock)
        assert one.transport.get_extra_info("sockname") == sock.getsockname()
        with socket.socket() as stream:
            with pytest.raises(ValueError, match="(?i)(datagram|UDP) socket was expected"):
                await endpoints(sock=stream)
        with pytest.raises(ValueError, match="unexpected address family"):
            await endpoints()

    loop.run_until_complete(main())


def test_ipv6(loop, endpoints):
    async def main():
        server = await endpoints(("::1", 0))
        client = await endpoints(remote_addr=server.transport.get_extra_info("sockname")[:2])
        client.transport.sendto(b"hello")
        await until(lambda: server.received)
        assert len(server.address) == 4

    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    try:
        loop.run_until_complete(main())
    except OSError as problem:
        pytest.skip(f"no IPv6 here: {problem}")
