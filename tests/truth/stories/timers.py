"""Timers: call_later(), call_at(), and those of asyncio.sleep() and of timeouts."""

import asyncio

from stories import since


def on_timer():
    pass


def on_soon():
    pass


def a_timer_fires(loop):
    """
    set timer.1 a_timer_fires.on_last_timer
    run
        poll until_timer a_timer_fires.on_last_timer: 0
        fired timer.1 a_timer_fires.on_last_timer
        timers 1
            timer a_timer_fires.on_last_timer (timer.1)
        poll stopping: 0
    """

    def on_last_timer():
        loop.stop()

    loop.call_later(0.05, on_last_timer)
    loop.run_forever()


def due_timers_run_behind_what_is_queued(loop):
    """
    set timer.1 on_timer
    set timer.2 on_timer
    set timer.3 LoopBase.stop
    run
        poll ready_callbacks on_soon: 0
        fired timer.2 on_timer
        fired timer.1 on_timer
        fired timer.3 LoopBase.stop
        timers 3, ran 0
        idle 4
            soon on_soon
            timer on_timer (timer.2)
            timer on_timer (timer.1)
            timer LoopBase.stop (timer.3)
        poll stopping: 0
    """
    loop.call_at(1, on_timer)
    loop.call_soon(on_soon)
    loop.call_at(0, on_timer)
    loop.call_at(2, loop.stop)
    loop.run_forever()


def due_timers_run_at_once_if_nothing_is_queued(loop):
    """
    set timer.1 on_timer
    set timer.2 LoopBase.stop
    run
        poll timer_due on_timer: 0
        fired timer.1 on_timer
        fired timer.2 LoopBase.stop
        timers 2
            timer on_timer (timer.1)
            timer LoopBase.stop (timer.2)
        poll stopping: 0
    """
    loop.call_at(1, on_timer)
    loop.call_at(2, loop.stop)
    loop.run_forever()


def a_timer_is_cancelled(loop):
    """
    set timer.1 on_timer
    run
        poll ready_callbacks TimerHandle.cancel: 0
        idle 2
            soon TimerHandle.cancel
                cancelled timer.1 on_timer
            soon LoopBase.stop
        poll stopping: 0
    """
    timer = loop.call_later(3600, on_timer)
    loop.call_soon(timer.cancel)
    loop.call_soon(loop.stop)
    loop.run_forever()


def a_fired_timer_is_cancelled_before_it_runs(loop):
    """
    set timer.1 a_fired_timer_is_cancelled_before_it_runs.cancel_the_other
    set timer.2 on_timer
    run
        poll timer_due a_fired_timer_is_cancelled_before_it_runs.cancel_the_other: 0
        fired timer.1 a_fired_timer_is_cancelled_before_it_runs.cancel_the_other
        fired timer.2 on_timer
        timers 2, ran 1
            timer a_fired_timer_is_cancelled_before_it_runs.cancel_the_other (timer.1)
        poll stopping: 0
    """

    def cancel_the_other():
        timer.cancel()
        loop.stop()

    loop.call_at(1, cancel_the_other)
    timer = loop.call_at(2, on_timer)
    loop.run_forever()


def a_task_sleeps(loop):
    """
    created task.1 a_task_sleeps.sleeper
    run
        poll ready_callbacks a_task_sleeps.sleeper: 0
        idle 1
            task_step a_task_sleeps.sleeper (task.1)
                set timer.1 _set_result_unless_cancelled
        poll until_timer sleep in a_task_sleeps.sleeper: 0
        fired timer.1 sleep in a_task_sleeps.sleeper
        timers 1
            timer sleep in a_task_sleeps.sleeper (timer.1)
        poll ready_callbacks a_task_sleeps.sleeper: 0
        idle 1
            task_step a_task_sleeps.sleeper (task.1)
                done task.1 a_task_sleeps.sleeper
        poll stopping: 0
    """

    async def sleeper():
        await asyncio.sleep(0.001)
        loop.stop()

    task = loop.create_task(sleeper())
    loop.run_forever()
    assert task.done()


@since((3, 11), "asyncio.timeout()")
def a_timeout_ends_in_time(loop):
    """
    created task.1 a_timeout_ends_in_time.main
    run
        poll ready_callbacks a_timeout_ends_in_time.main: 0
        idle 1
            task_step a_timeout_ends_in_time.main (task.1)
                set timer.1 Timeout._on_timeout
        poll ready_callbacks a_timeout_ends_in_time.main: 0
        idle 1
            task_step a_timeout_ends_in_time.main (task.1)
                cancelled timer.1 Timeout._on_timeout
                done task.1 a_timeout_ends_in_time.main
        poll stopping: 0
    """

    async def main():
        async with asyncio.timeout(3600):
            await asyncio.sleep(0)
        loop.stop()

    task = loop.create_task(main())
    loop.run_forever()
    assert task.done()


@since((3, 11), "asyncio.timeout()")
def a_timeout_is_up(loop):
    """
    created task.1 a_timeout_is_up.main
    run
        poll ready_callbacks a_timeout_is_up.main: 0
        idle 1
            task_step a_timeout_is_up.main (task.1)
                set timer.1 Timeout._on_timeout
        poll until_timer Timeout._on_timeout: 0
        fired timer.1 Timeout._on_timeout
        timers 1
            timer Timeout._on_timeout (timer.1)
        poll ready_callbacks a_timeout_is_up.main: 0
        idle 1
            task_step a_timeout_is_up.main (task.1)
                done task.1 a_timeout_is_up.main
        poll stopping: 0
    """

    async def main():
        try:
            async with asyncio.timeout(0.001):
                await loop.create_future()
        except TimeoutError:
            loop.stop()

    task = loop.create_task(main())
    loop.run_forever()
    assert task.done()
