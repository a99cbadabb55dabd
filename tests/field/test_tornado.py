"""tornado's server, client, streams and IOLoop, which use add_reader() and add_writer()."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import socket
import threading

import pytest
from field_loops import CROWD, Cargo, Turnstile

pytest.importorskip("tornado", reason="python3-tornado is not installed")
import tornado.httpclient  # noqa: E402
import tornado.httpserver  # noqa: E402
import tornado.ioloop  # noqa: E402
import tornado.iostream  # noqa: E402
import tornado.netutil  # noqa: E402
import tornado.tcpclient  # noqa: E402
import tornado.tcpserver  # noqa: E402
import tornado.web  # noqa: E402
import tornado.websocket  # noqa: E402


@contextlib.asynccontextmanager
async def serving(*routes, tls=None):
    """A server with these routes; its address."""
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1", backlog=CROWD)
    server = tornado.httpserver.HTTPServer(
        tornado.web.Application(routes), ssl_options=tls, max_body_size=Cargo.size
    )
    server.add_sockets(sockets)
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{sockets[0].getsockname()[1]}"
    finally:
        server.stop()
        await server.close_all_connections()


@contextlib.contextmanager
def client(tls, **options):
    made = tornado.httpclient.AsyncHTTPClient(
        force_instance=True,
        max_clients=CROWD,
        max_body_size=Cargo.size,
        defaults={"ssl_options": tls, "request_timeout": 40},
        **options,
    )
    yield made
    made.close()


def test_a_request_is_answered(on_the_loop, server_tls, client_tls):
    class Greet(tornado.web.RequestHandler):
        def post(self, name):
            self.write({"hello": name, "sent": self.request.body.decode()})

    async def main():
        async with serving((r"/greet/(\w+)", Greet), tls=server_tls) as url:
            with client(client_tls) as http:
                answer = await http.fetch(f"{url}/greet/you", method="POST", body="x" * 200_000)
                assert answer.body.decode() == '{"hello": "you", "sent": "%s"}' % ("x" * 200_000)
                with pytest.raises(tornado.httpclient.HTTPClientError, match="404"):
                    await http.fetch(f"{url}/nothing")

    on_the_loop(main())


def test_50_mb_go_up_and_come_down(on_the_loop, server_tls, client_tls):
    down = Cargo()

    @tornado.web.stream_request_body
    class Transfer(tornado.web.RequestHandler):
        def initialize(self):
            self.digest = hashlib.sha256()

        def data_received(self, piece):
            self.digest.update(piece)

        def put(self):
            self.write(self.digest.hexdigest())

        async def get(self):
            for piece in down.pieces():
                self.write(piece)
                await self.flush()

    async def main():
        async with serving((r"/", Transfer), tls=server_tls) as url:
            with client(client_tls) as http:
                up = Cargo()

                async def body(write):
                    for piece in up.pieces():
                        await write(piece)

                answer = await http.fetch(url, method="PUT", body_producer=body)
                assert answer.body.decode() == up.checksum
                received = hashlib.sha256()
                await http.fetch(url, streaming_callback=received.update)
                assert received.hexdigest() == down.checksum

    on_the_loop(main())


def test_200_requests_are_served_at_once(on_the_loop, server_tls, client_tls):
    async def main():
        turnstile = Turnstile()

        class Wait(tornado.web.RequestHandler):
            async def get(self, number):
                await turnstile.pass_through()
                self.write(number)

        async with serving((r"/(\d+)", Wait), tls=server_tls) as url:
            with client(client_tls) as http:
                answers = await asyncio.gather(*(http.fetch(f"{url}/{n}") for n in range(CROWD)))
                assert [int(answer.body) for answer in answers] == list(range(CROWD))

    on_the_loop(main())


def test_a_websocket_talks_pings_and_closes(on_the_loop, server_tls, client_tls):
    codes = []

    class Echo(tornado.websocket.WebSocketHandler):
        def on_message(self, message):
            self.write_message(message, binary=True)

        def on_close(self):
            codes.append((self.close_code, self.close_reason))

    async def main():
        async with serving((r"/", Echo), tls=server_tls) as url:
            request = tornado.httpclient.HTTPRequest(
                url.replace("http", "ws"), ssl_options=client_tls
            )
            socket = await tornado.websocket.websocket_connect(request, ping_interval=0.02)
            for size in (0, 1, 126, 65_536, 1_000_000):
                await socket.write_message(b"\x5a" * size, binary=True)
                assert await socket.read_message() == b"\x5a" * size
            await asyncio.sleep(0.1)  # some pings
            socket.close(4321, "enough")
            while not codes:
                await asyncio.sleep(0.01)

    on_the_loop(main())
    assert codes == [(4321, "enough")]


def test_streams_read_until_and_upgrade_to_tls(on_the_loop, certificates):
    class Upper(tornado.tcpserver.TCPServer):
        async def handle_stream(self, stream, address):
            with contextlib.suppress(tornado.iostream.StreamClosedError):
                assert await stream.read_until(b"\n") == b"STARTTLS\n"
                await stream.write(b"go ahead\n")
                stream = await stream.start_tls(True, certificates.server())
                while True:
                    line = await stream.read_until_regex(b"[.!]")
                    await stream.write(line.upper())

    async def main():
        server = Upper()
        server.listen(0, "127.0.0.1")
        (listener,) = server._sockets.values()
        stream = await tornado.tcpclient.TCPClient().connect(*listener.getsockname())
        await stream.write(b"STARTTLS\n")
        assert await stream.read_until(b"\n") == b"go ahead\n"
        stream = await stream.start_tls(False, certificates.client(), "localhost")
        await stream.write(b"one.two!three.")
        assert await stream.read_bytes(14) == b"ONE.TWO!THREE."
        stream.close()
        server.stop()
        await asyncio.sleep(0.01)

    on_the_loop(main())


def test_handlers_of_sockets_change_what_they_wait_for(on_the_loop):
    async def main():
        loop = tornado.ioloop.IOLoop.current()
        near, far = socket.socketpair()
        seen, done = [], asyncio.Event()

        def ready(_, events):
            seen.append(events)
            if events & loop.WRITE:
                loop.update_handler(near, loop.READ)
                far.send(b"now you")
            else:
                assert near.recv(100) == b"now you"
                loop.remove_handler(near)
                far.send(b"nobody hears this")
                loop.call_later(0.02, done.set)

        with near, far:
            near.setblocking(False)
            loop.add_handler(near, ready, loop.WRITE)
            await done.wait()
        assert seen == [loop.WRITE, loop.READ]

    on_the_loop(main())


def test_timers_threads_and_callbacks_of_the_ioloop(on_the_loop):
    async def main():
        loop = tornado.ioloop.IOLoop.current()
        beats, done = [], asyncio.Event()
        beat = tornado.ioloop.PeriodicCallback(lambda: beats.append(loop.time()), 10)
        beat.start()
        cancelled = loop.call_later(0.01, beats.clear)
        loop.remove_timeout(cancelled)
        names = [loop.run_in_executor(None, lambda: threading.current_thread().name)]
        assert await names[0] != threading.current_thread().name
        thread = threading.Thread(target=lambda: loop.add_callback(done.set))
        thread.start()
        await done.wait()
        thread.join()
        while len(beats) < 5:
            await asyncio.sleep(0.005)
        beat.stop()
        assert beats == sorted(beats)

    on_the_loop(main())


def test_an_ioloop_makes_starts_and_stops_the_policy_s_loop(choice):
    """Programs of the old style: no coroutine, and IOLoop.start() runs until somebody calls stop()."""
    if choice.module == "loopscope":
        import loopscope

        loopscope.install()
    try:
        io_loop = tornado.ioloop.IOLoop(make_current=False)
        assert type(io_loop.asyncio_loop).__module__.split(".")[0] == choice.module
        ran = []
        io_loop.add_callback(ran.append, 1)
        io_loop.call_later(0.01, io_loop.stop)
        io_loop.start()
        io_loop.add_callback(io_loop.stop)
        io_loop.start()
        io_loop.close(all_fds=True)
        assert ran == [1]
    finally:
        asyncio.set_event_loop_policy(None)
