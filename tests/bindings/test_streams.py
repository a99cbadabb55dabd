"""asyncio's streams over the loop's transports."""

from __future__ import annotations

import asyncio
import hashlib
import os

import pytest
from versions import time_limit


async def echo_lines(reader, writer):
    while line := await reader.readline():
        writer.write(line)
        await writer.drain()
    writer.close()


async def serve(handler):
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()


def test_lines_come_back(loop):
    async def main():
        server, address = await serve(echo_lines)
        async with server:
            reader, writer = await asyncio.open_connection(*address)
            for number in range(1000):
                writer.write(b"line %d\n" % number)
                assert await reader.readline() == b"line %d\n" % number
            writer.close()
            await writer.wait_closed()

    loop.run_until_complete(main())


def test_readexactly_readuntil_and_read(loop):
    async def send(reader, writer):
        writer.write(b"12345|rest of it")
        writer.close()

    async def main():
        server, address = await serve(send)
        async with server:
            reader, writer = await asyncio.open_connection(*address)
            assert await reader.readexactly(2) == b"12"
            assert await reader.readuntil(b"|") == b"345|"
            assert await reader.read() == b"rest of it"
            assert reader.at_eof()
            with pytest.raises(asyncio.IncompleteReadError):
                await reader.readexactly(1)
            writer.close()

    loop.run_until_complete(main())


def test_twenty_megabytes_through_a_slow_reader(loop):
    data = os.urandom(20 << 20)

    async def send(reader, writer):
        for start in range(0, len(data), 1 << 18):
            writer.write(data[start : start + (1 << 18)])
            await writer.drain()
        writer.close()

    async def main():
        server, address = await serve(send)
        digest = hashlib.sha1()
        async with server:
            reader, writer = await asyncio.open_connection(*address, limit=1 << 16)
            while chunk := await reader.read(50_000):
                digest.update(chunk)
                await asyncio.sleep(0)
            writer.close()
        assert digest.digest() == hashlib.sha1(data).digest()

    loop.run_until_complete(main())


def test_a_reader_waiting_for_data_is_cancelled(loop):
    async def main():
        async def say_nothing(reader, writer):
            await asyncio.sleep(1)
            writer.close()

        server, address = await serve(say_nothing)
        async with server:
            reader, writer = await asyncio.open_connection(*address)
            with pytest.raises(asyncio.TimeoutError):
                async with time_limit(0.01):
                    await reader.read(1)
            writer.close()

    loop.run_until_complete(main())


def test_the_writer_tells_its_extra_info(loop):
    async def main():
        server, address = await serve(echo_lines)
        async with server:
            reader, writer = await asyncio.open_connection(*address)
            assert writer.get_extra_info("peername") == address
            assert not writer.is_closing()
            assert writer.can_write_eof()
            writer.write_eof()
            assert await reader.read() == b""
            writer.close()
            assert writer.is_closing()
            await writer.wait_closed()

    loop.run_until_complete(main())


def test_a_unix_server_echoes(loop, tmp_path):
    async def main():
        path = str(tmp_path / "socket")
        server = await asyncio.start_unix_server(echo_lines, path)
        async with server:
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(b"hello\n")
            assert await reader.readline() == b"hello\n"
            writer.close()
            await writer.wait_closed()

    loop.run_until_complete(main())
