"""Additions to asyncio after Python 3.9. Older Pythons must not be asked for them."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import subprocess
import sys
import time
import weakref

import pytest
from programs import PATIENCE_S
from tcp import Recorder, connected, until
from versions import since

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


# -- tasks -------------------------------------------------------------------------------------------------


@since((3, 12), "asyncio.eager_task_factory")
def test_an_eager_task_begins_inside_create_task(loop):
    seen = []

    async def work():
        seen.append("begun")
        await asyncio.sleep(0)
        seen.append("woken")
        return "done"

    async def at_once():
        return "at once"

    async def main():
        loop.set_task_factory(asyncio.eager_task_factory)
        task = loop.create_task(work())
        seen.append("created")
        finished = loop.create_task(at_once())
        return finished.done(), await task, await finished

    assert loop.run_until_complete(main()) == (True, "done", "at once")
    assert seen == ["begun", "created", "woken"]


@since((3, 12), "asyncio.eager_task_factory")
def test_many_eager_tasks_wait_for_each_other(loop):
    async def add(numbers):
        if len(numbers) == 1:
            await asyncio.sleep(0)
            return numbers[0]
        middle = len(numbers) // 2
        return sum(await asyncio.gather(add(numbers[:middle]), add(numbers[middle:])))

    loop.set_task_factory(asyncio.eager_task_factory)
    assert loop.run_until_complete(add(list(range(100)))) == 4950


def test_create_task_hands_its_keywords_to_the_task(loop):
    context = contextvars.copy_context()
    context.run(variable.set, "the task's")
    keywords = {"name": "worker"}
    if sys.version_info >= (3, 11):
        keywords["context"] = context

    async def look():
        return asyncio.current_task().get_name(), variable.get()

    async def main():
        return await loop.create_task(look(), **keywords)

    expected = "the task's" if sys.version_info >= (3, 11) else "unset"
    assert loop.run_until_complete(main()) == ("worker", expected)


def test_a_task_factory_makes_the_tasks(loop):
    made = []

    def factory(factory_loop, coroutine, **keywords):
        made.append(factory_loop)
        return asyncio.Task(coroutine, loop=factory_loop, **keywords)

    async def main():
        loop.set_task_factory(factory)
        return await asyncio.create_task(asyncio.sleep(0, "slept"), name="sleeper")

    assert loop.run_until_complete(main()) == "slept"
    assert made == [loop]


def test_tasks_are_asyncios_own(loop):
    """So tools that look at asyncio's tasks from outside, as `asyncio ps` of Python 3.14, see these as well."""

    async def main():
        task = asyncio.current_task()
        return type(task), task in asyncio.all_tasks(loop), asyncio.get_running_loop() is loop

    assert loop.run_until_complete(main()) == (asyncio.Task, True, True)


@since((3, 14), "asyncio ps")
def test_asyncio_ps_sees_the_tasks_from_outside(program):
    with program.start(
        """
        async def inner():
            print("ready", flush=True)
            await asyncio.sleep(30)

        async def outer():
            await inner()

        async def main():
            await asyncio.create_task(outer(), name="the sleeper")

        asyncio.run(main(), loop_factory=new_event_loop)
        """
    ) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.1)  # it goes to sleep
        command = [sys.executable, "-m", "asyncio", "ps", str(process.pid)]
        seen = subprocess.run(command, capture_output=True, text=True)
        process.kill()
    if "ermission" in seen.stdout + seen.stderr:
        pytest.skip("this user may not look into processes")
    line = next(line for line in seen.stdout.splitlines() if "the sleeper" in line)
    assert "sleep -> inner -> outer" in line and "main" in line


@since((3, 12), "asyncio.run(loop_factory=)")
def test_asyncio_run_takes_the_loop_factory(loop_factory):
    made = []

    def factory():
        made.append(loop_factory())
        return made[-1]

    async def main():
        return asyncio.get_running_loop()

    assert [asyncio.run(main(), loop_factory=factory)] == made
    assert made[0].is_closed()


# -- handles and servers ---------------------------------------------------------------------------------------


def test_handles_can_be_referred_to_weakly_over_and_over(loop):
    """The next handle uses their memory. A reference to the old one must not see the new one."""
    for _ in range(3):
        handles = [loop.call_soon(print), loop.call_later(10, print)]
        references = [weakref.ref(handle) for handle in handles]
        assert [reference() for reference in references] == handles
        for handle in handles:
            handle.cancel()
        del handles, handle
        loop.call_soon(loop.stop)
        loop.run_forever()
        gc.collect()
        assert references[0]() is None


@since((3, 13), "Server.close_clients()")
@pytest.mark.parametrize("method", ["close_clients", "abort_clients"])
def test_a_server_ends_its_connections(loop, method):
    async def main():
        accepted = []

        def factory():
            accepted.append(Recorder())
            return accepted[-1]

        server = await loop.create_server(factory, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        clients = [(await loop.create_connection(Recorder, *address))[1] for _ in range(3)]
        await until(lambda: len(accepted) == 3)
        server.close()
        getattr(server, method)()
        await asyncio.wait_for(server.wait_closed(), PATIENCE_S)
        for protocol in [*accepted, *clients]:
            await asyncio.wait_for(protocol.lost, PATIENCE_S)

    loop.run_until_complete(main())


def test_writelines_after_write_eof_is_an_error_in_the_words_of_this_python(loop):
    async def main():
        async with connected() as (_, client):
            client.transport.write_eof()
            method = "writelines" if sys.version_info >= (3, 12) else "write"
            with pytest.raises(RuntimeError, match=rf"Cannot call {method}\(\) after write_eof"):
                client.transport.writelines([b"more"])

    loop.run_until_complete(main())


# -- interpreters ----------------------------------------------------------------------------------------------


def test_a_second_interpreter_of_the_process_is_refused(program):
    if program.choice.module == "asyncio":
        pytest.skip("asyncio's own loop runs in every interpreter")
    done = program.run(
        """
        import textwrap
        try:
            import _interpreters as interpreters
            interpreter = interpreters.create("legacy")
        except ImportError:
            import _xxsubinterpreters as interpreters
            interpreter = interpreters.create(**({"isolated": False} if sys.version_info < (3, 12) else {}))
        interpreters.run_string(interpreter, textwrap.dedent(f'''
            import sys
            sys.path[:] = {sys.path!r}
            try:
                import loopscope
            except ImportError as error:
                print(error, flush=True)
        '''))
        """
    )
    assert done.returncode == 0, done.stderr
    assert "interpreter" in done.stdout and done.stdout.count("\n") == 1, done.stdout + done.stderr
