"""The application for `python3 -m uvicorn uvicorn_app:app`."""

import asyncio


async def lifespan(receive, send):
    while (await receive())["type"] != "lifespan.shutdown":
        print("listening", flush=True)
        await send({"type": "lifespan.startup.complete"})
    print("cleaned up", flush=True)
    await send({"type": "lifespan.shutdown.complete"})


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    print("asked", flush=True)
    await asyncio.sleep(0.5)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-by", b"app")]})
    await send({"type": "http.response.body", "body": b"finished"})
