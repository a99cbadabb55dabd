"""CPython's own test_asyncio on a loop of choice: lists its tests, or runs them, each in a process of its own.

    suite.py LOOP            prints the name of each test, one a line
    suite.py LOOP --serve    reads lines of a name and a time limit in seconds; answers each with a line of JSON

`core` has the mixins that CPython runs on each of its loops. `wide` has all its modules; the policy and asyncio's
classes of loops then make loopscope's loops. The tests come with the Python that runs this (on Debian:
libpython3.X-testsuite).

A test runs in a fork of this process, so that the suite is imported once and nothing of one test reaches the next.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import faulthandler
import gc
import importlib
import json
import os
import pkgutil
import select
import shutil
import signal
import sys
import tempfile
import unittest
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

LOOPS = {
    "asyncio": ("asyncio", "SelectorEventLoop"),
    "loopscope": ("loopscope", "new_event_loop"),
    "uvloop": ("uvloop", "new_event_loop"),
}
AsyncioBase: Any = asyncio.base_events.BaseEventLoop
HAS_CHILD_WATCHERS = hasattr(asyncio, "set_child_watcher")  # until Python 3.13
Factory = Callable[[], asyncio.AbstractEventLoop]


def loop_factory(name: str) -> Factory:
    module, attribute = LOOPS[name]
    return getattr(importlib.import_module(module), attribute)


def test_module(name: str):
    return importlib.import_module(f"test.test_asyncio.{name}")


# These test the insides of asyncio's other loops, on mocks, and say nothing about this one.
OTHER_LOOPS = {
    "test_proactor_events",
    "test_selector_events",
    "test_windows_events",
    "test_windows_utils",
}
OTHER_LOOPS_TOO = {"BaseLoopSockSendfileTests"}  # of a base class that has no sendfile

# -- the tests ---------------------------------------------------------------------------------------------


def core_classes(factory: Factory) -> dict[str, type[unittest.TestCase]]:
    utils = test_module("utils")
    events = test_module("test_events")

    class OnOurLoop:
        def create_event_loop(self):
            return factory()

        def new_loop(self):
            return factory()

        @staticmethod
        def close_loop(loop):
            """test_asyncio's own version looks for an executor that not every loop shows."""
            if hasattr(loop, "_default_executor"):
                utils.TestCase.close_loop(loop)
            else:
                loop.close()

    class Subprocesses(OnOurLoop, events.SubprocessTestsMixin, utils.TestCase):
        """With the child watcher that CPython sets up for its own loops."""

        def setUp(self):
            super().setUp()
            self.loop = self.create_event_loop()
            self.set_event_loop(self.loop)
            if not isinstance(self.loop, asyncio.SelectorEventLoop) or not HAS_CHILD_WATCHERS:
                return  # it watches its children itself
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                watcher = asyncio.SafeChildWatcher()
                watcher.attach_loop(self.loop)
                asyncio.set_child_watcher(watcher)

        def tearDown(self):
            if HAS_CHILD_WATCHERS:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)
                    asyncio.set_child_watcher(None)
            self.close_loop(self.loop)
            super().tearDown()

    mixins = {
        "Events": (events.EventLoopTestsMixin, utils.TestCase),
        "Sockets": (test_module("test_sock_lowlevel").BaseSockTestsMixin, utils.TestCase),
        "Sendfile": (test_module("test_sendfile").SendfileTestsBase, utils.TestCase),
        "Server": (test_module("test_server").BaseStartServer, unittest.TestCase),
        "BufferedProtocol": (
            test_module("test_buffered_proto").BaseTestBufferedProtocol,
            unittest.TestCase,
        ),
    }
    classes = {name: type(name, (OnOurLoop, *bases), {}) for name, bases in mixins.items()}
    classes["Subprocesses"] = Subprocesses
    return classes


def core_mixins() -> tuple[type, ...]:
    return (
        test_module("test_events").EventLoopTestsMixin,
        test_module("test_events").SubprocessTestsMixin,
        test_module("test_sock_lowlevel").BaseSockTestsMixin,
        test_module("test_sendfile").SendfileTestsBase,
        test_module("test_server").BaseStartServer,
        test_module("test_buffered_proto").BaseTestBufferedProtocol,
    )


def core_tests(factory: Factory) -> Iterator[tuple[str, unittest.TestCase]]:
    for name, test_class in core_classes(factory).items():
        for method in unittest.defaultTestLoader.getTestCaseNames(test_class):
            yield f"core.{name}.{method}", test_class(method)


def flatten(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item)
        else:
            yield item


def wide_tests() -> Iterator[tuple[str, unittest.TestCase]]:
    """All but the mixins, which these modules run once for each of CPython's selectors."""
    package = importlib.import_module("test.test_asyncio")
    for name in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
        if not name.startswith("test_") or name in OTHER_LOOPS:
            continue
        try:
            module = test_module(name)
        except (ImportError, unittest.SkipTest):
            continue  # not for this system
        for test in flatten(unittest.defaultTestLoader.loadTestsFromModule(module)):
            if not isinstance(test, core_mixins()) and type(test).__name__ not in OTHER_LOOPS_TOO:
                yield f"wide.{name}.{type(test).__name__}.{test._testMethodName}", test


# -- whose loops they run on -------------------------------------------------------------------------------


def type_of_loops(factory: Factory) -> type:
    loop = factory()
    loop.close()
    return type(loop)


def is_stock(ours: type) -> bool:
    """Then the tests run as CPython runs them."""
    return ours.__module__.startswith("asyncio.")


def use_everywhere(factory: Factory, ours: type) -> None:
    """From now on the policy and asyncio's classes of loops make loopscope's loops."""
    if is_stock(ours):
        return
    policy: Any = asyncio.unix_events._UnixDefaultEventLoopPolicy  # type: ignore[attr-defined]
    policy._loop_factory = staticmethod(factory)
    if issubclass(ours, asyncio.SelectorEventLoop):
        asyncio.SelectorEventLoop = ours  # type: ignore[misc]
        if hasattr(asyncio, "EventLoop"):  # from Python 3.13 on
            asyncio.EventLoop = ours
        asyncio.BaseEventLoop = ours  # type: ignore[misc]


@contextlib.contextmanager
def base_replaced(test: unittest.TestCase, ours: type) -> Iterator[None]:
    """The tests of asyncio's base class make loops of it. Only they see it replaced, because others patch it."""
    of_base = type(test).__module__.endswith("test_base_events")
    if of_base and issubclass(ours, AsyncioBase) and not is_stock(ours):
        asyncio.base_events.BaseEventLoop = ours  # type: ignore[misc]
    yield
    asyncio.base_events.BaseEventLoop = AsyncioBase  # type: ignore[misc]


def count_loops(ours: type) -> collections.Counter[str]:
    """Counts the loops that are made from now on: ours, asyncio's own, and those that a test defines itself."""
    made: collections.Counter[str] = collections.Counter()

    def count(loop: asyncio.AbstractEventLoop) -> None:
        if isinstance(loop, ours):
            made["ours"] += 1
        elif type(loop).__module__.startswith("asyncio."):
            made["asyncio's"] += 1
        else:
            made["the test's"] += 1

    initialise = AsyncioBase.__init__

    def counting(loop: Any) -> None:
        initialise(loop)
        count(loop)

    AsyncioBase.__init__ = counting
    return made


# -- running them ------------------------------------------------------------------------------------------


def run_here(test: unittest.TestCase, ours: type) -> dict[str, Any]:
    loops = count_loops(ours)
    result = unittest.TestResult()
    with base_replaced(test, ours):
        unittest.TestSuite([test])(result)
    problems = [text for _, text in result.failures + result.errors]
    outcome, detail = "ok", ""
    if problems:
        outcome, detail = "failed", "\n".join(problems)
    elif result.skipped:
        outcome, detail = "skipped", result.skipped[0][1]
    return {"outcome": outcome, "detail": detail, "loops": loops}


class Forked:
    """Runs a test in a process and a folder of its own. Returns the outcome."""

    def __init__(self, test: unittest.TestCase, ours: type) -> None:
        self.folder = tempfile.mkdtemp(prefix="conformance-")
        self.said = tempfile.TemporaryFile("w+")
        self.report = tempfile.TemporaryFile("w+")
        self.pid = os.fork()
        if self.pid == 0:
            self.run(test, ours)

    def run(self, test: unittest.TestCase, ours: type) -> NoReturn:
        """Runs in the child, and ends as any program does, so that a crash at the end is noticed."""
        os.setpgid(0, 0)
        os.chdir(self.folder)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(self.said.fileno(), 1)
        os.dup2(self.said.fileno(), 2)
        faulthandler.enable()
        json.dump(run_here(test, ours), self.report)
        self.report.close()
        sys.exit()

    def outcome(self, seconds: float) -> dict[str, Any]:
        ended = os.pidfd_open(self.pid)
        in_time, _, _ = select.select([ended], [], [], seconds)
        os.close(ended)
        if not in_time:
            os.kill(self.pid, signal.SIGABRT)  # faulthandler tells where it hangs
        _, status = os.waitpid(self.pid, 0)
        with contextlib.suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)  # what it started
        return self.judge(in_time != [], os.waitstatus_to_exitcode(status), seconds)

    def judge(self, in_time: bool, code: int, seconds: float) -> dict[str, Any]:
        texts = []
        for file in (self.report, self.said):
            with file:
                file.seek(0)
                texts.append(file.read())
        shutil.rmtree(self.folder, ignore_errors=True)
        report, said = texts
        if not in_time:
            return {"outcome": "hang", "detail": f"longer than {seconds:g} s\n{said}", "loops": {}}
        if code != 0:
            return {"outcome": "crashed", "detail": f"exit code {code}\n{said}", "loops": {}}
        return json.loads(report)


def main() -> None:
    factory = loop_factory(sys.argv[1])
    core = dict(core_tests(factory))
    ours = type_of_loops(factory)
    use_everywhere(factory, ours)
    wide = dict(wide_tests())
    if len(sys.argv) == 2:
        print("\n".join([*core, *wide]))
        return
    tests = core | wide
    gc.freeze()  # the modules that are loaded now are no test's garbage
    for line in sys.stdin:
        name, seconds = line.split()
        print(json.dumps(Forked(tests[name], ours).outcome(float(seconds))), flush=True)


if __name__ == "__main__":
    main()
