"""A Sanic server on a loop of choice: sanic_site.py LOOP BYTES DESCRIPTOR"""

from __future__ import annotations

import sys

from bench_server import inherited_socket, serve
from sanic import Sanic
from sanic.response import raw


async def run(size, descriptor):
    body = b"x" * int(size)
    app = Sanic("bench", configure_logging=False)
    app.config.ACCESS_LOG = False

    @app.get("/")
    async def answer(request):
        return raw(body)

    server = await app.create_server(
        sock=inherited_socket(descriptor), return_asyncio_server=True, access_log=False
    )
    await server.startup()
    await server.start_serving()
    return server


serve(sys.argv[1], lambda: run(*sys.argv[2:]))
