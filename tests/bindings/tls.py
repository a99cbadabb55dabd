"""The common part of the tests of TLS: a certificate, contexts for both sides, connected pairs."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ssl
import subprocess
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from tcp import Recorder, until

TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@functools.cache
def certificate() -> Path:
    """A file with a key and a certificate for localhost, which only tests trust."""
    path = Path(tempfile.mkdtemp(prefix="loopscope-tls-")) / "localhost.pem"
    key, new = ["-keyout", str(path)], ["-newkey", "rsa:2048", "-nodes", "-x509", "-days", "2"]
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    made = subprocess.run(
        ["openssl", "req", *new, *key, *subject], check=True, capture_output=True, text=True
    )
    path.write_text(path.read_text() + made.stdout)
    return path


def server_context(version: ssl.TLSVersion = TLS_1_3) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = version
    context.load_cert_chain(certificate())
    return context


def client_context() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate()))


@contextlib.asynccontextmanager
async def connected(
    server_factory=Recorder, client_factory=Recorder, *, version: ssl.TLSVersion = TLS_1_3
) -> AsyncIterator[tuple]:
    """A server's protocol and a client's, connected by TLS; both are closed at the end."""
    loop = asyncio.get_running_loop()
    accepted = []

    def factory():
        accepted.append(server_factory())
        return accepted[-1]

    server = await loop.create_server(factory, "127.0.0.1", 0, ssl=server_context(version))
    transport, client = await loop.create_connection(
        client_factory,
        *server.sockets[0].getsockname(),
        ssl=client_context(),
        server_hostname="localhost",
    )
    await until(lambda: accepted and accepted[0].transport is not None)
    try:
        yield accepted[0], client
    finally:
        for protocol in (accepted[0], client):
            if not protocol.transport.is_closing():
                protocol.transport.abort()
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0)
