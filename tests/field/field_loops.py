"""The loops that the programs of this folder run on, and what their tests share."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import importlib
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

MEGABYTES = 50
CHUNK = 1 << 16
CROWD = 200


@dataclasses.dataclass(frozen=True)
class Choice:
    """A loop to test, its level, and the way in which a user would run a program on it."""

    module: str
    factory: str
    level: str
    command: tuple[str, ...]

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        loop: asyncio.AbstractEventLoop = getattr(
            importlib.import_module(self.module), self.factory
        )()
        return loop


CHOICES = {
    "stock": Choice("asyncio", "SelectorEventLoop", "off", ()),
    "loopscope": Choice(
        "loopscope", "new_event_loop", "tasks", ("-m", "loopscope", "run", "--no-app")
    ),
}


class Certificates:
    """A certificate for 127.0.0.1 and localhost that it vouches for itself."""

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "certificate.pem"
        self.key = folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
            + ["-nodes", "-days", "2", "-subj", "/CN=localhost"]
            + ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
            + ["-keyout", str(self.key), "-out", str(self.certificate)],
            check=True,
            capture_output=True,
        )

    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def client(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate))


class Cargo:
    """50 MB in pieces that all differ, and the checksum of the bytes that passed."""

    size = MEGABYTES << 20

    def __init__(self) -> None:
        self.digest = hashlib.sha256()

    def pieces(self, piece_bytes: int = CHUNK):  # type: ignore[no-untyped-def]
        seed = bytes(range(256)) * (piece_bytes // 256)
        for number in range(self.size // piece_bytes):
            piece = number.to_bytes(8, "big") + seed[8:]
            self.digest.update(piece)
            yield piece

    async def stream(self, piece_bytes: int = CHUNK) -> AsyncIterator[bytes]:
        for piece in self.pieces(piece_bytes):
            yield piece

    @property
    def checksum(self) -> str:
        return self.digest.hexdigest()


class Turnstile:
    """Lets all through when all are there, which proves that they are there at the same time."""

    def __init__(self, expected: int = CROWD) -> None:
        self.missing = expected
        self.open = asyncio.Event()

    async def pass_through(self) -> None:
        self.missing -= 1
        if self.missing <= 0:
            self.open.set()
        await self.open.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def listening() -> socket.socket:
    """A socket for servers that cannot say which port they were given."""
    return socket.create_server(("127.0.0.1", 0), backlog=2 * CROWD)
