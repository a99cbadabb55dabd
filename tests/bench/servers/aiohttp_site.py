"""An aiohttp server as its documentation writes it: aiohttp_site.py LOOP BYTES DESCRIPTOR"""

from __future__ import annotations

import sys

from aiohttp import web
from bench_server import inherited_socket, serve


async def run(size, descriptor):
    body = b"x" * int(size)

    async def answer(request):
        return web.Response(body=body)

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.SockSite(runner, inherited_socket(descriptor), backlog=4096).start()
    return runner


serve(sys.argv[1], lambda: run(*sys.argv[2:]))
