"""CPython's own test_asyncio on a loop of choice: lists its tests, or runs one of them in this process.

    suite.py LOOP            prints the name of each test, one a line
    suite.py LOOP NAME       runs the test; the last line printed is its outcome as JSON

`core` are the mixins that CPython runs on each of its loops. `wide` are modules that take their loop from the
event loop policy. The tests come with the Python that runs this (on Debian: libpython3.11-testsuite).
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import unittest
import warnings
from collections.abc import Callable, Iterator

LOOPS = {
    "asyncio": ("asyncio", "SelectorEventLoop"),
    "loopscope": ("loopscope", "new_event_loop"),
    "uvloop": ("uvloop", "new_event_loop"),
}
WIDE_MODULES = (
    "test_streams test_subprocess test_ssl test_sslproto test_tasks test_taskgroups test_timeouts test_queues "
    "test_locks test_waitfor test_threads test_runners test_context test_pep492 test_futures test_protocols"
).split()

Factory = Callable[[], asyncio.AbstractEventLoop]


def loop_factory(name: str) -> Factory:
    module, attribute = LOOPS[name]
    return getattr(importlib.import_module(module), attribute)


def test_module(name: str):
    return importlib.import_module(f"test.test_asyncio.{name}")


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
            """test_asyncio's own looks for an executor that not every loop shows."""
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
            if not isinstance(self.loop, asyncio.SelectorEventLoop):
                return  # it watches its children itself
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                watcher = asyncio.SafeChildWatcher()
                watcher.attach_loop(self.loop)
                asyncio.set_child_watcher(watcher)

        def tearDown(self):
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
    for name in WIDE_MODULES:
        try:
            module = test_module(name)
        except (ImportError, unittest.SkipTest):
            continue  # another Python version has other modules
        for test in flatten(unittest.defaultTestLoader.loadTestsFromModule(module)):
            yield f"wide.{name}.{type(test).__name__}.{test._testMethodName}", test


def use_policy(factory: Factory) -> None:
    """Makes every loop that Python code asks for one of ours."""

    class Policy(asyncio.DefaultEventLoopPolicy):
        _loop_factory = staticmethod(factory)

    asyncio.set_event_loop_policy(Policy())


def run_one(test: unittest.TestCase) -> dict[str, str]:
    result = unittest.TestResult()
    suite = unittest.TestSuite([test])
    suite(result)
    problems = [text for _, text in result.failures + result.errors]
    if problems:
        return {"outcome": "failed", "detail": "\n".join(problems)}
    if result.skipped:
        return {"outcome": "skipped", "detail": result.skipped[0][1]}
    return {"outcome": "ok", "detail": ""}


def main() -> None:
    factory = loop_factory(sys.argv[1])
    if len(sys.argv) == 2:
        for name, _ in [*core_tests(factory), *wide_tests()]:
            print(name)
        return
    wanted = sys.argv[2]
    if wanted.startswith("wide."):
        use_policy(factory)
    tests = dict(core_tests(factory)) if wanted.startswith("core.") else dict(wide_tests())
    print("\n" + json.dumps(run_one(tests[wanted])), flush=True)


if __name__ == "__main__":
    main()
