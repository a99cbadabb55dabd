"""Who queued whom, where tasks stand and what for, and what else took time, as the program itself knows it."""

from __future__ import annotations

import collections
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from programs import PATIENCE_S
from session_bytes import SessionBytes

PROGRAM = Path(__file__).parent / "causes.py"
AWAITS = "nothing unknown again future task gather sleep job handle".split()
UNQUEUED = "cancelled runs cleared".split()
FROM_QUEUE, OTHER_THREAD = 2, 4
IDLE, CLOSING = 3, 7  # Phase


class Run:
    def __init__(self, folder: Path) -> None:
        self.session = SessionBytes(folder / "session")
        self.events = self.session.events()
        self.said = json.loads((folder / "said.json").read_text())
        self.worker = (folder / "said.worker").read_text()
        self.tasks = self.names_of_tasks()

    def names_of_tasks(self) -> dict[int, str]:
        """By number; a task has the name that it was given last."""
        return {
            event.a: self.session.name(event.name)[0] or f"Task-{event.b}"
            for event in self.events
            if event.type == "task_named"
        }

    def before_written(self):
        for event in self.events:
            if event.type == "mark" and self.session.name(event.name)[0] == "written":
                return
            yield event

    def latest_stops(self):
        """The latest step_stopped of each task by the time that the program wrote down where they stand."""
        return {
            self.tasks[event.a]: event
            for event in self.before_written()
            if event.type == "step_stopped"
        }

    def only(self, type_name: str):
        (event,) = [event for event in self.events if event.type == type_name]
        return event


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("causes")
    sessions = Path("/dev/shm") / f"loopscope-test-{folder.name}"
    sessions.mkdir(mode=0o700)
    try:
        subprocess.run(
            [sys.executable, str(PROGRAM), str(folder / "session"), str(folder / "said.json")],
            env={**os.environ, "LOOPSCOPE_LEVEL": "tasks", "LOOPSCOPE_DIR": str(sessions)},
            check=True,
            timeout=PATIENCE_S,
        )
    finally:
        shutil.rmtree(sessions)
    return Run(folder)


TASKS = "child renamed waiter numbers generator parent gather spinner thread receiver".split()


@pytest.mark.parametrize("name", TASKS)
def test_a_task_stands_where_python_says_that_it_stands(run, name):
    assert name in run.said
    chain = run.session.chain(run.latest_stops()[name].name)
    assert [[function.rsplit(".")[-1], line] for function, line in chain] == run.said[name]


@pytest.mark.parametrize(
    "name, kind",
    {
        "child": "sleep",
        "renamed": "sleep",
        "waiter": "future",
        "numbers": "sleep",
        "generator": "future",
        "parent": "task",
        "gather": "gather",
        "spinner": "again",
        "thread": "job",
        "receiver": "handle",
    }.items(),
)
def test_it_is_told_what_a_task_waits_for(run, name, kind):
    assert AWAITS[run.latest_stops()[name].kind] == kind


def test_a_task_that_waits_for_another_names_it(run):
    assert run.tasks[run.latest_stops()["parent"].b] == "child"


def test_a_task_that_sleeps_names_its_timer(run):
    timer = run.latest_stops()["child"].b
    fired = [event for event in run.events if event.type == "timer_fired" and event.a == timer]
    assert len(fired) == 1
    assert run.session.name(fired[0].name)[0] == "sleep in sleeper"


def test_a_task_that_waits_for_a_job_names_it(run):
    assert run.latest_stops()["thread"].b == run.only("job_queued").a


def test_a_task_that_waits_for_bytes_names_the_handle(run):
    handle = run.latest_stops()["receiver"].b
    (opened,) = [
        event for event in run.events if event.type == "handle_opened" and event.a == handle
    ]
    assert run.session.name(opened.name)[0].endswith("sock_recv")


def test_a_job_is_told_of_with_its_function_its_thread_and_its_end(run):
    assert run.session.name(run.only("job_queued").name)[0] == "work"
    begun = run.only("job_begun")
    assert run.session.name(begun.name)[0] == run.worker
    assert run.only("job_ended").kind == 0, "it returned"
    kinds = [event.type for event in run.events if event.type.startswith("job_")]
    assert kinds == ["job_queued", "job_begun", "job_ended"]


def test_marks_and_spans_have_their_words_and_details(run):
    name = run.session.name
    deploy = [event for event in run.events if event.type == "mark"][0]
    assert (name(deploy.name)[0], name(deploy.a)[0]) == ("deploy", "version='1.4'")
    assert run.tasks[deploy.b] == "Task-1"
    begin, end = run.only("span_begin"), run.only("span_end")
    assert (name(begin.name)[0], name(begin.b)[0]) == ("checkout", "order=17")
    assert (name(end.name)[0], end.a) == ("checkout", begin.a)
    assert begin.ticks < deploy.ticks < end.ticks


def test_a_collection_lies_within_the_callback_that_caused_it(run):
    full = [event for event in run.before_written() if event.type == "gc_begin" and event.kind == 2]
    assert full, "gc.collect() collects generation 2"
    assert not any(event.flags & OTHER_THREAD for event in full)
    ends = [event for event in run.events if event.type == "gc_end"]
    assert len(ends) == len([event for event in run.events if event.type == "gc_begin"])


def replay(events, joined):
    """Yields the queue, the event and the one that leaves it, for each event; `joined` is told of each that joins."""
    queue: collections.deque = collections.deque()
    for event in events:
        left = None
        if event.type == "queued":
            queue.append(event)
            joined(event)
        elif event.type == "unqueued" and UNQUEUED[event.kind] == "cleared":
            queue.clear()
        elif event.type == "unqueued" or (
            event.type == "callback_begin" and event.flags & FROM_QUEUE
        ):
            left = queue.popleft()
        yield queue, event, left


def check_queue(session, events):
    numbers: list[int] = []
    seen = collections.Counter()
    for queue, event, left in replay(events, lambda event: numbers.append(event.a)):
        if event.type == "phase_begin" and event.phase == IDLE:
            assert event.a == len(queue), "the loop counts as many as the trace"
            seen["counted"] += 1
        if event.type == "unqueued" and left is not None:
            assert left.a == event.a
        if event.type == "callback_begin" and left is not None:
            assert (left.kind, left.name, left.b) == (event.kind, event.name, event.b)
            seen["run"] += 1
    assert numbers == list(range(1, len(numbers) + 1))
    return seen


def test_the_first_that_was_queued_is_the_first_that_runs(run):
    seen = check_queue(run.session, run.events)
    assert seen["run"] > 50 and seen["counted"] > 10


def test_the_ready_queue_of_the_stress_program_follows_from_its_trace(stress_run):
    stress = stress_run("tasks")
    seen = check_queue(stress.session, stress.events)
    assert seen["run"] > 1000 and seen["counted"] > 100


def test_a_child_is_queued_by_its_parents_step(run):
    """The first step of each task is queued while the step of main() runs that creates it."""
    open_callbacks: list = []
    by_main = 0
    for event in run.events:
        if event.type == "callback_begin":
            open_callbacks.append(event)
        elif event.type == "callback_end":
            open_callbacks.pop()
        elif event.type == "queued" and run.tasks.get(event.b) in TASKS and event.kind == 4:
            if open_callbacks and run.tasks.get(open_callbacks[-1].b) == "Task-1":
                by_main += 1
                assert not event.flags & OTHER_THREAD
    assert by_main >= len(TASKS)


def test_the_closing_phase_runs_what_was_told_to_close(stress_run):
    waiting = begun = phases = 0
    for event in stress_run("tasks").events:
        if event.type == "handle_closing":
            waiting += 1
        elif event.type == "phase_begin" and event.phase == CLOSING:
            assert event.a == waiting, "the loop counts as many as the trace"
            begun = waiting
            phases += 1
        elif event.type == "phase_end" and event.phase == CLOSING:
            waiting -= begun
    assert phases > 10
