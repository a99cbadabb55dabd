"""misuse.py SEED   misuses transports and descriptors at random, then checks that the servers still answer.

Calls come from callbacks, protocols, finalizers and two threads that do not use call_soon_threadsafe().
Descriptors are closed, and become other files, under transports and watchers. With every third seed the
loop is closed in the middle. Any exception is right. A crash, an abort, a hang, or a server that does not
answer afterwards is wrong.

Threads leave TLS alone, because OpenSSL's connections are not made for two threads at once, and crash
asyncio, too. All transports end before the servers are asked, because a transport that closes its
descriptor a second time would close another file.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import random
import socket
import sys
import tempfile
import threading
import time
import warnings
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tls

SECONDS = 1.5
ANSWER_SECONDS = 60  # a machine may be busy
MOST_VICTIMS = 60


transports_alive: weakref.WeakSet[Any] = weakref.WeakSet()
sockets_alive: weakref.WeakSet[socket.socket] = weakref.WeakSet()


class Echo(asyncio.Protocol):
    """The protocol of the servers."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transports_alive.add(transport)

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


class EchoDatagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        self.transport.sendto(data, address)


class Servers:
    """One of each kind, which nobody misuses, and a way to ask each for an answer."""

    async def start(self, folder: Path) -> Servers:
        loop = asyncio.get_running_loop()
        self.tls = tls.client_context()
        self.path = str(folder / f"socket{id(loop)}")
        await loop.create_unix_server(Echo, self.path)
        server = await loop.create_server(Echo, "127.0.0.1", 0)
        self.tcp_address = server.sockets[0].getsockname()
        server = await loop.create_server(Echo, "127.0.0.1", 0, ssl=tls.server_context())
        self.tls_address = server.sockets[0].getsockname()
        transport, _ = await loop.create_datagram_endpoint(
            EchoDatagrams, local_addr=("127.0.0.1", 0)
        )
        self.udp_address = transport.get_extra_info("sockname")
        return self

    def connects(self, protocol: Callable[[], Any]) -> list[Callable[[], Any]]:
        loop = asyncio.get_running_loop()
        return [
            lambda: loop.create_connection(protocol, *self.tcp_address),
            lambda: loop.create_unix_connection(protocol, self.path),
            lambda: loop.create_connection(
                protocol, *self.tls_address, ssl=self.tls, server_hostname="localhost"
            ),
            lambda: loop.create_datagram_endpoint(protocol, remote_addr=self.udp_address),
        ]

    async def answer(self) -> None:
        for connect in self.connects(Asker):
            transport, asker = await asyncio.wait_for(connect(), ANSWER_SECONDS)
            await asyncio.wait_for(asker.answered, ANSWER_SECONDS)
            transport.close()


class Asker(asyncio.Protocol):
    def __init__(self) -> None:
        self.answered = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        if hasattr(transport, "sendto"):
            transport.sendto(b"hello")
        else:
            transport.write(b"hello")

    def data_received(self, data: bytes) -> None:
        if not self.answered.done():
            self.answered.set_result(None)

    def datagram_received(self, data: bytes, address: Any) -> None:
        self.data_received(data)


class Misuse:
    def __init__(self, seed: int, loop: asyncio.AbstractEventLoop) -> None:
        self.random = random.Random(seed)
        self.loop: Any = loop
        self.transports: list[Any] = []
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        self.plain: list[int] = []
        self.stop = threading.Event()
        self.loops_thread = threading.get_ident()
        self.null = os.open(os.devnull, os.O_RDWR)
        self.done = 0

    # -- victims -------------------------------------------------------------------------------------

    def take(self, transport: Any) -> None:
        transports_alive.add(transport)
        if len(self.transports) >= MOST_VICTIMS:
            self.transports.pop(self.random.randrange(MOST_VICTIMS))
        self.transports.append(transport)

    def victim(self) -> Any:
        victim = self.random.choice(self.transports)
        if threading.get_ident() != self.loops_thread and victim.get_extra_info("sslcontext"):
            raise LookupError("not from this thread")
        return victim

    def pair(self) -> tuple[socket.socket, socket.socket]:
        if len(self.pairs) < 8 or self.random.random() < 0.1:
            left, right = socket.socketpair()
            left.setblocking(False)
            right.setblocking(False)
            self.pairs.append((left, right))
            sockets_alive.update((left, right))
        if len(self.pairs) > 20:
            self.pairs.pop(0)
        return self.random.choice(self.pairs)

    def descriptor(self) -> int:
        """A descriptor of a transport or a pair, never of the servers or the loop itself."""
        if self.transports and self.random.random() < 0.5:
            return int(self.victim().get_extra_info("socket").fileno())
        return self.random.choice(self.pair()).fileno()

    # -- what is done ----------------------------------------------------------------------------------

    def write(self) -> None:
        data = b"x" * self.random.choice([1, 100, 10_000, 3_000_000])
        victim = self.victim()
        if hasattr(victim, "sendto"):
            victim.sendto(data[:10_000])
        else:
            victim.write(data)

    def call_transport(self) -> None:
        name = self.random.choice(
            "pause_reading resume_reading close abort write_eof get_write_buffer_size is_closing "
            "get_protocol is_reading _force_close _read_ready".split()
        )
        getattr(self.victim(), name)(*([None] if name == "_force_close" else []))

    def change_limits(self) -> None:
        self.victim().set_write_buffer_limits(self.random.choice([0, 10, 1 << 20]))

    def change_protocol(self) -> None:
        self.victim().set_protocol(Meddler(self))

    def watch(self) -> None:
        file: Any = self.random.choice(self.pair())
        if self.random.random() < 0.5:
            file = file.fileno()
        name = self.random.choice(["add_reader", "add_writer", "remove_reader", "remove_writer"])
        getattr(self.loop, name)(file, *([self.meddle] if name.startswith("add") else []))

    def watch_a_transport(self) -> None:
        self.loop._add_reader(self.descriptor(), self.meddle)

    def feed(self) -> None:
        self.random.choice(self.pair()).send(b"x" * self.random.choice([1, 5000]))

    def close_descriptor(self) -> None:
        os.close(self.descriptor())

    def close_socket(self) -> None:
        end = self.random.choice(self.pair())
        number = end.detach() if self.random.random() < 0.3 else end.close()
        if number is not None:
            os.close(number)

    def replace_descriptor(self) -> None:
        fd = self.descriptor()
        if fd < 3:
            return
        other = self.random.choice(self.pair())
        with contextlib.closing(socket.socket(fileno=os.dup(other.fileno()))) as copy:
            os.dup2(copy.fileno() if self.random.random() < 0.5 else self.null, fd)

    def open_plain(self) -> None:
        self.plain.append(os.open(os.devnull, os.O_RDWR))
        if len(self.plain) > 10:
            os.close(self.plain.pop(0))

    def sock_call(self) -> None:
        left, right = self.pair()
        call = self.random.choice(
            [
                lambda: self.loop.sock_recv(left, 10),
                lambda: self.loop.sock_sendall(right, b"x" * 300_000),
                lambda: self.loop.sock_recv_into(right, bytearray(10)),
            ]
        )

        async def wait() -> None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(call(), self.random.random() / 50)

        self.loop.call_soon_threadsafe(lambda: self.loop.create_task(wait()))

    def schedule(self) -> None:
        how = self.random.choice(["call_soon", "call_soon_threadsafe", "call_later"])
        handle = getattr(self.loop, how)(
            *([self.random.random() / 100] if how == "call_later" else []), self.meddle
        )
        if self.random.random() < 0.5:
            handle.cancel()

    def leave_to_a_finalizer(self) -> None:
        Last(self)

    def collect(self) -> None:
        gc.collect(0)

    DONE = (
        *(write, call_transport, change_limits, change_protocol, watch, watch_a_transport, feed),
        *(close_descriptor, close_socket, replace_descriptor, open_plain, sock_call, schedule),
        *(leave_to_a_finalizer, collect, write, call_transport, watch, feed, schedule),
    )

    def meddle(self) -> None:
        """One random thing; whatever it raises is an answer."""
        if self.stop.is_set():
            return
        self.done += 1
        with contextlib.suppress(Exception):
            self.random.choice(self.DONE)(self)

    # -- who does it ------------------------------------------------------------------------------------

    def thread(self) -> None:
        while not self.stop.wait(0.0005):
            self.meddle()

    async def supply(self, servers: Servers) -> None:
        """Makes new connections until the end."""
        connects = servers.connects(lambda: Meddler(self))
        while not self.stop.is_set():
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self.random.choice(connects)(), 5)
            for _ in range(10):
                self.meddle()
            await asyncio.sleep(0.001)


class Meddler(asyncio.BufferedProtocol):
    """A protocol that does a random thing whenever it is called."""

    def __init__(self, misuse: Misuse) -> None:
        self.misuse = misuse
        self.buffer = bytearray(1000)

    def connection_made(self, transport: Any) -> None:
        self.misuse.take(transport)
        self.misuse.meddle()

    def get_buffer(self, hint: int) -> bytearray:
        self.misuse.meddle()
        return self.buffer

    def called(self, *_: Any) -> None:
        self.misuse.meddle()

    buffer_updated = datagram_received = error_received = called  # type: ignore[assignment]
    eof_received = connection_lost = pause_writing = resume_writing = called  # type: ignore[assignment]


class Last:
    """Does something as it ends."""

    def __init__(self, misuse: Misuse) -> None:
        self.misuse = misuse
        self.cycle = self

    def __del__(self) -> None:
        self.misuse.meddle()


def run(seed: int, new_loop: Callable[[], Any], folder: Path) -> None:
    loop = new_loop()
    loop.set_exception_handler(lambda *_: None)
    misuse = Misuse(seed, loop)
    servers = loop.run_until_complete(Servers().start(folder))
    loop.run_until_complete(servers.answer())
    threads = [threading.Thread(target=misuse.thread, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    supply = loop.create_task(misuse.supply(servers))
    loop.call_later(SECONDS, loop.stop)
    loop.run_forever()
    if seed % 3 == 0:
        with contextlib.suppress(Exception):
            loop.close()
        for _ in range(300):
            misuse.meddle()
    misuse.stop.set()
    for thread in threads:
        thread.join()
    with contextlib.suppress(RuntimeError):  # closed
        supply.cancel()
    end_victims(misuse)
    if loop.is_closed():
        loop = new_loop()
        loop.set_exception_handler(lambda *_: None)
        servers = loop.run_until_complete(Servers().start(folder))
    loop.run_until_complete(servers.answer())
    loop.close()
    print(f"seed {seed}: {misuse.done} things done, every server answers", flush=True)
    os._exit(0)  # the numbers of what is left are other files' by now


def end_victims(misuse: Misuse) -> None:
    """Waits until no transport of the misuse, and none that served it, can close anything any more."""
    loop, misuse.loop = misuse.loop, None
    for sock in list(sockets_alive):
        for end in (loop.remove_reader, loop.remove_writer, socket.socket.close):
            with contextlib.suppress(Exception):
                end(sock)
    misuse.pairs.clear()
    misuse.transports.clear()
    give_up = time.monotonic() + ANSWER_SECONDS
    while (transports_alive or asyncio.all_tasks(loop)) and time.monotonic() < give_up:
        for transport in list(transports_alive):
            with contextlib.suppress(Exception):
                transport.abort()
        transport = None
        gc.collect()
        if loop.is_closed():
            break  # nothing of it runs any more
        loop.run_until_complete(asyncio.sleep(0.02))


def main() -> None:
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda _: None
    threading.excepthook = lambda _: None
    if sys.argv[2:] == ["stock"]:
        factory: Any = asyncio.new_event_loop
    else:
        import loopscope

        factory = loopscope.new_event_loop
    with tempfile.TemporaryDirectory() as folder:
        run(int(sys.argv[1]), factory, Path(folder))


if __name__ == "__main__":
    main()
