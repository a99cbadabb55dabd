"""Names and addresses: the loop answers as the socket module does."""

from __future__ import annotations

import asyncio
import random
import socket

import pytest
from loopscope import _native

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
    """The result of a call, or its error."""
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
    """Programs and tests replace the resolver, so the loop asks the socket module each time."""
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


# -- what nobody need be asked for ------------------------------------------------------------------------

LITERALS = [
    "127.0.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "127.1",
    "0x7f.1",
    "0",
    "::",
    "::1",
    "2001:DB8::1",
    "::ffff:1.2.3.4",
    "fe80::1%lo",
    "fe80::1%1",
    b"127.0.0.1",
    b"::1",
]
NUMBERS = [0, 80, 65535, 65536, -1, "80", b"80", "0", "", b"", None, " 80", "+80", "-1"]
STRANGE_HOSTS = [
    None,
    "",
    "localhost",
    "127.0.0.1.",
    "127.0.0.1 ",
    " 127.0.0.1",
    "1..2",
    "[::1]",
    "fe80::1%no-such",
    "::1%lo",
    "127.0.0.1%lo",
    "127.0.0.1\0",
    b"127.0.0.1\0x",
    bytearray(b"127.0.0.1"),
    "\uff11\uff12\uff17.0.0.1",
    "\u0661.1",
    "0" * 63 + "1",
    "fe80::1%" + "0" * 70 + "1",
    7,
]
STRANGE_PORTS = [
    2**31,
    2**40,
    2**70,
    True,
    8.0,
    "http",
    "80 ",
    "0x50",
    "80\0",
    b"80\0x",
    "\u0668",
    "9" * 99,
]
FAMILIES = [0, socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, 12345, True, 2**40, "2"]
TYPES = [0, socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, 5, 6, 10, 99, -1]
PROTOCOLS = [0, 6, 17, 132, 136, 255, -1]
ALL_FLAGS = [
    socket.AI_PASSIVE,
    socket.AI_CANONNAME,
    socket.AI_NUMERICSERV,
    socket.AI_V4MAPPED,
    socket.AI_ALL,
    socket.AI_ADDRCONFIG,
    0x40,  # AI_IDN
]


def test_a_literal_is_answered_as_by_the_socket_module_or_left_to_it():
    """A large sample of all combinations. AI_NUMERICHOST is always set, so no name server is asked."""
    draw = random.Random(11)
    answered = 0
    for _ in range(30_000):
        host = draw.choice(LITERALS if draw.random() < 0.7 else STRANGE_HOSTS)
        port = draw.choice(NUMBERS if draw.random() < 0.8 else STRANGE_PORTS)
        family = draw.choice(FAMILIES[:3] if draw.random() < 0.8 else FAMILIES)
        type, proto = draw.choice(TYPES), draw.choice(PROTOCOLS)
        flags = socket.AI_NUMERICHOST | sum(draw.sample(ALL_FLAGS, draw.randrange(3)))
        arguments = host, port, family, type, proto, flags
        got = _native.literal_addresses(*arguments)
        if got is not None:
            answered += 1
            expected = answer(lambda: socket.getaddrinfo(*arguments))
            assert repr(got) == repr(expected), arguments
    assert answered > 1_000


@pytest.mark.parametrize("type", [0, socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW])
@pytest.mark.parametrize("host", LITERALS, ids=repr)
def test_it_is_answered_the_same_whether_or_not_the_host_must_be_numeric(host, type):
    for port in NUMBERS:
        for flags in (0, socket.AI_CANONNAME, socket.AI_PASSIVE, socket.AI_V4MAPPED):
            for family in (0, socket.AF_INET6 if ":" in str(host) else socket.AF_INET):
                arguments = host, port, family, type, 0, flags
                got = _native.literal_addresses(*arguments)
                expected = answer(lambda: socket.getaddrinfo(*arguments))
                raises = isinstance(expected, tuple)
                assert repr(got) == repr(None if raises else expected), arguments
                assert not raises or type == socket.SOCK_RAW or port in (-1, "-1")


def test_a_literal_needs_no_thread(loop, loop_name):
    async def main():
        await loop.getaddrinfo("127.0.0.1", 80)
        await loop.getaddrinfo("::1", "80", type=socket.SOCK_STREAM)
        await loop.getnameinfo(("::1", 80), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
        return loop._default_executor

    executor = loop.run_until_complete(main())
    assert (executor is None) == (loop_name != "stock")


@pytest.mark.parametrize("function", ["getaddrinfo", "getnameinfo"])
def test_who_replaces_the_socket_modules_function_is_asked_for_literals_too(
    loop, monkeypatch, function
):
    monkeypatch.setattr(socket, function, lambda *arguments: arguments)
    if function == "getaddrinfo":
        asked = loop.run_until_complete(loop.getaddrinfo("127.0.0.1", 80, type=1))
        assert asked == ("127.0.0.1", 80, 0, 1, 0, 0)
    else:
        flags = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
        assert loop.run_until_complete(loop.getnameinfo(("::1", 1), flags)) == (("::1", 1), flags)


def test_a_loop_with_its_own_run_in_executor_is_asked_to_run_it(loop):
    asked = []

    class Own(type(loop)):  # type: ignore[misc]
        def run_in_executor(self, executor, function, *arguments):
            asked.append(arguments)
            return super().run_in_executor(executor, function, *arguments)

    own = Own()
    try:
        own.run_until_complete(own.getaddrinfo("127.0.0.1", 80))
        own.run_until_complete(own.shutdown_default_executor())
    finally:
        own.close()
    assert asked == [("127.0.0.1", 80, 0, 0, 0, 0)]


def test_debug_mode_reports_literals_too(loop, caplog):
    loop.set_debug(True)
    with caplog.at_level("DEBUG", "asyncio"):
        loop.run_until_complete(loop.getaddrinfo("127.0.0.1", 80))
    assert "Getting address info 127.0.0.1:80" in caplog.text
    loop.set_debug(False)


def test_a_closed_loop_answers_nothing(loop):
    lookups = [
        loop.getaddrinfo("127.0.0.1", 80),
        loop.getnameinfo(("::1", 1), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV),
    ]
    loop.close()
    for lookup in lookups:
        with pytest.raises(RuntimeError, match="Event loop is closed"):
            lookup.send(None)


def test_a_loop_whose_executor_was_shut_down_answers_nothing(loop):
    loop.run_until_complete(loop.shutdown_default_executor())
    with pytest.raises(RuntimeError, match="Executor shutdown has been called"):
        loop.run_until_complete(loop.getaddrinfo("127.0.0.1", 80))


def test_literals_are_audited(program):
    result = program.run(
        """
        loop = new_event_loop()
        events = []
        sys.addaudithook(lambda name, args: events.append(args) if name == "socket.getaddrinfo" else None)
        loop.run_until_complete(loop.getaddrinfo("127.0.0.1", 80, family=2, type=1, proto=6, flags=4))
        print(events)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        """
    )
    assert result.stdout == "[('127.0.0.1', 80, 2, 1, 6)]\n", result.stderr
