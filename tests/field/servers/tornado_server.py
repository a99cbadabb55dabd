"""tornado, shut down as its documentation advises: no new connections, and the old ones may finish."""

import asyncio
import signal
import sys

import tornado.httpserver
import tornado.web


class Slow(tornado.web.RequestHandler):
    async def get(self) -> None:
        print("asked", flush=True)
        await asyncio.sleep(0.5)
        self.write("finished")


async def main() -> None:
    server = tornado.httpserver.HTTPServer(tornado.web.Application([("/", Slow)]))
    server.listen(int(sys.argv[1]), "127.0.0.1")
    terminated = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminated.set)
    print("listening", flush=True)
    await terminated.wait()
    server.stop()
    while server._connections:
        await asyncio.sleep(0.02)
    print("cleaned up", flush=True)


asyncio.run(main())
