"""gevent_echo.py DESCRIPTOR"""

import contextlib
import pkgutil

# Debian's zope.interface takes the name `zope` at the start, for its own folder; gevent's zope.event lies in another.
with contextlib.suppress(ImportError):
    import zope

    zope.__path__ = pkgutil.extend_path(zope.__path__, "zope")

from gevent import monkey  # noqa: E402

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
