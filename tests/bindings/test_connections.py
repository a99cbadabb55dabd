"""create_connection(): when it tries which address, and what it raises if none answers."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys

import pytest
from census import descriptors
from tcp import Recorder


def open_sockets():
    """Only sockets, because a loop may open its alarm's timerfd whenever a timer is due soon."""
    return sum(target.startswith("socket:") for target in descriptors().values())


@pytest.fixture
def dead():
    """A port at which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()


@pytest.fixture
def silent():
    """An address at which connecting neither succeeds nor fails: the backlog is full."""
    clients = []
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
            clients.append(client)
        yield listener.getsockname()
        for client in clients:
            client.close()


@pytest.fixture
def answering():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()


def resolve_to(loop, monkeypatch, *addresses):
    """The loop's resolver answers with these addresses, whatever it is asked."""
    asked = []

    async def getaddrinfo(host, port, **hints):
        asked.append((host, port))
        return [
            (
                socket.AF_INET6 if ":" in address[0] else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                address,
            )
            for address in addresses
        ]

    monkeypatch.setattr(loop, "getaddrinfo", getaddrinfo)
    return asked


def connect(loop, **keywords):
    async def main():
        transport, protocol = await loop.create_connection(Recorder, "name", 80, **keywords)
        peer = transport.get_extra_info("peername")
        transport.close()
        await protocol.lost
        return peer

    return loop.run_until_complete(main())


def test_the_next_address_is_tried_if_one_refuses(loop, monkeypatch, dead, answering):
    asked = resolve_to(loop, monkeypatch, dead, answering)
    assert connect(loop) == answering
    assert asked == [("name", 80)]


def test_a_silent_address_does_not_hold_up_the_next_with_happy_eyeballs(
    loop, monkeypatch, silent, answering
):
    resolve_to(loop, monkeypatch, silent, answering)
    assert connect(loop, happy_eyeballs_delay=0.05) == answering


def test_happy_eyeballs_takes_the_first_that_answers(loop, monkeypatch, dead, answering):
    resolve_to(loop, monkeypatch, dead, answering, dead)
    assert connect(loop, happy_eyeballs_delay=3600) == answering


def test_interleaving_takes_families_in_turn(loop, monkeypatch, answering):
    refused = [("::1", port, 0, 0) for port in (1, 2, 3)]
    resolve_to(loop, monkeypatch, *refused, answering)
    tried = []
    original = loop.sock_connect

    async def sock_connect(sock, address):
        tried.append(address)
        await original(sock, address)

    monkeypatch.setattr(loop, "sock_connect", sock_connect)
    assert connect(loop, interleave=1) == answering
    assert tried == [refused[0], answering]


def test_interleaving_prefers_the_first_family_as_often_as_it_is_told(loop, monkeypatch, answering):
    refused = [("::1", port, 0, 0) for port in (1, 2, 3)]
    resolve_to(loop, monkeypatch, *refused, answering)
    tried = []
    original = loop.sock_connect

    async def sock_connect(sock, address):
        tried.append(address)
        await original(sock, address)

    monkeypatch.setattr(loop, "sock_connect", sock_connect)
    assert connect(loop, interleave=2) == answering
    assert tried == [refused[0], refused[1], answering]


def test_one_error_is_raised_as_it_is_and_names_the_address(loop, dead):
    with pytest.raises(ConnectionRefusedError) as caught:
        loop.run_until_complete(loop.create_connection(Recorder, *dead))
    assert str(dead) in str(caught.value) or "127.0.0.1" in str(caught.value)


def test_several_errors_are_told_together(loop, monkeypatch, dead):
    resolve_to(loop, monkeypatch, dead, ("127.0.0.1", 1))
    with pytest.raises(OSError, match="Multiple exceptions: .*, ") as caught:
        connect(loop)
    assert str(dead[1]) in str(caught.value)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="all_errors came with Python 3.12")
def test_all_errors_are_raised_as_a_group(loop, monkeypatch, dead):
    resolve_to(loop, monkeypatch, dead, ("127.0.0.1", 1))
    with pytest.raises(ExceptionGroup) as caught:  # noqa: F821
        connect(loop, all_errors=True)
    assert [type(error) for error in caught.value.exceptions] == [ConnectionRefusedError] * 2


def test_nothing_resolved_is_an_error(loop, monkeypatch):
    resolve_to(loop, monkeypatch)
    with pytest.raises(OSError, match="returned empty list"):
        connect(loop)


def test_the_local_address_is_bound(loop, answering):
    async def main():
        transport, _ = await loop.create_connection(
            Recorder, *answering, local_addr=("127.0.0.2", 0)
        )
        assert transport.get_extra_info("sockname")[0] == "127.0.0.2"
        transport.abort()
        await asyncio.sleep(0)

    loop.run_until_complete(main())


def test_a_local_address_in_use_is_an_error_that_names_it(loop, answering):
    with pytest.raises(OSError) as caught:
        loop.run_until_complete(loop.create_connection(Recorder, *answering, local_addr=answering))
    assert str(answering[1]) in str(caught.value)


def test_what_contradicts_itself_is_refused(loop, answering):
    def refused(message, *arguments, **keywords):
        with pytest.raises(ValueError, match=message):
            loop.run_until_complete(loop.create_connection(Recorder, *arguments, **keywords))

    with socket.socket() as sock:
        refused("host/port and sock can not be specified", *answering, sock=sock)
    refused("host and port was not specified and no sock")
    refused("server_hostname is only meaningful with ssl", *answering, server_hostname="name")
    refused(
        "ssl_handshake_timeout is only meaningful with ssl", *answering, ssl_handshake_timeout=1
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        refused("Stream Socket was expected", sock=sock)


def test_a_connected_socket_of_ones_own_keeps_its_descriptor(loop, answering):
    async def main():
        sock = socket.create_connection(answering)
        fd = sock.fileno()
        transport, protocol = await loop.create_connection(Recorder, sock=sock)
        assert transport.get_extra_info("socket").fileno() == fd
        transport.close()
        await protocol.lost
        assert sock.fileno() == -1

    loop.run_until_complete(main())


def test_nagle_is_off(loop, answering):
    async def main():
        transport, _ = await loop.create_connection(Recorder, *answering)
        sock = transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
        transport.abort()
        await asyncio.sleep(0)

    loop.run_until_complete(main())


def test_a_factory_that_raises_leaves_no_socket(loop, answering):
    def factory():
        raise ZeroDivisionError

    gc.collect()
    before = open_sockets()
    with pytest.raises(ZeroDivisionError):
        loop.run_until_complete(loop.create_connection(factory, *answering))
    gc.collect()
    assert open_sockets() <= before


def test_cancelling_leaves_no_socket(loop, silent):
    async def main():
        before = open_sockets()
        task = loop.create_task(loop.create_connection(Recorder, *silent))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        return open_sockets() - before

    assert loop.run_until_complete(main()) == 0


def test_the_name_is_resolved_once_and_literals_never(loop, monkeypatch, answering):
    asked = []
    original = socket.getaddrinfo

    def getaddrinfo(*arguments, **keywords):
        asked.append(arguments[0])
        return original(*arguments, **keywords)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    async def main():
        for host in ("127.0.0.1", "localhost"):
            transport, protocol = await loop.create_connection(
                Recorder, host, answering[1], family=socket.AF_INET
            )
            transport.close()
            await protocol.lost

    loop.run_until_complete(main())
    assert asked == ["localhost"]
