"""Measures a server under the load of the client."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cases import IdleMemory, Traffic
from figures import Sample
from machine import cpus, pinned
from launcher import Failed, Programs, numbers, output_of

BACKLOG = 4096
DATAGRAM_BUFFER = 64 << 20
SO_RCVBUFFORCE = 33
WARM_UP_S = 0.2
WARM_UP_OF_A_CONNECTION_S = 3e-5


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[str]
    address: str

    def memory_kib(self) -> dict[str, int]:
        """How much of the process is in memory, by kind."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return {kind: int(kib) for kind, kib in re.findall(r"(VmRSS|RssShmem):\s+(\d+)", status)}

    def what_it_said(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
        if self.process.poll() is None:
            return ""
        lines = self.process.communicate()[1].strip().splitlines()
        return lines[-1] if lines else f"it ended with {self.process.returncode}"


def make_socket(transport: str, folder: Path) -> tuple[socket.socket, str]:
    """The socket that the server inherits, and how the client finds it: the same for all contenders."""
    if transport == "unix":
        path = str(folder / "server.socket")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(BACKLOG)
        return listener, path
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    made = socket.socket(socket.AF_INET, kind)
    made.bind(("127.0.0.1", 0))
    if transport == "udp":
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, DATAGRAM_BUFFER)
        with contextlib.suppress(
            PermissionError
        ):  # only root may have more than the system's limit
            made.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, DATAGRAM_BUFFER)
    else:
        made.listen(BACKLOG)
    return made, str(made.getsockname()[1])


@contextlib.contextmanager
def running_server(programs: Programs, contender: str, case: Traffic) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as end:
        listener, address = make_socket(case.transport, Path(folder))
        with listener:
            listener.setblocking(False)
            process = subprocess.Popen(
                pinned(cpus()[0], *programs.server(contender, case, listener.fileno())),
                env=programs.environment(contender, case.needs),
                pass_fds=[listener.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
        end.enter_context(process)
        end.callback(process.send_signal, signal.SIGKILL)
        yield Server(process, address)


def client_command(programs: Programs, server: Server, case: Traffic, **more: object) -> list[str]:
    options = {
        "protocol": case.transport,
        "address": server.address,
        "bytes": case.size,
        "connections": case.connections,
        "server": server.process.pid,
        "reconnect": int(case.reconnect),
        **more,
    }
    client = programs.places.built("bench_client")
    return pinned(cpus()[1], client, *(f"{name}={value}" for name, value in options.items()))


def measure_traffic(programs: Programs, contender: str, case: Traffic, seconds: float) -> Sample:
    with running_server(programs, contender, case) as server:
        warm_up = max(WARM_UP_S, case.connections * WARM_UP_OF_A_CONNECTION_S)
        command = client_command(programs, server, case, seconds=seconds, warm_up=warm_up)
        try:
            said = output_of(command, programs.environment(contender), seconds)
        except Failed as failure:
            raise Failed(server.what_it_said() or str(failure)) from None
        return sample_of(numbers(said.partition("\n")[2]))


def sample_of(said: dict[str, float]) -> Sample:
    """User and system time add up exactly. The split between them is the kernel's, by its tick."""
    requests = said["requests"]
    if not requests:
        raise Failed("not one request was answered in time")
    cpu_us = said["server_ns"] / requests / 1000
    sampled = said["server_sampled_ns"]
    user_share = said["server_sampled_user_ns"] / sampled if sampled else 0.0
    return {
        "throughput": requests / said["seconds"],
        "cpu_us": cpu_us,
        "user_us": cpu_us * user_share,
        "system_us": cpu_us * (1 - user_share),
        "client_idle_percent": 100 * said["client_idle"],
        **{name: said[name] for name in ("p50_us", "p99_us", "p999_us", "sent_again", "requests")},
    }


def measure_idle_memory(programs: Programs, contender: str, case: IdleMemory) -> Sample:
    """The memory that 10,000 idle connections add to a server that has had some before."""
    echo = Traffic("asyncio_echo", "protocol", "tcp")
    with running_server(programs, contender, echo) as server:
        with held_connections(programs, server, echo, 200):
            before = server.memory_kib()
            with held_connections(programs, server, echo, case.connections):
                after = server.memory_kib()
    added = {kind: 1024 * (after[kind] - before[kind]) / case.connections for kind in before}
    return {"bytes": added["VmRSS"], "bytes_of_its_own": added["VmRSS"] - added["RssShmem"]}


@contextlib.contextmanager
def held_connections(
    programs: Programs, server: Server, case: Traffic, count: int
) -> Iterator[None]:
    client = subprocess.Popen(
        client_command(programs, server, case, hold=1, connections=count),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert client.stdout
        if client.stdout.readline() != "open\n":
            raise Failed(server.what_it_said() or client.communicate()[1].strip())
        yield
    finally:
        client.communicate()
