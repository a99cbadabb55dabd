"""httpx, on asyncio and on anyio, against a server of asyncio's own streams."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import ssl

import pytest
from field_loops import CROWD, Cargo, Turnstile

httpx = pytest.importorskip("httpx", reason="python3-httpx is not installed")
from asgi import verify  # noqa: E402
from programs import PATIENCE_S  # noqa: E402


@contextlib.asynccontextmanager
async def serving(answer, tls: ssl.SSLContext | None = None):
    """A server that reads a request's head, lets `answer` do the rest, and closes: no HTTP library."""

    async def connected(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        await answer(head, reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls, backlog=CROWD)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"


def test_an_answer_without_a_length_ends_with_the_connection(on_the_loop, server_tls, client_tls):
    down = Cargo()

    async def answer(head, reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for piece in down.pieces():
            writer.write(piece)
            await writer.drain()

    async def main():
        async with (
            serving(answer, server_tls) as url,
            httpx.AsyncClient(verify=verify(client_tls), timeout=PATIENCE_S) as client,
        ):
            received = hashlib.sha256()
            async with client.stream("GET", url) as response:
                async for piece in response.aiter_raw():
                    received.update(piece)
            assert received.hexdigest() == down.checksum

    on_the_loop(main())


def test_50_mb_go_up(on_the_loop, server_tls, client_tls):
    async def answer(head, reader, writer):
        digest, left = hashlib.sha256(), Cargo.size
        while left:
            piece = await reader.read(min(left, 1 << 18))
            digest.update(piece)
            left -= len(piece)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n")
        writer.write(digest.hexdigest().encode())

    async def main():
        up = Cargo()
        headers = {"Content-Length": str(Cargo.size)}
        async with (
            serving(answer, server_tls) as url,
            httpx.AsyncClient(verify=verify(client_tls), timeout=PATIENCE_S) as client,
        ):
            response = await client.post(url, content=up.stream(), headers=headers)
            assert response.text == up.checksum

    on_the_loop(main())


def test_200_requests_are_made_at_once(on_the_loop, server_tls, client_tls):
    async def main():
        turnstile = Turnstile()

        async def answer(head, reader, writer):
            await turnstile.pass_through()
            writer.write(b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\ndone")

        limits = httpx.Limits(max_connections=None)
        async with (
            serving(answer, server_tls) as url,
            httpx.AsyncClient(
                verify=verify(client_tls), limits=limits, timeout=PATIENCE_S
            ) as client,
        ):
            answers = await asyncio.gather(*(client.get(url) for _ in range(CROWD)))
            assert [answer.text for answer in answers] == ["done"] * CROWD

    on_the_loop(main())


def test_what_goes_wrong_has_a_name(on_the_loop, certificates):
    async def silent(head, reader, writer):
        await reader.read()

    async def rude(head, reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")

    async def main():
        async with httpx.AsyncClient(timeout=httpx.Timeout(30, read=0.3)) as client:
            async with serving(silent) as url:
                with pytest.raises(httpx.ReadTimeout):
                    await client.get(url)
            with pytest.raises(httpx.ConnectError):
                await client.get(url)  # nobody listens there any more
            async with serving(rude) as url:
                with pytest.raises(httpx.RemoteProtocolError):
                    await client.get(url)
            async with serving(silent, certificates.server()) as url:
                # Newer versions of httpx wrap it.
                with pytest.raises(
                    (ssl.SSLCertVerificationError, httpx.ConnectError),
                    match="CERTIFICATE_VERIFY_FAILED",
                ):
                    await client.get(url)

    on_the_loop(main())


def test_a_tunnel_through_a_proxy_upgrades_to_tls(on_the_loop, certificates):
    """start_tls() on a connection that has already sent plain text."""
    asked = []

    async def pump(source, sink):
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while piece := await source.read(1 << 16):
                sink.write(piece)
                await sink.drain()
        sink.close()

    async def tunnel(head, reader, writer):
        method, target, _ = head.split(b" ", 2)
        asked.append(method)
        host, port = target.decode().split(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

    async def answer(head, reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"y" * 1_000_000)

    async def main():
        async with serving(answer, certificates.server()) as url, serving(tunnel) as proxy:
            through = httpx.AsyncHTTPTransport(
                verify=certificates.client(), proxy=httpx.Proxy(proxy)
            )
            async with httpx.AsyncClient(mounts={"all://": through}) as client:
                assert (await client.get(url)).content == b"y" * 1_000_000

    on_the_loop(main())
    assert asked == [b"CONNECT"]
