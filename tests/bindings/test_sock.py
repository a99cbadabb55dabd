"""The sock_* methods: coroutines over a plain non-blocking socket."""

from __future__ import annotations

import asyncio
import os
import socket

import pytest
from versions import since


@pytest.fixture
def pair():
    left, right = socket.socketpair()
    left.setblocking(False)
    right.setblocking(False)
    with left, right:
        yield left, right


def test_recv_takes_what_is_there(loop, pair):
    left, right = pair
    right.send(b"hello")
    assert loop.run_until_complete(loop.sock_recv(left, 100)) == b"hello"


def test_recv_waits_for_what_is_not_there_yet(loop, pair):
    left, right = pair
    loop.call_later(0.01, right.send, b"late")
    assert loop.run_until_complete(loop.sock_recv(left, 100)) == b"late"


def test_recv_returns_nothing_at_the_end(loop, pair):
    left, right = pair
    right.close()
    assert loop.run_until_complete(loop.sock_recv(left, 100)) == b""


def test_recv_into_fills_the_buffer(loop, pair):
    left, right = pair
    buffer = bytearray(10)
    loop.call_later(0.005, right.send, b"hello")
    assert loop.run_until_complete(loop.sock_recv_into(left, buffer)) == 5
    assert buffer == b"hello\0\0\0\0\0"


def test_sendall_sends_more_than_the_kernel_takes_at_once(loop, pair):
    left, right = pair
    data = os.urandom(4 << 20)

    async def receive():
        got = bytearray()
        while len(got) < len(data):
            got += await loop.sock_recv(right, 1 << 16)
        return got

    async def main():
        got, _ = await asyncio.gather(receive(), loop.sock_sendall(left, data))
        return got

    assert loop.run_until_complete(main()) == data


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_sendall_takes_any_kind_of_bytes(loop, pair, kind):
    left, right = pair
    loop.run_until_complete(loop.sock_sendall(left, kind(b"hello")))
    assert right.recv(10) == b"hello"


def test_connect_and_accept(loop):
    async def main():
        with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
            listener.setblocking(False)
            client.setblocking(False)
            accepting = asyncio.ensure_future(loop.sock_accept(listener))
            await loop.sock_connect(client, listener.getsockname())
            server, address = await accepting
            assert address == client.getsockname()
            with server:
                assert server.gettimeout() == 0
                await loop.sock_sendall(client, b"ping")
                assert await loop.sock_recv(server, 10) == b"ping"

    loop.run_until_complete(main())


def test_connect_refused(loop):
    async def main():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = listener.getsockname()
        with socket.socket() as client:
            client.setblocking(False)
            with pytest.raises(ConnectionRefusedError):
                await loop.sock_connect(client, address)

    loop.run_until_complete(main())


@since((3, 11), "loop.sock_sendto()")
def test_datagrams(loop):
    async def main():
        with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(
            type=socket.SOCK_DGRAM
        ) as two:
            for sock in (one, two):
                sock.setblocking(False)
                sock.bind(("127.0.0.1", 0))
            assert await loop.sock_sendto(one, b"hello", two.getsockname()) == 5
            assert await loop.sock_recvfrom(two, 100) == (b"hello", one.getsockname())
            buffer = bytearray(10)
            loop.call_later(0.005, one.sendto, b"again", two.getsockname())
            assert await loop.sock_recvfrom_into(two, buffer) == (5, one.getsockname())
            assert buffer[:5] == b"again"

    loop.run_until_complete(main())


def test_a_file_is_sent(loop, pair, tmp_path):
    left, right = pair
    path = tmp_path / "file"
    path.write_bytes(b"contents" * 1000)

    async def main():
        with path.open("rb") as file, socket.create_server(("127.0.0.1", 0)) as listener:
            client = socket.create_connection(listener.getsockname())
            server, _ = listener.accept()
            with client, server:
                client.setblocking(False)
                assert await loop.sock_sendfile(client, file) == 8000
                client.shutdown(socket.SHUT_WR)
                got = b""
                while chunk := server.recv(1 << 16):
                    got += chunk
                return got

    assert loop.run_until_complete(main()) == b"contents" * 1000


@pytest.mark.parametrize(
    "call",
    [
        lambda loop, sock: loop.sock_recv(sock, 1),
        lambda loop, sock: loop.sock_recv_into(sock, bytearray(1)),
        lambda loop, sock: loop.sock_sendall(sock, b"x"),
        lambda loop, sock: loop.sock_accept(sock),
        lambda loop, sock: loop.sock_connect(sock, ("127.0.0.1", 1)),
    ],
    ids="recv recv_into sendall accept connect".split(),
)
def test_in_debug_mode_a_blocking_socket_is_refused(loop, call):
    loop.set_debug(True)
    with socket.socket() as sock:
        with pytest.raises(ValueError, match="the socket must be non-blocking"):
            loop.run_until_complete(call(loop, sock))


def test_a_cancelled_recv_leaves_the_data_for_the_next(loop, pair):
    left, right = pair

    async def main():
        task = asyncio.create_task(loop.sock_recv(left, 100))
        await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        right.send(b"hello")
        return await loop.sock_recv(left, 100)

    assert loop.run_until_complete(main()) == b"hello"


def test_a_cancelled_accept_leaves_no_watcher(loop):
    async def main():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.setblocking(False)
            task = asyncio.create_task(loop.sock_accept(listener))
            await asyncio.sleep(0.005)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert loop.remove_reader(listener) is False

    loop.run_until_complete(main())


def test_a_socket_may_be_closed_after_a_cancelled_recv(loop):
    async def main():
        for _ in range(50):
            left, right = socket.socketpair()
            left.setblocking(False)
            task = asyncio.create_task(loop.sock_recv(left, 100))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            left.close()
            right.close()

    loop.run_until_complete(main())


def test_reading_and_writing_one_socket_at_once(loop, pair):
    left, right = pair
    rounds = 300

    async def ping():
        for number in range(rounds):
            await loop.sock_sendall(left, b"%04d" % number)
            assert await loop.sock_recv(left, 4) == b"%04d" % number

    async def pong():
        for _ in range(rounds):
            await loop.sock_sendall(right, await loop.sock_recv(right, 4))

    async def main():
        await asyncio.gather(ping(), pong())

    loop.run_until_complete(main())
