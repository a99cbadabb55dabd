"""Tasks are asyncio's own, written in C. So tools that look into them from outside find what they expect.

Python 3.14's `python -m asyncio ps` reads tasks out of another process's memory: tasks of this type, of the loop that
a thread says is running.
"""

from __future__ import annotations

import _asyncio
import asyncio
import io
import sys

import pytest


def test_tasks_and_futures_are_asyncios_own(loop):
    async def main():
        assert type(asyncio.current_task()) is _asyncio.Task
        assert type(loop.create_task(asyncio.sleep(0))) is _asyncio.Task
        assert type(loop.create_future()) is _asyncio.Future

    loop.run_until_complete(main())


def test_the_running_loop_is_told_to_asyncio(loop):
    async def main():
        assert _asyncio._get_running_loop() is loop

    assert _asyncio._get_running_loop() is None
    loop.run_until_complete(main())
    assert _asyncio._get_running_loop() is None


def test_all_tasks_and_the_current_one_are_known(loop):
    async def child():
        await asyncio.sleep(3600)

    async def main():
        task = loop.create_task(child(), name="child")
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {task, asyncio.current_task()}
        assert asyncio.current_task(loop).get_name() != "child"
        task.cancel()

    loop.run_until_complete(main())
    assert asyncio.all_tasks(loop) == set()


def test_the_stack_of_a_waiting_task_can_be_read(loop):
    async def inner():
        await asyncio.sleep(3600)

    async def outer():
        await inner()

    async def main():
        task = loop.create_task(outer())
        await asyncio.sleep(0)
        (frame,) = task.get_stack()
        assert frame.f_code.co_name == "outer"
        text = io.StringIO()
        task.print_stack(file=text)
        assert "outer" in text.getvalue()
        assert "<Future pending" in repr(task) or "wait_for=" in repr(task)
        task.cancel()
        await asyncio.wait([task])

    loop.run_until_complete(main())


@pytest.mark.skipif(sys.version_info < (3, 14), reason="call graphs came with Python 3.14")
def test_the_call_graph_of_a_waiting_task_can_be_read(loop):
    async def inner():
        await asyncio.sleep(3600)

    async def outer():
        await inner()

    async def main():
        task = loop.create_task(outer())
        await asyncio.sleep(0)
        graph = asyncio.capture_call_graph(task)
        names = [entry.frame.f_code.co_name for entry in graph.call_stack]
        assert "inner" in names and "outer" in names
        task.cancel()
        await asyncio.wait([task])

    loop.run_until_complete(main())
