"""A sock_* call behaves like asyncio's coroutine before, while and after it runs."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import socket
import weakref

import pytest
from programs import PATIENCE_S


@pytest.fixture
def pair():
    left, right = socket.socketpair()
    left.setblocking(False)
    right.setblocking(False)
    with left, right:
        yield left, right


def fill(sock):
    """Until the kernel takes no more."""
    total = 0
    with pytest.raises(BlockingIOError):
        while True:
            total += sock.send(b"x" * 65536)
    return total


NAMES = [name for name in vars(asyncio.AbstractEventLoop) if name.startswith("sock_")]


@pytest.mark.parametrize("name", NAMES)
def test_its_function_is_a_coroutine_function(loop, name):
    stock = getattr(asyncio.SelectorEventLoop, name)
    ours = getattr(type(loop), name)
    for check in (inspect.iscoroutinefunction, asyncio.iscoroutinefunction):
        assert check(ours) and check(getattr(loop, name))
    assert inspect.signature(ours) == inspect.signature(stock)
    assert (ours.__name__, ours.__doc__) == (stock.__name__, stock.__doc__)


def test_nothing_happens_before_it_is_awaited(loop, pair):
    left, right = pair
    right.send(b"hello")
    call = loop.sock_recv(left, 100)
    assert asyncio.iscoroutine(call) and inspect.isawaitable(call)
    assert left.recv(100) == b"hello"
    call.close()


def test_it_is_warned_about_if_it_never_is(loop, pair):
    with pytest.warns(RuntimeWarning, match="sock_recv' was never awaited"):
        loop.sock_recv(pair[0], 100)
        gc.collect()


def test_it_cannot_be_awaited_twice(loop, pair):
    left, right = pair
    right.send(b"hello")

    async def main():
        call = loop.sock_recv(left, 100)
        assert await call == b"hello"
        with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
            await call

    loop.run_until_complete(main())


def test_it_may_be_driven_by_hand(loop, pair):
    left, right = pair
    right.send(b"hello")
    with pytest.raises(StopIteration) as stop:
        loop.sock_recv(left, 100).send(None)
    assert stop.value.value == b"hello"
    call = loop.sock_recv(left, 100)
    with pytest.raises(TypeError, match="just-started"):
        call.send(1)
    call.close()


def test_an_exception_may_be_thrown_into_it(loop, pair):
    left, _ = pair
    call = loop.sock_recv(left, 100)
    with pytest.raises(ZeroDivisionError):
        call.throw(ZeroDivisionError("before it began"))
    waiting = loop.sock_recv(left, 100)
    assert asyncio.isfuture(waiting.send(None))
    with pytest.raises(ZeroDivisionError, match="while it waited"):
        waiting.throw(ZeroDivisionError("while it waited"))


@pytest.mark.parametrize("name, arguments", [("sock_recv", (1,)), ("sock_accept", ())])
def test_a_closed_socket_is_an_error(loop, name, arguments):
    sock = socket.socket()
    sock.setblocking(False)
    sock.close()
    with pytest.raises(OSError):
        loop.run_until_complete(getattr(loop, name)(sock, *arguments))


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("sock_recv", ("many",)),
        ("sock_recv", (-1,)),
        ("sock_recv", ()),
        ("sock_recv", (1, 2)),
        ("sock_recv_into", (b"constant",)),
        ("sock_recv_into", (None,)),
        ("sock_sendall", ("text",)),
        ("sock_sendall", (None,)),
    ],
)
def test_wrong_arguments_are_the_same_error(loop, pair, name, arguments):
    def outcome(method, *first):
        try:
            method(*first, *arguments).send(None)
        except Exception as error:
            return type(error), str(error)

    stock = getattr(asyncio.SelectorEventLoop, name)
    ours = outcome(getattr(loop, name), pair[0])
    assert ours is not None and ours == outcome(stock, loop, pair[0])


def test_arguments_may_be_named(loop, pair):
    left, right = pair
    loop.run_until_complete(loop.sock_sendall(sock=left, data=b"hello"))
    assert loop.run_until_complete(loop.sock_recv(n=3, sock=right)) == b"hel"


def test_nothing_is_received_where_nothing_is_asked_for(loop, pair):
    left, right = pair
    right.send(b"hello")
    assert loop.run_until_complete(loop.sock_recv(left, 0)) == b""
    assert loop.run_until_complete(loop.sock_recv_into(left, bytearray())) == 0
    assert left.recv(100) == b"hello"


@pytest.mark.parametrize("size", [1, 1000, 70_000, 300_000, 2_000_000])
def test_messages_of_all_sizes_arrive_whole(loop, pair, size):
    left, right = pair
    data = os.urandom(size)

    async def receive(limit):
        got = b""
        while len(got) < size:
            chunk = await loop.sock_recv(right, limit)
            assert type(chunk) is bytes and 0 < len(chunk) <= limit
            got += chunk
        return got

    async def main(limit):
        got, none = await asyncio.gather(receive(limit), loop.sock_sendall(left, data))
        assert none is None
        return got

    for limit in (size, 4096, 102_400, 1 << 20):
        assert loop.run_until_complete(main(limit)) == data


class Sub(socket.socket):
    def recv(self, n):
        return b"of the subclass"


def test_a_socket_with_methods_of_its_own_is_asked(loop, pair, monkeypatch):
    left, right = pair
    sub = Sub(fileno=left.detach())
    sub.setblocking(False)
    with sub:
        assert loop.run_until_complete(loop.sock_recv(sub, 10)) == b"of the subclass"
    monkeypatch.setattr(socket.socket, "recv", lambda self, n: b"patched", raising=False)
    assert loop.run_until_complete(loop.sock_recv(right, 10)) == b"patched"


def test_the_socket_of_a_transport_is_refused_once_it_would_wait(loop, pair):
    left, right = pair

    async def main():
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=left)
        with pytest.raises(RuntimeError, match="is used by transport"):
            await loop.sock_recv(left, 100)
        transport.close()

    loop.run_until_complete(main())


def test_bytes_that_change_while_they_wait_are_pinned(loop, pair):
    left, right = pair
    filled = fill(left)
    data = bytearray(b"y" * 100_000)

    async def main():
        sending = asyncio.create_task(loop.sock_sendall(left, data))
        await asyncio.sleep(0)
        with pytest.raises(BufferError):
            data.append(1)
        got = 0
        while got < filled + len(data):
            got += len(await loop.sock_recv(right, 1 << 20))
        await sending
        data.append(1)

    loop.run_until_complete(main())


def test_a_second_waiter_takes_the_place_of_the_first(loop, pair):
    left, right = pair

    async def main():
        first = asyncio.create_task(loop.sock_recv(left, 100))
        await asyncio.sleep(0)
        second = asyncio.create_task(loop.sock_recv(left, 100))
        await asyncio.sleep(0)
        right.send(b"hello")
        assert await second == b"hello"
        await asyncio.sleep(0.01)
        assert not first.done()
        first.cancel()
        await asyncio.wait([first])
        right.send(b"again")
        assert await loop.sock_recv(left, 100) == b"again"

    loop.run_until_complete(main())


def test_a_reader_and_a_call_take_each_others_place(loop, pair):
    left, right = pair
    read = []

    async def main():
        waiting = asyncio.create_task(loop.sock_recv(left, 100))
        await asyncio.sleep(0)
        loop.add_reader(left, lambda: read.append(left.recv(100)))
        right.send(b"for the reader")
        await asyncio.sleep(0.01)
        assert read == [b"for the reader"] and not waiting.done()
        waiting.cancel()
        await asyncio.wait([waiting])
        assert loop.remove_reader(left) is True
        waiting = asyncio.create_task(loop.sock_recv(left, 100))
        await asyncio.sleep(0)
        assert loop.remove_reader(left) is True
        right.send(b"for nobody")
        await asyncio.sleep(0.01)
        assert not waiting.done()
        waiting.cancel()

    loop.run_until_complete(main())
    assert left.recv(100) == b"for nobody"


def test_cancelled_in_the_turn_in_which_the_data_comes_it_leaves_the_data(loop, pair):
    left, right = pair

    async def main():
        waiting = asyncio.create_task(loop.sock_recv(left, 100))
        await asyncio.sleep(0)
        right.send(b"hello")
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return await loop.sock_recv(left, 100)

    assert loop.run_until_complete(main()) == b"hello"


def test_a_timeout_ends_it(loop, pair):
    left, right = pair

    async def main():
        for _ in range(3):
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(loop.sock_recv(left, 100), 0.002)
        right.send(b"hello")
        return await asyncio.wait_for(loop.sock_recv(left, 100), PATIENCE_S)

    assert loop.run_until_complete(main()) == b"hello"


def test_the_number_of_a_closed_socket_may_be_anothers(loop):
    async def main():
        for number in range(20):
            left, right = socket.socketpair()
            with left, right:
                left.setblocking(False)
                waiting = asyncio.create_task(loop.sock_recv(left, 100))
                await asyncio.sleep(0)
                right.send(b"%d" % number)
                assert await waiting == b"%d" % number

    loop.run_until_complete(asyncio.wait_for(main(), PATIENCE_S))


def test_a_transport_may_have_the_number_of_a_socket_that_was_closed(loop):
    async def main():
        left, right = socket.socketpair()
        left.setblocking(False)
        waiting = asyncio.create_task(loop.sock_recv(left, 100))
        await asyncio.sleep(0)
        right.send(b"x")
        await waiting
        number = left.fileno()
        left.close()
        right.close()
        left, right = socket.socketpair()
        assert number in (left.fileno(), right.fileno())
        if number != left.fileno():
            left, right = right, left
        reader, writer = await asyncio.open_connection(sock=left)
        right.send(b"hello")
        assert await reader.readexactly(5) == b"hello"
        writer.close()
        right.close()

    loop.run_until_complete(asyncio.wait_for(main(), PATIENCE_S))


def cpu_seconds(loop, seconds):
    before = os.times()
    loop.run_until_complete(asyncio.sleep(seconds))
    after = os.times()
    return after.user + after.system - before.user - before.system


def receive_once(loop, left, right):
    waiting = loop.create_task(loop.sock_recv(left, 100))
    loop.call_soon(right.send, b"x")
    loop.run_until_complete(waiting)


def test_data_for_nobody_does_not_keep_the_loop_busy(loop, pair):
    left, right = pair
    receive_once(loop, left, right)
    right.send(b"later")
    assert cpu_seconds(loop, 0.3) < 0.15
    assert loop.run_until_complete(loop.sock_recv(left, 100)) == b"later"


def test_a_closed_socket_that_lives_on_as_a_duplicate_does_not_keep_the_loop_busy(loop):
    left, right = socket.socketpair()
    left.setblocking(False)
    receive_once(loop, left, right)
    duplicate = os.dup(left.fileno())
    left.close()
    right.send(b"x")
    assert cpu_seconds(loop, 0.3) < 0.15
    os.close(duplicate)
    right.close()


def test_nor_does_it_if_another_socket_has_its_number(loop):
    left, right = socket.socketpair()
    left.setblocking(False)
    receive_once(loop, left, right)
    number = left.fileno()
    duplicate = os.dup(number)
    left.close()
    fresh, peer = socket.socketpair()
    assert fresh.fileno() == number
    fresh.setblocking(False)
    waiting = loop.create_task(loop.sock_recv(fresh, 100))
    right.send(b"x")
    assert cpu_seconds(loop, 0.3) < 0.15
    peer.send(b"fresh")
    assert loop.run_until_complete(asyncio.wait_for(waiting, PATIENCE_S)) == b"fresh"
    os.close(duplicate)
    for sock in (right, fresh, peer):
        sock.close()


def test_a_child_of_fork_that_has_the_socket_does_not_keep_the_loop_busy(loop):
    left, right = socket.socketpair()
    left.setblocking(False)
    receive_once(loop, left, right)
    go, wait = socket.socketpair()
    child = os.fork()
    if child == 0:
        wait.recv(1)
        os._exit(0)
    left.close()
    right.send(b"x")
    right.close()
    assert cpu_seconds(loop, 0.3) < 0.15
    go.send(b"x")
    os.waitpid(child, 0)
    go.close()
    wait.close()


def test_a_peer_that_resets_is_reported(loop):
    async def main():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            client = socket.create_connection(listener.getsockname())
            server, _ = listener.accept()
            with server:
                server.setblocking(False)
                waiting = asyncio.create_task(loop.sock_recv(server, 100))
                await asyncio.sleep(0)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                client.close()
                with pytest.raises(ConnectionResetError):
                    await waiting
                with pytest.raises(BrokenPipeError):
                    await loop.sock_sendall(server, b"x")

    loop.run_until_complete(asyncio.wait_for(main(), PATIENCE_S))


def test_it_lets_go_of_what_it_was_given(loop, pair):
    left, right = pair

    class Buffer(bytearray):
        pass

    async def main():
        buffer = Buffer(10)
        gone = weakref.ref(buffer)
        waiting = asyncio.create_task(loop.sock_recv_into(left, buffer))
        await asyncio.sleep(0)
        right.send(b"x")
        await waiting
        del buffer, waiting
        return gone

    gone = loop.run_until_complete(main())
    gc.collect()
    assert gone() is None


def test_a_socket_that_was_waited_for_dies_with_its_last_reference(loop):
    left, right = socket.socketpair()
    left.setblocking(False)
    receive_once(loop, left, right)
    gone = weakref.ref(left)
    with pytest.warns(ResourceWarning):
        del left
        gc.collect()
    assert gone() is None
    right.close()


def test_a_loop_that_is_dropped_while_a_call_waits_is_collected(loop_factory, pair):
    loop = loop_factory()
    waiting = loop.create_task(loop.sock_recv(pair[0], 100))
    loop.call_soon(loop.stop)
    loop.run_forever()
    loop.run_until_complete(asyncio.sleep(0))
    waiting.cancel()
    loop.run_until_complete(asyncio.wait([waiting]))
    loop.close()
    gone = weakref.ref(loop)
    del loop, waiting
    gc.collect()
    assert gone() is None
