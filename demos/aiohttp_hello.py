"""Where to look: the callback table while `wrk -c 100 http://127.0.0.1:8080/` runs.

An aiohttp server without a line about loopscope: `aiohttp_hello.py [PORT]`.
"""

import asyncio
import sys

from aiohttp import web


async def hello(request: web.Request) -> web.Response:
    return web.Response(text=f"Hello, {request.match_info.get('name', 'world')}!\n")


async def slow(request: web.Request) -> web.Response:
    await asyncio.sleep(0.05)
    return web.json_response({"slept_ms": 50})


def main() -> None:
    app = web.Application()
    app.add_routes([web.get("/", hello), web.get("/slow", slow), web.get("/{name}", hello)])
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]) if sys.argv[1:] else 8080)


if __name__ == "__main__":
    main()
