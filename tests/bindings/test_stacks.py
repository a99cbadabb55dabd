"""Stacks are copied from a running thread without its help: what is shown was there, and what was torn is not shown."""

from __future__ import annotations

import sys
import threading
import types
from collections.abc import Callable, Iterator

import loopscope
import pytest
from loopscope import _native

Frame = tuple[str, str, int, int]  # function, file, first line, line
FIRST_LINES = range(100, 20_000, 997)


def stacks_of(
    victim: Callable[[], object], times: int
) -> tuple[tuple[int, int, int], dict[Frame, int]]:
    """Copies the stack of a thread that calls `victim` again and again.

    How many copies are whole, torn and empty, and what was seen.
    """
    enough = threading.Event()

    def run() -> None:
        while not enough.is_set():
            victim()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert thread.ident is not None
        done, torn, none, seen = _native.read_stacks(thread.ident, times)
    finally:
        enough.set()
        thread.join()
    return (done, torn, none), seen


def made_function(number: int) -> types.FunctionType:
    """A function that was never there before. Its name and its file say where its lines are."""
    first = FIRST_LINES[number % len(FIRST_LINES)]
    source = "\n" * (first - 1) + f"def f{first}():\n  x = 1\n  return [x for x in range(5)]\n"
    scope: dict[str, types.FunctionType] = {}
    exec(compile(source, f"made_{first}.py", "exec"), scope)
    return scope[f"f{first}"]


def numbers() -> Iterator[int]:
    while True:
        yield from range(10_000)


COUNT = numbers()


def calls_what_it_makes() -> None:
    made_function(next(COUNT))()


def runs_generators() -> None:
    list(zip(*[(i for i in range(10)) for _ in range(5)]))


def recurses(depth: int = 100) -> None:
    if depth:
        recurses(depth - 1)


def raises() -> None:
    try:
        raise ValueError
    except ValueError:
        pass


def starts_threads() -> None:
    thread = threading.Thread(target=raises)
    thread.start()
    thread.join()


VICTIMS = [calls_what_it_makes, runs_generators, recurses, raises, starts_threads]


@pytest.mark.parametrize("victim", VICTIMS)
def test_what_is_shown_was_there(victim: Callable[[], None]) -> None:
    (done, torn, none), seen = stacks_of(victim, 3000)
    assert done + torn + none == 3000
    assert done > 0, (done, torn, none)
    for function, file, first_line, line in seen:
        if not file.startswith("made_"):
            continue
        first = int(file[len("made_") : -len(".py")])
        assert function.split(".")[0] in (f"f{first}", "<module>")
        assert line == 0 or 0 <= line - first <= 2
        assert first_line in (1, first, first + 2)


def test_a_stack_that_stands_still_is_read_as_it_is() -> None:
    inside, enough = threading.Event(), threading.Event()

    def innermost() -> None:
        inside.set()
        enough.wait()  # here

    def outer() -> None:
        innermost()

    thread = threading.Thread(target=outer)
    thread.start()
    inside.wait()
    assert thread.ident is not None
    done, torn, none, seen = _native.read_stacks(thread.ident, 20)
    frame = sys._current_frames()[thread.ident]
    expected = set()
    while frame is not None:
        code = frame.f_code
        name = getattr(code, "co_qualname", code.co_name)
        expected.add((name, code.co_filename, code.co_firstlineno, frame.f_lineno or 0))
        frame = frame.f_back  # type: ignore[assignment]
    enough.set()
    thread.join()
    assert (done, torn, none) == (20, 0, 0)
    assert set(seen) == expected


@pytest.mark.parametrize("name", ["ünïcödé", "名前", "𝓷𝓪𝓶𝓮"])
def test_names_that_are_no_ascii_are_read(name: str) -> None:
    scope: dict[str, types.FunctionType] = {}
    exec(compile(f"def {name}(): return 1", f"/{name}.py", "exec"), scope)
    function = scope.popitem()[1]
    inside, enough = threading.Event(), threading.Event()
    function = types.FunctionType(function.__code__, {})

    def waits() -> None:
        inside.set()
        enough.wait()

    code = compile(f"def {name}(f): f()", f"/{name}.py", "exec")
    exec(code, scope)
    thread = threading.Thread(target=list(scope.values())[-1], args=[waits])
    thread.start()
    inside.wait()
    assert thread.ident is not None
    seen = _native.read_stacks(thread.ident, 5)[3]
    enough.set()
    thread.join()
    assert any(file == f"/{name}.py" for _, file, _, _ in seen)


def test_a_thread_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no thread 1 runs Python here"):
        _native.read_stacks(1, 1)


def test_the_watchdog_works_here() -> None:
    async def main() -> tuple[bool, bool]:
        return _native.watchdog_state()

    assert loopscope.run(main()) == (True, True)
