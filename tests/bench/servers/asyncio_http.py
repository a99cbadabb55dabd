"""An HTTP server of httptools and a protocol: asyncio_http.py LOOP BYTES DESCRIPTOR"""

from __future__ import annotations

import asyncio
import sys

import httptools
from bench_server import inherited_socket, serve


class Http(asyncio.Protocol):
    """Answers each request with the same bytes."""

    response = b""

    def connection_made(self, transport):
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)
        self.headers = {}

    def data_received(self, data):
        self.parser.feed_data(data)

    def on_url(self, url):
        self.url = url

    def on_header(self, name, value):
        self.headers[name] = value

    def on_message_complete(self):
        self.transport.write(self.response)
        self.headers = {}


async def run(size, descriptor):
    body = b"x" * int(size)
    Http.response = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
    Http.response += b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    loop = asyncio.get_running_loop()
    return await loop.create_server(Http, sock=inherited_socket(descriptor), backlog=4096)


serve(sys.argv[1], lambda: run(*sys.argv[2:]))
