"""Futures, tasks, task factories and context variables."""

from __future__ import annotations

import asyncio
import contextvars
import socket

import pytest
from versions import since


def test_create_future_makes_a_future_of_this_loop(loop):
    future = loop.create_future()
    assert isinstance(future, asyncio.Future)
    assert future.get_loop() is loop


def test_create_task_makes_a_task_of_this_loop(loop):
    async def answer():
        return 42

    task = loop.create_task(answer(), name="the answer")
    assert isinstance(task, asyncio.Task)
    assert task.get_loop() is loop and task.get_name() == "the answer"
    assert loop.run_until_complete(task) == 42


def test_done_callbacks_run_soon_and_in_order(loop):
    order = []
    future = loop.create_future()
    future.add_done_callback(lambda f: order.append((1, f.result())))
    future.add_done_callback(lambda f: order.append((2, f.result())))
    future.set_result("x")
    assert order == []
    loop.call_soon(loop.stop)
    loop.run_forever()
    assert order == [(1, "x"), (2, "x")]


def test_tasks_take_turns(loop):
    order = []

    async def count(name):
        for number in range(3):
            order.append((name, number))
            await asyncio.sleep(0)

    async def main():
        await asyncio.gather(count("a"), count("b"))

    loop.run_until_complete(main())
    assert order == [("a", 0), ("b", 0), ("a", 1), ("b", 1), ("a", 2), ("b", 2)]


def test_a_task_can_be_cancelled_while_it_sleeps(loop):
    async def sleep():
        await asyncio.sleep(100)

    async def main():
        task = asyncio.ensure_future(sleep())
        await asyncio.sleep(0.001)
        task.cancel("enough")
        with pytest.raises(asyncio.CancelledError):
            await task
        return task.cancelled()

    assert loop.run_until_complete(main())


@since((3, 11), "asyncio.TaskGroup")
def test_a_task_group_waits_for_all(loop):
    done = []

    async def work(number):
        await asyncio.sleep(0.001 * number)
        done.append(number)

    async def main():
        async with asyncio.TaskGroup() as group:
            for number in range(5):
                group.create_task(work(number))

    loop.run_until_complete(main())
    assert done == [0, 1, 2, 3, 4]


def test_current_task_and_all_tasks_know_the_loop(loop):
    async def main():
        task = asyncio.current_task()
        assert task in asyncio.all_tasks()
        return task

    task = loop.create_task(main())
    assert asyncio.all_tasks(loop) == {task}
    assert loop.run_until_complete(task) is task
    assert asyncio.all_tasks(loop) == set()


def test_the_task_factory_makes_the_tasks(loop):
    made = []

    class MyTask(asyncio.Task):
        pass

    def factory(running, coroutine, **options):
        made.append(MyTask(coroutine, loop=running, **options))
        return made[-1]

    async def nothing():
        pass

    assert loop.get_task_factory() is None
    loop.set_task_factory(factory)
    assert loop.get_task_factory() is factory
    loop.run_until_complete(nothing())
    assert isinstance(made[0], MyTask)
    loop.set_task_factory(None)
    assert loop.get_task_factory() is None


def test_a_task_factory_that_cannot_be_called_is_a_type_error(loop):
    with pytest.raises(TypeError):
        loop.set_task_factory(1)


def test_ten_thousand_tasks(loop):
    async def one(number):
        await asyncio.sleep(0)
        return number

    async def main():
        return sum(await asyncio.gather(*(one(n) for n in range(10_000))))

    assert loop.run_until_complete(main()) == sum(range(10_000))


def test_a_deep_chain_of_futures_wakes_up_all_along(loop):
    async def chain(depth):
        if depth == 0:
            await asyncio.sleep(0)
            return 0
        return 1 + await asyncio.create_task(chain(depth - 1))

    assert loop.run_until_complete(chain(200)) == 200


variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


def with_value(value):
    context = contextvars.copy_context()
    context.run(variable.set, value)
    return context


@pytest.mark.parametrize(
    "schedule",
    [
        lambda loop, f, **k: loop.call_soon(f, **k),
        lambda loop, f, **k: loop.call_soon_threadsafe(f, **k),
        lambda loop, f, **k: loop.call_later(0.001, f, **k),
        lambda loop, f, **k: loop.call_later(0, f, **k),
        lambda loop, f, **k: loop.call_at(loop.time(), f, **k),
    ],
    ids="soon threadsafe later zero at".split(),
)
class TestContext:
    def test_a_callback_runs_in_the_context_it_was_given(self, loop, schedule):
        seen = []

        def look():
            seen.append(variable.get())
            variable.set("changed inside")

        context = with_value("given")
        schedule(loop, look, context=context)
        loop.run_until_complete(asyncio.sleep(0.01))
        assert seen == ["given"]
        assert context[variable] == "changed inside"
        assert variable.get() == "unset"

    def test_without_one_it_runs_in_a_copy_of_the_callers(self, loop, schedule):
        seen = []

        def look():
            seen.append(variable.get())
            variable.set("changed inside")

        def caller():
            variable.set("caller's")
            schedule(loop, look)
            variable.set("changed afterwards")

        context = contextvars.copy_context()
        context.run(caller)
        loop.run_until_complete(asyncio.sleep(0.01))
        assert seen == ["caller's"]
        assert context[variable] == "changed afterwards"

    def test_callbacks_that_share_a_context_see_each_others_changes(self, loop, schedule):
        seen = []
        context = with_value("0")

        def step():
            seen.append(variable.get())
            variable.set(str(int(variable.get()) + 1))

        for _ in range(3):
            schedule(loop, step, context=context)
        loop.run_until_complete(asyncio.sleep(0.02))
        assert seen == ["0", "1", "2"]


def test_context_none_means_the_current_one(loop):
    seen = []
    with_value("x").run(lambda: loop.call_soon(lambda: seen.append(variable.get()), context=None))
    loop.run_until_complete(asyncio.sleep(0))
    assert seen == ["x"]


def test_a_reader_runs_in_the_context_of_add_reader(loop):
    import socket

    left, right = socket.socketpair()
    seen = []

    def read():
        seen.append(variable.get())
        loop.remove_reader(left)

    with left, right:
        with_value("reader").run(loop.add_reader, left, read)
        right.send(b"x")
        loop.run_until_complete(asyncio.sleep(0.01))
    assert seen == ["reader"]


def test_a_writer_runs_in_the_context_of_add_writer(loop):
    import socket

    left, right = socket.socketpair()
    seen = []

    def write():
        seen.append(variable.get())
        loop.remove_writer(left)

    with left, right:
        with_value("writer").run(loop.add_writer, left, write)
        loop.run_until_complete(asyncio.sleep(0.01))
    assert seen == ["writer"]


def test_a_signal_handler_runs_in_the_context_of_add_signal_handler(loop):
    import os
    import signal

    seen = []
    with_value("signal").run(
        loop.add_signal_handler, signal.SIGUSR1, lambda: seen.append(variable.get())
    )
    loop.call_soon(os.kill, os.getpid(), signal.SIGUSR1)
    loop.run_until_complete(asyncio.sleep(0.02))
    loop.remove_signal_handler(signal.SIGUSR1)
    assert seen == ["signal"]


def test_a_task_keeps_one_context_through_all_its_steps(loop):
    async def steps():
        variable.set("mine")
        await asyncio.sleep(0.001)
        return variable.get()

    async def main():
        results = await asyncio.gather(steps(), steps())
        return results, variable.get()

    assert loop.run_until_complete(main()) == (["mine", "mine"], "unset")


@since((3, 11), "create_task(context=)")
def test_a_task_runs_in_the_context_it_was_given(loop):
    async def look():
        await asyncio.sleep(0)
        return variable.get()

    assert (
        loop.run_until_complete(loop.create_task(look(), context=with_value("task's"))) == "task's"
    )


def test_a_done_callback_runs_in_the_context_of_add_done_callback(loop):
    seen = []
    future = loop.create_future()
    with_value("done").run(future.add_done_callback, lambda _: seen.append(variable.get()))
    future.set_result(None)
    loop.run_until_complete(asyncio.sleep(0))
    assert seen == ["done"]


def test_protocol_callbacks_run_in_the_context_of_create_server(loop):
    import socket

    seen = []

    class Protocol(asyncio.Protocol):
        def __init__(self):
            seen.append(("factory", variable.get()))

        def connection_made(self, transport):
            seen.append(("made", variable.get()))

        def data_received(self, data):
            seen.append(("data", variable.get()))

        def eof_received(self):
            seen.append(("eof", variable.get()))

        def connection_lost(self, error):
            seen.append(("lost", variable.get()))

    async def main():
        variable.set("server's")
        server = await loop.create_server(Protocol, "127.0.0.1", 0)
        variable.set("something later")
        client = socket.create_connection(server.sockets[0].getsockname())
        client.send(b"x")
        await asyncio.sleep(0.01)
        client.close()
        while len(seen) < 5:
            await asyncio.sleep(0.001)
        server.close()

    loop.run_until_complete(main())
    values = dict(seen)
    assert list(values) == ["factory", "made", "data", "eof", "lost"]
    assert set(values.values()) <= {"server's", "something later"}


def test_async_generators_are_shut_down(loop):
    closed = []

    async def numbers():
        try:
            while True:
                yield 1
        finally:
            await asyncio.sleep(0)
            closed.append(True)

    async def main():
        generator = numbers()
        await generator.__anext__()
        keep.append(generator)

    keep = []
    loop.run_until_complete(main())
    loop.run_until_complete(loop.shutdown_asyncgens())
    assert closed == [True]


def test_a_forgotten_async_generator_is_closed_by_the_loop(loop):
    import gc

    closed = []

    async def numbers():
        try:
            yield 1
            yield 2
        finally:
            closed.append(True)

    async def main():
        async for _ in numbers():
            break
        gc.collect()
        await asyncio.sleep(0.01)

    loop.run_until_complete(main())
    assert closed == [True]


def test_an_error_in_a_closing_async_generator_is_reported(loop, errors):
    async def numbers():
        try:
            yield 1
        finally:
            raise ZeroDivisionError

    async def main():
        generator = numbers()
        await generator.__anext__()
        keep.append(generator)

    keep = []
    loop.run_until_complete(main())
    loop.run_until_complete(loop.shutdown_asyncgens())
    assert isinstance(errors[0]["exception"], ZeroDivisionError)
    assert errors[0]["asyncgen"] is keep[0]


def test_iterating_a_generator_after_shutdown_warns(loop):
    async def numbers():
        yield 1

    async def main():
        await loop.shutdown_asyncgens()
        async for _ in numbers():
            pass

    with pytest.warns(ResourceWarning, match="was scheduled after"):
        loop.run_until_complete(main())


def test_a_future_is_of_the_type_that_asyncio_has_at_the_time(loop, monkeypatch):
    class Future(asyncio.Future):
        pass

    monkeypatch.setattr(asyncio.futures, "Future", Future)
    assert type(loop.create_future()) is Future
    monkeypatch.delattr(asyncio.futures, "Future")
    with pytest.raises(AttributeError):
        loop.create_future()


def test_a_loop_of_ones_own_makes_its_own_futures(loop):
    class Loop(type(loop)):  # type: ignore
        def create_future(self):
            made.append(super().create_future())
            return made[-1]

    made: list[asyncio.Future] = []
    own = Loop()
    left, right = socket.socketpair()
    with left, right:
        left.setblocking(False)
        own.call_later(0.01, right.send, b"x")
        assert own.run_until_complete(own.sock_recv(left, 1)) == b"x"
    own.close()
    assert len(made) == 1
