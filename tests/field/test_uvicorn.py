"""uvicorn, with both of its HTTP parsers, serving Starlette and FastAPI to httpx."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib

import pytest
from field_loops import CROWD, Cargo, Turnstile

for needed in ("uvicorn", "starlette", "httpx", "httptools", "h11"):
    pytest.importorskip(needed, reason=f"python3-{needed} is not installed")

import httpx  # noqa: E402
from asgi import serving, verify  # noqa: E402
from programs import PATIENCE_S  # noqa: E402
from starlette.applications import Starlette  # noqa: E402
from starlette.background import BackgroundTask  # noqa: E402
from starlette.requests import Request  # noqa: E402
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse  # noqa: E402
from starlette.responses import StreamingResponse  # noqa: E402
from starlette.routing import Route  # noqa: E402

SOON = httpx.Timeout(30, read=0.2)


@pytest.fixture(params=["h11", "httptools"])
def parser(request):
    return request.param


@pytest.fixture
def server_certificates(tls, request):
    return request.getfixturevalue("certificates") if tls else None


def test_a_request_is_answered(on_the_loop, parser, server_certificates, client_tls):
    async def greet(request: Request) -> JSONResponse:
        body = (await request.body()).decode()
        return JSONResponse({"hello": request.path_params["name"], "sent": body})

    async def main():
        app = Starlette(routes=[Route("/greet/{name}", greet, methods=["POST"])])
        async with (
            serving(app, server_certificates, http=parser) as url,
            httpx.AsyncClient(verify=verify(client_tls)) as client,
        ):
            for number in range(20):  # on one connection
                answer = await client.post(f"{url}/greet/you", content=f"number {number}")
                assert answer.json() == {"hello": "you", "sent": f"number {number}"}
            assert (await client.get(f"{url}/nothing")).status_code == 404

    on_the_loop(main())


def test_50_mb_go_up_and_come_down(on_the_loop, parser, server_certificates, client_tls):
    down = Cargo()

    async def swallow(request: Request) -> PlainTextResponse:
        digest = hashlib.sha256()
        async for piece in request.stream():
            digest.update(piece)
        return PlainTextResponse(digest.hexdigest())

    async def send(_: Request) -> StreamingResponse:
        return StreamingResponse(down.stream())

    async def main():
        app = Starlette(routes=[Route("/up", swallow, methods=["PUT"]), Route("/down", send)])
        async with (
            serving(app, server_certificates, http=parser) as url,
            httpx.AsyncClient(verify=verify(client_tls), timeout=PATIENCE_S) as client,
        ):
            up = Cargo()
            answer = await client.put(f"{url}/up", content=up.stream())
            assert answer.text == up.checksum
            received = hashlib.sha256()
            async with client.stream("GET", f"{url}/down") as answer:
                async for piece in answer.aiter_raw():
                    received.update(piece)
            assert received.hexdigest() == down.checksum

    on_the_loop(main())


def test_200_requests_are_served_at_once(on_the_loop, parser, server_certificates, client_tls):
    async def main():
        turnstile = Turnstile()

        async def wait(request: Request) -> PlainTextResponse:
            await turnstile.pass_through()
            return PlainTextResponse(request.query_params["number"])

        app = Starlette(routes=[Route("/", wait)])
        limits = httpx.Limits(max_connections=None)
        async with (
            serving(app, server_certificates, http=parser) as url,
            httpx.AsyncClient(
                verify=verify(client_tls), limits=limits, timeout=PATIENCE_S
            ) as client,
        ):
            asked = (client.get(url, params={"number": number}) for number in range(CROWD))
            answers = await asyncio.gather(*asked)
            assert [answer.text for answer in answers] == [str(n) for n in range(CROWD)]

    on_the_loop(main())


def test_the_application_is_told_of_start_and_end(on_the_loop, parser, tmp_path):
    told = []
    file = tmp_path / "file"
    file.write_bytes(b"0123456789" * 100_000)

    async def send(_: Request) -> FileResponse:
        return FileResponse(file, background=BackgroundTask(told.append, "after the response"))

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette):
        told.append("start")
        yield
        told.append("end")

    async def main():
        app = Starlette(routes=[Route("/", send)], lifespan=lifespan)
        async with serving(app, http=parser) as url, httpx.AsyncClient() as client:
            assert (await client.get(url)).content == file.read_bytes()

    on_the_loop(main())
    assert told == ["start", "after the response", "end"]


def test_a_client_that_waits_no_longer_is_reported_to_the_application(on_the_loop, parser):
    async def main():
        gone = asyncio.Event()

        async def wait(request: Request) -> PlainTextResponse:
            while not await request.is_disconnected():
                await asyncio.sleep(0.01)
            gone.set()
            return PlainTextResponse()

        app = Starlette(routes=[Route("/", wait)])
        async with serving(app, http=parser) as url, httpx.AsyncClient(timeout=SOON) as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.get(url)
            await gone.wait()

    on_the_loop(main())


def test_fastapi_serves_coroutines_threads_and_streams(on_the_loop, parser):
    fastapi = pytest.importorskip("fastapi", reason="python3-fastapi is not installed")
    done = []
    app = fastapi.FastAPI()

    # Annotations as objects: this module's are strings, which FastAPI could not look up inside a function.
    async def add(first: int, second: int = 1):
        return {"sum": first + second}

    def block(tasks):
        tasks.add_task(done.append, "in the background")
        return {"thread": True}

    block.__annotations__ = {"tasks": fastapi.BackgroundTasks}
    add.__annotations__ = {"first": int, "second": int}

    async def count():
        async def lines():
            for number in range(1000):
                yield f"{number}\n"
                await asyncio.sleep(0)

        return StreamingResponse(lines())

    app.get("/add/{first}")(add)
    app.get("/block")(block)
    app.get("/count")(count)

    async def main():
        async with serving(app, http=parser) as url, httpx.AsyncClient() as client:
            assert (await client.get(f"{url}/add/4?second=38")).json() == {"sum": 42}
            assert (await client.get(f"{url}/add/four")).status_code == 422
            assert (await client.get(f"{url}/block")).json() == {"thread": True}
            text = (await client.get(f"{url}/count")).text
            assert text.split() == [str(number) for number in range(1000)]

    on_the_loop(main())
    assert done == ["in the background"]


@pytest.mark.parametrize("library", ["websockets", "wsproto"])
def test_a_websocket_talks_and_closes(on_the_loop, library):
    websockets = pytest.importorskip("websockets", reason="python3-websockets is not installed")
    pytest.importorskip("wsproto", reason="python3-wsproto is not installed")
    from starlette.routing import WebSocketRoute

    codes = []

    async def talk(socket):
        await socket.accept()
        while (message := await socket.receive())["type"] == "websocket.receive":
            await socket.send_bytes(message["bytes"])
        codes.append(message["code"])

    async def main():
        app = Starlette(routes=[WebSocketRoute("/", talk)])
        async with serving(app, ws=library) as url:
            async with websockets.connect(url.replace("http", "ws")) as socket:
                for size in (0, 1, 126, 65_536, 500_000):
                    await socket.send(b"\x5a" * size)
                    assert await socket.recv() == b"\x5a" * size
                await socket.close(code=4321)
            while not codes:
                await asyncio.sleep(0.01)

    on_the_loop(main())
    assert codes == [4321]
