"""At level tasks the trace knows the living tasks: each once, by its own number, and none that is gone."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from typing import Any

import loopscope
import pytest
from loopscope import _trace

SLOTS = 1 << 14


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[loopscope.Loop]:
    monkeypatch.setenv("LOOPSCOPE_LEVEL", "tasks")
    loop = loopscope.new_event_loop()
    loop.set_exception_handler(lambda loop, context: None)  # "Task was destroyed ..."
    yield loop
    loop.close()


def session(loop: loopscope.Loop) -> _trace.Session:
    return _trace.Session(loop.session_path)


def live(loop: loopscope.Loop) -> list[str]:
    return sorted(task["name"].function.split(".")[-1] for task in session(loop).tasks())


def events(loop: loopscope.Loop, *types: str) -> list[Any]:
    return [event for event in session(loop).events() if event.type in types]


async def forgotten() -> None:
    await asyncio.get_running_loop().create_future()


async def remembered() -> None:
    await asyncio.sleep(3600)


async def brief() -> None:
    await asyncio.sleep(0)


class TestTasksThatAreDestroyedWhileTheyWait:
    def drop_some(self, loop: loopscope.Loop, count: int) -> None:
        async def main():
            for _ in range(count):
                loop.create_task(forgotten())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            gc.collect()

        loop.run_until_complete(main())

    def test_are_live_no_more(self, loop):
        self.drop_some(loop, 10)
        assert live(loop) == []
        ended = events(loop, "task_done")
        assert [event.kind for event in ended] == ["destroyed"] * 10 + ["done"]
        counters = session(loop).counters()
        assert (counters["tasks_created"], counters["tasks_done"]) == (11, 11)
        assert (counters["tasks_destroyed"], counters["tasks_live"]) == (10, 0)

    def test_give_their_names_and_numbers_to_nobody(self, loop):
        self.drop_some(loop, 50)
        tasks = [loop.create_task(remembered()) for _ in range(50)]
        loop.run_until_complete(asyncio.sleep(0.001))
        assert live(loop) == ["remembered"] * 50
        created = [event.object for event in events(loop, "task_created")]
        assert len(set(created)) == len(created)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        assert live(loop) == []

    def test_are_told_under_the_name_they_had(self, loop):
        self.drop_some(loop, 1)
        (ended,) = [event for event in events(loop, "task_done") if event.kind == "destroyed"]
        assert ended.name.function.endswith("forgotten")


def test_each_task_has_one_beginning_one_end_and_its_own_steps(loop):
    async def main():
        for _ in range(100):
            await asyncio.gather(*(brief() for _ in range(10)))

    loop.run_until_complete(main())
    alive: dict[int, str] = {}
    seen = set()
    for event in events(loop, "task_created", "task_done", "callback_begin"):
        if event.type == "task_created":
            assert event.object not in seen and event.kind == "created"
            seen.add(event.object)
            alive[event.object] = event.name.function
        elif event.type == "task_done":
            assert alive.pop(event.object) == event.name.function
        elif event.kind == "task_step":
            assert alive[event.object] == event.name.function
    assert len(seen) == 1001 and alive == {}


def test_a_task_without_a_slot_is_counted_once(loop):
    count = SLOTS + 500

    async def main():
        woken = asyncio.Event()

        async def wakes_twice():
            await woken.wait()
            await asyncio.sleep(0)
            await asyncio.sleep(0)

        tasks = [loop.create_task(wakes_twice()) for _ in range(count)]
        await asyncio.sleep(0)
        assert session(loop).counters()["tasks_live"] == count + 1
        woken.set()
        await asyncio.gather(*tasks)

    loop.run_until_complete(main())
    counters = session(loop).counters()
    assert (counters["tasks_created"], counters["tasks_done"]) == (count + 1, count + 1)
    assert (counters["slots_lost"], counters["tasks_live"]) == (501, 0)


class TestWhenTheLevelChanges:
    def test_tasks_that_were_there_are_noticed_and_not_created(self, loop):
        loop.trace_level = "callbacks"

        async def main():
            started = loop.create_task(brief_beats())
            await asyncio.sleep(0.005)
            loop.trace_level = "tasks"
            await asyncio.sleep(0.005)
            made = loop.create_task(brief())
            await asyncio.gather(started, made)

        async def brief_beats():
            for _ in range(20):
                await asyncio.sleep(0.001)

        loop.run_until_complete(main())
        kinds = {
            event.name.function.split(".")[-1]: event.kind for event in events(loop, "task_created")
        }
        assert kinds["brief_beats"] == "noticed" and kinds["brief"] == "created"

    def test_a_task_that_is_followed_again_is_live_once(self, loop):
        async def main():
            task = loop.create_task(beats())
            for level in ("tasks", "callbacks", "tasks", "phases", "tasks"):
                loop.trace_level = level
                await asyncio.sleep(0.01)
            counters = session(loop).counters()
            task.cancel()
            return counters["tasks_live"], live(loop)

        async def beats():
            while True:
                await asyncio.sleep(0.001)

        assert loop.run_until_complete(main()) == (2, ["beats", "main"])

    def test_a_task_that_is_noticed_says_the_address_that_its_steps_had_before(self, loop):
        async def main():
            loop.trace_level = "callbacks"
            await asyncio.sleep(0.01)
            loop.trace_level = "tasks"
            await asyncio.sleep(0.01)

        loop.run_until_complete(main())
        steps = {
            event.object for event in events(loop, "callback_begin") if event.kind == "task_step"
        }
        (created,) = (event for event in events(loop, "task_created") if event.kind == "noticed")
        assert created.value in steps and created.value != created.object
