"""Connections over TCP and Unix sockets. The other end is a plain socket, moved by the callbacks themselves."""

import asyncio
import os
import socket
import tempfile

from stories import in_any_poll


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.loop = asyncio.get_running_loop()

    def data_received(self, data):
        self.transport.write(data)

    def eof_received(self):
        pass

    def connection_lost(self, error):
        self.loop.stop()


def accepted(loop, protocol_factory, left):
    # the connection of `left` as a server's would be, without the server
    return loop.run_until_complete(loop.connect_accepted_socket(protocol_factory, left))


def a_connection_echoes(loop):
    """
    created task.1 BaseEventLoop.connect_accepted_socket
    run
        poll ready_callbacks BaseEventLoop.connect_accepted_socket: 0
        idle 1
            task_step BaseEventLoop.connect_accepted_socket (task.1)
                opened unix_stream.1 Echo.connection_made
        poll ready_callbacks Echo.connection_made: 0
        idle 2
            connection_made Echo.connection_made (unix_stream.1)
        poll ready_callbacks BaseEventLoop.connect_accepted_socket: 0
        idle 1
            task_step BaseEventLoop.connect_accepted_socket (task.1)
                done task.1 BaseEventLoop.connect_accepted_socket
        poll ready_callbacks _run_until_complete_cb: 0
        idle 1
            future_done _run_until_complete_cb
        poll stopping: 0
    run
        poll forever: 1
            read 5 (unix_stream.1)
            data_received Echo.data_received (unix_stream.1)
                wrote 5 (unix_stream.1)
        poll forever: 1
            read 0 (unix_stream.1)
            eof_received Echo.eof_received (unix_stream.1)
        poll ready_callbacks Echo.connection_lost: 0
        idle 1
            connection_lost Echo.connection_lost (unix_stream.1)
                closed unix_stream.1
        poll stopping: 0
        closing 1
    """
    left, right = socket.socketpair()
    accepted(loop, Echo, left)
    right.send(b"hello")
    right.shutdown(socket.SHUT_WR)
    loop.run_forever()


def each_write_of_a_callback_is_the_kernels_when_it_returns(loop):
    """
    created task.1 BaseEventLoop.connect_accepted_socket
    run
        poll ready_callbacks BaseEventLoop.connect_accepted_socket: 0
        idle 1
            task_step BaseEventLoop.connect_accepted_socket (task.1)
                opened unix_stream.1 BaseProtocol.connection_made
        poll ready_callbacks BaseProtocol.connection_made: 0
        idle 2
            connection_made BaseProtocol.connection_made (unix_stream.1)
        poll ready_callbacks BaseEventLoop.connect_accepted_socket: 0
        idle 1
            task_step BaseEventLoop.connect_accepted_socket (task.1)
                done task.1 BaseEventLoop.connect_accepted_socket
        poll ready_callbacks _run_until_complete_cb: 0
        idle 1
            future_done _run_until_complete_cb
        poll stopping: 0
    run
        poll ready_callbacks each_write_of_a_callback_is_the_kernels_when_it_returns.answer: 0
        idle 4
            soon each_write_of_a_callback_is_the_kernels_when_it_returns.answer
                wrote 7 (unix_stream.1)
                wrote 5 (unix_stream.1)
            soon each_write_of_a_callback_is_the_kernels_when_it_returns.answer
                wrote 7 (unix_stream.1)
                wrote 5 (unix_stream.1)
            soon each_write_of_a_callback_is_the_kernels_when_it_returns.answer_briefly
                wrote 5 (unix_stream.1)
            soon LoopBase.stop
        poll stopping: 0
    run
        poll ready_callbacks BaseProtocol.connection_lost: 0
        idle 2
            connection_lost BaseProtocol.connection_lost (unix_stream.1)
                closed unix_stream.1
            soon LoopBase.stop
        poll stopping: 0
        closing 1
    """
    left, right = socket.socketpair()
    transport, _ = accepted(loop, asyncio.Protocol, left)

    def answer():
        transport.write(b"header ")
        transport.write(b"body ")

    def answer_briefly():
        transport.write(b"alone")

    for callback in (answer, answer, answer_briefly, loop.stop):
        loop.call_soon(callback)
    loop.run_forever()
    assert right.recv(100) == b"header body header body alone"
    transport.abort()
    loop.call_soon(loop.stop)
    loop.run_forever()


class Into(asyncio.BufferedProtocol):
    def __init__(self):
        self.buffer = bytearray(100)

    def connection_made(self, transport):
        self.transport = transport

    def get_buffer(self, size_hint):
        return self.buffer

    def buffer_updated(self, count):
        self.transport.abort()

    def connection_lost(self, error):
        asyncio.get_running_loop().stop()


def bytes_go_into_the_protocols_buffer(loop):
    """
    created task.1 BaseEventLoop.connect_accepted_socket
    run
        poll ready_callbacks BaseEventLoop.connect_accepted_socket: 0
        idle 1
            task_step BaseEventLoop.connect_accepted_socket (task.1)
                opened unix_stream.1 Into.connection_made
        poll ready_callbacks Into.connection_made: 0
        idle 2
            connection_made Into.connection_made (unix_stream.1)
        poll ready_callbacks BaseEventLoop.connect_accepted_socket: 0
        idle 1
            task_step BaseEventLoop.connect_accepted_socket (task.1)
                done task.1 BaseEventLoop.connect_accepted_socket
        poll ready_callbacks _run_until_complete_cb: 0
        idle 1
            future_done _run_until_complete_cb
        poll stopping: 0
    run
        poll forever: 1
            read 5 (unix_stream.1)
            buffer_updated Into.buffer_updated (unix_stream.1)
        poll ready_callbacks Into.connection_lost: 0
        idle 1
            connection_lost Into.connection_lost (unix_stream.1)
                closed unix_stream.1
        poll stopping: 0
        closing 1
    """
    left, right = socket.socketpair()
    accepted(loop, Into, left)
    right.send(b"hello")
    loop.run_forever()


class Writer(asyncio.Protocol):
    """Writes more than the socket takes; reads the other end when it is told to pause."""

    def __init__(self, peer):
        self.peer = peer

    def connection_made(self, transport):
        self.transport = transport
        transport.set_write_buffer_limits(0)
        transport.write(b"x" * 10_000)

    def pause_writing(self):
        self.peer.recv(10_000)

    def resume_writing(self):
        self.transport.write_eof()
        self.transport.close()

    def connection_lost(self, error):
        asyncio.get_running_loop().stop()


def writing_is_paused_and_resumed(loop):
    """
    created task.1 BaseEventLoop.connect_accepted_socket
    run
        poll ready_callbacks BaseEventLoop.connect_accepted_socket: 0
        idle 1
            task_step BaseEventLoop.connect_accepted_socket (task.1)
                opened unix_stream.1 Writer.connection_made
        poll ready_callbacks Writer.connection_made: 0
        idle 2
            connection_made Writer.connection_made (unix_stream.1)
                wrote 8064 (unix_stream.1)
                pause_writing Writer.pause_writing (unix_stream.1)
        poll ready_callbacks BaseEventLoop.connect_accepted_socket: 1
        idle 2
            task_step BaseEventLoop.connect_accepted_socket (task.1)
                done task.1 BaseEventLoop.connect_accepted_socket
            wrote 1936 (unix_stream.1)
            resume_writing Writer.resume_writing (unix_stream.1)
        poll ready_callbacks Writer.connection_lost: 0
        idle 1
            connection_lost Writer.connection_lost (unix_stream.1)
                closed unix_stream.1
        poll stopping: 0
        closing 1
    """
    left, right = socket.socketpair()
    left.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    loop.create_task(loop.connect_accepted_socket(lambda: Writer(right), left))
    loop.run_forever()


class Closer(asyncio.Protocol):
    """Closes while bytes wait to be sent: the connection ends when they are."""

    def __init__(self, peer):
        self.peer = peer

    def connection_made(self, transport):
        transport.write(b"x" * 10_000)
        transport.close()
        self.peer.recv(10_000)

    def connection_lost(self, error):
        asyncio.get_running_loop().stop()


def what_is_written_is_sent_before_the_end(loop):
    """
    created task.1 BaseEventLoop.connect_accepted_socket
    run
        poll ready_callbacks BaseEventLoop.connect_accepted_socket: 0
        idle 1
            task_step BaseEventLoop.connect_accepted_socket (task.1)
                opened unix_stream.1 Closer.connection_made
        poll ready_callbacks Closer.connection_made: 0
        idle 2
            connection_made Closer.connection_made (unix_stream.1)
                wrote 8064 (unix_stream.1)
        poll ready_callbacks BaseEventLoop.connect_accepted_socket: 1
        idle 2
            task_step BaseEventLoop.connect_accepted_socket (task.1)
                done task.1 BaseEventLoop.connect_accepted_socket
            wrote 1936 (unix_stream.1)
            connection_lost Closer.connection_lost (unix_stream.1)
                closed unix_stream.1
        poll stopping: 0
        closing 1
    """
    left, right = socket.socketpair()
    left.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    loop.create_task(loop.connect_accepted_socket(lambda: Closer(right), left))
    loop.run_forever()


class Open(Echo):
    def eof_received(self):
        self.transport.write(b"bye")
        self.loop.call_soon(self.transport.close)
        return True


def a_half_closed_connection(loop):
    """
    created task.1 BaseEventLoop.connect_accepted_socket
    run
        poll ready_callbacks BaseEventLoop.connect_accepted_socket: 0
        idle 1
            task_step BaseEventLoop.connect_accepted_socket (task.1)
                opened unix_stream.1 Echo.connection_made
        poll ready_callbacks Echo.connection_made: 0
        idle 2
            connection_made Echo.connection_made (unix_stream.1)
        poll ready_callbacks BaseEventLoop.connect_accepted_socket: 0
        idle 1
            task_step BaseEventLoop.connect_accepted_socket (task.1)
                done task.1 BaseEventLoop.connect_accepted_socket
        poll ready_callbacks _run_until_complete_cb: 0
        idle 1
            future_done _run_until_complete_cb
        poll stopping: 0
    run
        poll forever: 1
            read 0 (unix_stream.1)
            eof_received Open.eof_received (unix_stream.1)
                wrote 3 (unix_stream.1)
        poll ready_callbacks StreamTransport.close: 0
        idle 1
            soon StreamTransport.close
        poll ready_callbacks Echo.connection_lost: 0
        idle 1
            connection_lost Echo.connection_lost (unix_stream.1)
                closed unix_stream.1
        poll stopping: 0
        closing 1
    """
    left, right = socket.socketpair()
    accepted(loop, Open, left)
    right.shutdown(socket.SHUT_WR)
    loop.run_forever()


def the_peer_resets(loop):
    """
    created task.1 BaseEventLoop.connect_accepted_socket
    run
        poll ready_callbacks BaseEventLoop.connect_accepted_socket: 0
        idle 1
            task_step BaseEventLoop.connect_accepted_socket (task.1)
                opened tcp.1 Echo.connection_made
        poll ready_callbacks Echo.connection_made: 0
        idle 2
            connection_made Echo.connection_made (tcp.1)
        poll ready_callbacks BaseEventLoop.connect_accepted_socket: 0
        idle 1
            task_step BaseEventLoop.connect_accepted_socket (task.1)
                done task.1 BaseEventLoop.connect_accepted_socket
        poll ready_callbacks _run_until_complete_cb: 0
        idle 1
            future_done _run_until_complete_cb
        poll stopping: 0
    run
        poll forever: 1
        poll ready_callbacks Echo.connection_lost: 0
        idle 1
            connection_lost Echo.connection_lost (tcp.1)
                closed tcp.1
        poll stopping: 0
        closing 1
    """
    server = socket.create_server(("127.0.0.1", 0))
    peer = socket.create_connection(server.getsockname())
    accepted(loop, Echo, server.accept()[0])
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()
    loop.run_forever()


class Paused(Echo):
    def connection_made(self, transport):
        super().connection_made(transport)
        transport.pause_reading()
        self.loop.call_soon(transport.resume_reading)

    def data_received(self, data):
        self.transport.close()


def reading_is_paused_and_resumed(loop):
    """
    created task.1 BaseEventLoop.connect_accepted_socket
    run
        poll ready_callbacks BaseEventLoop.connect_accepted_socket: 0
        idle 1
            task_step BaseEventLoop.connect_accepted_socket (task.1)
                opened unix_stream.1 Paused.connection_made
        poll ready_callbacks Paused.connection_made: 0
        idle 2
            connection_made Paused.connection_made (unix_stream.1)
        poll ready_callbacks StreamTransport.resume_reading: 0
        idle 2
            soon StreamTransport.resume_reading
            task_step BaseEventLoop.connect_accepted_socket (task.1)
                done task.1 BaseEventLoop.connect_accepted_socket
        poll forever: 1
            read 5 (unix_stream.1)
            data_received Paused.data_received (unix_stream.1)
        poll ready_callbacks Echo.connection_lost: 0
        idle 1
            connection_lost Echo.connection_lost (unix_stream.1)
                closed unix_stream.1
        poll stopping: 0
        closing 1
    """
    left, right = socket.socketpair()
    right.send(b"hello")
    loop.create_task(loop.connect_accepted_socket(Paused, left))
    loop.run_forever()


@in_any_poll
def a_server_over_tcp(loop):
    """
    created task.1 BaseEventLoop.create_server
    run
        task_step BaseEventLoop.create_server (task.1)
            created task.2 BaseEventLoop._create_server_getaddrinfo
        task_step BaseEventLoop._create_server_getaddrinfo (task.2)
            done task.2 BaseEventLoop._create_server_getaddrinfo
        future_done gather._done_callback
        task_step BaseEventLoop.create_server (task.1)
            opened listener.1 Echo
        task_step BaseEventLoop.create_server (task.1)
            done task.1 BaseEventLoop.create_server
        future_done _run_until_complete_cb
    run
        accept Echo (listener.1)
            created task.3 BaseSelectorEventLoop._accept_connection2
        task_step BaseSelectorEventLoop._accept_connection2 (task.3)
            opened tcp.1 Echo.connection_made
        connection_made Echo.connection_made (tcp.1)
        task_step BaseSelectorEventLoop._accept_connection2 (task.3)
            done task.3 BaseSelectorEventLoop._accept_connection2
        read 5 (tcp.1)
        data_received Echo.data_received (tcp.1)
            wrote 5 (tcp.1)
        read 0 (tcp.1)
        eof_received Echo.eof_received (tcp.1)
        connection_lost Echo.connection_lost (tcp.1)
            closed tcp.1
    closed listener.1
    closed wakeup.1
    closed quiet
    """
    server = loop.run_until_complete(loop.create_server(Echo, "127.0.0.1", 0))
    peer = socket.create_connection(server.sockets[0].getsockname())
    peer.send(b"hello")
    peer.shutdown(socket.SHUT_WR)
    loop.run_forever()
    server.close()
    loop.close()


@in_any_poll
def a_server_on_a_unix_socket(loop):
    """
    created task.1 _UnixSelectorEventLoop.create_unix_server
    run
        task_step _UnixSelectorEventLoop.create_unix_server (task.1)
            opened listener.1 Echo
        task_step _UnixSelectorEventLoop.create_unix_server (task.1)
            done task.1 _UnixSelectorEventLoop.create_unix_server
        future_done _run_until_complete_cb
    run
        accept Echo (listener.1)
            created task.2 BaseSelectorEventLoop._accept_connection2
        task_step BaseSelectorEventLoop._accept_connection2 (task.2)
            opened unix_stream.1 Echo.connection_made
        connection_made Echo.connection_made (unix_stream.1)
        task_step BaseSelectorEventLoop._accept_connection2 (task.2)
            done task.2 BaseSelectorEventLoop._accept_connection2
        read 5 (unix_stream.1)
        data_received Echo.data_received (unix_stream.1)
            wrote 5 (unix_stream.1)
        read 0 (unix_stream.1)
        eof_received Echo.eof_received (unix_stream.1)
        connection_lost Echo.connection_lost (unix_stream.1)
            closed unix_stream.1
    closed listener.1
    closed wakeup.1
    closed quiet
    """
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "socket")
        server = loop.run_until_complete(loop.create_unix_server(Echo, path))
        peer = socket.socket(socket.AF_UNIX)
        peer.connect(path)
        peer.send(b"hello")
        peer.shutdown(socket.SHUT_WR)
        loop.run_forever()
        server.close()
        loop.close()


class Client(asyncio.Protocol):
    def connection_made(self, transport):
        transport.write(b"hello")
        transport.close()

    def connection_lost(self, error):
        asyncio.get_running_loop().stop()


@in_any_poll
def a_client_over_tcp(loop):
    """
    created task.1 BaseEventLoop.create_connection
    run
        task_step BaseEventLoop.create_connection (task.1)
            opened watcher.1 BaseSelectorEventLoop._sock_connect_cb
        writer BaseSelectorEventLoop._sock_connect_cb (watcher.1)
        future_done BaseSelectorEventLoop._sock_write_done
            closed watcher.1
        task_step BaseEventLoop.create_connection (task.1)
            opened tcp.1 Client.connection_made
        connection_made Client.connection_made (tcp.1)
            wrote 5 (tcp.1)
        connection_lost Client.connection_lost (tcp.1)
            closed tcp.1
        task_step BaseEventLoop.create_connection (task.1)
            done task.1 BaseEventLoop.create_connection
    """
    listener = socket.create_server(("127.0.0.1", 0))
    loop.create_task(loop.create_connection(Client, *listener.getsockname()))
    loop.run_forever()


@in_any_poll
def a_client_on_a_unix_socket(loop):
    """
    created task.1 _UnixSelectorEventLoop.create_unix_connection
    run
        task_step _UnixSelectorEventLoop.create_unix_connection (task.1)
            opened unix_stream.1 Client.connection_made
        connection_made Client.connection_made (unix_stream.1)
            wrote 5 (unix_stream.1)
        connection_lost Client.connection_lost (unix_stream.1)
            closed unix_stream.1
        task_step _UnixSelectorEventLoop.create_unix_connection (task.1)
            done task.1 _UnixSelectorEventLoop.create_unix_connection
    """
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "socket")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            loop.create_task(loop.create_unix_connection(Client, path))
            loop.run_forever()


@in_any_poll
def a_connection_that_is_refused(loop):
    """
    created task.1 a_connection_that_is_refused.main
    run
        task_step a_connection_that_is_refused.main (task.1)
            opened watcher.1 BaseSelectorEventLoop._sock_connect_cb
        writer BaseSelectorEventLoop._sock_connect_cb (watcher.1)
        future_done BaseSelectorEventLoop._sock_write_done
            closed watcher.1
        task_step a_connection_that_is_refused.main (task.1)
            done task.1 a_connection_that_is_refused.main
        future_done _run_until_complete_cb
    """

    async def main():
        try:
            await loop.create_connection(Client, *address)
        except ConnectionRefusedError:
            pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    loop.run_until_complete(main())


def stream_reader_and_writer(loop):
    """
    created task.1 stream_reader_and_writer.main
    run
        poll ready_callbacks stream_reader_and_writer.main: 0
        idle 1
            task_step stream_reader_and_writer.main (task.1)
                opened unix_stream.1 StreamReaderProtocol.connection_made
        poll ready_callbacks StreamReaderProtocol.connection_made: 0
        idle 2
            connection_made StreamReaderProtocol.connection_made (unix_stream.1)
        poll ready_callbacks stream_reader_and_writer.main: 1
        idle 2
            task_step stream_reader_and_writer.main (task.1)
            read 6 (unix_stream.1)
            data_received StreamReaderProtocol.data_received (unix_stream.1)
        poll ready_callbacks stream_reader_and_writer.main: 0
        idle 1
            task_step stream_reader_and_writer.main (task.1)
                wrote 6 (unix_stream.1)
        poll ready_callbacks StreamReaderProtocol.connection_lost: 0
        idle 1
            connection_lost StreamReaderProtocol.connection_lost (unix_stream.1)
                closed unix_stream.1
        poll ready_callbacks stream_reader_and_writer.main: 0
        closing 1
        idle 1
            task_step stream_reader_and_writer.main (task.1)
                done task.1 stream_reader_and_writer.main
        poll ready_callbacks _run_until_complete_cb: 0
        idle 1
            future_done _run_until_complete_cb
        poll stopping: 0
    """

    async def main():
        reader, writer = await asyncio.open_connection(sock=left)
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    left, right = socket.socketpair()
    right.send(b"hello\n")
    loop.run_until_complete(main())
