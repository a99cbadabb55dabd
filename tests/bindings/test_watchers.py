"""add_reader, add_writer and their opposites."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import weakref

import pytest


@pytest.fixture
def pair():
    left, right = socket.socketpair()
    left.setblocking(False)
    right.setblocking(False)
    with left, right:
        yield left, right


def turn(loop, seconds=0.02):
    loop.run_until_complete(asyncio.sleep(seconds))


def test_a_reader_is_called_when_there_is_input(loop, pair):
    left, right = pair
    got = []
    loop.add_reader(left, lambda: got.append(left.recv(100)))
    turn(loop)
    assert got == []
    right.send(b"hello")
    turn(loop)
    assert got == [b"hello"]
    loop.remove_reader(left)


def test_a_reader_is_called_again_while_input_is_left(loop, pair):
    left, right = pair
    got = []
    loop.add_reader(left, lambda: got.append(left.recv(1)))
    right.send(b"abc")
    turn(loop)
    assert got == [b"a", b"b", b"c"]
    loop.remove_reader(left)


class Numbered:
    """A file as its fileno() says."""

    def __init__(self, number):
        self.number = number

    def fileno(self):
        if isinstance(self.number, Exception):
            raise type(self.number)(*self.number.args)  # afresh: a raised one keeps its traceback
        return self.number


class NearlyInt:
    def __init__(self, number):
        self.number = number

    def __int__(self):
        return self.number


def test_a_fileno_is_whatever_int_makes_of_it(loop, pair):
    left, _ = pair
    loop.add_reader(Numbered(NearlyInt(left.fileno())), print)
    assert loop.remove_reader(Numbered(str(left.fileno()))) is True


@pytest.mark.parametrize(
    "file",
    [
        None,
        "text",
        -1,
        -1000,
        Numbered(-1),
        Numbered(None),
        Numbered("no number"),
        Numbered(TypeError("no file")),
        Numbered(ValueError("closed")),
    ],
    ids=lambda file: str(getattr(file, "number", file)),
)
@pytest.mark.parametrize("method", ["add_reader", "add_writer"])
def test_what_is_no_descriptor_is_refused_in_asyncios_words(loop, method, file):
    with pytest.raises(ValueError) as ours:
        getattr(loop, method)(file, print)
    stock = asyncio.SelectorEventLoop()
    with pytest.raises(ValueError) as asyncios:
        getattr(stock, method)(file, print)
    stock.close()
    assert str(ours.value) == str(asyncios.value)


def test_an_error_of_fileno_is_the_callers(loop):
    with pytest.raises(OSError, match="gone"):
        loop.add_reader(Numbered(OSError("gone")), print)


def test_arguments_are_passed_on(loop, pair):
    left, right = pair
    got = []
    right.send(b"x")

    def read(*args):
        left.recv(1)
        got.append(args)

    loop.add_reader(left, read, 1, "two")
    turn(loop)
    assert got == [(1, "two")]
    loop.remove_reader(left)


def test_a_writer_is_called_while_there_is_room(loop, pair):
    left, _ = pair
    calls = []

    def write():
        calls.append(1)
        if len(calls) == 3:
            loop.remove_writer(left)

    loop.add_writer(left, write)
    turn(loop)
    assert len(calls) == 3


def test_a_full_socket_is_not_writable_until_it_is_read(loop, pair):
    left, right = pair
    with pytest.raises(BlockingIOError):
        while True:
            left.send(b"x" * 65536)
    calls = []
    loop.add_writer(left, lambda: (calls.append(1), loop.remove_writer(left)))
    turn(loop)
    assert calls == []
    with pytest.raises(BlockingIOError):
        while True:
            right.recv(1 << 20)
    turn(loop)
    assert calls == [1]


def test_removing_says_whether_there_was_one(loop, pair):
    left, _ = pair
    assert loop.remove_reader(left) is False
    assert loop.remove_writer(left) is False
    loop.add_reader(left, print)
    loop.add_writer(left, print)
    assert loop.remove_reader(left) is True
    assert loop.remove_reader(left) is False
    assert loop.remove_writer(left) is True
    assert loop.remove_writer(left) is False


def test_descriptors_and_objects_with_fileno_are_the_same(loop, pair):
    left, _ = pair
    loop.add_reader(left.fileno(), print)
    assert loop.remove_reader(left) is True
    loop.add_writer(left, print)
    assert loop.remove_writer(left.fileno()) is True


def test_adding_again_replaces_the_callback(loop, pair):
    left, right = pair
    got = []
    loop.add_reader(left, lambda: got.append("old"))
    loop.add_reader(left, lambda: (left.recv(1), got.append("new")))
    right.send(b"x")
    turn(loop)
    assert got == ["new"]
    loop.remove_reader(left)


def test_reader_and_writer_of_one_descriptor_are_independent(loop, pair):
    left, right = pair
    reads, writes = [], []
    loop.add_reader(left, lambda: reads.append(left.recv(10)))
    loop.add_writer(left, lambda: (writes.append(1), loop.remove_writer(left)))
    turn(loop)
    assert reads == [] and writes == [1]
    right.send(b"x")
    turn(loop)
    assert reads == [b"x"]
    loop.remove_reader(left)
    loop.add_writer(left, lambda: (writes.append(2), loop.remove_writer(left)))
    turn(loop)
    assert writes == [1, 2]


def test_a_removed_reader_is_not_called_though_its_input_is_there(loop, pair):
    left, right = pair
    got = []
    right.send(b"x")
    loop.add_reader(left, got.append, 1)
    loop.call_soon(loop.remove_reader, left)
    turn(loop)
    assert got == []


def test_a_reader_that_removes_another_of_the_same_poll(loop):
    pairs = [socket.socketpair() for _ in range(2)]
    got = []

    def read(number):
        got.append(number)
        loop.remove_reader(pairs[0][0])
        loop.remove_reader(pairs[1][0])

    for number, (left, right) in enumerate(pairs):
        right.send(b"x")
        loop.add_reader(left, read, number)
    turn(loop)
    assert len(got) == 1
    for left, right in pairs:
        left.close()
        right.close()


def test_a_reader_that_removes_itself_is_called_once(loop, pair):
    left, right = pair
    got = []
    right.send(b"xyz")
    loop.add_reader(left, lambda: (got.append(1), loop.remove_reader(left)))
    turn(loop)
    assert got == [1]


def test_the_reader_can_be_added_again_after_removal(loop, pair):
    left, right = pair
    got = []
    for number in range(5):
        loop.add_reader(left, lambda: got.append(left.recv(1)))
        right.send(b"%d" % number)
        turn(loop, 0.01)
        loop.remove_reader(left)
        turn(loop, 0.001)
    assert got == [b"0", b"1", b"2", b"3", b"4"]


def test_a_peer_that_closes_makes_readable(loop, pair):
    left, right = pair
    got = []
    loop.add_reader(left, lambda: (got.append(left.recv(1)), loop.remove_reader(left)))
    right.close()
    turn(loop)
    assert got == [b""]


def test_a_descriptor_closed_without_removal_can_be_used_again(loop):
    """A program that closes first and removes later, or never, must not disturb the next file with the number."""
    got = []
    left, right = socket.socketpair()
    number = left.fileno()
    loop.add_reader(left, got.append, "stale")
    turn(loop, 0.001)
    left.close()
    right.close()
    fresh, other = socket.socketpair()
    assert number in (fresh.fileno(), other.fileno())
    used, peer = (fresh, other) if fresh.fileno() == number else (other, fresh)
    loop.remove_reader(number)
    loop.add_reader(used, lambda: got.append(used.recv(10)))
    peer.send(b"fresh")
    turn(loop)
    assert got == [b"fresh"]
    loop.remove_reader(used)
    fresh.close()
    other.close()


def test_closing_without_removal_does_not_keep_the_loop_busy(loop):
    """The kernel keeps reporting a closed descriptor while a duplicate of it lives."""
    left, right = socket.socketpair()
    duplicate = os.dup(left.fileno())
    number = left.fileno()
    loop.add_reader(left, lambda: None)
    turn(loop, 0.001)
    loop.remove_reader(number)
    left.close()
    right.send(b"x")

    def cpu():
        times = os.times()
        return times.user + times.system

    before = cpu()
    turn(loop, 0.3)
    used = cpu() - before
    os.close(duplicate)
    right.close()
    assert used < 0.15


def test_a_duplicate_is_watched_on_its_own(loop, pair):
    left, right = pair
    duplicate = os.dup(left.fileno())
    got = []
    loop.add_reader(left, got.append, "original")
    loop.add_reader(duplicate, lambda: got.append(os.read(duplicate, 10)))
    loop.remove_reader(left)
    right.send(b"x")
    turn(loop)
    assert got == [b"x"]
    loop.remove_reader(duplicate)
    os.close(duplicate)


def test_a_regular_file_is_an_error_that_the_loop_survives(loop, tmp_path):
    with open(tmp_path / "file", "w") as file:
        with pytest.raises(PermissionError):
            loop.add_reader(file, print)
        with pytest.raises(PermissionError):
            loop.add_writer(file, print)
    turn(loop)


def test_a_closed_descriptor_is_an_error_that_the_loop_survives(loop):
    left, right = socket.socketpair()
    number = left.fileno()
    left.close()
    right.close()
    with pytest.raises(OSError):
        loop.add_reader(number, print)
    with pytest.raises(OSError):
        loop.add_writer(number, print)
    turn(loop)


@pytest.mark.parametrize("wrong", [-1, "text", None, 1.5, object()], ids=repr)
def test_what_is_no_descriptor_is_an_error(loop, wrong):
    with pytest.raises((ValueError, TypeError)):
        loop.add_reader(wrong, print)


def test_the_descriptor_of_a_transport_is_refused(loop, pair):
    left, _ = pair

    async def main():
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=left)
        number = transport.get_extra_info("socket").fileno()
        for method in (loop.add_reader, loop.add_writer):
            with pytest.raises(RuntimeError, match="is used by transport"):
                method(number, print)
        for method in (loop.remove_reader, loop.remove_writer):
            with pytest.raises(RuntimeError, match="is used by transport"):
                method(number)
        transport.close()
        await asyncio.sleep(0.001)

    loop.run_until_complete(main())


def test_the_descriptor_of_a_transport_that_is_gone_can_be_watched(loop, pair):
    left, right = pair

    async def main():
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=left)
        number = transport.get_extra_info("socket").fileno()
        transport.close()
        for _ in range(3):
            await asyncio.sleep(
                0
            )  # a timer that is due soon would give the number to the loop's alarm
        os.dup2(right.fileno(), number)
        loop.add_reader(number, print)
        assert loop.remove_reader(number)
        os.close(number)

    loop.run_until_complete(main())


def test_the_end_of_a_transport_that_nobody_closed_finds_its_descriptor_free(loop, pair):
    left, _ = pair
    found = []

    async def main():
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=left)
        number = transport.get_extra_info("socket").fileno()
        transport.pause_reading()

        def gone(_):
            with contextlib.suppress(KeyError):
                found.append(loop._transports[number])

        watcher = weakref.ref(transport, gone)
        with pytest.warns(ResourceWarning, match="unclosed transport"):
            del transport
            gc.collect()
        assert watcher() is None

    loop.run_until_complete(main())
    assert found == []


def test_the_table_of_transports_answers_as_asyncios(loop, pair):
    left, right = pair

    async def main():
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=left)
        number = transport.get_extra_info("socket").fileno()
        table = loop._transports
        assert table[number] is table.get(number) is transport
        assert len(table) == 1
        del table[number]
        for missing in (number, number + 1, -1, 2**70):
            assert table.get(missing) is None
            with pytest.raises(KeyError):
                table[missing]
            with pytest.raises(KeyError):
                del table[missing]
        table[number] = transport  # as sendfile() does in the end
        assert table[number] is transport
        transport.close()
        await asyncio.sleep(0.001)
        del transport
        gc.collect()
        assert len(table) == 0

    loop.run_until_complete(main())


def test_the_table_of_transports_takes_what_a_tests_mock_calls_a_descriptor(loop):
    class Transport:
        pass

    table, transport, number = loop._transports, Transport(), object()
    table[number] = transport
    assert table[number] is table.get(number) is transport and len(table) == 1
    del table[number]
    assert len(table) == 0 and table.get(number, 7) == 7
    table[number] = transport
    del transport
    gc.collect()
    assert len(table) == 0 and table.get(number) is None


def test_a_pipe_can_be_watched(loop):
    read_end, write_end = os.pipe()
    got = []
    loop.add_reader(read_end, lambda: got.append(os.read(read_end, 10)))
    os.write(write_end, b"pipe")
    turn(loop)
    loop.remove_reader(read_end)
    os.close(read_end)
    os.close(write_end)
    assert got == [b"pipe"]


def test_two_thousand_descriptors_in_one_poll(loop):
    """More than one batch of what the kernel hands out at once."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = 1500
    if hard < 2 * count + 100:
        pytest.skip("the system allows too few descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * count + 100), hard))
    pairs = [socket.socketpair() for _ in range(count)]
    got = []

    def read(number):
        pairs[number][0].recv(1)
        got.append(number)

    try:
        for number, (left, right) in enumerate(pairs):
            loop.add_reader(left, read, number)
            right.send(b"x")
        turn(loop, 0.2)
        assert sorted(got) == list(range(count))
        for left, _ in pairs:
            loop.remove_reader(left)
    finally:
        for left, right in pairs:
            left.close()
            right.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_removing_releases_the_callback(loop, pair):
    import weakref

    class Thing:
        def read(self):
            pass

    left, _ = pair
    thing = Thing()
    gone = weakref.ref(thing)
    loop.add_reader(left, thing.read)
    turn(loop, 0.001)
    loop.remove_reader(left)
    del thing
    turn(loop, 0.001)
    assert gone() is None


@pytest.mark.parametrize("end", ["close", "detach"])
@pytest.mark.parametrize("method", ["reader", "writer"])
def test_a_socket_that_was_closed_while_watched_is_found_by_identity(loop, end, method):
    left, right = socket.socketpair()
    number = left.fileno()
    getattr(loop, f"add_{method}")(left, lambda: None)
    if getattr(left, end)() is not None:
        os.close(number)
    assert getattr(loop, f"remove_{method}")(left) is True
    with pytest.raises(ValueError, match="Invalid file"):
        getattr(loop, f"remove_{method}")(left)
    right.close()


def test_who_gets_the_number_of_a_closed_and_removed_socket_is_served(loop):
    left, right = socket.socketpair()
    number = left.fileno()
    loop.add_reader(left, print)
    left.close()
    loop.remove_reader(left)
    got = []
    fresh, other = socket.socketpair()
    assert number in (fresh.fileno(), other.fileno())
    mine, theirs = (fresh, other) if fresh.fileno() == number else (other, fresh)
    loop.add_reader(mine, lambda: got.append(mine.recv(10)))
    theirs.send(b"x")
    turn(loop)
    assert got == [b"x"]
    loop.remove_reader(mine)
    for sock in (right, fresh, other):
        sock.close()


def test_a_watched_socket_lives_as_long_as_it_is_watched(loop, pair):
    """asyncio's selectors hold it as a key."""
    sock = socket.socket(fileno=os.dup(pair[0].fileno()))
    alive = weakref.ref(sock)
    loop.add_reader(sock, print)
    loop.add_writer(sock, print)
    number = sock.fileno()
    del sock
    gc.collect()
    assert alive() is not None
    loop.remove_reader(number)
    assert alive() is not None
    loop.remove_writer(number)
    gc.collect()
    assert alive() is None
