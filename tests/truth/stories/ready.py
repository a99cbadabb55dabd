"""What is queued: call_soon(), call_soon_threadsafe(), done callbacks of futures, tasks, executors."""

import asyncio
import functools
import os
import threading
import time

from stories import in_any_poll


def on_soon():
    pass


def on_soon_with(_):
    pass


def call_soon(loop):
    """
    run
        poll ready_callbacks call_soon.first: 0
        idle 1
            soon call_soon.first
        poll ready_callbacks on_soon: 0
        idle 4
            soon on_soon
            soon on_soon_with
            soon getpid
            soon LoopBase.stop
        poll stopping: 0
    """

    def first():
        loop.call_soon(on_soon)
        loop.call_soon(functools.partial(on_soon_with, 1))
        loop.call_soon(os.getpid)
        loop.call_soon(loop.stop)

    loop.call_soon(first)
    loop.run_forever()


def a_callback_is_cancelled(loop):
    """
    run
        poll ready_callbacks: 0
        idle 3, ran 2
            soon on_soon_with
            soon LoopBase.stop
        poll stopping: 0
    """
    loop.call_soon(on_soon).cancel()
    loop.call_soon(on_soon_with, 1)
    loop.call_soon(loop.stop)
    loop.run_forever()


def a_callback_raises(loop):
    """
    run
        poll ready_callbacks a_callback_raises.raises: 0
        idle 1
            soon a_callback_raises.raises
        poll stopping: 0
    """

    def raises():
        raise ZeroDivisionError

    loop.set_exception_handler(lambda loop, context: loop.stop())
    loop.call_soon(raises)
    loop.run_forever()


def an_exit_leaves_what_is_queued(loop):
    """
    run
        poll ready_callbacks an_exit_leaves_what_is_queued.leaves: 0
        idle 2, ran 1
            soon an_exit_leaves_what_is_queued.leaves
        poll stopping: 0
    run
        poll ready_callbacks on_soon: 0
        idle 2
            soon on_soon
            soon LoopBase.stop
        poll stopping: 0
    """

    def leaves():
        raise SystemExit

    loop.call_soon(leaves)
    loop.call_soon(on_soon)
    try:
        loop.run_forever()
    except SystemExit:
        pass
    loop.call_soon(loop.stop)
    loop.run_forever()


def on_threadsafe(stop):
    stop()


def call_soon_threadsafe(loop):
    """
    run
        poll forever: 1
            wakeup
        idle 1
            threadsafe on_threadsafe
        poll stopping: 0
    """
    threading.Timer(0.1, loop.call_soon_threadsafe, [on_threadsafe, loop.stop]).start()
    loop.run_forever()


def on_future_done(future):
    future.get_loop().stop()


def a_future_is_done(loop):
    """
    run
        poll ready_callbacks Future.set_result: 0
        idle 1
            soon Future.set_result
        poll ready_callbacks on_future_done: 0
        idle 1
            future_done on_future_done
        poll stopping: 0
    """
    future = loop.create_future()
    future.add_done_callback(on_future_done)
    loop.call_soon(future.set_result, None)
    loop.run_forever()


def a_task_steps(loop):
    """
    created task.1 a_task_steps.parent
    run
        poll ready_callbacks a_task_steps.parent: 0
        idle 1
            task_step a_task_steps.parent (task.1)
                created task.2 a_task_steps.child
        poll ready_callbacks a_task_steps.child: 0
        idle 1
            task_step a_task_steps.child (task.2)
        poll ready_callbacks a_task_steps.child: 0
        idle 1
            task_step a_task_steps.child (task.2)
                done task.2 a_task_steps.child
        poll ready_callbacks a_task_steps.parent: 0
        idle 1
            task_step a_task_steps.parent (task.1)
                done task.1 a_task_steps.parent
        poll stopping: 0
    """

    async def child():
        await asyncio.sleep(0)

    async def parent():
        await loop.create_task(child())
        loop.stop()

    task = loop.create_task(parent())
    loop.run_forever()
    assert task.done()


def a_task_in_debug_mode(loop):
    """
    created task.1 a_task_in_debug_mode.main
    run
        poll ready_callbacks a_task_in_debug_mode.main: 0
        idle 1
            task_step a_task_in_debug_mode.main (task.1)
        poll ready_callbacks a_task_in_debug_mode.main: 0
        idle 1
            task_step a_task_in_debug_mode.main (task.1)
                done task.1 a_task_in_debug_mode.main
        poll ready_callbacks _run_until_complete_cb: 0
        idle 1
            future_done _run_until_complete_cb
        poll stopping: 0
    """

    async def main():
        await asyncio.sleep(0)

    loop.set_debug(True)
    loop.run_until_complete(main())


def a_task_fails(loop):
    """
    created task.1 a_task_fails.parent
    run
        poll ready_callbacks a_task_fails.parent: 0
        idle 1
            task_step a_task_fails.parent (task.1)
                created task.2 a_task_fails.fails
        poll ready_callbacks a_task_fails.fails: 0
        idle 1
            task_step a_task_fails.fails (task.2)
                done task.2 a_task_fails.fails
        poll ready_callbacks a_task_fails.parent: 0
        idle 1
            task_step a_task_fails.parent (task.1)
                done task.1 a_task_fails.parent
        poll ready_callbacks _run_until_complete_cb: 0
        idle 1
            future_done _run_until_complete_cb
        poll stopping: 0
    """

    async def fails():
        raise ZeroDivisionError

    async def parent():
        try:
            await loop.create_task(fails())
        except ZeroDivisionError:
            pass

    loop.run_until_complete(parent())


def a_task_is_cancelled(loop):
    """
    created task.1 a_task_is_cancelled.parent
    run
        poll ready_callbacks a_task_is_cancelled.parent: 0
        idle 1
            task_step a_task_is_cancelled.parent (task.1)
                created task.2 a_task_is_cancelled.sleeper
        poll ready_callbacks a_task_is_cancelled.sleeper: 0
        idle 2
            task_step a_task_is_cancelled.sleeper (task.2)
                set timer.1 _set_result_unless_cancelled
            task_step a_task_is_cancelled.parent (task.1)
        poll ready_callbacks a_task_is_cancelled.sleeper: 0
        idle 1
            task_step a_task_is_cancelled.sleeper (task.2)
                cancelled timer.1 _set_result_unless_cancelled
                done task.2 a_task_is_cancelled.sleeper
        poll ready_callbacks _wait._on_completion: 0
        idle 1
            future_done _wait._on_completion
        poll ready_callbacks a_task_is_cancelled.parent: 0
        idle 1
            task_step a_task_is_cancelled.parent (task.1)
                done task.1 a_task_is_cancelled.parent
        poll ready_callbacks _run_until_complete_cb: 0
        idle 1
            future_done _run_until_complete_cb
        poll stopping: 0
    """

    async def sleeper():
        await asyncio.sleep(3600)

    async def parent():
        task = loop.create_task(sleeper())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    loop.run_until_complete(parent())


def a_task_waits_for_a_future(loop):
    """
    created task.1 a_task_waits_for_a_future.main
    run
        poll ready_callbacks a_task_waits_for_a_future.main: 0
        idle 1
            task_step a_task_waits_for_a_future.main (task.1)
        poll ready_callbacks Future.set_result: 0
        idle 1
            soon Future.set_result
        poll ready_callbacks a_task_waits_for_a_future.main: 0
        idle 1
            task_step a_task_waits_for_a_future.main (task.1)
                done task.1 a_task_waits_for_a_future.main
        poll ready_callbacks _run_until_complete_cb: 0
        idle 1
            future_done _run_until_complete_cb
        poll stopping: 0
    """

    async def main():
        future = loop.create_future()
        loop.call_soon(future.set_result, None)
        await future

    loop.run_until_complete(main())


def an_asynchronous_generator_is_shut_down(loop):
    """
    created task.1 an_asynchronous_generator_is_shut_down.main
    run
        poll ready_callbacks an_asynchronous_generator_is_shut_down.main: 0
        idle 1
            task_step an_asynchronous_generator_is_shut_down.main (task.1)
                done task.1 an_asynchronous_generator_is_shut_down.main
        poll ready_callbacks _run_until_complete_cb: 0
        idle 1
            future_done _run_until_complete_cb
        poll stopping: 0
    created task.2 BaseEventLoop.shutdown_asyncgens
    run
        poll ready_callbacks BaseEventLoop.shutdown_asyncgens: 0
        idle 1
            task_step BaseEventLoop.shutdown_asyncgens (task.2)
                created task.3 an_asynchronous_generator_is_shut_down.generator
        poll ready_callbacks an_asynchronous_generator_is_shut_down.generator: 0
        idle 1
            task_step an_asynchronous_generator_is_shut_down.generator (task.3)
        poll ready_callbacks an_asynchronous_generator_is_shut_down.generator: 0
        idle 1
            task_step an_asynchronous_generator_is_shut_down.generator (task.3)
                done task.3 an_asynchronous_generator_is_shut_down.generator
        poll ready_callbacks gather._done_callback: 0
        idle 1
            future_done gather._done_callback
        poll ready_callbacks BaseEventLoop.shutdown_asyncgens: 0
        idle 1
            task_step BaseEventLoop.shutdown_asyncgens (task.2)
                done task.2 BaseEventLoop.shutdown_asyncgens
        poll ready_callbacks _run_until_complete_cb: 0
        idle 1
            future_done _run_until_complete_cb
        poll stopping: 0
    """

    async def generator():
        try:
            yield
        finally:
            await asyncio.sleep(0)

    async def main():
        await kept.__anext__()

    kept = generator()
    loop.run_until_complete(main())
    loop.run_until_complete(loop.shutdown_asyncgens())


def an_asynchronous_generator_is_collected(loop):
    """
    created task.1 an_asynchronous_generator_is_collected.main
    run
        poll ready_callbacks an_asynchronous_generator_is_collected.main: 0
        idle 1
            task_step an_asynchronous_generator_is_collected.main (task.1)
                done task.1 an_asynchronous_generator_is_collected.main
        poll ready_callbacks BaseEventLoop.create_task: 0
        idle 1
            threadsafe BaseEventLoop.create_task
                created task.2 an_asynchronous_generator_is_collected.generator
        poll ready_callbacks an_asynchronous_generator_is_collected.generator: 0
        idle 1
            task_step an_asynchronous_generator_is_collected.generator (task.2)
                done task.2 an_asynchronous_generator_is_collected.generator
        poll stopping: 0
    """

    async def generator():
        try:
            yield
        finally:
            loop.stop()

    async def main():
        async for _ in generator():
            break

    task = loop.create_task(main())
    loop.run_forever()
    assert task.done()


@in_any_poll
def an_executors_result(loop):
    """
    created task.1 an_executors_result.main
    run
        task_step an_executors_result.main (task.1)
        threadsafe _chain_future._set_state
        future_done _chain_future._call_check_cancel
        task_step an_executors_result.main (task.1)
        threadsafe Future.set_result
        task_step an_executors_result.main (task.1)
            done task.1 an_executors_result.main
        future_done _run_until_complete_cb
    """

    def work():
        time.sleep(
            0.02
        )  # the loop waits for it: from Python 3.14 on a result that is there is taken without a callback

    async def main():
        await loop.run_in_executor(None, work)
        await loop.shutdown_default_executor()

    loop.run_until_complete(main())


@in_any_poll
def getaddrinfo(loop):
    """
    created task.1 getaddrinfo.main
    run
        task_step getaddrinfo.main (task.1)
        threadsafe _chain_future._set_state
        future_done _chain_future._call_check_cancel
        task_step getaddrinfo.main (task.1)
            done task.1 getaddrinfo.main
        future_done _run_until_complete_cb
    """

    async def main():
        await loop.getaddrinfo("localhost", 80)

    loop.run_until_complete(main())
