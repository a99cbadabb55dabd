"""Debug mode: what asyncio checks and reports when it is on."""

from __future__ import annotations

import asyncio
import logging
import threading
import time

import pytest


@pytest.fixture
def debug_loop(loop):
    loop.set_debug(True)
    yield loop
    loop.set_debug(False)


def test_debug_can_be_set_and_asked(loop):
    assert loop.get_debug() is False
    loop.set_debug(True)
    assert loop.get_debug() is True
    loop.set_debug(False)
    assert loop.get_debug() is False


def test_debug_comes_from_the_environment(program):
    result = program.run("print(new_event_loop().get_debug())", PYTHONASYNCIODEBUG="1")
    assert result.stdout == "True\n"


def slow_callback():
    time.sleep(0.03)


@pytest.mark.parametrize(
    "schedule",
    [
        lambda loop: loop.call_soon(slow_callback),
        lambda loop: loop.call_later(0.001, slow_callback),
    ],
    ids=["soon", "timer"],
)
def test_a_slow_callback_is_reported(debug_loop, caplog, schedule):
    debug_loop.slow_callback_duration = 0.02
    schedule(debug_loop)
    with caplog.at_level(logging.WARNING, logger="asyncio"):
        debug_loop.run_until_complete(asyncio.sleep(0.01))
    messages = [record.getMessage() for record in caplog.records if record.name == "asyncio"]
    slow = [m for m in messages if "slow_callback" in m]
    assert len(slow) == 1
    assert slow[0].startswith("Executing <") and " took 0.0" in slow[0]


def test_a_slow_task_step_is_reported_by_the_tasks_name(debug_loop, caplog):
    async def slow_coroutine():
        time.sleep(0.03)

    debug_loop.slow_callback_duration = 0.02
    with caplog.at_level(logging.WARNING, logger="asyncio"):
        debug_loop.run_until_complete(slow_coroutine())
    assert any(
        m.getMessage().startswith("Executing <Task") and "slow_coroutine" in m.getMessage()
        for m in caplog.records
    )


def test_a_slow_reader_is_reported(debug_loop, caplog):
    import socket

    left, right = socket.socketpair()
    debug_loop.slow_callback_duration = 0.02

    def slow_reader():
        left.recv(1)
        time.sleep(0.03)

    with left, right:
        debug_loop.add_reader(left, slow_reader)
        right.send(b"x")
        with caplog.at_level(logging.WARNING, logger="asyncio"):
            debug_loop.run_until_complete(asyncio.sleep(0.01))
        debug_loop.remove_reader(left)
    assert "slow_reader" in caplog.text


def test_a_quick_callback_is_not_reported(debug_loop, caplog):
    debug_loop.slow_callback_duration = 5
    debug_loop.call_soon(slow_callback)
    with caplog.at_level(logging.WARNING, logger="asyncio"):
        debug_loop.run_until_complete(asyncio.sleep(0))
    assert not [record for record in caplog.records if record.name == "asyncio"]


@pytest.mark.parametrize(
    "call",
    [
        lambda loop: loop.call_soon(print),
        lambda loop: loop.call_later(1, print),
        lambda loop: loop.call_at(1, print),
    ],
    ids=["soon", "later", "at"],
)
def test_scheduling_from_a_foreign_thread_is_an_error(debug_loop, call):
    caught = []

    def work():
        try:
            call(debug_loop)
        except RuntimeError as error:
            caught.append(str(error))

    async def main():
        thread = threading.Thread(target=work)
        thread.start()
        while thread.is_alive():
            await asyncio.sleep(0.001)

    debug_loop.run_until_complete(main())
    assert caught == [
        "Non-thread-safe operation invoked on an event loop other than the current one"
    ]


def test_without_debug_a_foreign_thread_is_not_checked(loop):
    handles = []

    async def main():
        thread = threading.Thread(target=lambda: handles.append(loop.call_soon(print)))
        thread.start()
        thread.join()
        handles[0].cancel()

    loop.run_until_complete(main())


@pytest.mark.parametrize(
    "call",
    [
        lambda loop, f: loop.call_soon(f),
        lambda loop, f: loop.call_soon_threadsafe(f),
        lambda loop, f: loop.call_later(1, f),
        lambda loop, f: loop.call_at(1, f),
    ],
    ids=["soon", "threadsafe", "later", "at"],
)
def test_a_coroutine_function_is_refused_as_a_callback(debug_loop, call):
    async def coroutine():
        pass

    with pytest.raises(TypeError, match="coroutines cannot be used with"):
        call(debug_loop, coroutine)


def test_a_coroutine_object_is_refused_as_a_callback(debug_loop):
    async def coroutine():
        pass

    made = coroutine()
    with pytest.raises(TypeError, match="coroutines cannot be used with"):
        debug_loop.call_soon(made)
    made.close()


def test_what_cannot_be_called_is_refused_as_a_callback(debug_loop):
    with pytest.raises(TypeError, match="a callable object was expected"):
        debug_loop.call_soon("not callable")


def test_an_executor_function_is_checked(debug_loop):
    async def coroutine():
        pass

    with pytest.raises(TypeError):
        debug_loop.run_in_executor(None, coroutine)


def test_handles_remember_where_they_were_created(debug_loop):
    handle = debug_loop.call_soon(print)
    assert handle._source_traceback[-1].filename == __file__
    assert "created at" in repr(handle) and "test_debug.py" in repr(handle)
    handle.cancel()
    assert "cancelled" in repr(handle) and "created at" in repr(handle)


def test_timer_handles_remember_where_they_were_created(debug_loop):
    handle = debug_loop.call_later(10, print)
    assert handle._source_traceback[-1].filename == __file__
    handle.cancel()


def test_an_error_report_says_where_the_callback_was_scheduled(debug_loop, caplog):
    def fail():
        raise ZeroDivisionError

    debug_loop.call_soon(fail)
    with caplog.at_level(logging.ERROR, logger="asyncio"):
        debug_loop.run_until_complete(asyncio.sleep(0))
    assert "source_traceback: Object created at (most recent call last):" in caplog.text


def test_a_coroutine_that_was_never_awaited_says_where_it_was_made(program):
    result = program.run(
        """
        async def forgotten():
            pass

        async def main():
            forgotten()

        loop = new_event_loop()
        loop.set_debug(True)
        loop.run_until_complete(main())
        loop.close()
        """
    )
    assert "coroutine 'forgotten' was never awaited" in result.stderr
    assert "Coroutine created at (most recent call last)" in result.stderr


def test_the_loop_runs_as_always_in_debug_mode(debug_loop):
    async def main():
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"hello\n")
        line = await reader.readline()
        writer.close()
        await writer.wait_closed()
        server.close()
        return line

    async def echo(reader, writer):
        writer.write(await reader.readline())
        writer.close()

    assert debug_loop.run_until_complete(main()) == b"hello\n"


def test_a_slow_protocol_method_is_reported_by_its_name(debug_loop, caplog):
    class Slow(asyncio.Protocol):
        def data_received(self, data):
            time.sleep(0.02)
            received.set_result(None)

        def connection_lost(self, error):
            lost.set_result(None)

    debug_loop.slow_callback_duration = 0.01
    received, lost = debug_loop.create_future(), debug_loop.create_future()

    async def main():
        server = await debug_loop.create_server(Slow, "127.0.0.1", 0)
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"x")
        await received
        await asyncio.sleep(0)
        writer.close()
        await lost
        server.close()
        await asyncio.sleep(0)

    with caplog.at_level(logging.WARNING, logger="asyncio"):
        debug_loop.run_until_complete(main())
    slow = [r.getMessage() for r in caplog.records if r.getMessage().startswith("Executing")]
    assert any("took 0.0" in line for line in slow)


@pytest.mark.parametrize("enabled", [1, 0, "yes", "", None, True, False])
def test_whatever_is_true_turns_it_on(loop, enabled):
    loop.set_debug(enabled)
    assert bool(loop.get_debug()) is bool(enabled)
    loop.run_until_complete(asyncio.sleep(0))
