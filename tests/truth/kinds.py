"""A program with one callback of each kind, each in a function of its own: kinds.py SESSION_COPY"""

from __future__ import annotations

import asyncio
import functools
import os
import shutil
import signal
import socket
import sys
import threading
import time

import loopscope

BIG = 8 << 20


def on_soon():
    pass


def on_threadsafe():
    pass


def on_timer():
    pass


def on_reader(sock, loop):
    sock.recv(1)
    loop.remove_reader(sock)


def on_writer(sock, loop):
    loop.remove_writer(sock)


def on_signal():
    pass


def on_future_done(_):
    pass


def on_partial(_):
    pass


async def coroutine_of_a_task():
    await asyncio.sleep(0)
    await asyncio.sleep(0.001)


class Server(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        pass

    def eof_received(self):
        self.transport.write(b"x" * BIG)
        return True

    def pause_writing(self):
        pass

    def resume_writing(self):
        self.transport.close()

    def connection_lost(self, error):
        pass


class Client(asyncio.BufferedProtocol):
    def __init__(self):
        self.count = 0
        self.buffer = bytearray(1 << 18)
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        transport.write(b"hello")
        transport.write_eof()

    def get_buffer(self, size_hint):
        return self.buffer

    def buffer_updated(self, count):
        self.count += count

    def connection_lost(self, error):
        self.done.set_result(self.count)


async def main(loop):
    loop.call_soon(on_soon)
    loop.call_soon(functools.partial(on_partial, 1))
    thread = threading.Thread(target=loop.call_soon_threadsafe, args=(on_threadsafe,))
    thread.start()
    loop.call_later(0.001, on_timer)
    loop.call_later(100, on_timer).cancel()
    left, right = socket.socketpair()
    loop.add_reader(left, on_reader, left, loop)
    loop.add_writer(right, on_writer, right, loop)
    right.send(b"x")
    loop.add_signal_handler(signal.SIGUSR1, on_signal)
    os.kill(os.getpid(), signal.SIGUSR1)
    future = loop.create_future()
    future.add_done_callback(on_future_done)
    future.set_result(None)
    await loop.create_task(coroutine_of_a_task())
    server = await loop.create_server(Server, "127.0.0.1", 0)
    _, client = await loop.create_connection(Client, *server.sockets[0].getsockname())
    received = await client.done
    assert received == BIG
    server.close()
    time.sleep(0.002)
    await asyncio.sleep(0.005)


loop = loopscope.Loop()
loop.run_until_complete(main(loop))
shutil.copyfile(loop.session_path, sys.argv[1])
os._exit(0)
