"""No file descriptors left: a call that needs one fails with a clear error, leaks nothing, and works again later."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import os
import resource
import socket
import subprocess
import sys

import pytest
from tcp import Recorder, until

MOST = 12  # more descriptors than anything here needs at once


def open_descriptors():
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


@contextlib.contextmanager
def only(free):
    """The process may open only so many files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(map(int, os.listdir("/proc/self/fd")))
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + MOST + 1, hard))
    taken = []
    try:
        with contextlib.suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        for _ in range(free):
            os.close(taken.pop())
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for fd in taken:
            os.close(fd)


def outcome_with(loop, free, work):
    """None if it worked, else the error's number. The error itself would keep the objects of its frames."""
    try:
        with only(free):
            loop.run_until_complete(work())
    except OSError as error:
        return error.errno
    return None


def sweep(loop, work):
    """Does it with 0, 1, 2 ... free descriptors. Returns the outcomes in that order."""
    loop.run_until_complete(work())
    before = open_descriptors()
    outcomes = []
    for free in range(MOST):
        outcomes.append(outcome_with(loop, free, work))
        assert open_descriptors() == before, f"with {free} free descriptors: {outcomes[-1]}"
    return outcomes


def check(outcomes):
    failed = [outcome for outcome in outcomes if outcome is not None]
    assert failed and outcomes[len(failed) :] == [None] * (MOST - len(failed))
    assert set(failed) == {errno.EMFILE}


@pytest.fixture
def address():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore:loopscope. this loop is not traced:RuntimeWarning")
def test_a_new_loop(loop_factory, monkeypatch):
    # asyncio's half-made loop complains that it cannot be closed; pytest would keep it to tell.
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)

    def make_and_use():
        loop = loop_factory()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    make_and_use()
    before = open_descriptors()
    outcomes = []
    for free in range(MOST):
        try:
            with only(free):
                make_and_use()
            outcomes.append(None)
        except OSError as error:
            outcomes.append(error.errno)
        assert open_descriptors() == before, f"with {free} free descriptors: {outcomes[-1]}"
    check(outcomes)


FIRST_LOOP = """
import asyncio, contextlib, os, resource, sys, warnings
import loopscope
warnings.simplefilter("ignore")
sys.unraisablehook = lambda _: None
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
taken = []
with contextlib.suppress(OSError):
    while True:
        taken.append(os.open(os.devnull, os.O_RDONLY))
for _ in range(int(sys.argv[1])):
    os.close(taken.pop())
try:
    loop = loopscope.new_event_loop()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
except OSError as error:
    print(error.errno)
"""


def test_the_first_loop_of_a_process():
    """With the first loop libuv makes the things that all loops share."""
    outcomes = []
    for free in range(MOST):
        done = subprocess.run(
            [sys.executable, "-c", FIRST_LOOP, str(free)],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"with {free} free descriptors: {done.stderr}"
        outcomes.append(int(done.stdout) if done.stdout else None)
    check(outcomes)


def test_a_connection(loop, address, errors):
    async def work():
        transport, protocol = await loop.create_connection(Recorder, *address)
        transport.abort()
        await protocol.lost

    check(sweep(loop, work))
    assert errors == []


def test_a_server(loop, errors):
    """If a socket cannot be made, asyncio treats its address as unusable. In newer Pythons it is an error to have no
    socket at all."""
    listening = []

    async def work():
        server = await loop.create_server(Recorder, "127.0.0.1", 0)
        listening.append(len(server.sockets))
        server.close()
        await server.wait_closed()

    assert set(sweep(loop, work)) == {None}
    with_enough = [1] * (MOST - 1)
    assert listening in ([1, 0, *with_enough], [1, *with_enough])
    assert errors == []


def test_a_unix_server(loop, errors, tmp_path):
    async def work():
        server = await loop.create_unix_server(Recorder, tmp_path / "socket")
        server.close()
        await server.wait_closed()

    check(sweep(loop, work))
    assert errors == []


def test_datagrams(loop, errors):
    async def work():
        transport, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
        )
        transport.close()
        await asyncio.sleep(0.001)

    check(sweep(loop, work))
    assert errors == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_subprocess(loop, errors):
    """With one pipe: subprocess.Popen itself leaks the first one if it cannot make the second."""
    asyncio.set_event_loop(loop)

    async def work():
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-SEc",
            "",
            stdout=asyncio.subprocess.PIPE,
        )
        await process.communicate()

    check(sweep(loop, work))
    assert errors == []
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_accepting_goes_on_when_there_are_descriptors_again(loop, errors):
    accepted = []

    def factory():
        accepted.append(Recorder())
        return accepted[-1]

    async def main():
        server = await loop.create_server(factory, "127.0.0.1", 0)
        peers = [socket.socket() for _ in range(5)]
        with only(2):
            for peer in peers:
                peer.connect(server.sockets[0].getsockname())
            await until(lambda: errors)
            assert len(accepted) == 2
            assert errors[0]["message"] == "socket.accept() out of system resource"
            assert errors[0]["exception"].errno == errno.EMFILE
            assert errors[0]["socket"].fileno() == server.sockets[0].fileno()
            reported = len(errors)
            await asyncio.sleep(0.05)
            assert len(errors) == reported, "it waits before it tries again"
        await until(lambda: len(accepted) == 5)
        assert len(errors) == reported
        for protocol in accepted:
            protocol.transport.abort()
            await protocol.lost
        for peer in peers:
            peer.close()
        server.close()
        await server.wait_closed()

    before = open_descriptors()
    loop.run_until_complete(main())
    assert open_descriptors() == before


def test_a_server_closed_meanwhile_does_not_come_back(loop, errors):
    async def main():
        server = await loop.create_server(Recorder, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        with socket.socket() as peer:
            with only(0):
                peer.connect(address)
                await until(lambda: errors)
            server.close()
            await server.wait_closed()
            await asyncio.sleep(1.1)  # longer than it waits before it tries again
        with pytest.raises(ConnectionRefusedError), socket.create_connection(address):
            pass

    before = open_descriptors()
    loop.run_until_complete(main())
    errors.clear()  # they hold the closed listener
    assert open_descriptors() == before
