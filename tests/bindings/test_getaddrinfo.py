"""Names and addresses: the loop answers as the socket module does."""

from __future__ import annotations

import asyncio
import socket

import pytest

HOSTS = [
    "127.0.0.1",
    "::1",
    "localhost",
    "fe80::1%lo",
    "fe80::1%1",
    "::ffff:127.0.0.1",
    "127.1",
    "0x7f.1",
    "",
    None,
    b"localhost",
    b"127.0.0.1",
    "a" * 64,
]
UNKNOWN = ["256.256.256.256", "no-such-name.invalid"]  # which a name server is asked for
PORTS = [0, 80, "80", "http", b"80", None, "no-such-service", 65536, -1]
FLAGS = [0, socket.AI_PASSIVE, socket.AI_NUMERICHOST, socket.AI_CANONNAME, socket.AI_NUMERICSERV]
KINDS = [
    (0, 0, 0),
    (socket.AF_INET, socket.SOCK_STREAM, 0),
    (socket.AF_INET6, 0, 17),
    (12345, 0, 0),
]


def answer(ask):
    """What a call answers, or how it fails."""
    try:
        return ask()
    except Exception as error:
        return type(error), error.args


@pytest.mark.parametrize("family, type, proto", KINDS)
@pytest.mark.parametrize("host", HOSTS, ids=repr)
def test_getaddrinfo_is_the_socket_modules(loop, host, family, type, proto):
    async def ask(port, flags):
        return await loop.getaddrinfo(
            host, port, family=family, type=type, proto=proto, flags=flags
        )

    for flags in FLAGS:
        for port in PORTS:
            expected = answer(lambda: socket.getaddrinfo(host, port, family, type, proto, flags))
            got = answer(lambda: loop.run_until_complete(ask(port, flags)))
            assert got == expected, (port, flags)


@pytest.mark.parametrize("flags", [0, socket.AI_NUMERICHOST])
@pytest.mark.parametrize("host", UNKNOWN)
def test_a_name_that_nobody_knows_is_the_same_error(loop, host, flags):
    expected = answer(lambda: socket.getaddrinfo(host, 80, flags=flags))
    got = answer(lambda: loop.run_until_complete(loop.getaddrinfo(host, 80, flags=flags)))
    assert got == expected and got[0] is socket.gaierror


@pytest.mark.parametrize(
    "flags", [0, socket.NI_NUMERICHOST, socket.NI_NUMERICSERV, socket.NI_DGRAM]
)
@pytest.mark.parametrize(
    "address",
    [
        ("127.0.0.1", 80),
        ("::1", 80, 0, 0),
        ("::1", 80),
        ("127.0.0.1", 0),
        ("name", 80),
        ("127.0.0.1",),
        7,
    ],
    ids=repr,
)
def test_getnameinfo_is_the_socket_modules(loop, address, flags):
    async def ask():
        return await loop.getnameinfo(address, flags)

    expected = answer(lambda: socket.getnameinfo(address, flags))
    assert answer(lambda: loop.run_until_complete(ask())) == expected


def test_the_resolver_can_be_replaced(loop, monkeypatch):
    """Programs and tests do this: the loop asks the socket module each time."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: "my answer")
    assert loop.run_until_complete(loop.getaddrinfo("localhost", 80)) == "my answer"


def test_a_lookup_can_be_cancelled(loop, monkeypatch):
    import threading

    may_answer = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: may_answer.wait(10))

    async def main():
        lookup = asyncio.ensure_future(loop.getaddrinfo("localhost", 80))
        await asyncio.sleep(0.01)
        lookup.cancel()
        await asyncio.wait([lookup])
        may_answer.set()
        return lookup.cancelled()

    assert loop.run_until_complete(main()) is True
