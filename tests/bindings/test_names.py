"""The trace names functions and keeps none alive. A dropped function is freed, and each has its own name."""

from __future__ import annotations

import asyncio
import ctypes
import functools
import gc
import os
import sys
import types
import weakref
from collections.abc import Callable, Iterator

import loopscope
import pytest
from loopscope import _trace

from programs import FREED_MEMORY_IS_KEPT

LEVELS = ("phases", "callbacks", "tasks")


def plain() -> None:
    pass


async def waiting() -> None:
    await asyncio.sleep(0)


def made(name: str, like: Callable = plain) -> types.FunctionType:
    """A function like another one, with code of its own."""
    names = {"co_name": name}
    if sys.version_info >= (3, 11):
        names["co_qualname"] = name
    function = types.FunctionType(like.__code__.replace(**names), globals(), name)
    function.__qualname__ = name
    return function


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], loopscope.Loop]]:
    loops = []

    def make(level: str) -> loopscope.Loop:
        monkeypatch.setenv("LOOPSCOPE_LEVEL", level)
        loops.append(loopscope.new_event_loop())
        return loops[-1]

    yield make
    for each in loops:
        each.close()


def callbacks_run(loop: loopscope.Loop) -> list[str]:
    events = _trace.Session(loop.session_path).events()
    return [e.name.function if e.name else "" for e in events if e.type == "callback_begin"]


def turn(loop: loopscope.Loop) -> None:
    loop.run_until_complete(asyncio.sleep(0.002))


class TestWhatWasNamedIsFreed:
    def assert_freed(self, thing: object, gone: list[weakref.ref]) -> None:
        gc.collect()
        assert [ref() for ref in gone] == [None] * len(gone), thing

    def test_the_code_of_callbacks_and_timers(self, loop, level):
        loop = loop(level)
        gone = []
        for number in range(20):
            function = made(f"function_{number}")
            gone.append(weakref.ref(function.__code__))
            loop.call_soon(function)
            loop.call_later(0.001, function)
            loop.call_later(1000, function).cancel()
        del function
        turn(loop)
        self.assert_freed("functions", gone)

    def test_the_code_of_coroutines(self, loop, level):
        loop = loop(level)
        gone = []

        async def main():
            for number in range(20):
                coroutine_function = made(f"coroutine_{number}", waiting)
                gone.append(weakref.ref(coroutine_function.__code__))
                await asyncio.gather(coroutine_function(), coroutine_function())

        loop.run_until_complete(main())
        self.assert_freed("coroutines", gone)

    def test_the_code_of_who_sleeps(self, loop, level):
        loop = loop(level)

        async def sleeping():
            await asyncio.sleep(0.001)

        function = made("sleeper", sleeping)
        gone = [weakref.ref(function.__code__)]
        loop.run_until_complete(function())
        del function
        self.assert_freed("who sleeps", gone)

    def test_classes_and_what_is_called_of_them(self, loop, level):
        loop = loop(level)

        def make():
            class Made(asyncio.Protocol):
                def __init__(self, *args):
                    pass

                def __call__(self):
                    pass

                def method(self):
                    pass

                def connection_made(self, transport):
                    pass

            loop.call_soon(Made)
            loop.call_soon(Made())
            loop.call_soon(Made().method)
            loop.call_soon(functools.partial(Made().method))
            loop.call_soon(Made().connection_made, asyncio.Transport())
            loop.add_signal_handler(10, Made().method)
            loop.remove_signal_handler(10)
            return [weakref.ref(Made)]

        gone = make()
        turn(loop)
        self.assert_freed("a class", gone)

    def test_the_protocol_of_a_connection(self, loop, level):
        loop = loop(level)

        def make_class():
            class Connected(asyncio.Protocol):
                def connection_made(self, transport):
                    transport.write(b"x")

                def data_received(self, data):
                    pass

            return Connected

        async def main():
            made_here = make_class()
            server = await loop.create_server(made_here, "127.0.0.1", 0)
            address = server.sockets[0].getsockname()
            transport, protocol = await loop.create_connection(made_here, *address)
            await asyncio.sleep(0.01)
            transport.close()
            server.close()
            await server.wait_closed()
            await asyncio.sleep(0.01)
            return weakref.ref(made_here)

        self.assert_freed("a protocol", [loop.run_until_complete(main())])

    def test_who_keeps_one_of_the_weak_references_may_outlive_the_loop(self, loop):
        loop = loop("callbacks")
        function = made("watched")
        loop.call_soon(function)
        turn(loop)
        references = weakref.getweakrefs(function.__code__)
        assert references
        loop.close()
        del loop, function
        gc.collect()
        assert [reference() for reference in references] == [None] * len(references)


class TestAnAddressThatIsUsedAgain:
    def test_has_the_name_of_the_function_that_is_there_now(self, loop):
        loop = loop("callbacks")
        names, addresses = [], set()
        for number in range(500):
            function = made(f"number_{number}")
            names.append(function.__name__)
            addresses.add(id(function.__code__))
            loop.call_soon(function)
            del function
            loop.call_soon(loop.stop)
            loop.run_forever()
        assert len(addresses) < len(names), "no address was used again: this test shows nothing"
        assert [name for name in callbacks_run(loop) if name.startswith("number_")] == names

    def test_has_the_name_of_the_class_that_is_there_now(self, loop):
        loop = loop("callbacks")
        names = []
        for number in range(200):
            kind = type(f"Class_{number}", (), {"__call__": lambda self: None})
            names.append(kind.__name__)
            loop.call_soon(kind())
            del kind
            loop.call_soon(loop.stop)
            loop.run_forever()
            gc.collect(0)
        assert [name for name in callbacks_run(loop) if name.startswith("Class_")] == names

    def test_of_a_method_definition_that_a_library_made_and_freed(self, loop):
        loop = loop("callbacks")
        none = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object, ctypes.py_object)(
            lambda self, args: None
        )

        class Definition(ctypes.Structure):
            _fields_ = [
                ("name", ctypes.c_char_p),
                ("function", type(none)),
                ("flags", ctypes.c_int),
                ("doc", ctypes.c_char_p),
            ]

        new_function = ctypes.pythonapi.PyCFunction_NewEx
        new_function.restype = ctypes.py_object
        new_function.argtypes = [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
        definition = Definition(b"", none, 1, None)  # METH_VARARGS
        for name in (b"first", b"second", b"third"):
            definition.name = name
            loop.call_soon(new_function(ctypes.addressof(definition), (), None))
            loop.call_soon(loop.stop)
            loop.run_forever()
        run = [name.split(".")[-1] for name in callbacks_run(loop)]
        assert [name for name in run if name in ("first", "second", "third")] == [
            "first",
            "second",
            "third",
        ]


class TestFunctionsInC:
    def test_are_named_by_the_class_that_has_them(self, loop):
        loop = loop("callbacks")

        class Mine(list):
            pass

        loop.call_soon(Mine().append, 1)
        loop.call_soon([].append, 1)
        loop.call_soon(dict.fromkeys, ())
        loop.call_soon(len, ())
        turn(loop)
        run = callbacks_run(loop)
        assert run.count("list.append") == 2 and "dict.fromkeys" in run and "len" in run


class TestAsManyAsAProgramLikes:
    def resident(self) -> int:
        with open("/proc/self/status") as file:
            lines = dict(line.split(":", 1) for line in file)
        return int(lines["RssAnon"].split()[0]) * 1024

    def run(self, loop: loopscope.Loop, names: list[str]) -> None:
        for start in range(0, len(names), 100):
            for name in names[start : start + 100]:
                loop.call_soon(made(name))
            loop.call_soon(loop.stop)
            loop.run_forever()

    def test_equal_ones_are_one_name(self, loop):
        loop = loop("callbacks")
        self.run(loop, ["same"] * 5000)
        ids = {e.name.function for e in _trace.Session(loop.session_path).events() if e.name}
        assert "same" in ids
        with open(loop.session_path, "rb") as file:
            assert file.read().count(b"same" + __file__.encode()) == 1

    @pytest.mark.skipif(FREED_MEMORY_IS_KEPT, reason="AddressSanitizer keeps what is freed")
    def test_different_ones_neither_grow_memory_nor_end_the_names_of_later_ones(self, loop):
        loop = loop("callbacks")
        self.run(loop, ["early"])
        padding = "x" * 150
        self.run(loop, [f"warm_{number}_{padding}" for number in range(8_000)])
        before = self.resident()
        names = [f"made_{number}_{padding}" for number in range(16_000)]
        self.run(loop, names)
        self.run(loop, ["later"])
        assert self.resident() - before < 3 << 20
        session = _trace.Session(loop.session_path)
        assert session.counters()["names_lost"] == 0
        run = callbacks_run(loop)
        assert run[-2] == "later" and "early" in run
        recent = [name for name in run[-1000:] if name.startswith("made_")]
        assert len(recent) > 900 and recent == names[-len(recent) :]

    def test_one_that_lives_on_is_named_again_when_its_name_has_left(self, loop):
        loop = loop("callbacks")
        padding = "x" * 200
        self.run(loop, [f"first_{number}_{padding}" for number in range(4_000)])
        lives = made("lives_on")
        timer = loop.call_later(3600, lives)
        for _ in range(3):
            loop.call_soon(lives)
            self.run(loop, [f"more_{number}_{padding}" for number in range(4_000)])
        loop.call_soon(lives)
        turn(loop)
        assert "lives_on" in callbacks_run(loop)[-6:]
        timer.cancel()
        events = list(_trace.Session(loop.session_path).events())
        (cancelled,) = [
            event for event in events[-20:] if event.type == "timer_cancelled" and event.name
        ]
        assert cancelled.name.function == "lives_on"


def test_without_a_session_nothing_is_watched(monkeypatch, tmp_path):
    monkeypatch.setenv("LOOPSCOPE_DIR", os.devnull)
    loop = loopscope.new_event_loop()
    function = made("unwatched")
    loop.call_soon(function)
    turn(loop)
    assert weakref.getweakrefs(function.__code__) == []
    loop.close()
