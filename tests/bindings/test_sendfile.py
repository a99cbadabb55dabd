"""The kernel sends files if it can. Otherwise they are read and written, as on asyncio."""

from __future__ import annotations

import asyncio
import io
import socket

import pytest
import tcp
import tls

CONTENT = bytes(range(256)) * 4096


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    with path.open("rb") as opened:
        yield opened


@pytest.fixture
def pair():
    left, right = socket.socketpair()
    with left, right:
        left.setblocking(False)
        right.setblocking(False)
        yield left, right


async def received_by(sock, sending):
    """The result of `sending`, and the bytes at the other end."""
    loop = asyncio.get_running_loop()
    task = loop.create_task(sending)
    data = bytearray()
    loop.add_reader(sock, lambda: data.extend(sock.recv(1 << 20)))
    sent = await task
    await tcp.until(lambda: len(data) >= sent)
    loop.remove_reader(sock)
    return sent, bytes(data)


PARTS = [(0, None), (1000, None), (1000, 500_000), (0, 10 * len(CONTENT)), (2, 1)]


def part_of(offset, count):
    part = CONTENT[offset:] if count is None else CONTENT[offset : offset + count]
    return len(part), part


@pytest.mark.parametrize("offset, count", PARTS)
def test_a_socket_sends_the_part_it_is_told_to(loop, pair, file, offset, count):
    sending = loop.sock_sendfile(pair[0], file, offset, count)
    answer = loop.run_until_complete(received_by(pair[1], sending))
    assert answer == part_of(offset, count)
    assert file.tell() == offset + answer[0]


@pytest.mark.parametrize("offset, count", PARTS)
def test_a_socket_falls_back_on_reading(loop, pair, offset, count):
    file = io.BytesIO(CONTENT)
    sending = loop.sock_sendfile(pair[0], file, offset, count)
    answer = loop.run_until_complete(received_by(pair[1], sending))
    assert answer == part_of(offset, count)
    assert file.tell() == offset + answer[0]


def test_a_socket_without_fallback_says_why_not(loop, pair):
    with pytest.raises(asyncio.SendfileNotAvailableError, match="not a regular file"):
        loop.run_until_complete(loop.sock_sendfile(pair[0], io.BytesIO(CONTENT), fallback=False))


@pytest.mark.parametrize(
    "arguments, kind, words",
    [
        ({"offset": -1}, ValueError, "offset must be a non-negative integer"),
        ({"offset": 1.5}, TypeError, "offset must be a non-negative integer"),
        ({"count": 0}, ValueError, "count must be a positive integer"),
        ({"count": "1"}, TypeError, "count must be a positive integer"),
    ],
)
def test_sock_sendfile_refuses_what_it_cannot_send(loop, pair, file, arguments, kind, words):
    with pytest.raises(kind, match=words):
        loop.run_until_complete(loop.sock_sendfile(pair[0], file, **arguments))


def test_sock_sendfile_can_be_cancelled(loop, pair, file):
    async def main():
        task = loop.create_task(loop.sock_sendfile(pair[0], file))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return loop.remove_writer(pair[0])

    assert loop.run_until_complete(main()) is False


def test_a_transport_sends_a_file_behind_what_it_was_given_before(loop, file):
    async def main():
        async with tcp.connected() as (remote, client):
            before = b"before" * 100_000
            client.transport.write(before)
            sent = await loop.sendfile(client.transport, file)
            client.transport.write(b"after")
            await tcp.until(lambda: remote.received.endswith(b"after"))
            assert sent == len(CONTENT)
            assert remote.received == before + CONTENT + b"after"

    loop.run_until_complete(main())


@pytest.mark.parametrize("offset, count", PARTS)
def test_a_transport_sends_the_part_it_is_told_to(loop, file, offset, count):
    async def main():
        async with tcp.connected() as (remote, client):
            sent = await loop.sendfile(client.transport, file, offset, count)
            await tcp.until(lambda: len(remote.received) >= sent)
            assert file.tell() == offset + sent
            return sent, bytes(remote.received)

    assert loop.run_until_complete(main()) == part_of(offset, count)


def test_it_reads_again_after_the_file_as_before_it(loop, file):
    async def main():
        async with tcp.connected() as (remote, client):
            await loop.sendfile(client.transport, file)
            assert client.transport.is_reading()
            client.transport.pause_reading()
            await loop.sendfile(client.transport, file)
            assert not client.transport.is_reading()

    loop.run_until_complete(main())


def test_under_tls_a_file_is_read_and_written(loop, file):
    async def main():
        async with tls.connected() as (remote, client):
            sent = await loop.sendfile(client.transport, file)
            await tcp.until(lambda: len(remote.received) >= sent)
            assert (sent, remote.received) == (len(CONTENT), CONTENT)

    loop.run_until_complete(main())


def test_without_fallback_tls_says_why_not(loop, file):
    async def main():
        async with tls.connected() as (_, client):
            with pytest.raises(RuntimeError, match="fallback is disabled and native sendfile"):
                await loop.sendfile(client.transport, file, fallback=False)

    loop.run_until_complete(main())


def test_sendfile_refuses_what_it_cannot_send(loop, file, tmp_path):
    async def main():
        async with tcp.connected() as (_, client):
            with pytest.raises(asyncio.SendfileNotAvailableError):
                await loop.sendfile(client.transport, io.BytesIO(CONTENT), fallback=False)
            client.transport.close()
            with pytest.raises(RuntimeError, match="Transport is closing"):
                await loop.sendfile(client.transport, file)

    loop.run_until_complete(main())


def test_writing_meanwhile_is_refused(loop, file):
    async def main():
        async with tcp.connected() as (remote, client):
            remote.transport.pause_reading()
            client.transport.write(b"x" * (8 << 20))
            task = loop.create_task(loop.sendfile(client.transport, file))
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="^unable to write; sendfile is in progress$"):
                client.transport.write(b"x")
            remote.transport.resume_reading()
            await task

    loop.run_until_complete(main())


def test_a_peer_that_leaves_is_an_error(loop, file):
    async def main():
        async with tcp.connected() as (remote, client):
            remote.transport.pause_reading()
            client.transport.write(b"x" * (8 << 20))
            task = loop.create_task(loop.sendfile(client.transport, file))
            await asyncio.sleep(0)
            remote.transport.abort()
            with pytest.raises(ConnectionError):
                await task

    loop.run_until_complete(main())
