"""Descriptors that go away, or become other files, under the loop may cause an error, and never end the process."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import threading
from pathlib import Path

import pytest

# In a program of its own, so that files of the test run stay open.
LOSE_ALL = """
    import errno
    loop = new_event_loop()
    def lose():
        os.closerange(3, 1000)
    def outcome(call):
        try:
            call()
        except OSError as error:
            print(errno.errorcode[error.errno], flush=True)
        else:
            print("fine", flush=True)
"""


def outcomes(program, source):
    done = program.run(LOSE_ALL + source)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_before_a_run(program):
    assert (
        outcomes(
            program,
            """
    lose()
    outcome(lambda: loop.run_until_complete(asyncio.sleep(0.01)))
    outcome(loop.close)
    """,
        )
        == ["EBADF", "EBADF"]
    )


def test_in_a_callback(program):
    assert (
        outcomes(
            program,
            """
    loop.call_soon(lose)
    outcome(lambda: loop.run_until_complete(asyncio.sleep(5)))
    outcome(loop.close)
    """,
        )
        == ["EBADF", "EBADF"]
    )


def test_in_a_thread_while_the_loop_sleeps(program):
    """The kernel keeps the descriptor until the poll returns. The next poll notices."""
    assert (
        outcomes(
            program,
            """
    import threading
    threading.Timer(0.05, lose).start()
    async def main():
        await asyncio.sleep(0.5)
        await asyncio.sleep(5)
    outcome(lambda: loop.run_until_complete(main()))
    outcome(loop.close)
    """,
        )
        == ["EBADF", "EBADF"]
    )


def test_between_a_run_and_the_loops_end(program):
    assert (
        outcomes(
            program,
            """
    loop.run_until_complete(asyncio.sleep(0.01))
    lose()
    outcome(loop.close)
    """,
        )
        == ["EBADF"]
    )


def test_and_a_loop_made_afterwards_works(program):
    assert (
        outcomes(
            program,
            """
    lose()
    outcome(loop.close)
    fresh = new_event_loop()
    outcome(lambda: fresh.run_until_complete(asyncio.sleep(0.01)))
    outcome(fresh.close)
    """,
        )
        == ["EBADF", "fine", "fine"]
    )


def test_while_another_thread_wakes_the_loop(program):
    done = program.run(
        LOSE_ALL
        + """
    import threading
    def wake():
        time.sleep(0.05)
        lose()
        loop.call_soon_threadsafe(print, "called")
    threading.Thread(target=wake).start()
    async def main():
        await asyncio.sleep(0.5)
        await asyncio.sleep(5)
    outcome(lambda: loop.run_until_complete(main()))
    outcome(loop.close)
    """
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-2:] == ["EBADF", "EBADF"]


@pytest.mark.parametrize("closed", [[0], [1], [2], [0, 1], [0, 1, 2]])
def test_a_program_that_starts_without_a_standard_descriptor_runs(program, tmp_path, closed):
    result, inner = tmp_path / "result", tmp_path / "inner.py"
    inner.write_text(
        program.prologue
        + f"""
import socket

async def main():
    left, right = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=left)
    right.send(b"hello")
    data = await reader.readexactly(5)
    writer.close()
    await writer.wait_closed()
    right.close()
    return data

loop = new_event_loop()
data = loop.run_until_complete(main())
loop.close()
with open({str(result)!r}, "wb") as file:
    file.write(data)
"""
    )
    done = program.run(
        f"""
        for fd in {closed}:
            os.close(fd)
        os.execv(sys.executable, [sys.executable, {str(inner)!r}])
        """
    )
    assert done.returncode == 0, done.stderr
    assert result.read_bytes() == b"hello"


@pytest.fixture
def pair():
    left, right = socket.socketpair()
    left.setblocking(False)
    with left, right:
        yield left, right


def turn(loop, seconds=0.02):
    loop.run_until_complete(asyncio.sleep(seconds))


def becomes(fd, path="/dev/null"):
    """The number now belongs to a file that the kernel cannot poll."""
    other = os.open(path, os.O_RDWR)
    os.dup2(other, fd)
    os.close(other)


@pytest.mark.parametrize("method", ["add_reader", "add_writer"])
def test_watching_what_has_become_a_plain_file_is_an_error(loop, pair, method):
    loop.add_reader(pair[0], print)
    loop.remove_reader(pair[0])
    becomes(pair[0].fileno())
    with pytest.raises(PermissionError):
        getattr(loop, method)(pair[0], print)
    turn(loop)


def test_a_watched_number_that_has_become_a_plain_file_cannot_be_watched_for_more(loop, pair):
    """asyncio, too, forgets the watcher when the kernel refuses the change."""
    loop.add_reader(pair[0], print)
    turn(loop)
    becomes(pair[0].fileno())
    with pytest.raises(OSError):
        loop.add_writer(pair[0], print)
    assert loop.remove_reader(pair[0]) is False
    turn(loop)


def test_a_watched_number_that_has_become_a_plain_file_is_left_alone(loop, pair):
    loop.add_reader(pair[0], print)
    becomes(pair[0].fileno())
    turn(loop)
    loop.remove_reader(pair[0])


def test_a_transport_whose_number_has_become_a_plain_file_cannot_resume(loop, pair):
    async def main():
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=pair[0])
        transport.pause_reading()
        becomes(pair[0].fileno())
        with pytest.raises(PermissionError):
            transport.resume_reading()
        transport.abort()
        await asyncio.sleep(0)

    loop.run_until_complete(main())


def test_a_descriptor_may_be_closed_by_another_thread_at_any_time(loop):
    """os.close() releases the GIL. So between any two of our lines the number may be free, or belong to a file."""
    done = False
    watched: list[int] = []

    def close_at_once():
        while not done:
            if watched:
                os.close(watched.pop())

    thread = threading.Thread(target=close_at_once)
    thread.start()

    async def main():
        for _ in range(1500):
            read, write = os.pipe()
            watched.append(read)
            try:
                loop.add_reader(read, print)
                await asyncio.sleep(0)
                loop.remove_reader(read)
            except OSError as error:
                assert error.errno in (errno.EBADF, errno.ENOENT, errno.EPERM)
            os.close(write)

    try:
        loop.run_until_complete(main())
    finally:
        done = True
        thread.join()
        for fd in watched:
            os.close(fd)


def test_who_gets_the_number_of_a_closed_descriptor_is_served(loop):
    """If somebody closes a watched descriptor without removing it, the next file with its number still works."""
    stale, other = socket.socketpair()
    loop.add_reader(stale, print)
    turn(loop)
    number = stale.fileno()
    os.close(stale.detach())

    async def main():
        left, right = socket.socketpair()
        assert number in (left.fileno(), right.fileno())
        mine, theirs = (left, right) if left.fileno() == number else (right, left)
        reader, writer = await asyncio.open_connection(sock=mine)
        theirs.send(b"hello")
        assert await asyncio.wait_for(reader.readexactly(5), 10) == b"hello"
        writer.close()
        await writer.wait_closed()
        theirs.close()

    if type(loop).__module__.startswith("loopscope"):  # on asyncio the new one hears nothing
        loop.run_until_complete(main())
    other.close()
    loop.remove_reader(number)


def timers_of_the_process():
    links = {fd: Path(f"/proc/self/fd/{fd}") for fd in range(3, 1000)}
    return {fd for fd, link in links.items() if link.exists() and "timerfd" in os.readlink(link)}


def test_a_socket_connects_that_has_the_number_of_the_loops_own_timer(loop):
    """Who closes a descriptor twice may close the loop's timer. The next file gets the number."""
    before = timers_of_the_process()
    turn(loop, 0.001)
    numbers = timers_of_the_process() - before
    if type(loop).__module__.startswith("loopscope"):
        assert len(numbers) == 1
    with socket.create_server(("127.0.0.1", 0)) as server:
        sock = socket.socket()
        for number in numbers:
            os.dup2(sock.fileno(), number)
            sock.close()
            sock = socket.socket(fileno=number)
        with sock:
            sock.setblocking(False)
            loop.run_until_complete(loop.sock_connect(sock, server.getsockname()))
            turn(loop, 0.001)


def test_who_watches_from_another_thread_while_the_loop_sleeps_is_heard(loop, pair):
    """Nobody should do this, but asyncio's selector allows it, and a program may depend on it."""
    left, right = pair
    got = loop.create_future()
    right.send(b"x")
    timer = threading.Timer(0.1, loop.add_reader, (left, lambda: got.done() or got.set_result(1)))
    timer.start()
    assert loop.run_until_complete(asyncio.wait_for(got, 10)) == 1
    loop.remove_reader(left)
    timer.join()
