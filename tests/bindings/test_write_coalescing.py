"""Writes of one callback may leave together. The only visible effect is fewer pieces.

test_written_bytes.py tests what a program may do in between.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
import struct

import pytest
from programs import PATIENCE_S
from tcp import connected, until

pytestmark = pytest.mark.timeout(60)


async def answers_in_pieces(transport: asyncio.Transport, peer, callbacks: int = 3) -> int:
    """Writes twice in each of some callbacks, so that the loop expects it. Returns the number of bytes."""
    loop = asyncio.get_running_loop()
    before = len(peer.received)
    for _ in range(callbacks):
        loop.call_soon(lambda: (transport.write(b"header "), transport.write(b"body ")))
        await asyncio.sleep(0)
    await until(lambda: len(peer.received) == before + 12 * callbacks)
    return len(peer.received)


def socket_pair(family: str) -> tuple[socket.socket, socket.socket]:
    if family == "unix":
        return socket.socketpair()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        return ours, listener.accept()[0]


@pytest.fixture(params=["tcp", "unix"])
def pair(request):
    """A connection's two ends. The first is for a transport, which closes it."""
    ours, theirs = socket_pair(request.param)
    theirs.settimeout(PATIENCE_S)
    with theirs:
        yield ours, theirs


def unsent_bytes(sock) -> int:
    """How many bytes the kernel holds of a TCP connection."""
    SIOCOUTQNSD = 0x894B
    return struct.unpack("i", fcntl.ioctl(sock.fileno(), SIOCOUTQNSD, bytes(4)))[0]


def after_answers_in_pieces(loop, pair, action):
    """Runs action(transport, blocking_peer) in one callback. Returns what the peer has then, and at the end."""

    async def main():
        seen = {}
        ours, theirs = pair
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=ours)
        for _ in range(3):
            loop.call_soon(lambda: (transport.write(b"12"), transport.write(b"34")))
            await asyncio.sleep(0)
        assert theirs.recv(12, socket.MSG_WAITALL) == b"1234" * 3

        def run():
            seen["result"] = action(transport, theirs)

        loop.call_soon(run)
        await asyncio.sleep(0)
        if not transport.is_closing() and ours.family != socket.AF_UNIX:
            seen["unsent"] = unsent_bytes(ours)
        theirs.setblocking(False)
        try:
            seen["received"] = theirs.recv(100)
        except BlockingIOError:
            seen["received"] = None
        transport.abort()
        await asyncio.sleep(0)
        return seen

    return loop.run_until_complete(main())


def test_one_write_where_two_were_usual_leaves_when_the_callback_returns(loop, pair):
    seen = after_answers_in_pieces(loop, pair, lambda transport, peer: transport.write(b"alone"))
    assert seen["received"] == b"alone"
    assert seen.get("unsent", 0) == 0


@pytest.mark.parametrize("family", ["tcp", "unix"])
def test_the_kernel_has_each_write_when_it_returns(loop, loop_name, family):
    """It holds the first one on our loop, if it can."""
    ours, theirs = socket_pair(family)

    def action(transport, peer):
        transport.write(b"header ")
        if family == "tcp":
            return unsent_bytes(ours), peer
        return 0, peer.recv(100)

    with theirs:
        unsent, _ = after_answers_in_pieces(loop, (ours, theirs), action)["result"]
    assert unsent == (len(b"header ") if family == "tcp" and loop_name != "stock" else 0)


@pytest.mark.parametrize("option", ["TCP_NODELAY", "TCP_CORK"])
@pytest.mark.parametrize("value", [0, 1])
def test_options_of_the_programs_socket_stay_as_it_set_them(loop, option, value):
    """A socket option, too, tells the kernel to send what it holds."""
    ours, theirs = socket_pair("tcp")
    number = getattr(socket, option)

    def action(transport, peer):
        ours.setsockopt(socket.IPPROTO_TCP, number, value)
        transport.write(b"alone")
        loop.call_soon(lambda: options.append(ours.getsockopt(socket.IPPROTO_TCP, number)))

    options: list[int] = []
    with theirs:
        seen = after_answers_in_pieces(loop, (ours, theirs), action)
    assert [bool(option) for option in options] == [bool(value)]
    if (option, value) == ("TCP_CORK", 1):
        assert seen["received"] is None  # the program holds it
    else:
        assert seen["received"] == b"alone"


def test_the_last_of_the_usual_writes_leaves_before_write_returns(loop, pair):
    def action(transport, peer):
        transport.write(b"header ")
        transport.write(bytearray(b"body"))
        return peer.recv(100)

    assert after_answers_in_pieces(loop, pair, action)["result"] == b"header body"


def test_who_asks_for_the_buffer_size_finds_that_the_bytes_left(loop, pair):
    def action(transport, peer):
        transport.write(b"alone")
        return transport.get_write_buffer_size(), peer.recv(100)

    assert after_answers_in_pieces(loop, pair, action)["result"] == (0, b"alone")


@pytest.mark.parametrize("end", ["close", "abort", "write_eof"])
def test_a_connection_that_ends_after_one_write_has_sent_it(loop, pair, end):
    def action(transport, peer):
        transport.write(b"alone")
        getattr(transport, end)()
        return peer.recv(100)

    assert after_answers_in_pieces(loop, pair, action)["result"] == b"alone"


def test_a_large_body_leaves_with_its_header(loop, pair):
    body = b"b" * 50_000

    def action(transport, peer):
        transport.write(b"header ")
        transport.write(body)
        return peer.recv(7 + len(body), socket.MSG_WAITALL)

    assert after_answers_in_pieces(loop, pair, action)["result"] == b"header " + body


def test_a_forked_child_does_not_send_it_again(loop, pair):
    def action(transport, peer):
        transport.write(b"alone")
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        return peer.recv(100)

    seen = after_answers_in_pieces(loop, pair, action)
    assert (seen["result"], seen["received"]) == (b"alone", None)


def test_a_callback_that_raises_has_sent_what_it_wrote(loop, pair, errors):
    def action(transport, peer):
        transport.write(b"alone")
        raise ZeroDivisionError

    assert after_answers_in_pieces(loop, pair, action)["received"] == b"alone"
    assert isinstance(errors[0]["exception"], ZeroDivisionError)


def test_a_program_that_exits_from_the_callback_has_sent_what_it_wrote(loop, pair):
    ours, theirs = pair

    async def main():
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=ours)
        for _ in range(3):
            loop.call_soon(lambda: (transport.write(b"12"), transport.write(b"34")))
            await asyncio.sleep(0)

        def leave():
            transport.write(b"bye")
            raise SystemExit(3)

        loop.call_soon(leave)
        try:
            await asyncio.sleep(1)
        finally:
            transport.abort()

    with pytest.raises(SystemExit):
        loop.run_until_complete(main())
    assert theirs.recv(100) == b"1234" * 3 + b"bye"
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0.01))


def test_two_connections_that_one_callback_writes_to_get_all_in_order(loop):
    async def main():
        async with connected() as (remote, client):
            for count in range(200):
                for transport in (remote.transport, client.transport, remote.transport):
                    for piece in range(count % 4):
                        transport.write(b"%d.%d " % (count, piece))
                if count % 3 == 0:
                    await asyncio.sleep(0)
            once = [
                b"%d.%d " % (count, piece) for count in range(200) for piece in range(count % 4)
            ]
            await until(lambda: len(remote.received) == len(b"".join(once)))
            await until(lambda: len(client.received) == 2 * len(remote.received))
            assert bytes(remote.received) == b"".join(once)
            pieces = [
                b"".join(b"%d.%d " % (count, piece) for piece in range(count % 4))
                for count in range(200)
            ]
            assert bytes(client.received) == b"".join(2 * piece for piece in pieces)

    loop.run_until_complete(main())


def test_a_peer_that_went_is_noticed_as_ever(loop):
    async def main():
        async with connected() as (remote, client):
            await answers_in_pieces(remote.transport, client)
            client.transport.abort()
            while not remote.lost.done():
                loop.call_soon(lambda: (remote.transport.write(b"1"), remote.transport.write(b"2")))
                await asyncio.sleep(0.001)
            assert remote.events[-1] == "lost"
            return type(remote.lost.result())

    assert loop.run_until_complete(main()) in (type(None), ConnectionResetError, BrokenPipeError)


def test_a_peer_that_does_not_read_pauses_the_protocol(loop):
    async def main():
        async with connected() as (remote, client):
            received = await answers_in_pieces(remote.transport, client)
            client.transport.pause_reading()
            sent = 0
            while "pause" not in remote.events:
                for _ in range(4):
                    remote.transport.write(b"x" * 5000)
                sent += 4 * 5000
                await asyncio.sleep(0)
            assert remote.transport.get_write_buffer_size() > 64 * 1024
            client.transport.resume_reading()
            await until(lambda: len(client.received) == received + sent)
            assert remote.events.count("pause") == remote.events.count("resume") == 1

    loop.run_until_complete(main())
