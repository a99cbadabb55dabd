"""gevent_echo.py DESCRIPTOR"""

from gevent import monkey

monkey.patch_all()

import socket  # noqa: E402
import sys  # noqa: E402

import gevent.socket  # noqa: E402
from gevent.server import StreamServer  # noqa: E402


def echo(sock, address):
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while data := sock.recv(1 << 18):
        sock.sendall(data)


listener = gevent.socket.socket(fileno=int(sys.argv[1]))
StreamServer(listener, echo).serve_forever()
