"""Bugs that users of other loops reported. asyncio's own loop never had them."""

from __future__ import annotations

import asyncio
import collections
import gc
import os
import socket
import sys

import pytest
from programs import PATIENCE_S
from tcp import Recorder, connected, until
from versions import since, stock_differs


def test_a_timer_of_less_than_a_millisecond_is_waited_for(loop):
    """It was rounded to 0 and ran at once, so a program that waits in such steps kept the CPU busy."""
    begun = loop.time()
    loop.call_later(0.0004, loop.stop)
    loop.run_forever()
    assert loop.time() - begun >= 0.0004


def test_time_has_a_finer_grain_than_a_millisecond(loop):
    assert len({loop.time() for _ in range(1000)}) > 500


def test_a_callback_of_call_at_never_sees_an_earlier_time(loop):
    seen = []
    for step in range(50):
        when = loop.time() + step * 0.00037
        loop.call_at(when, lambda when=when: seen.append(loop.time() - when))
    loop.call_later(0.05, loop.stop)
    loop.run_forever()
    assert len(seen) == 50 and min(seen) >= 0


def test_equal_times_fire_in_some_order_and_all(loop):
    when = loop.time() + 0.001
    fired = []
    for number in range(5):
        loop.call_at(when, fired.append, number)
    loop.call_at(when + 0.001, loop.stop)
    loop.run_forever()
    assert sorted(fired) == [0, 1, 2, 3, 4]


def test_a_write_goes_out_at_once(loop):
    """It was kept until the end of the iteration, so a peer that was read in the same callback never got it."""

    async def main():
        async with connected() as (remote, client):
            sock = socket.socket(fileno=os.dup(remote.transport.get_extra_info("socket").fileno()))
            remote.transport.pause_reading()
            client.transport.write(b"now")
            sock.settimeout(PATIENCE_S)
            assert sock.recv(10) == b"now"
            sock.close()

    loop.run_until_complete(main())


@stock_differs("writelines() on a closed transport is a TypeError", first=(3, 12))
def test_writing_after_the_connection_is_lost_raises_nothing(loop):
    """The most reported one: RuntimeError, unable to perform operation, the handler is closed."""

    async def main():
        async with connected() as (remote, client):
            remote.transport.abort()
            await client.lost
            client.transport.write(b"late")
            client.transport.writelines([b"later"])
            client.transport.close()

    loop.run_until_complete(main())


def test_write_buffer_limits_are_asyncios(loop):
    """The low mark was 16 bytes where asyncio's is 16 KiB. So writers were resumed only when everything was sent."""

    async def main():
        async with connected() as (_, client):
            assert client.transport.get_write_buffer_limits() == (16 * 1024, 64 * 1024)
            client.transport.set_write_buffer_limits()
            assert client.transport.get_write_buffer_limits() == (16 * 1024, 64 * 1024)

    loop.run_until_complete(main())


def test_the_socket_is_known_after_the_end(loop):
    async def main():
        async with connected() as (_, client):
            transport = client.transport
            transport.abort()
            await client.lost
            assert transport.get_extra_info("socket") is not None
            assert transport.get_extra_info("peername")[0] == "127.0.0.1"

    loop.run_until_complete(main())


def test_the_factory_is_called_once_the_connection_is_there(loop):
    """It was called too early, and the protocol never heard of the failure."""
    made = []
    with socket.socket() as gone:
        gone.bind(("127.0.0.1", 0))
        address = gone.getsockname()
    with pytest.raises(ConnectionRefusedError):
        loop.run_until_complete(loop.create_connection(lambda: made.append(1), *address))
    assert made == []


def test_removing_watchers_says_whether_there_were_any(loop):
    left, right = socket.socketpair()
    with left, right:
        loop.add_writer(left, print)
        assert loop.remove_writer(left) is True and loop.remove_writer(left) is False
        assert loop.remove_reader(left) is False


@since((3, 11), "the check")
@pytest.mark.parametrize("wrong", [1, object(), "executor"], ids=repr)
def test_what_is_no_executor_is_refused(loop, wrong):
    with pytest.raises(TypeError):
        loop.set_default_executor(wrong)


def test_a_socket_that_is_closed_while_a_task_waits_for_it_does_no_harm(loop):
    """It aborted the process."""

    async def main():
        left, right = socket.socketpair()
        left.setblocking(False)
        waiting = loop.create_task(loop.sock_recv(left, 10))
        await asyncio.sleep(0)
        left.close()
        right.close()
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.wait([waiting])
        return await asyncio.sleep(0, "alive")

    assert loop.run_until_complete(main()) == "alive"


def test_a_number_that_is_another_descriptor_now_is_watched_anew(loop):
    """The old watcher was found instead. An assertion failed in libuv, or one connection read another's bytes."""

    async def main():
        for _ in range(50):
            left, right = socket.socketpair()
            left.setblocking(False)
            task = loop.create_task(loop.sock_recv(left, 10))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            left.close()
            again, other = socket.socketpair()
            again.setblocking(False)
            loop.call_soon(other.send, b"mine")
            assert await loop.sock_recv(again, 10) == b"mine"
            for sock in (right, again, other):
                sock.close()

    loop.run_until_complete(main())


def test_a_cancelled_connection_does_not_close_somebody_elses_socket(loop):
    """The descriptor was closed twice. The second time it belonged to another connection."""

    async def main():
        with socket.create_server(("127.0.0.1", 0), backlog=200) as listener:
            address = listener.getsockname()
            kept = []
            for _ in range(50):
                sock = socket.socket()
                sock.setblocking(False)
                await loop.sock_connect(sock, address)
                task = loop.create_task(loop.create_connection(Recorder, sock=sock))
                await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task])
                kept.append(socket.create_connection(address))
                if not task.cancelled():
                    task.result()[0].abort()
            gc.collect()
            await asyncio.sleep(0)
            for sock in kept:
                assert sock.getpeername() == address
                sock.close()

    loop.run_until_complete(main())


def test_a_buffer_for_several_connections_is_answered_from_before_it_is_filled_again(loop):
    """Writes were sent at the end of the iteration, from a buffer that the next connection had filled by then."""
    buffer = bytearray(1024)

    class Echo(asyncio.BufferedProtocol):
        def connection_made(self, transport):
            self.transport = transport

        def get_buffer(self, size_hint):
            return buffer

        def buffer_updated(self, count):
            self.transport.write(memoryview(buffer)[:count])

    async def main():
        server = await loop.create_server(Echo, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        clients = [socket.create_connection(address) for _ in range(20)]
        await asyncio.sleep(0.02)
        for number, client in enumerate(clients):
            client.send(b"%d" % number)
        answers = []
        for client in clients:
            client.setblocking(False)
            answers.append(await loop.sock_recv(client, 100))
            client.close()
        server.close()
        await asyncio.sleep(0.02)
        assert answers == [b"%d" % number for number in range(20)]

    loop.run_until_complete(main())


def test_the_loops_own_attributes_that_libraries_look_at_are_there(loop):
    async def main():
        assert loop._thread_id is not None and loop._stopping is False

    assert loop._closed is False and loop._debug is False and loop._default_executor is None
    loop.run_until_complete(main())
    assert loop._thread_id is None


def test_handles_know_their_context_and_arguments(loop):
    handle = loop.call_soon(print, 1, 2)
    assert handle._callback is print and handle._args == (1, 2) and handle._loop is loop
    if sys.version_info >= (3, 12):
        assert handle.get_context() is handle._context
    handle.cancel()


def test_in_debug_mode_what_cannot_be_called_is_refused(loop):
    loop.set_debug(True)
    for wrong in (1, None, "callback"):
        with pytest.raises(TypeError):
            loop.call_soon(wrong)
    loop.set_debug(False)


def test_signals_between_two_runs_are_kept(loop):
    import signal

    seen = []
    loop.add_signal_handler(signal.SIGUSR1, seen.append, "signal")
    loop.run_until_complete(asyncio.sleep(0))
    os.kill(os.getpid(), signal.SIGUSR1)
    loop.run_until_complete(asyncio.sleep(0.01))
    assert seen == ["signal"] and loop.remove_signal_handler(signal.SIGUSR1) is True


def test_a_thread_that_forks_shuts_no_loop(loop):
    """Children of multiprocessing are forked while the loop runs, and use loops of their own."""
    import multiprocessing

    async def main():
        context = multiprocessing.get_context("fork")
        results = []
        for _ in range(3):
            queue = context.SimpleQueue()
            process = context.Process(target=child, args=(type(loop), queue))
            process.start()
            await loop.run_in_executor(None, process.join, PATIENCE_S)
            assert process.exitcode == 0
            results.append(queue.get())
        return results

    assert loop.run_until_complete(main()) == ["child"] * 3


def child(loop_type, queue):
    async def main():
        await asyncio.sleep(0.001)
        return "child"

    asyncio._set_running_loop(None)
    loop = loop_type()
    queue.put(loop.run_until_complete(main()))
    loop.close()


def test_memory_of_a_lost_connection_is_given_back(loop):
    """Its protocol and transport were kept alive by each other's callbacks."""
    alive = collections.Counter()

    class Counted(Recorder):
        def __init__(self):
            super().__init__()
            alive["protocols"] += 1

        def __del__(self):
            alive["protocols"] -= 1

    async def main():
        for _ in range(20):
            async with connected(Counted, Counted) as (remote, client):
                client.transport.write(b"x" * 100_000)
                await until(lambda: remote.received)
                remote.transport.abort()
                await client.lost
                await remote.lost

    loop.run_until_complete(main())
    gc.collect()
    assert alive["protocols"] == 0


def test_create_task_takes_the_keywords_of_this_python(loop):
    import contextvars

    who = contextvars.ContextVar("who", default="nobody")
    context = contextvars.copy_context()
    context.run(who.set, "somebody")

    async def main():
        return who.get()

    keywords = {"name": "the task"}
    if sys.version_info >= (3, 11):
        keywords["context"] = context
    task = loop.create_task(main(), **keywords)
    assert task.get_name() == "the task"
    expected = "somebody" if sys.version_info >= (3, 11) else "nobody"
    assert loop.run_until_complete(task) == expected


def what_a_task_factory_gets(loop):
    seen = []

    def factory(loop, coroutine, **keywords):
        seen.append(sorted(keywords))
        return asyncio.Task(coroutine, loop=loop, **keywords)

    async def nothing():
        pass

    loop.set_task_factory(factory)
    assert loop.get_task_factory() is factory
    loop.run_until_complete(loop.create_task(nothing()))
    loop.run_until_complete(loop.create_task(nothing(), name="named"))
    loop.set_task_factory(None)
    return seen


def test_a_task_factory_gets_what_create_task_was_given(loop):
    """What it gets differs from Python to Python (up to both keywords), and not from loop to loop."""
    stock = asyncio.SelectorEventLoop()
    expected = what_a_task_factory_gets(stock)
    stock.close()
    assert len(expected) == 2
    assert what_a_task_factory_gets(loop) == expected


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
def test_eager_tasks_run_to_their_first_wait_at_once(loop):
    events = []

    async def child():
        events.append(asyncio.current_task().get_name())
        await asyncio.sleep(0)
        events.append("second step")

    async def main():
        task = asyncio.create_task(child(), name="eager")
        events.append("created")
        await task

    loop.set_task_factory(asyncio.eager_task_factory)
    loop.run_until_complete(main())
    assert events[1:] == ["created", "second step"]


# 3.12.1 has the argument, but waits until the threads have ended.
HAS_A_TIMEOUT = "timeouts" in asyncio.BaseEventLoop.shutdown_default_executor.__code__.co_names


@pytest.mark.skipif(not HAS_A_TIMEOUT, reason="the timeout came in the course of Python 3.12")
def test_shutting_down_the_executor_waits_no_longer_than_it_is_told(loop):
    import threading

    may_end = threading.Event()

    async def main():
        waiting = loop.run_in_executor(None, may_end.wait, 20)
        await asyncio.sleep(0.01)
        with pytest.warns(RuntimeWarning, match="did not finishing joining its threads"):
            await loop.shutdown_default_executor(timeout=0.05)
        may_end.set()
        await waiting

    loop.run_until_complete(main())
