"""When write() returns, the kernel has its bytes. Nothing that a program does next loses or overtakes them.

The connections of these tests usually write twice a callback. So the kernel may hold the first write for the second
one, but the loop must not keep it in the program's memory.
"""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import Iterator

import pytest
from tls import certificate, server_context

pytestmark = pytest.mark.timeout(60)

FAMILIES = ["tcp", "unix"]

HABIT = b"header body " * 3

PROGRAM = """
import array, fcntl, select, socket, ssl, struct, subprocess, threading

def unsent_bytes(fd):
    SIOCOUTQNSD = 0x894B
    return struct.unpack("i", fcntl.ioctl(fd, SIOCOUTQNSD, bytes(4)))[0]

def ending(transport, fd):
    {ending}

async def main():
    loop = asyncio.get_running_loop()
    address = os.environ["ADDRESS"]
    if address.startswith("/"):
        transport, _ = await loop.create_unix_connection(asyncio.Protocol, address)
    else:
        options = dict()
        if "CERTIFICATE" in os.environ:
            options["ssl"] = ssl.create_default_context(cafile=os.environ["CERTIFICATE"])
            options["server_hostname"] = "localhost"
        transport, _ = await loop.create_connection(
            asyncio.Protocol, "127.0.0.1", int(address), **options
        )
    for _ in range(3):
        loop.call_soon(lambda: (transport.write(b"header "), transport.write(b"body ")))
        await asyncio.sleep(0)
    fd = transport.get_extra_info("socket").fileno()
    result = await asyncio.wait_for({run}, 20)
    if not getattr(transport, '_eof', False):
        transport.write(b"end")
    transport.close()
    await asyncio.sleep(0.01)

loop = new_event_loop()
loop.run_until_complete(main())
loop.close()
"""
IN_A_CALLBACK = "asyncio.sleep(0, loop.call_soon(ending, transport, fd))"
IN_A_THREAD = "loop.run_in_executor(None, ending, transport, fd)"


@contextlib.contextmanager
def listening(family: str, tmp_path) -> Iterator[tuple[socket.socket, str]]:
    if family == "unix":
        path = str(tmp_path / "s")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen()
    else:
        listener = socket.create_server(("127.0.0.1", 0))
        path = str(listener.getsockname()[1])
    with listener:
        listener.settimeout(20)
        yield listener, path


def exactly(connection: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        piece = connection.recv(size - len(received))
        assert piece, received
        received += piece
    return received


class Peer:
    """What a program's connection sent, as its peer sees it."""

    def __init__(self, program, family: str, tmp_path) -> None:
        self.program, self.family, self.tmp_path = program, family, tmp_path

    def environment(self) -> dict[str, str]:
        return {"CERTIFICATE": str(certificate())} if self.family == "tls" else {}

    def accept(self, listener: socket.socket) -> socket.socket:
        connection, _ = listener.accept()
        if self.family != "tls":
            return connection
        context = server_context()
        context.num_tickets = 0  # they might lie unread when the program ends
        return context.wrap_socket(connection, server_side=True)

    @contextlib.contextmanager
    def of(self, *ending: str, run: str = IN_A_CALLBACK) -> Iterator[tuple]:
        source = PROGRAM.format(ending="\n    ".join(ending), run=run)
        with listening(self.family, self.tmp_path) as (listener, address):
            with self.program.start(source, ADDRESS=address, **self.environment()) as process:
                try:
                    with self.accept(listener) as connection:
                        connection.settimeout(20)
                        yield process, connection
                finally:
                    process.kill()

    def sees(self, *ending: str, run: str = IN_A_CALLBACK) -> bytes:
        """Everything that the peer receives after the usual writes, when the program does this in one callback."""
        with self.of(*ending, run=run) as (process, connection):
            received = b"".join(iter(lambda: connection.recv(1000), b""))
            _, err = process.communicate(timeout=20)
            assert "Traceback" not in err, err
        assert received.startswith(HABIT)
        return received[len(HABIT) :]


@pytest.fixture(params=FAMILIES)
def peer(request, program, tmp_path) -> Peer:
    return Peer(program, request.param, tmp_path)


@pytest.mark.parametrize(
    "writes, end",
    [
        (1, "os._exit(0)"),
        (3, "os._exit(0)"),
        (1, "os.execv(sys.executable, [sys.executable, '-c', 'pass'])"),
        (1, "os.kill(os.getpid(), signal.SIGKILL)"),
        (1, "os.abort()"),
    ],
)
def test_a_process_that_ends_at_once_has_sent_what_it_wrote(peer, writes, end):
    written = [f"transport.write(b'{number} ')" for number in range(writes)]
    assert peer.sees(*written, end) == b"".join(b"%d " % number for number in range(writes))


@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_process_that_ends_at_once_has_sent_what_it_wrote_over_tls(program, tmp_path, end):
    peer = Peer(program, "tls", tmp_path)
    assert peer.sees("transport.write(b'alone')", end) == b"alone"


def test_a_copy_of_the_descriptor_writes_behind_it(peer):
    assert (
        peer.sees(
            "transport.write(b'first ')",
            "copy = os.dup(fd)",
            "os.write(copy, b'second ')",
            "os.close(copy)",
            "transport.write(b'third ')",
        )
        == b"first second third end"
    )


def test_a_child_whose_stdout_it_is_writes_behind_it(peer):
    assert (
        peer.sees(
            "transport.write(b'first ')",
            "subprocess.run(['printf', 'second '], stdout=fd, check=True)",
            "transport.write(b'third ')",
        )
        == b"first second third end"
    )


def test_who_is_given_the_socket_writes_behind_it(peer):
    assert (
        peer.sees(
            "transport.write(b'first ')",
            "ours, theirs = socket.socketpair()",
            "rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [fd]))]",
            "ours.sendmsg([b'x'], rights)",
            "ancillary = theirs.recvmsg(1, socket.CMSG_SPACE(4))[1]",
            "given = array.array('i', ancillary[0][2])[0]",
            "os.write(given, b'second ')",
            "os.close(given)",
            "transport.write(b'third ')",
        )
        == b"first second third end"
    )


@pytest.mark.parametrize("end", ["os._exit(0)", "os.execvp('true', ['true'])"])
def test_a_forked_child_writes_behind_it_and_nothing_twice(peer, end):
    assert (
        peer.sees(
            "transport.write(b'first ')",
            "child = os.fork()",
            "if child == 0:",
            "    os.write(fd, b'second ')",
            f"    {end}",
            "os.waitpid(child, 0)",
            "transport.write(b'third ')",
        )
        == b"first second third end"
    )


@pytest.mark.parametrize("end", ["close", "abort", "write_eof"])
def test_a_connection_that_ends_after_one_write_has_sent_it(peer, end):
    assert peer.sees("transport.write(b'alone')", f"transport.{end}()") == b"alone"


def test_the_peer_may_answer_while_the_callback_waits_for_that(peer):
    ending = [
        "transport.write(b'question')",
        "select.select([fd], [], [], 20)",
        "os.read(fd, 100)",
        "os._exit(0)",
    ]
    with peer.of(*ending) as (_, connection):
        assert exactly(connection, len(HABIT)) == HABIT
        assert connection.recv(100) == b"question"
        connection.sendall(b"answer")
        assert connection.recv(100) == b""


def test_a_process_that_is_stopped_has_sent_what_it_wrote(peer):
    ending = "transport.write(b'alone')", "os.kill(os.getpid(), signal.SIGSTOP)"
    with peer.of(*ending) as (process, connection):
        assert exactly(connection, len(HABIT)) == HABIT
        assert connection.recv(100) == b"alone"
        process.send_signal(signal.SIGCONT)


def test_a_thread_that_writes_while_the_loop_sleeps_is_held_up_by_nothing(peer):
    assert (
        peer.sees(
            "transport.write(b'first ')",
            "unsent = unsent_bytes(fd) if os.environ['ADDRESS'].isdigit() else 0",
            "transport.write(b'%d unsent ' % unsent)",
            run=IN_A_THREAD,
        )
        == b"first 0 unsent end"
    )


def test_a_process_that_ends_while_it_reads_nothing_has_sent_what_it_wrote(peer):
    """The peer's bytes lie unread then, so the kernel resets the connection and drops what it has not sent."""
    ending = [
        "transport.pause_reading()",
        "select.select([fd], [], [], 20)",
        "transport.write(b'alone')",
        "os._exit(0)",
    ]
    with peer.of(*ending) as (process, connection):
        assert exactly(connection, len(HABIT)) == HABIT
        connection.sendall(b"unread")
        process.wait(20)
        assert connection.recv(100) == b"alone"
