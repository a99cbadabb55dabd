"""tornado_echo.py DESCRIPTOR"""

import asyncio
import socket
import sys

from tornado.iostream import StreamClosedError
from tornado.tcpserver import TCPServer


class Echo(TCPServer):
    async def handle_stream(self, stream, address):
        stream.set_nodelay(True)
        try:
            while True:
                await stream.write(await stream.read_bytes(1 << 18, partial=True))
        except StreamClosedError:
            pass


async def run():
    Echo().add_sockets([socket.socket(fileno=int(sys.argv[1]))])
    await asyncio.Event().wait()


asyncio.run(run())
