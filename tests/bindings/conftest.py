"""Each test here runs on the running Python's own loop, which decides what is right, and on loopscope's."""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import loopscope
import pytest
from census import Census
from loops import CHOICES, LoopFactory, factory_of
from programs import PATIENCE_S

PASSED = pytest.StashKey[bool]()
LAST_RESORT_SECONDS = 30  # more than a test's time limit


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "loop_name" in metafunc.fixturenames:
        metafunc.parametrize("loop_name", list(CHOICES))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        mark = item.get_closest_marker("stock_differs")
        if mark is None or item.callspec.params["loop_name"] != "stock":  # type: ignore
            continue
        why, applies = mark.args
        if applies:
            item.add_marker(pytest.mark.xfail(reason=f"stock asyncio: {why}", strict=False))


@pytest.fixture(scope="session", autouse=True)
def sessions_of_their_own() -> Iterator[None]:
    """The tests' loops have their sessions in a place where the developer's viewers do not see them."""
    if "LOOPSCOPE_DIR" in os.environ:
        yield
        return
    directory = tempfile.mkdtemp(prefix="loopscope-test-", dir="/dev/shm")
    os.environ["LOOPSCOPE_DIR"] = directory
    yield
    del os.environ["LOOPSCOPE_DIR"]
    shutil.rmtree(directory)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator:
    report = (yield).get_result()
    if report.when == "call":
        item.stash[PASSED] = report.passed


async def use_once_what_is_kept() -> None:
    """Fills two caches of asyncio, which keep that the type of a sock call is a coroutine's."""
    loop = asyncio.get_running_loop()
    left, right = socket.socketpair()
    with left, right:
        left.setblocking(False)
        waiting = loop.create_task(loop.sock_recv(left, 1))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])


@pytest.fixture(scope="session", autouse=True)
def what_is_loaded_is_no_garbage(sessions_of_their_own: None) -> None:
    """Makes looking for garbage cheap: each test does it twice. libuv keeps a pipe that its first loop makes."""
    loopscope.run(use_once_what_is_kept())
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def nothing_is_left(
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
    what_is_loaded_is_no_garbage: None,
) -> Iterator[None]:
    """After each test its objects of loopscope's types are gone, and its descriptors and sessions are closed."""
    census = Census()
    yield
    if not request.node.stash.get(PASSED, False):
        return  # its traceback holds everything
    for phase in ("setup", "call", "teardown"):
        caplog.get_records(phase).clear()  # with their tracebacks
    request.node.funcargs.clear()
    give_up = time.monotonic() + PATIENCE_S
    while census.left() and time.monotonic() < give_up:
        time.sleep(0.01)  # threads may be about to end
    assert census.left() == []
    gc.freeze()  # otherwise the collector would look through pytest's records after each later test


def time_limit_s(item: pytest.Item) -> float:
    """The limit of pytest-timeout: from the test's mark, the command line, or pyproject.toml."""
    mark = item.get_closest_marker("timeout")
    given = mark.args[0] if mark else item.config.getoption("timeout")
    return float(item.config.getini("timeout") if given is None else given)


@pytest.fixture(autouse=True)
def no_hang_without_a_traceback(request: pytest.FixtureRequest) -> Iterator[None]:
    """pytest-timeout ends a slow test by a signal. If the loop does not notice signals, this ends the run."""
    faulthandler.dump_traceback_later(time_limit_s(request.node) + LAST_RESORT_SECONDS, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture
def loop_factory(loop_name: str, monkeypatch: pytest.MonkeyPatch) -> LoopFactory:
    monkeypatch.setenv("LOOPSCOPE_LEVEL", CHOICES[loop_name].level)
    return factory_of(loop_name)


@pytest.fixture
def loop(loop_factory: LoopFactory) -> Iterator[asyncio.AbstractEventLoop]:
    """A loop of the test's own. Code that does not pass it on finds no current loop."""
    asyncio.set_event_loop(None)
    new = loop_factory()
    yield new
    if not new.is_closed():
        new.run_until_complete(new.shutdown_asyncgens())
        new.run_until_complete(new.shutdown_default_executor())
        new.close()
    asyncio.set_event_loop(None)
    gc.collect()  # errors that appear on collection are reported in the test that caused them


@pytest.fixture
def ours() -> Iterator[loopscope.Loop]:
    """A loopscope loop, for features that asyncio's loop does not have."""
    new = loopscope.new_event_loop()
    yield new
    new.close()


@pytest.fixture
def errors(loop: asyncio.AbstractEventLoop) -> list[dict]:
    """The errors that the loop reported to its exception handler."""
    reports: list[dict] = []
    loop.set_exception_handler(lambda _, context: reports.append(context))
    return reports


class Program:
    """A Python program in a process of its own, with `new_event_loop` of the loop under test."""

    def __init__(self, loop_name: str, folder: Path) -> None:
        self.choice = CHOICES[loop_name]
        self.prologue = "import asyncio, sys, os, signal, time\n"
        self.prologue += (
            f"from {self.choice.module} import {self.choice.factory} as new_event_loop\n"
        )
        self.path = folder / "program.py"

    def start(self, source: str, *options: str, **environment: str) -> subprocess.Popen:
        self.path.write_text(self.prologue + textwrap.dedent(source))
        return subprocess.Popen(
            [sys.executable, *options, str(self.path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                "LOOPSCOPE_LEVEL": self.choice.level,
                **environment,
            },
        )

    def run(
        self, source: str, *options: str, seconds: float = PATIENCE_S, **environment: str
    ) -> subprocess.CompletedProcess:
        with self.start(source, *options, **environment) as process:
            try:
                out, err = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.fixture
def program(loop_name: str, tmp_path: Path) -> Program:
    return Program(loop_name, tmp_path)
