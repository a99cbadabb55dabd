"""Signal handlers and Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading

import pytest
from programs import PATIENCE_S
from versions import since


def raise_signal(number=signal.SIGUSR1):
    os.kill(os.getpid(), number)


def turn(loop, seconds=0.02):
    loop.run_until_complete(asyncio.sleep(seconds))


@pytest.fixture
def clean_signals():
    numbers = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGINT)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


pytestmark = pytest.mark.usefixtures("clean_signals")


def test_a_handler_is_called_in_the_loop(loop):
    seen = []
    loop.add_signal_handler(
        signal.SIGUSR1, lambda *args: seen.append((asyncio.get_running_loop(), args)), 1, "two"
    )
    loop.call_soon(raise_signal)
    turn(loop)
    assert seen == [(loop, (1, "two"))]


def test_a_handler_is_called_before_the_fourth_step(loop):
    """A program without a descriptor to watch. Its steps need no poll, but its signals do."""
    steps = []

    async def main():
        raise_signal()
        for step in range(5):
            steps.append(step)
            await asyncio.sleep(0)

    loop.add_signal_handler(signal.SIGUSR1, steps.append, "signal")
    loop.run_until_complete(main())
    loop.remove_signal_handler(signal.SIGUSR1)
    assert steps == [0, 1, 2, "signal", 3, 4]


def test_a_handler_wakes_a_sleeping_loop(program):
    process = program.start(
        """
        loop = new_event_loop()
        loop.add_signal_handler(signal.SIGTERM, loop.stop)
        print("ready", flush=True)
        loop.run_forever()
        loop.close()
        print("stopped")
        """
    )
    with process:
        assert process.stdout.readline() == "ready\n"
        import time

        time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert (out, err, process.returncode) == ("stopped\n", "", 0)


def test_each_signal_calls_its_handler(loop):
    seen = []
    loop.add_signal_handler(signal.SIGUSR1, seen.append, 1)
    loop.add_signal_handler(signal.SIGUSR2, seen.append, 2)
    loop.call_soon(raise_signal, signal.SIGUSR2)
    turn(loop)
    loop.call_soon(raise_signal, signal.SIGUSR1)
    turn(loop)
    assert seen == [2, 1]


def test_adding_again_replaces_the_handler(loop):
    seen = []
    loop.add_signal_handler(signal.SIGUSR1, seen.append, "old")
    loop.add_signal_handler(signal.SIGUSR1, seen.append, "new")
    loop.call_soon(raise_signal)
    turn(loop)
    assert seen == ["new"]


def test_removing_says_whether_there_was_one_and_restores_the_default(loop):
    loop.add_signal_handler(signal.SIGUSR1, print)
    assert loop.remove_signal_handler(signal.SIGUSR1) is True
    assert loop.remove_signal_handler(signal.SIGUSR1) is False
    assert signal.getsignal(signal.SIGUSR1) == signal.SIG_DFL


def test_a_handler_of_sigint_replaces_the_interrupt(loop):
    seen = []
    loop.add_signal_handler(signal.SIGINT, seen.append, "interrupt")
    loop.call_soon(raise_signal, signal.SIGINT)
    turn(loop)
    assert seen == ["interrupt"]
    loop.remove_signal_handler(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_signal_between_two_runs_is_handled_in_the_next(loop):
    seen = []
    loop.add_signal_handler(signal.SIGUSR1, seen.append, 1)
    turn(loop, 0.001)
    raise_signal()
    turn(loop)
    assert seen == [1]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_signal_that_cannot_be_caught_is_an_error(loop, number):
    with pytest.raises((RuntimeError, OSError), match="cannot be caught|Invalid argument"):
        loop.add_signal_handler(number, print)


def test_what_is_no_signal_is_an_error(loop):
    with pytest.raises(ValueError):
        loop.add_signal_handler(1000, print)
    with pytest.raises(TypeError):
        loop.add_signal_handler("SIGINT", print)


def test_a_coroutine_function_is_refused(loop):
    async def handler():
        pass

    with pytest.raises(TypeError, match="coroutines cannot be used"):
        loop.add_signal_handler(signal.SIGUSR1, handler)


def test_closing_the_loop_removes_its_handlers(loop):
    loop.add_signal_handler(signal.SIGUSR1, print)
    loop.close()
    assert signal.getsignal(signal.SIGUSR1) == signal.SIG_DFL


def test_a_plain_python_handler_runs_while_the_loop_sleeps(program):
    """signal.signal() without the loop's help: Python's handler runs soon, not at the next timer."""
    process = program.start(
        """
        loop = new_event_loop()
        signal.signal(signal.SIGTERM, lambda *_: loop.call_soon_threadsafe(loop.stop))
        loop.call_soon(print, "ready")
        loop.call_soon(sys.stdout.flush)
        loop.run_forever()
        print("stopped")
        """
    )
    with process:
        assert process.stdout.readline() == "ready\n"
        import time

        time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert (out, err) == ("stopped\n", "")


class TestAProgramsOwnWakeupSocket:
    """The program has signal.set_wakeup_fd(). twisted learns from it that a child has ended."""

    @pytest.fixture
    def ends(self):
        near, far = socket.socketpair()
        for end in (near, far):
            end.setblocking(False)
        yield near, far
        signal.set_wakeup_fd(-1)
        near.close()
        far.close()

    def hear_a_signal(self, loop, near):
        heard = bytearray()

        def readable():
            heard.extend(near.recv(100))
            loop.stop()

        signal.signal(signal.SIGUSR1, lambda *_: None)
        loop.add_reader(near, readable)
        last_resort = loop.call_later(PATIENCE_S, loop.stop)
        thread = threading.Timer(0.1, raise_signal)  # the loop sleeps by then
        thread.start()
        loop.run_forever()
        thread.join()
        last_resort.cancel()
        loop.remove_reader(near)
        return bytes(heard)

    def test_set_before_the_loop_ran(self, loop, ends):
        near, far = ends
        signal.set_wakeup_fd(far.fileno())
        assert self.hear_a_signal(loop, near) == bytes([signal.SIGUSR1])
        assert signal.set_wakeup_fd(-1) == far.fileno()

    def test_set_while_the_loop_runs(self, loop, ends):
        near, far = ends
        loop.call_soon(lambda: signal.set_wakeup_fd(far.fileno()))
        assert self.hear_a_signal(loop, near) == bytes([signal.SIGUSR1])
        assert signal.set_wakeup_fd(-1) == far.fileno()

    def test_none_is_left_behind_by_the_loop(self, loop):
        turn(loop)
        assert signal.set_wakeup_fd(-1) == -1

    def test_the_loop_s_own_stays_from_the_first_handler_to_the_last(self, loop):
        loop.add_signal_handler(signal.SIGUSR1, print)
        loop.add_signal_handler(signal.SIGUSR2, print)
        turn(loop)
        loop.remove_signal_handler(signal.SIGUSR1)
        turn(loop)
        fd = signal.set_wakeup_fd(-1)
        assert fd == loop._csock.fileno()
        signal.set_wakeup_fd(fd)
        loop.remove_signal_handler(signal.SIGUSR2)
        assert signal.set_wakeup_fd(-1) == -1


def test_a_plain_handler_runs_also_after_the_loop_s_last_one_is_gone(loop):
    seen = []
    signal.signal(signal.SIGUSR1, lambda *_: seen.append(1) or loop.call_soon_threadsafe(loop.stop))

    async def main():
        loop.add_signal_handler(signal.SIGUSR2, print)
        loop.remove_signal_handler(signal.SIGUSR2)

    loop.run_until_complete(main())
    thread = threading.Timer(0.1, raise_signal)
    thread.start()
    loop.call_soon(lambda: loop.add_signal_handler(signal.SIGUSR2, print))
    loop.call_soon(lambda: loop.remove_signal_handler(signal.SIGUSR2))
    last_resort = loop.call_later(PATIENCE_S, loop.stop)
    loop.run_forever()
    thread.join()
    assert seen == [1]
    assert loop.time() < last_resort.when()
    last_resort.cancel()


class Impatience(Exception):
    """An exception that a plain handler raises."""


@pytest.mark.parametrize("kind", [Impatience, SystemExit])
def test_what_a_plain_handler_raises_while_the_loop_sleeps_leaves_it(loop, errors, kind):
    def give_up(*_):
        raise kind

    signal.signal(signal.SIGUSR1, give_up)
    later = loop.call_later(PATIENCE_S, loop.stop)
    thread = threading.Timer(0.1, raise_signal)
    thread.start()
    with pytest.raises(kind):
        loop.run_forever()
    thread.join()
    later.cancel()
    assert not errors
    turn(loop)  # and it runs on


def test_what_a_plain_handler_raises_in_a_callback_is_the_callback_s(loop, errors):
    def give_up(*_):
        raise Impatience

    signal.signal(signal.SIGUSR1, give_up)
    loop.call_soon(raise_signal)
    turn(loop)
    assert [type(report["exception"]) for report in errors] == [Impatience]


def test_a_plain_handler_may_schedule_and_stop(loop):
    """Without call_soon_threadsafe(). asyncio would sleep on until something else wakes it."""
    seen = []

    def handler(*_):
        loop.call_soon(seen.append, "scheduled")
        loop.call_soon(loop.stop)

    signal.signal(signal.SIGUSR1, handler)
    thread = threading.Timer(0.05, raise_signal)
    thread.start()
    loop.call_later(0.3, lambda: None)
    last_resort = loop.call_later(PATIENCE_S, loop.stop)
    loop.run_forever()
    thread.join()
    last_resort.cancel()
    assert seen == ["scheduled"]


class TestCtrlC:
    """SIGINT to a program that sleeps in the poll, is busy, or runs under asyncio's runner."""

    def interrupt(self, program, source):
        import time

        process = program.start(source)
        with process:
            assert process.stdout.readline() == "ready\n"
            time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=PATIENCE_S)
        return process.returncode, out, err

    def test_while_asleep_in_run_forever(self, program):
        code, out, err = self.interrupt(
            program,
            """
            loop = new_event_loop()
            loop.call_soon(lambda: print("ready", flush=True))
            try:
                loop.run_forever()
            except KeyboardInterrupt:
                print("interrupted", loop.is_running())
            loop.run_until_complete(asyncio.sleep(0))
            loop.close()
            """,
        )
        assert (code, out, err) == (0, "interrupted False\n", "")

    def test_while_busy_in_a_callback(self, program):
        code, out, err = self.interrupt(
            program,
            """
            loop = new_event_loop()
            def busy():
                print("ready", flush=True)
                while True:
                    pass
            loop.call_soon(busy)
            try:
                loop.run_forever()
            except KeyboardInterrupt:
                print("interrupted")
            loop.close()
            """,
        )
        assert (code, out, err) == (0, "interrupted\n", "")

    def test_while_callbacks_follow_each_other(self, program):
        code, out, err = self.interrupt(
            program,
            """
            loop = new_event_loop()
            def again():
                loop.call_soon(again)
            loop.call_soon(again)
            loop.call_soon(lambda: print("ready", flush=True))
            try:
                loop.run_forever()
            except KeyboardInterrupt:
                print("interrupted")
            """,
        )
        assert (code, out, err) == (0, "interrupted\n", "")

    @since((3, 11), "asyncio.Runner")
    def test_under_the_runner_the_main_task_is_cancelled(self, program):
        code, out, err = self.interrupt(
            program,
            """
            async def main():
                print("ready", flush=True)
                try:
                    await asyncio.sleep(100)
                except asyncio.CancelledError:
                    print("cancelled")
                    raise
            try:
                with asyncio.Runner(loop_factory=new_event_loop) as runner:
                    runner.run(main())
            except KeyboardInterrupt:
                print("interrupted")
            """,
        )
        assert (code, out, err) == (0, "cancelled\ninterrupted\n", "")

    @since((3, 11), "asyncio.Runner")
    def test_nothing_caught_ends_the_program_as_python_does(self, program):
        code, out, err = self.interrupt(
            program,
            """
            async def main():
                print("ready", flush=True)
                await asyncio.sleep(100)
            with asyncio.Runner(loop_factory=new_event_loop) as runner:
                runner.run(main())
            """,
        )
        assert code == -signal.SIGINT
        assert err.rstrip().endswith("KeyboardInterrupt")

    @since((3, 11), "asyncio.Runner")
    def test_while_a_thread_of_the_executor_works(self, program):
        code, out, err = self.interrupt(
            program,
            """
            async def main():
                loop = asyncio.get_running_loop()
                loop.run_in_executor(None, time.sleep, 0.5)
                print("ready", flush=True)
                await loop.create_future()
            try:
                with asyncio.Runner(loop_factory=new_event_loop) as runner:
                    runner.run(main())
            except KeyboardInterrupt:
                print("interrupted")
            """,
        )
        assert (code, out, err) == (0, "interrupted\n", "")


def test_a_storm_of_signals_is_survived(loop):
    seen = []
    loop.add_signal_handler(signal.SIGUSR1, seen.append, 1)

    async def main():
        for number in range(2000):
            raise_signal()
            if number % 50 == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(0.02)

    loop.run_until_complete(main())
    assert seen
    loop.remove_signal_handler(signal.SIGUSR1)


def test_signal_handlers_need_the_main_thread(loop):
    import threading

    caught = []

    def add():
        try:
            loop.add_signal_handler(signal.SIGUSR1, print)
        except (RuntimeError, ValueError) as error:
            caught.append(error)

    thread = threading.Thread(target=add)
    thread.start()
    thread.join()
    assert len(caught) == 1
