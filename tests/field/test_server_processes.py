"""Servers in processes of their own, started as users start them: the effect of SIGTERM, and their traces."""

from __future__ import annotations

import asyncio
import functools
import http.client
import importlib.util
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from field_loops import CHOICES, Choice, free_port

from programs import PATIENCE_S, Started, wait_until

SERVERS = Path(__file__).parent / "servers"


def uvicorn(*options: str) -> Callable[[int], list[str]]:
    return lambda port: ["-m", "uvicorn", "--app-dir", str(SERVERS), "--port", str(port)] + [
        "--log-level=warning",
        *options,
        "uvicorn_app:app",
    ]


def script(name: str) -> Callable[[int], list[str]]:
    return lambda port: [str(SERVERS / f"{name}_server.py"), str(port)]


HTTP_SERVERS = {
    "streams": script("streams"),
    "aiohttp": script("aiohttp"),
    "tornado": script("tornado"),
    "twisted": script("twisted"),
    "uvicorn": uvicorn(),  # with uvloop if that is installed, as uvicorn believes
    "uvicorn-h11": uvicorn("--loop=asyncio", "--http=h11"),
}


class Running:
    """A server and what it printed so far."""

    def __init__(self, process: Started, port: int) -> None:
        self.process = process
        self.port = port

    def says(self, line: str) -> None:
        assert self.process.stdout and self.process.stderr
        heard = self.process.stdout.readline()
        assert heard == f"{line}\n", heard + self.process.stderr.read()

    def get(self) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        connection.request("GET", "/", headers={"Connection": "close"})
        return connection.getresponse().read().decode()

    def accepts(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.connect()
        except ConnectionRefusedError:
            return False
        connection.close()
        return True

    def ended(self) -> tuple[int, str]:
        out, err = self.process.communicate(timeout=PATIENCE_S)
        assert "Traceback" not in err
        return self.process.returncode, out


def serve_on(choice: Choice, start: Callable[..., Started], name: str) -> Running:
    library = name.split("-")[0]
    if library != "streams" and importlib.util.find_spec(library) is None:
        pytest.skip(f"python3-{library} is not installed")
    port = free_port()
    command = HTTP_SERVERS.get(name, script(name))(port)
    running = Running(start(*choice.command, *command), port)
    running.says("listening")
    wait_until(running.accepts, "the server listens")
    return running


def end_by_sigterm(name: str) -> int:
    """The exit code of a server after SIGTERM. From 0.29 on uvicorn then dies by the same signal."""
    if name.startswith("uvicorn"):
        server = importlib.import_module("uvicorn").Server
        return -signal.SIGTERM if hasattr(server, "capture_signals") else 0
    return 0


@pytest.fixture
def serve(choice: Choice, start: Callable[..., Started]) -> Callable[[str], Running]:
    return functools.partial(serve_on, choice, start)


@pytest.fixture
def asking() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as thread:
        yield thread


@pytest.mark.parametrize("name", HTTP_SERVERS)
def test_sigterm_lets_a_request_finish_and_ends_the_server(serve, asking, name):
    server = serve(name)
    answer = asking.submit(server.get)
    server.says("asked")
    server.process.send_signal(signal.SIGTERM)
    assert answer.result(PATIENCE_S) == "finished"
    assert server.ended() == (end_by_sigterm(name), "cleaned up\n")
    assert not server.accepts()


def test_ctrl_c_ends_an_idle_server(serve):
    server = serve("uvicorn")
    time.sleep(0.1)
    server.process.send_signal(signal.SIGINT)
    assert server.ended() == (0, "cleaned up\n")


def test_sigterm_closes_websockets_with_going_away(serve):
    websockets = pytest.importorskip("websockets", reason="python3-websockets is not installed")
    server = serve("websockets")

    async def talk() -> int:
        async with websockets.connect(f"ws://127.0.0.1:{server.port}") as socket:
            server.says("asked")
            await socket.send("hello")
            assert await socket.recv() == "hello"
            server.process.send_signal(signal.SIGTERM)
            await socket.wait_closed()
            return socket.close_code

    assert asyncio.run(talk()) == 1001
    code, out = server.ended()
    assert (code, out.splitlines()[-1]) == (0, "cleaned up")


class TestTrace:
    """The trace that a person sees who attaches to such a server."""

    @pytest.fixture
    def serve(self, start, sessions, monkeypatch):
        """Only one loop leaves a trace."""
        monkeypatch.setenv("LOOPSCOPE_LEVEL", "tasks")
        return functools.partial(serve_on, CHOICES["loopscope"], start)

    def loopscope(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "loopscope", *arguments],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def names(self, server: Running) -> set[str]:
        """The names of the callbacks that have run in the server so far."""
        events = map(json.loads, self.loopscope("export", str(server.process.pid)).splitlines())
        return {event["name"] for event in events if "name" in event}

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("aiohttp", {"RequestHandler.start"}),
            ("tornado", {"HTTP1ServerConnection._server_request_loop", "RequestHandler._execute"}),
            ("uvicorn", {"RequestResponseCycle.run_asgi"}),
            ("streams", {"main.<locals>.connected"}),
            ("twisted", {"callWithLogger", "AsyncioSelectorReactor._onTimer"}),
        ],
    )
    def test_names_what_the_server_does(self, serve, name, expected):
        server = serve(name)
        assert server.get() == "finished"
        server.says("asked")
        assert str(server.process.pid) in self.loopscope("ls")
        names = self.names(server)
        assert expected <= names, sorted(names)
        server.process.terminate()
        assert server.ended()[0] == end_by_sigterm(name)
