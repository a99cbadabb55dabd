"""Unix sockets: servers, clients, the files they leave behind, and datagrams on a path."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from pathlib import Path

import pytest
from tcp import Recorder, until


async def one_line(path, line=b"hello\n"):
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(line)
    answer = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return answer


async def echo(reader, writer):
    writer.write(await reader.readline())
    writer.close()


@pytest.fixture(params=["str", "Path", "bytes", "abstract"])
def path(request, tmp_path):
    if request.param == "abstract":
        return f"\0loopscope-{os.getpid()}-{tmp_path}"
    made = tmp_path / "socket"
    return {"str": str(made), "Path": made, "bytes": os.fsencode(made)}[request.param]


def test_a_server_answers_whatever_names_its_path(loop, path):
    async def main():
        async with await asyncio.start_unix_server(echo, path):
            assert await one_line(path) == b"hello\n"

    loop.run_until_complete(main())


def test_a_connection_knows_its_addresses(loop, tmp_path):
    path = str(tmp_path / "socket")

    async def main():
        accepted = loop.create_future()

        def factory():
            accepted.set_result(Recorder())
            return accepted.result()

        server = await loop.create_unix_server(factory, path)
        transport, _ = await loop.create_unix_connection(Recorder, path)
        remote = await accepted
        await until(lambda: remote.transport)
        assert isinstance(transport, asyncio.Transport)
        assert transport.get_extra_info("peername") == path
        assert transport.get_extra_info("socket").family == socket.AF_UNIX
        assert remote.transport.get_extra_info("sockname") == path
        transport.close()
        await remote.lost
        server.close()

    loop.run_until_complete(main())


def test_a_socket_file_that_nobody_listens_on_is_replaced(loop, tmp_path):
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(path)

    async def main():
        async with await asyncio.start_unix_server(echo, path):
            return await one_line(path)

    assert loop.run_until_complete(main()) == b"hello\n"


def test_a_file_that_is_no_socket_is_an_error_that_names_it(loop, tmp_path):
    path = tmp_path / "file"
    path.write_text("precious")
    with pytest.raises(OSError) as caught:
        loop.run_until_complete(loop.create_unix_server(Recorder, str(path)))
    assert str(path) in str(caught.value)
    assert path.read_text() == "precious"


def test_a_folder_that_does_not_exist_is_an_error(loop, tmp_path):
    with pytest.raises(FileNotFoundError):
        loop.run_until_complete(loop.create_unix_server(Recorder, str(tmp_path / "no" / "socket")))


def test_nobody_at_the_path_is_an_error(loop, tmp_path):
    with pytest.raises(FileNotFoundError):
        loop.run_until_complete(loop.create_unix_connection(Recorder, str(tmp_path / "socket")))


def test_a_socket_of_ones_own_serves(loop, tmp_path):
    path = str(tmp_path / "socket")

    async def main():
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        async with await asyncio.start_unix_server(echo, sock=listener):
            return await one_line(path)

    assert loop.run_until_complete(main()) == b"hello\n"


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_UNIX], ids=["inet", "datagram"])
def test_a_socket_of_another_kind_is_refused(loop, family):
    kind = socket.SOCK_STREAM if family == socket.AF_INET else socket.SOCK_DGRAM
    with socket.socket(family, kind) as wrong:
        with pytest.raises(ValueError, match="Stream Socket was expected"):
            loop.run_until_complete(loop.create_unix_server(Recorder, sock=wrong))
        with pytest.raises(ValueError, match="Stream Socket was expected"):
            loop.run_until_complete(loop.create_unix_connection(Recorder, sock=wrong))


def test_neither_path_nor_socket_is_an_error(loop):
    with pytest.raises(ValueError, match="path was not specified"):
        loop.run_until_complete(loop.create_unix_server(Recorder))
    with pytest.raises(ValueError, match="no path and sock were specified"):
        loop.run_until_complete(loop.create_unix_connection(Recorder))


def test_what_closing_a_server_leaves_of_its_path(loop, tmp_path):
    """From Python 3.13 on nothing, before that the file: as the running Python's own loop does."""
    path = tmp_path / "socket"

    async def main():
        server = await asyncio.start_unix_server(echo, path)
        assert stat.S_ISSOCK(path.stat().st_mode)
        server.close()
        await server.wait_closed()

    loop.run_until_complete(main())
    import sys

    assert path.exists() == (sys.version_info < (3, 13))


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self):
        self.received = []

    def datagram_received(self, data, address):
        self.received.append((data, address))


def test_datagrams_between_two_paths(loop, tmp_path):
    async def main():
        here, there = str(tmp_path / "here"), str(tmp_path / "there")
        one, first = await loop.create_datagram_endpoint(
            Datagrams, local_addr=here, family=socket.AF_UNIX
        )
        other, second = await loop.create_datagram_endpoint(
            Datagrams, local_addr=there, remote_addr=here, family=socket.AF_UNIX
        )
        other.sendto(b"connected")
        one.sendto(b"to a path", there)
        await until(lambda: first.received and second.received)
        assert first.received == [(b"connected", there)]
        assert second.received == [(b"to a path", here)]
        one.close()
        other.close()
        await asyncio.sleep(0)

    loop.run_until_complete(main())


def test_a_stale_path_of_datagrams_is_replaced(loop, tmp_path):
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stale:
        stale.bind(path)

    async def main():
        transport, _ = await loop.create_datagram_endpoint(
            Datagrams, local_addr=path, family=socket.AF_UNIX
        )
        assert transport.get_extra_info("sockname") == path
        transport.close()
        await asyncio.sleep(0)

    loop.run_until_complete(main())


def test_five_megabytes_arrive_unchanged(loop, tmp_path):
    data = os.urandom(5 << 20)

    async def send(reader, writer):
        writer.write(data)
        await writer.drain()
        writer.close()

    async def main():
        path = Path(tmp_path / "socket")
        async with await asyncio.start_unix_server(send, path):
            reader, writer = await asyncio.open_unix_connection(path)
            received = await reader.read()
            writer.close()
            return received

    assert loop.run_until_complete(main()) == data
