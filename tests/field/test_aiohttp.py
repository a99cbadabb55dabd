"""aiohttp's server and client."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from field_loops import CROWD, Cargo, Turnstile

aiohttp = pytest.importorskip("aiohttp", reason="python3-aiohttp is not installed")
from aiohttp import web  # noqa: E402


@contextlib.asynccontextmanager
async def serving(
    *routes: web.RouteDef,
    server_tls: ssl.SSLContext | None = None,
    path: Path | None = None,
) -> AsyncIterator[str]:
    """A server with these routes; its address."""
    application = web.Application(client_max_size=Cargo.size)
    application.add_routes(routes)
    runner = web.AppRunner(application)
    await runner.setup()
    site: web.BaseSite
    if path is not None:
        site = web.UnixSite(runner, path)
    else:
        site = web.TCPSite(
            runner, "127.0.0.1", 0, ssl_context=server_tls, backlog=CROWD, shutdown_timeout=5
        )
    await site.start()
    try:
        if path is not None:
            yield "http://localhost"
        else:
            port = runner.addresses[0][1]
            yield f"{'https' if server_tls else 'http'}://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


def client(tls: ssl.SSLContext | None = None, **options: object) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(ssl=tls, limit=0) if tls else aiohttp.TCPConnector(limit=0)
    options.setdefault("timeout", aiohttp.ClientTimeout())  # none: 200 handshakes may take a while
    return aiohttp.ClientSession(connector=connector, **options)


async def greet(request: web.Request) -> web.Response:
    return web.json_response({"hello": request.match_info["name"], "sent": await request.text()})


def test_a_request_is_answered(on_the_loop, server_tls, client_tls):
    async def main():
        async with (
            serving(web.post("/greet/{name}", greet), server_tls=server_tls) as url,
            client(client_tls) as session,
        ):
            for number in range(20):  # on one connection
                async with session.post(f"{url}/greet/you", data=f"number {number}") as answer:
                    assert answer.status == 200
                    assert await answer.json() == {"hello": "you", "sent": f"number {number}"}

    on_the_loop(main())


def test_a_stranger_s_certificate_is_refused(on_the_loop, certificates):
    async def main():
        async with serving(web.post("/", greet), server_tls=certificates.server()) as url:
            async with client() as session:
                with pytest.raises(aiohttp.ClientConnectorCertificateError):
                    await session.get(url)

    on_the_loop(main())


def test_50_mb_go_up_and_come_down(on_the_loop, server_tls, client_tls):
    async def swallow(request: web.Request) -> web.Response:
        digest = hashlib.sha256()
        async for piece in request.content.iter_any():
            digest.update(piece)
        return web.Response(text=digest.hexdigest())

    down = Cargo()

    async def send(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in down.pieces():
            await response.write(piece)
        await response.write_eof()
        return response

    async def main():
        routes = (web.put("/up", swallow), web.get("/down", send))
        async with serving(*routes, server_tls=server_tls) as url, client(client_tls) as session:
            up = Cargo()
            async with session.put(f"{url}/up", data=up.stream()) as answer:
                assert await answer.text() == up.checksum
            received = hashlib.sha256()
            async with session.get(f"{url}/down") as answer:
                async for piece in answer.content.iter_any():
                    received.update(piece)
            assert received.hexdigest() == down.checksum

    on_the_loop(main())


def test_a_file_is_sent(on_the_loop, server_tls, client_tls, tmp_path):
    """In plain text by the system's own sendfile()."""
    cargo = Cargo()
    file = tmp_path / "cargo"
    with file.open("wb") as sink:
        sink.writelines(cargo.pieces())

    async def send(_: web.Request) -> web.FileResponse:
        return web.FileResponse(file)

    async def main():
        async with (
            serving(web.get("/", send), server_tls=server_tls) as url,
            client(client_tls) as session,
        ):
            received = hashlib.sha256()
            async with session.get(url) as answer:
                assert answer.content_length == Cargo.size
                async for piece in answer.content.iter_any():
                    received.update(piece)
            assert received.hexdigest() == cargo.checksum
            async with session.get(url, headers={"Range": "bytes=100000-300000"}) as answer:
                assert answer.status == 206
                with file.open("rb") as source:
                    source.seek(100_000)
                    assert await answer.read() == source.read(200_001)

    on_the_loop(main())


def test_200_requests_are_served_at_once(on_the_loop, server_tls, client_tls):
    async def main():
        turnstile = Turnstile()

        async def wait(request: web.Request) -> web.Response:
            await turnstile.pass_through()
            return web.Response(text=request.query["number"])

        async with (
            serving(web.get("/", wait), server_tls=server_tls) as url,
            client(client_tls) as session,
        ):

            async def ask(number: int) -> str:
                async with session.get(url, params={"number": number}) as answer:
                    return await answer.text()

            answers = await asyncio.gather(*map(ask, range(CROWD)))
            assert answers == [str(number) for number in range(CROWD)]

    on_the_loop(main())


def test_a_unix_socket_serves_too(on_the_loop, tmp_path):
    async def main():
        path = tmp_path / "socket"
        async with serving(web.post("/greet/{name}", greet), path=path) as url:
            connector = aiohttp.UnixConnector(str(path))
            async with aiohttp.ClientSession(connector=connector) as session:
                async with session.post(f"{url}/greet/you", data=b"x" * 300_000) as answer:
                    assert await answer.json() == {"hello": "you", "sent": "x" * 300_000}

    on_the_loop(main())


def test_a_websocket_talks_pings_and_closes(on_the_loop, server_tls, client_tls):
    codes = []

    async def talk(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=5)
        await socket.prepare(request)
        async for message in socket:
            await socket.send_bytes(message.data)
        codes.append(socket.close_code)
        return socket

    async def main():
        async with (
            serving(web.get("/", talk), server_tls=server_tls) as url,
            client(client_tls) as session,
            session.ws_connect(url, autoping=False, max_msg_size=0) as socket,
        ):
            for size in (0, 1, 125, 126, 65_535, 65_536, 3_000_000):
                await socket.send_bytes(b"\xa5" * size)
                assert (await socket.receive(10)).data == b"\xa5" * size
            await socket.ping(b"are you there")
            pong = await socket.receive(10)
            assert (pong.type, pong.data) == (aiohttp.WSMsgType.PONG, b"are you there")
            await socket.close(code=4321)

    on_the_loop(main())
    assert codes == [4321]


def test_a_client_that_waits_no_longer_is_gone_for_the_server(on_the_loop):
    async def main():
        asked, gone = asyncio.Event(), asyncio.Event()

        async def never(request: web.Request) -> web.Response:
            asked.set()
            while request.transport is not None:
                await asyncio.sleep(0.01)
            gone.set()
            return web.Response()

        async with serving(web.get("/", never)) as url, client() as session:
            timeout = aiohttp.ClientTimeout(total=0.2)
            with pytest.raises(asyncio.TimeoutError):
                await session.get(url, timeout=timeout)
            assert asked.is_set()
            await gone.wait()

    on_the_loop(main())
