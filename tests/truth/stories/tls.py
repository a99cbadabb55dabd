"""TLS: the bytes on the wire are the connection's, the callbacks the user's own."""

import asyncio
import functools
import socket
import ssl
import subprocess
import tempfile
import threading

from stories import in_any_record, since


@functools.cache
def certificate() -> str:
    """A file with a key and a certificate."""
    path = tempfile.mkdtemp() + "/localhost.pem"
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    made = subprocess.run(
        ["openssl", "req", "-x509", *key, "-keyout", path, "-subj", "/CN=localhost"],
        check=True,
        capture_output=True,
    )
    with open(path, "ab") as file:
        file.write(made.stdout)
    return path


def server_side():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate())
    return context


def client_side():
    return ssl.create_default_context(cafile=certificate())


@functools.cache
def this_asyncio() -> str:
    """When it cancels the timeout of a shutdown: when TLS is shut down, or when the connection has ended."""
    loop = asyncio.SelectorEventLoop()
    tls = asyncio.sslproto.SSLProtocol(
        loop, asyncio.Protocol(), server_side(), None, server_side=True
    )
    tls._transport = asyncio.Transport()
    timeout = tls._shutdown_timeout_handle = loop.call_later(60, tls._abort, None)
    tls._on_shutdown_complete(None)
    loop.close()
    return "at the shutdown" if timeout.cancelled() else "at the end"


class Greeter(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.loop = asyncio.get_running_loop()
        transport.write(b"hi")

    def data_received(self, data):
        self.transport.write(data)

    def eof_received(self):
        pass

    def connection_lost(self, error):
        self.loop.stop()


def converse(plain, wrap):
    """What the other end does, in a thread: it speaks when it is spoken to."""
    with wrap(plain) as peer:
        peer.recv(100)
        peer.send(b"hello")
        peer.recv(100)
        peer.unwrap().close()


@since((3, 11), "asyncio's present SSLProtocol")
@in_any_record
def a_server(loop):
    """
    created task.1 BaseEventLoop.connect_accepted_socket
    run
        task_step BaseEventLoop.connect_accepted_socket (task.1)
            opened unix_stream.1 Greeter.connection_made
        set timer.1 SSLProtocol._start_handshake.<lambda>
        read some (unix_stream.1)
        wrote some (unix_stream.1)
        read some (unix_stream.1)
        cancelled timer.1 SSLProtocol._start_handshake.<lambda>
        connection_made Greeter.connection_made (unix_stream.1)
            wrote some (unix_stream.1)
        task_step BaseEventLoop.connect_accepted_socket (task.1)
            done task.1 BaseEventLoop.connect_accepted_socket
        read some (unix_stream.1)
        data_received Greeter.data_received (unix_stream.1)
            wrote some (unix_stream.1)
        read some (unix_stream.1)
        eof_received Greeter.eof_received (unix_stream.1)
        set timer.2 SSLProtocol._start_shutdown.<lambda>
        wrote some (unix_stream.1)
        cancelled timer.2 SSLProtocol._start_shutdown.<lambda>  # at the shutdown
        soon StreamTransport.close
        cancelled timer.2 SSLProtocol._start_shutdown.<lambda>  # at the end
        closed unix_stream.1
        connection_lost Greeter.connection_lost (unix_stream.1)
    """
    left, right = socket.socketpair()
    wrap = functools.partial(client_side().wrap_socket, server_hostname="localhost")
    threading.Thread(target=converse, args=(right, wrap)).start()
    loop.create_task(loop.connect_accepted_socket(Greeter, left, ssl=server_side()))
    loop.run_forever()


@since((3, 11), "asyncio's present SSLProtocol")
@in_any_record
def a_client(loop):
    """
    created task.1 BaseEventLoop.create_connection
    run
        task_step BaseEventLoop.create_connection (task.1)
            opened unix_stream.1 Greeter.connection_made
        set timer.1 SSLProtocol._start_handshake.<lambda>
        wrote some (unix_stream.1)
        read some (unix_stream.1)
        cancelled timer.1 SSLProtocol._start_handshake.<lambda>
        connection_made Greeter.connection_made (unix_stream.1)
            wrote some (unix_stream.1)
        task_step BaseEventLoop.create_connection (task.1)
            done task.1 BaseEventLoop.create_connection
        read some (unix_stream.1)
        data_received Greeter.data_received (unix_stream.1)
            wrote some (unix_stream.1)
        read some (unix_stream.1)
        eof_received Greeter.eof_received (unix_stream.1)
        set timer.2 SSLProtocol._start_shutdown.<lambda>
        wrote some (unix_stream.1)
        cancelled timer.2 SSLProtocol._start_shutdown.<lambda>  # at the shutdown
        soon StreamTransport.close
        cancelled timer.2 SSLProtocol._start_shutdown.<lambda>  # at the end
        closed unix_stream.1
        connection_lost Greeter.connection_lost (unix_stream.1)
    """
    left, right = socket.socketpair()
    wrap = functools.partial(server_side().wrap_socket, server_side=True)
    threading.Thread(target=converse, args=(right, wrap)).start()
    loop.create_task(
        loop.create_connection(Greeter, sock=left, ssl=client_side(), server_hostname="localhost")
    )
    loop.run_forever()


class Into(asyncio.BufferedProtocol):
    def __init__(self):
        self.buffer = bytearray(100)

    def connection_made(self, transport):
        self.transport = transport
        transport.write(b"hi")

    def get_buffer(self, size_hint):
        return self.buffer

    def buffer_updated(self, count):
        self.transport.write(b"bye")

    def connection_lost(self, error):
        asyncio.get_running_loop().stop()


@since((3, 11), "asyncio's present SSLProtocol")
@in_any_record
def bytes_go_into_the_protocols_buffer(loop):
    """
    created task.1 BaseEventLoop.connect_accepted_socket
    run
        task_step BaseEventLoop.connect_accepted_socket (task.1)
            opened unix_stream.1 Into.connection_made
        set timer.1 SSLProtocol._start_handshake.<lambda>
        read some (unix_stream.1)
        wrote some (unix_stream.1)
        read some (unix_stream.1)
        cancelled timer.1 SSLProtocol._start_handshake.<lambda>
        connection_made Into.connection_made (unix_stream.1)
            wrote some (unix_stream.1)
        task_step BaseEventLoop.connect_accepted_socket (task.1)
            done task.1 BaseEventLoop.connect_accepted_socket
        read some (unix_stream.1)
        buffer_updated Into.buffer_updated (unix_stream.1)
            wrote some (unix_stream.1)
        read some (unix_stream.1)
        eof_received BufferedProtocol.eof_received (unix_stream.1)
        set timer.2 SSLProtocol._start_shutdown.<lambda>
        wrote some (unix_stream.1)
        cancelled timer.2 SSLProtocol._start_shutdown.<lambda>  # at the shutdown
        soon StreamTransport.close
        cancelled timer.2 SSLProtocol._start_shutdown.<lambda>  # at the end
        closed unix_stream.1
        connection_lost Into.connection_lost (unix_stream.1)
    """
    left, right = socket.socketpair()
    wrap = functools.partial(client_side().wrap_socket, server_hostname="localhost")
    threading.Thread(target=converse, args=(right, wrap)).start()
    loop.create_task(loop.connect_accepted_socket(Into, left, ssl=server_side()))
    loop.run_forever()


class Upgraded(Greeter):
    """Speaks plainly until somebody makes its connection a TLS one."""

    def connection_made(self, transport):
        self.loop = asyncio.get_running_loop()

    def data_received(self, data):
        self.transport.write(data)


async def upgrade(loop, sock, context, **options):
    transport, protocol = await loop.connect_accepted_socket(Upgraded, sock)
    protocol.transport = await loop.start_tls(transport, protocol, context, **options)
    protocol.transport.write(b"hi")


@since((3, 11), "asyncio's present SSLProtocol")
@in_any_record
def start_tls_as_a_server(loop):
    """
    created task.1 upgrade
    run
        task_step upgrade (task.1)
            opened unix_stream.1 Upgraded.connection_made
        connection_made Upgraded.connection_made (unix_stream.1)
        task_step upgrade (task.1)
        set timer.1 SSLProtocol._start_handshake.<lambda>
        soon StreamTransport.resume_reading
        read some (unix_stream.1)
        wrote some (unix_stream.1)
        read some (unix_stream.1)
        cancelled timer.1 SSLProtocol._start_handshake.<lambda>
        wrote some (unix_stream.1)
        task_step upgrade (task.1)
            wrote some (unix_stream.1)
            done task.1 upgrade
        read some (unix_stream.1)
        data_received Upgraded.data_received (unix_stream.1)
            wrote some (unix_stream.1)
        read some (unix_stream.1)
        eof_received Greeter.eof_received (unix_stream.1)
        set timer.2 SSLProtocol._start_shutdown.<lambda>
        wrote some (unix_stream.1)
        cancelled timer.2 SSLProtocol._start_shutdown.<lambda>  # at the shutdown
        soon StreamTransport.close
        cancelled timer.2 SSLProtocol._start_shutdown.<lambda>  # at the end
        closed unix_stream.1
        connection_lost Greeter.connection_lost (unix_stream.1)
    """
    left, right = socket.socketpair()
    wrap = functools.partial(client_side().wrap_socket, server_hostname="localhost")
    threading.Thread(target=converse, args=(right, wrap)).start()
    loop.create_task(upgrade(loop, left, server_side(), server_side=True))
    loop.run_forever()


@since((3, 11), "asyncio's present SSLProtocol")
@in_any_record
def start_tls_as_a_client(loop):
    """
    created task.1 upgrade
    run
        task_step upgrade (task.1)
            opened unix_stream.1 Upgraded.connection_made
        connection_made Upgraded.connection_made (unix_stream.1)
        task_step upgrade (task.1)
        set timer.1 SSLProtocol._start_handshake.<lambda>
        wrote some (unix_stream.1)
        soon StreamTransport.resume_reading
        read some (unix_stream.1)
        cancelled timer.1 SSLProtocol._start_handshake.<lambda>
        wrote some (unix_stream.1)
        task_step upgrade (task.1)
            wrote some (unix_stream.1)
            done task.1 upgrade
        read some (unix_stream.1)
        data_received Upgraded.data_received (unix_stream.1)
            wrote some (unix_stream.1)
        read some (unix_stream.1)
        eof_received Greeter.eof_received (unix_stream.1)
        set timer.2 SSLProtocol._start_shutdown.<lambda>
        wrote some (unix_stream.1)
        cancelled timer.2 SSLProtocol._start_shutdown.<lambda>  # at the shutdown
        soon StreamTransport.close
        cancelled timer.2 SSLProtocol._start_shutdown.<lambda>  # at the end
        closed unix_stream.1
        connection_lost Greeter.connection_lost (unix_stream.1)
    """
    left, right = socket.socketpair()
    wrap = functools.partial(server_side().wrap_socket, server_side=True)
    threading.Thread(target=converse, args=(right, wrap)).start()
    loop.create_task(upgrade(loop, left, client_side(), server_hostname="localhost"))
    loop.run_forever()


@since((3, 11), "asyncio's present SSLProtocol")
@in_any_record
def a_listening_server(loop):
    """
    created task.1 BaseEventLoop.create_server
    run
        task_step BaseEventLoop.create_server (task.1)
            opened listener.1 Greeter
        task_step BaseEventLoop.create_server (task.1)
            done task.1 BaseEventLoop.create_server
        future_done _run_until_complete_cb
    run
        accept Greeter (listener.1)
            created task.2 BaseSelectorEventLoop._accept_connection2
        task_step BaseSelectorEventLoop._accept_connection2 (task.2)
            opened tcp.1 Greeter.connection_made
        set timer.1 SSLProtocol._start_handshake.<lambda>
        read some (tcp.1)
        wrote some (tcp.1)
        read some (tcp.1)
        cancelled timer.1 SSLProtocol._start_handshake.<lambda>
        connection_made Greeter.connection_made (tcp.1)
            wrote some (tcp.1)
        task_step BaseSelectorEventLoop._accept_connection2 (task.2)
            done task.2 BaseSelectorEventLoop._accept_connection2
        read some (tcp.1)
        data_received Greeter.data_received (tcp.1)
            wrote some (tcp.1)
        read some (tcp.1)
        eof_received Greeter.eof_received (tcp.1)
        set timer.2 SSLProtocol._start_shutdown.<lambda>
        wrote some (tcp.1)
        cancelled timer.2 SSLProtocol._start_shutdown.<lambda>  # at the shutdown
        soon StreamTransport.close
        cancelled timer.2 SSLProtocol._start_shutdown.<lambda>  # at the end
        closed tcp.1
        connection_lost Greeter.connection_lost (tcp.1)
    """
    listener = socket.create_server(("127.0.0.1", 0))
    loop.run_until_complete(loop.create_server(Greeter, sock=listener, ssl=server_side()))
    peer = socket.create_connection(listener.getsockname())
    wrap = functools.partial(client_side().wrap_socket, server_hostname="localhost")
    threading.Thread(target=converse, args=(peer, wrap)).start()
    loop.run_forever()
