"""moment_at(t) says what the program itself, and the kernel, knew at t.

Live, while the program stands still, and afterwards.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from instant_program import Program

from loopscope import _trace

INSTANTS = 1_000
FEW_INSTANTS = 300
DUE_MAY_DIFFER_NS = 1_000  # asyncio's times are floats of seconds


def marks(session: _trace.Session) -> dict[str, int]:
    return {
        event.name.function: event.t_ns
        for event in session.events()
        if event.type == "mark" and event.name is not None
    }


# -- what the trace says, in the program's words --------------------------------------------------------------------


def short(function: str) -> str:
    return function.rsplit(".")[-1]


def ready_of(moment: dict[str, Any]) -> list[str | None]:
    """The names of the tasks whose steps wait; of other callbacks, their functions. None: not known."""
    names = {task["id"]: task["given_name"] for task in moment["tasks"]}
    return [
        (
            names[entry["object"]]
            if entry["kind"] == "task_step"
            else entry["name"] and entry["name"].function
        )
        for entry in moment["ready"]
    ]


def chain_of(task: dict[str, Any]) -> list[list[Any]]:
    return [[short(name.function), name.line] for name in task["stands"]]


def compare(
    said: dict[str, Any], moment: dict[str, Any] | None, from_the_first: bool = True
) -> None:
    """`from_the_first`: the trace has all events, so that it knows everything."""
    where = f"instant {said['instant']}"
    assert moment is not None, where
    assert moment["complete"]["ready"] and moment["complete"]["tasks"], where
    assert all(moment["complete"].values()) or not from_the_first, where
    compare_ready(said, moment, from_the_first, where)
    compare_tasks(said, moment, from_the_first, where)
    compare_watched(said, moment, where)
    compare_timers(said, moment, where)


def compare_ready(
    said: dict[str, Any], moment: dict[str, Any], from_the_first: bool, where: str
) -> None:
    assert moment["ready_untold"] == 0, where
    # Timers that fired are ready for asyncio, before all others.
    ready = said["ready"][len(moment["due"]) :]
    told = ready_of(moment)
    assert len(told) == len(ready), (where, told, ready)
    for (kind, name), entry in zip(ready, told):
        if kind == "task" and (from_the_first or entry is not None):
            assert entry == name, (where, told, ready)


def compare_tasks(
    said: dict[str, Any], moment: dict[str, Any], from_the_first: bool, where: str
) -> None:
    # Who was named before the trace begins, and has ended since, has a name that nobody knows any more.
    named = {task["given_name"]: task for task in moment["tasks"] if task["given_name"]}
    assert len(moment["tasks"]) == len(said["tasks"]), where
    assert named.keys() <= said["tasks"].keys(), where
    assert len(named) == len(said["tasks"]) or not from_the_first, where
    for name, task in named.items():
        assert task["running"] == (name == said["current"]), (where, name)
        if not task["running"] and task["stands"]:
            assert chain_of(task) == said["tasks"][name], (where, name)
    if said["current"] in named:
        steps = [entry for entry in moment["running"] if entry["kind"] == "task_step"]
        assert steps[-1]["object"] == named[said["current"]]["id"], where


def compare_watched(said: dict[str, Any], moment: dict[str, Any], where: str) -> None:
    # The loop's own descriptors are handles only in part.
    own = set(said["of_the_loop"])
    asked = {int(fd): tuple(bits) for fd, bits in said["watched"].items() if int(fd) not in own}
    told = {fd: bits for fd, bits in moment["watched"].items() if fd not in own}
    wrong = {fd for fd, bits in told.items() if asked.get(fd) != bits}
    assert wrong <= set(said["closed"]), (where, "the loop has not noticed that they are closed")
    if moment["complete"]["watched"]:
        assert asked.keys() <= told.keys(), where


def compare_timers(said: dict[str, Any], moment: dict[str, Any], where: str) -> None:
    told = [timer["due_ns"] for timer in moment["timers"]]
    if not moment["complete"]["timers"]:
        told = said["timers"]  # compared below, as far as they are told
        assert all(
            any(abs(timer["due_ns"] - due) <= DUE_MAY_DIFFER_NS for due in told)
            for timer in moment["timers"]
            if timer["due_ns"] is not None
        ), where
        return
    assert len(told) == len(said["timers"]), (where, told, said["timers"])
    for due, known in zip(told, said["timers"]):
        assert abs(due - known) <= DUE_MAY_DIFFER_NS, where


# -- the proof --------------------------------------------------------------------------------------------------------


def test_the_moment_is_what_the_program_says_at_random_instants_live_and_dead(
    sessions: Path,
) -> None:
    all_said = []
    with Program(sessions, INSTANTS, 1 << 22, "kill") as program:
        moments = _trace.Moments(program.session)
        for said in program.instants():
            moments.follow()
            compare(said, moments.at(said["t_ns"]))
            all_said.append(said)
        assert moments.lost == 0
        program.process.wait()
        path = program.session.path
    assert len(all_said) == INSTANTS

    # The program is dead. What was read live, and what its file still has, say the same of every instant.
    dead = _trace.Session(path)
    assert not dead.alive
    again = _trace.Moments(dead)
    again.follow()
    instants = marks(dead)
    for said in all_said:
        t_ns = instants[f"instant {said['instant']}"]
        compare(said, moments.at(t_ns))
        compare(said, again.at(t_ns))


def test_a_trace_that_begins_in_the_middle_knows_what_was_there_before(sessions: Path) -> None:
    with Program(sessions, FEW_INSTANTS, 1 << 13, "kill") as program:
        all_said = list(program.instants())
        program.process.wait()
        dead = _trace.Session(program.session.path)
    moments = _trace.Moments(dead)
    moments.follow()
    instants = marks(dead)
    known = [said for said in all_said if f"instant {said['instant']}" in instants]
    assert known, "the ring holds an instant"
    for said in known:
        compare(said, moments.at(instants[f"instant {said['instant']}"]), from_the_first=False)
