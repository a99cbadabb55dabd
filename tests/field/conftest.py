"""Other people's programs, each on the running Python's own loop and on loopscope's.

A test that fails on both loops shows a fault of the program. One that fails on loopscope's alone shows a fault of ours.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from field_loops import CHOICES, Certificates, Choice
from field_servers import PostgreSQL, Redis

# Less than the time limit in pyproject.toml, so that the report says what hung.
WHOLE_TEST_SECONDS = 250

OnTheLoop = Callable[[Coroutine[Any, Any, Any]], Any]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "choice" in metafunc.fixturenames:
        metafunc.parametrize("choice", CHOICES.values(), ids=list(CHOICES), indirect=True)


@pytest.fixture
def choice(
    request: pytest.FixtureRequest, sessions: Path, monkeypatch: pytest.MonkeyPatch
) -> Choice:
    chosen: Choice = request.param
    monkeypatch.setenv("LOOPSCOPE_LEVEL", chosen.level)
    return chosen


@pytest.fixture
def on_the_loop(choice: Choice, caplog: pytest.LogCaptureFixture) -> OnTheLoop:
    """Runs a coroutine as asyncio.run() would, on the loop under test. The loop must report no error."""

    async def in_time(main: Coroutine[Any, Any, Any]) -> Any:
        async with asyncio.timeout(WHOLE_TEST_SECONDS):
            return await main

    def run(main: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=choice.new_event_loop) as runner:
            result = runner.run(in_time(main))
        complaints = [
            record.getMessage()
            for record in caplog.records
            if record.name == "asyncio" and record.levelno >= logging.WARNING
        ]
        assert not complaints
        return result

    return run


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(params=["plain", "tls"])
def tls(request: pytest.FixtureRequest) -> Iterator[bool]:
    yield request.param == "tls"


@pytest.fixture
def server_tls(request: pytest.FixtureRequest, tls: bool) -> ssl.SSLContext | None:
    """The server's context, or None for the run in plain text."""
    return request.getfixturevalue("certificates").server() if tls else None


@pytest.fixture
def client_tls(request: pytest.FixtureRequest, tls: bool) -> ssl.SSLContext | None:
    """The client's context, which trusts only the server's certificate."""
    return request.getfixturevalue("certificates").client() if tls else None


@pytest.fixture(scope="session")
def postgresql(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[PostgreSQL]:
    with PostgreSQL(tmp_path_factory.mktemp("postgresql"), certificates) as server:
        yield server


@pytest.fixture(scope="session")
def redis_server(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[Redis]:
    with Redis(tmp_path_factory.mktemp("redis"), certificates) as server:
        yield server
