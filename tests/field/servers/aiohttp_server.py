"""aiohttp's run_app(), which handles SIGTERM in its own way."""

import asyncio
import sys

from aiohttp import web


async def slow(request: web.Request) -> web.Response:
    print("asked", flush=True)
    await asyncio.sleep(0.5)
    return web.Response(text="finished")


async def tell_port(application: web.Application) -> None:
    print("listening", flush=True)


async def clean_up(application: web.Application) -> None:
    print("cleaned up", flush=True)


application = web.Application()
application.router.add_get("/", slow)
application.on_startup.append(tell_port)
application.on_cleanup.append(clean_up)
web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=None, shutdown_timeout=5)
