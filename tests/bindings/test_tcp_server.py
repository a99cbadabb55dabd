"""Servers: listening, accepting, closing."""

from __future__ import annotations

import asyncio
import socket

import pytest
from programs import PATIENCE_S
from tcp import Recorder, connected, until


def test_a_server_listens_on_a_port_of_the_systems_choice(loop):
    async def main():
        server = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0)
        assert isinstance(server, asyncio.AbstractServer)
        assert isinstance(server.sockets, tuple)
        host, port = server.sockets[0].getsockname()
        assert host == "127.0.0.1" and port > 0
        assert server.is_serving() and server.get_loop() is loop
        server.close()
        await server.wait_closed()
        assert not server.is_serving() and server.sockets == ()

    loop.run_until_complete(main())


def test_the_transport_is_an_asyncio_transport_and_knows_its_addresses(loop):
    async def main():
        protocols = []
        server = await loop.create_server(
            lambda: protocols.append(Recorder()) or protocols[-1], "127.0.0.1", 0
        )
        address = server.sockets[0].getsockname()
        with socket.create_connection(address) as client:
            await until(lambda: protocols and protocols[0].transport)
            transport = protocols[0].transport
            assert isinstance(transport, asyncio.Transport)
            assert transport.get_extra_info("sockname") == address
            assert transport.get_extra_info("peername") == client.getsockname()
            assert transport.get_extra_info("nothing such", "default") == "default"
            assert transport.get_extra_info("nothing such") is None
            sock = transport.get_extra_info("socket")
            assert isinstance(sock, asyncio.trsock.TransportSocket)
            assert sock.fileno() >= 0
            assert sock.family == socket.AF_INET
            assert sock.getpeername() == client.getsockname()
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            transport.close()
            await protocols[0].lost
        server.close()

    loop.run_until_complete(main())


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("asked_before", [True, False])
def test_a_closed_transport_still_tells_what_its_socket_was(loop, host, asked_before):
    async def main():
        made = []
        server = await loop.create_server(lambda: made.append(Recorder()) or made[-1], host, 0)
        address = server.sockets[0].getsockname()
        with socket.create_connection(address[:2]) as client:
            peername = client.getsockname()
            await until(lambda: made and made[0].transport)
            transport = made[0].transport
            if asked_before:
                transport.get_extra_info("socket")
        await made[0].lost
        assert transport.get_extra_info("peername") == peername
        assert transport.get_extra_info("sockname") == address
        assert transport.get_extra_info("socket").fileno() == -1
        assert transport.get_extra_info("socket") is transport.get_extra_info("socket")
        server.close()

    loop.run_until_complete(main())


def test_extra_information_is_asked_for_as_of_a_dict(loop):
    async def main():
        async with connected() as (remote, _):
            told = remote.transport.get_extra_info
            assert (
                told("nothing") is None
                and told("nothing", 7) == told(name="nothing", default=7) == 7
            )
            assert told("peername", 7) == told(name="peername") != 7
            assert told(5) is None
            for wrong in ((), ("a", "b", "c")):
                with pytest.raises(TypeError):
                    told(*wrong)
            with pytest.raises(TypeError, match="unhashable type: 'list'"):
                told([])
            with pytest.raises(TypeError):
                told("nothing", other=1)

    loop.run_until_complete(main())


def test_what_accepting_code_adds_to_a_transports_extra_info_is_told(loop):
    async def main():
        ours, theirs = socket.socketpair()
        own = socket.create_server(("127.0.0.1", 0))
        connection = socket.create_connection(own.getsockname())
        accepted, _ = own.accept()
        for sock in (ours, accepted):
            sock.setblocking(False)
            extra = {"peername": "somebody", "more": 1}
            transport = loop._make_socket_transport(sock, Recorder(), extra=extra)
            assert transport.get_extra_info("peername") == "somebody"
            assert transport.get_extra_info("more") == 1
            assert transport.get_extra_info("sockname") == sock.getsockname()
            transport.abort()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for sock in (theirs, own, connection):
            sock.close()

    loop.run_until_complete(main())


def test_a_hundred_clients_are_each_answered(loop):
    class Echo(Recorder):
        def data_received(self, data):
            self.transport.write(data)

    async def ask(address, number):
        reader, writer = await asyncio.open_connection(*address)
        for turn in range(5):
            message = b"%d/%d\n" % (number, turn)
            writer.write(message)
            assert await reader.readline() == message
        writer.close()
        await writer.wait_closed()

    async def main():
        server = await loop.create_server(Echo, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        await asyncio.gather(*(ask(address, n) for n in range(100)))
        server.close()
        await server.wait_closed()

    loop.run_until_complete(main())


def test_a_server_on_a_socket_of_ones_own(loop):
    async def main():
        protocols = []
        listener = socket.create_server(("127.0.0.1", 0))
        address = listener.getsockname()
        server = await loop.create_server(
            lambda: protocols.append(Recorder()) or protocols[-1], sock=listener
        )
        with socket.create_connection(address) as client:
            client.send(b"hello")
            await until(lambda: protocols and protocols[0].received)
        await protocols[0].lost
        server.close()
        assert protocols[0].received == b"hello"

    loop.run_until_complete(main())


def test_a_server_can_start_serving_later(loop):
    async def main():
        server = await loop.create_server(Recorder, "127.0.0.1", 0, start_serving=False)
        assert not server.is_serving()
        await server.start_serving()
        assert server.is_serving()
        await asyncio.open_connection(*server.sockets[0].getsockname())
        server.close()

    loop.run_until_complete(main())


def test_serve_forever_ends_when_it_is_cancelled(loop):
    async def main():
        server = await loop.create_server(Recorder, "127.0.0.1", 0)
        task = asyncio.create_task(server.serve_forever())
        await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not server.is_serving()

    loop.run_until_complete(main())


def test_closing_a_server_leaves_its_connections_alone(loop):
    async def main():
        protocols = []
        server = await loop.create_server(
            lambda: protocols.append(Recorder()) or protocols[-1], "127.0.0.1", 0
        )
        with socket.create_connection(server.sockets[0].getsockname()) as client:
            await until(lambda: protocols)
            server.close()
            client.send(b"still here")
            await until(lambda: protocols[0].received == b"still here")
        await protocols[0].lost

    loop.run_until_complete(main())


def test_a_closed_server_refuses_connections(loop):
    async def main():
        server = await loop.create_server(Recorder, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        server.close()
        await server.wait_closed()
        with pytest.raises(ConnectionRefusedError):
            await loop.create_connection(Recorder, *address)

    loop.run_until_complete(main())


def test_a_port_in_use_is_an_error_that_names_the_address(loop):
    async def main():
        with socket.create_server(("127.0.0.1", 0)) as taken:
            with pytest.raises(OSError, match="address already in use") as caught:
                await loop.create_server(Recorder, *taken.getsockname())
        assert "127.0.0.1" in str(caught.value)

    loop.run_until_complete(main())


def test_a_protocol_factory_that_fails_is_reported_and_accepting_goes_on(loop, errors):
    protocols = []

    def factory():
        if not protocols:
            protocols.append(None)
            raise ZeroDivisionError("in the factory")
        protocols.append(Recorder())
        return protocols[-1]

    async def main():
        server = await loop.create_server(factory, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        with socket.create_connection(address), socket.create_connection(address):
            await until(lambda: len(protocols) == 2)
            await until(lambda: protocols[1].transport)
        await protocols[1].lost
        server.close()

    loop.set_debug(True)  # only then does asyncio report it
    loop.run_until_complete(main())
    assert isinstance(errors[0]["exception"], ZeroDivisionError)


def test_a_burst_of_connections_larger_than_the_backlog_is_accepted(loop):
    async def main():
        count = 0

        class Counter(Recorder):
            def connection_made(self, transport):
                nonlocal count
                count += 1
                transport.close()

        server = await loop.create_server(Counter, "127.0.0.1", 0, backlog=10)
        address = server.sockets[0].getsockname()

        async def connect():
            _, writer = await asyncio.open_connection(*address)
            writer.close()

        await asyncio.gather(*(connect() for _ in range(60)))
        await until(lambda: count == 60)
        server.close()

    loop.run_until_complete(main())


def test_create_connection_refused_says_where(loop):
    async def main():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        with pytest.raises(ConnectionRefusedError, match=str(port)):
            await loop.create_connection(Recorder, "127.0.0.1", port)

    loop.run_until_complete(main())


def test_a_refused_connection_makes_no_protocol(loop):
    made = []

    async def main():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = listener.getsockname()
        with pytest.raises(OSError):
            await loop.create_connection(lambda: made.append(1), *address)

    loop.run_until_complete(main())
    assert made == []


def test_create_connection_from_a_local_address(loop):
    async def main():
        server = await loop.create_server(Recorder, "127.0.0.1", 0)
        transport, _ = await loop.create_connection(
            Recorder, *server.sockets[0].getsockname(), local_addr=("127.0.0.1", 0)
        )
        assert transport.get_extra_info("sockname")[0] == "127.0.0.1"
        transport.abort()
        server.close()

    loop.run_until_complete(main())


def test_create_connection_by_name_with_happy_eyeballs(loop):
    async def main():
        server = await loop.create_server(Recorder, "localhost", 0)
        port = server.sockets[0].getsockname()[1]
        transport, _ = await loop.create_connection(
            Recorder, "localhost", port, happy_eyeballs_delay=0.1
        )
        transport.abort()
        server.close()

    loop.run_until_complete(main())


def test_a_connect_can_be_cancelled(loop):
    async def main():
        with socket.socket() as full:  # a listener whose queue is full answers nobody
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            waiting = [socket.socket() for _ in range(4)]
            for sock in waiting:
                sock.setblocking(False)
                sock.connect_ex(full.getsockname())
            task = asyncio.create_task(loop.create_connection(Recorder, *full.getsockname()))
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            for sock in waiting:
                sock.close()

    loop.run_until_complete(main())


@pytest.mark.parametrize("family", ["unix", "tcp"])
def test_an_accepted_socket_becomes_a_transport(loop, family):
    async def main():
        if family == "unix":
            ours, theirs = socket.socketpair()
        else:
            listener = socket.create_server(("127.0.0.1", 0))
            theirs = socket.create_connection(listener.getsockname())
            ours, _ = listener.accept()
            listener.close()
        with theirs:
            transport, protocol = await loop.connect_accepted_socket(Recorder, ours)
            theirs.send(b"hello")
            await until(lambda: protocol.received == b"hello")
            transport.write(b"welcome")
            theirs.settimeout(PATIENCE_S)
            assert theirs.recv(100) == b"welcome"
            transport.close()
            assert await protocol.lost is None

    loop.run_until_complete(main())
