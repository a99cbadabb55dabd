"""The package's own functions: run, install, the policy, levels and sessions."""

from __future__ import annotations

import asyncio
import os
import platform
import re
import subprocess
import sys
import textwrap

import pytest

import loopscope
from loopscope import _trace
from programs import PATIENCE_S


def run_python(source: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **environment},
    )


def test_new_event_loop_makes_a_loop_that_is_asyncios_too():
    loop = loopscope.new_event_loop()
    assert isinstance(loop, loopscope.Loop)
    assert isinstance(loop, asyncio.AbstractEventLoop)
    loop.close()


def test_importing_it_imports_nothing_else_than_asyncio_does():
    done = run_python(
        """
        import __future__
        import asyncio
        import sys
        before = set(sys.modules)
        import loopscope
        typing = {"typing", "_typing"}  # Python 3.15's asyncio does without
        print([name for name in set(sys.modules) - before - typing if not name.startswith("loopscope")])
        """
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_importing_and_using_it_warns_of_nothing():
    """Even on Pythons that deprecate policies, child watchers and iscoroutinefunction."""
    done = run_python(
        """
        import warnings
        warnings.simplefilter("error")
        import asyncio
        import loopscope
        import loopscope.cli.run

        async def main():
            server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            assert await reader.read() == b""
            writer.close()
            await writer.wait_closed()
            server.close()
            process = await asyncio.create_subprocess_exec("true")
            return await process.wait()

        print(loopscope.run(main()), loopscope.run(main(), debug=True))
        loopscope.install()
        print(asyncio.run(main()))
        """
    )
    assert (done.stdout, done.stderr) == ("0 0\n0\n", "")


def test_a_python_without_policies_is_told_what_to_use_instead():
    """As 3.16 will be."""
    done = run_python(
        """
        import asyncio
        from asyncio import unix_events
        del unix_events._UnixDefaultEventLoopPolicy
        import loopscope
        print(loopscope.run(asyncio.sleep(0, "ran")))
        for refused in (loopscope.install, loopscope.EventLoopPolicy):
            try:
                refused()
            except RuntimeError as error:
                print("loop_factory=loopscope.new_event_loop" in str(error))
        """
    )
    assert (done.stdout, done.stderr) == ("ran\nTrue\nTrue\n", "")


def test_a_session_names_the_python_that_runs_it():
    loop = loopscope.new_event_loop()
    assert _trace.Session(loop.session_path).python_version == platform.python_version()
    loop.close()


def test_the_loop_can_stand_in_for_asyncios_class(monkeypatch):
    monkeypatch.setattr(asyncio, "SelectorEventLoop", loopscope.Loop)
    loop = asyncio.SelectorEventLoop()
    assert loop.run_until_complete(asyncio.sleep(0, "done")) == "done"
    loop.close()


def test_run_runs_a_coroutine_and_returns_its_result():
    async def main():
        await asyncio.sleep(0)
        return type(asyncio.get_running_loop())

    assert loopscope.run(main()) is loopscope.Loop


def test_run_sets_debug():
    async def main():
        return asyncio.get_running_loop().get_debug()

    assert loopscope.run(main(), debug=True) is True
    assert loopscope.run(main(), debug=False) is False


def test_run_refuses_what_is_no_coroutine():
    with pytest.raises((ValueError, TypeError)) as stock:
        asyncio.run(print)
    with pytest.raises(stock.type, match=re.escape(str(stock.value))):
        loopscope.run(print)


def test_run_cancels_what_is_left_and_closes_the_loop():
    left = []

    async def forever():
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            left.append("cancelled")
            raise

    async def main():
        asyncio.ensure_future(forever())
        await asyncio.sleep(0)
        return asyncio.get_running_loop()

    assert loopscope.run(main()).is_closed()
    assert left == ["cancelled"]


def test_run_inside_a_running_loop_is_an_error():
    async def main():
        coroutine = asyncio.sleep(0)
        try:
            with pytest.raises(RuntimeError, match="cannot be called from a running event loop"):
                loopscope.run(coroutine)
        finally:
            coroutine.close()

    loopscope.run(main())


def test_install_makes_asyncio_run_use_it():
    result = run_python(
        """
        import asyncio, loopscope, warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # policies, from 3.14 on
        loopscope.install()
        async def main():
            return type(asyncio.get_running_loop()).__name__
        print(asyncio.run(main()), isinstance(asyncio.get_event_loop_policy(), loopscope.EventLoopPolicy))
        """
    )
    assert (result.stdout, result.stderr) == ("Loop True\n", "")


def test_the_policy_makes_loops():
    result = run_python(
        """
        import asyncio, loopscope, warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # policies, from 3.14 on
        asyncio.set_event_loop_policy(loopscope.EventLoopPolicy())
        loop = asyncio.new_event_loop()
        print(type(loop) is loopscope.Loop)
        loop.close()
        """
    )
    assert (result.stdout, result.stderr) == ("True\n", "")


@pytest.mark.parametrize("level", ["off", "phases", "callbacks", "tasks"])
def test_the_level_comes_from_the_environment(level):
    result = run_python(
        "import loopscope; l = loopscope.Loop(); print(l.trace_level); l.close()",
        LOOPSCOPE_LEVEL=level,
    )
    assert (result.stdout, result.stderr) == (level + "\n", "")


def test_arguments_that_are_no_text_do_not_keep_a_program_from_its_loop():
    source = "import loopscope; l = loopscope.Loop(); print(l.session_path is not None); l.close()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    result = subprocess.run(
        [sys.executable, "-c", source, b"\xff"], capture_output=True, text=True, env=environment
    )
    assert (result.stdout, result.stderr) == ("True\n", "")


def test_the_level_is_phases_if_nobody_says():
    environment = {k: v for k, v in os.environ.items() if k != "LOOPSCOPE_LEVEL"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    source = "import loopscope; l = loopscope.Loop(); print(l.trace_level); l.close()"
    result = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, env=environment
    )
    assert (result.stdout, result.stderr) == ("phases\n", "")


def test_the_level_can_be_set_while_the_loop_runs():
    async def main():
        loop = asyncio.get_running_loop()
        for level in ("tasks", "off", "callbacks", "phases"):
            loop.trace_level = level
            await asyncio.sleep(0.001)
            assert loop.trace_level == level

    loopscope.run(main())


@pytest.mark.parametrize("wrong", ["loud", "", 3, None])
def test_a_wrong_level_is_an_error_that_names_the_levels(wrong):
    loop = loopscope.Loop()
    with pytest.raises((ValueError, TypeError)) as caught:
        loop.trace_level = wrong
    assert "phases" in str(caught.value) and "callbacks" in str(caught.value)
    loop.close()


def test_a_wrong_level_in_the_environment_is_a_clear_message_and_no_crash():
    result = run_python("import loopscope; l = loopscope.Loop(); l.close()", LOOPSCOPE_LEVEL="loud")
    assert "LOOPSCOPE_LEVEL" in result.stderr and "loud" in result.stderr
    assert "phases" in result.stderr


def test_the_session_lies_in_the_directory_and_goes_with_the_loop(tmp_path):
    result = run_python(
        """
        import os, loopscope
        loop = loopscope.Loop()
        path = loop.session_path
        print(os.path.dirname(path), oct(os.stat(path).st_mode & 0o777))
        loop.close()
        print(os.path.exists(path))
        """,
        LOOPSCOPE_DIR=str(tmp_path),
    )
    assert (result.stdout, result.stderr) == (f"{tmp_path} 0o600\nFalse\n", "")
    assert list(tmp_path.iterdir()) == []


def test_a_session_directory_that_cannot_be_used_leaves_the_loop_working(tmp_path):
    file = tmp_path / "file"
    file.write_text("not a directory")
    result = run_python(
        """
        import asyncio, loopscope
        print(loopscope.run(asyncio.sleep(0.001, "ran")))
        """,
        LOOPSCOPE_DIR=str(file),
    )
    assert result.stdout == "ran\n" and result.returncode == 0
    assert str(file) in result.stderr


def test_two_loops_have_two_sessions():
    one, two = loopscope.Loop(), loopscope.Loop()
    assert one.session_path != two.session_path
    assert os.path.exists(one.session_path) and os.path.exists(two.session_path)
    one.close()
    two.close()


def test_a_forked_child_does_not_remove_the_parents_session():
    result = run_python(
        """
        import os, sys, loopscope
        loop = loopscope.Loop()
        pid = os.fork()
        if pid == 0:
            loop.close()
            os._exit(0)
        os.waitpid(pid, 0)
        print(os.path.exists(loop.session_path))
        loop.close()
        """
    )
    assert (result.stdout, result.stderr) == ("True\n", "")


def test_what_is_not_there_yet_says_so(tmp_path):
    """Every method of asyncio's loop either works or raises NotImplementedError with a sentence."""
    for name in dir(asyncio.AbstractEventLoop):
        if not name.startswith("_"):
            assert hasattr(loopscope.Loop, name), name


@pytest.mark.filterwarnings("ignore:.*policy:DeprecationWarning")
def test_run_makes_its_loop_the_threads_loop_while_it_runs_as_asyncio_run_does() -> None:
    async def current() -> asyncio.AbstractEventLoop:
        return asyncio.get_event_loop_policy().get_event_loop()

    seen = loopscope.run(current())
    assert type(seen) is loopscope.Loop and seen.is_closed()
    with pytest.raises(RuntimeError, match="no current event loop"):
        asyncio.get_event_loop_policy().get_event_loop()
