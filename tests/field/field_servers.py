"""PostgreSQL and Redis, each in a folder and on a port of its own for as long as the tests run."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest
from field_loops import Certificates, free_port

from programs import PATIENCE_S, wait_until


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def without_sanitizer() -> dict[str, str]:
    """Without the sanitizer's library, which is for our own programs. PostgreSQL hangs with it."""
    return {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}


class Server:
    """A program that listens on a port."""

    def __init__(self) -> None:
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, command: list[str], log: Path, **options: object) -> None:
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                env=without_sanitizer(),
                **options,  # type: ignore
            )
        wait_until(
            lambda: answers(self.port) or self.process.poll() is not None,  # type: ignore
            f"{command[0]} listens",
            30,
        )
        assert self.process.poll() is None, log.read_text()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(PATIENCE_S)


class PostgreSQL(Server):
    """A cluster on a port and on a Unix socket, with TLS. It refuses to run as root, so root gives it another user."""

    user = "postgres"

    def __init__(self, folder: Path, certificates: Certificates) -> None:
        super().__init__()
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if not programs:
            pytest.skip("PostgreSQL is not installed")
        self.programs = programs[-1].parent
        self.certificates = certificates
        # pytest's folders are closed to other users, and a Unix socket's path is short.
        self.folder = Path(tempfile.mkdtemp(prefix="loopscope-pg-"))
        self.log = folder / "log"
        self.account = {}
        if os.geteuid() == 0:
            entry = pwd.getpwnam("nobody")
            self.account = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)

    def __enter__(self) -> PostgreSQL:
        data = self.folder / "data"
        subprocess.run(
            [self.programs / "initdb", "--no-sync", "--auth=trust", "-E", "UTF8", "--locale=C"]
            + ["-U", self.user, "-D", data],
            check=True,
            capture_output=True,
            cwd=self.folder,
            env=without_sanitizer(),
            **self.account,  # type: ignore
        )
        for source, name in (
            (self.certificates.certificate, "server.crt"),
            (self.certificates.key, "server.key"),
        ):
            shutil.copy(source, data / name)
            os.chmod(data / name, 0o600)
            if self.account:
                os.chown(data / name, self.account["user"], self.account["group"])  # type: ignore
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "ssl": "on",
            "fsync": "off",
            "max_connections": 250,
            "shared_buffers": "32MB",
        }
        command = [str(self.programs / "postgres"), "-D", str(data)]
        command += [f"--{name}={value}" for name, value in settings.items()]
        self.start(command, self.log, cwd=self.folder, **self.account)
        wait_until(self.takes_connections, "PostgreSQL takes connections")
        return self

    def takes_connections(self) -> bool:
        command = [self.programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        done = subprocess.run(command, cwd=self.folder, env=without_sanitizer())
        return done.returncode == 0

    def __exit__(self, *_: object) -> None:
        # SIGTERM would wait for clients. Clients that are left belong to failed tests.
        if self.process is not None:
            self.process.send_signal(2)
            self.process.wait(PATIENCE_S)
        shutil.rmtree(self.folder, ignore_errors=True)


class Redis(Server):
    """On a port in plain text, on another one with TLS, and on a Unix socket."""

    def __init__(self, folder: Path, certificates: Certificates) -> None:
        super().__init__()
        program = shutil.which("redis-server")
        if program is None:
            pytest.skip("redis-server is not installed")
        self.program = program
        self.folder = folder
        self.tls_port = free_port()
        self.path = Path(tempfile.mkdtemp(prefix="loopscope-redis-")) / "socket"
        self.certificates = certificates

    def __enter__(self) -> Redis:
        settings = {
            "port": self.port,
            "bind": "127.0.0.1",
            "tls-port": self.tls_port,
            "tls-cert-file": self.certificates.certificate,
            "tls-key-file": self.certificates.key,
            "tls-ca-cert-file": self.certificates.certificate,
            "tls-auth-clients": "no",
            "unixsocket": self.path,
            "save": "",
            "dir": self.folder,
        }
        command = [self.program]
        for name, value in settings.items():
            command += [f"--{name}", str(value)]
        self.start(command, self.folder / "log")
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.path.parent, ignore_errors=True)
