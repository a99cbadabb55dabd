"""A process leaves no session behind if it can notice its end, or if it becomes another program."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

MAKE_A_LOOP = """
    import asyncio, atexit, os, sys
    import loopscope
    loop = loopscope.new_event_loop()
    loop.run_until_complete(asyncio.sleep(0))
    assert loop.session_path and os.path.exists(loop.session_path)
"""
CHILDREN = """
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    kept = []
    def work(_=None):
        kept.append(loopscope.new_event_loop())
        kept[-1].run_until_complete(asyncio.sleep(0))
        return os.path.exists(kept[-1].session_path)
"""
ENDINGS = {
    "at the end of its code": "",
    "by sys.exit()": "sys.exit(3)",
    "by an exception": "raise ValueError('nobody catches it')",
    "by SystemExit in a callback": "loop.call_soon(sys.exit); loop.run_forever()",
    "by Ctrl-C": """
        import signal
        loop.call_soon(signal.raise_signal, signal.SIGINT)
        loop.run_forever()
    """,
    "in a loop's own thread": """
        import threading, time
        threading.Thread(target=loop.run_forever, daemon=True).start()
        time.sleep(0.05)
    """,
    "with an exit handler that uses the loop": """
        atexit.register(lambda: loop.run_until_complete(asyncio.sleep(0.01)))
    """,
    "in a child that ends in order": """
        if os.fork() == 0:
            loopscope.new_event_loop().run_until_complete(asyncio.sleep(0))
            sys.exit()
        os.wait()
        assert os.path.exists(loop.session_path), "it is the parent's"
    """,
    "in children of multiprocessing": """
        if __name__ == "__main__":
            for method in ("fork", "spawn", "forkserver"):
                context = multiprocessing.get_context(method)
                child = context.Process(target=work)
                child.start()
                child.join()
                assert child.exitcode == 0, method
                with ProcessPoolExecutor(2, context) as pool:
                    assert all(pool.map(work, range(4))), method
    """,
}


def run(source: str, sessions: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    program = folder / "program.py"
    program.write_text(source)
    return subprocess.run(
        [sys.executable, str(program)],
        capture_output=True,
        text=True,
        timeout=60,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "LOOPSCOPE_DIR": str(sessions),
        },
    )


@pytest.fixture
def sessions(tmp_path: Path) -> Path:
    folder = tmp_path / "sessions"
    folder.mkdir(0o700)
    return folder


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_process_that_did_not_close_its_loop_leaves_nothing(
    ending: str, sessions: Path, tmp_path: Path
) -> None:
    parts = [MAKE_A_LOOP, CHILDREN, ENDINGS[ending]]
    done = run("\n".join(map(textwrap.dedent, parts)), sessions, tmp_path)
    assert "AssertionError" not in done.stderr, done.stderr
    assert done.returncode >= 0 or done.returncode == -signal.SIGINT, done.stderr
    assert list(sessions.iterdir()) == []


def test_a_process_that_is_killed_leaves_its_session(sessions: Path, tmp_path: Path) -> None:
    done = run(textwrap.dedent(MAKE_A_LOOP) + "os.kill(os.getpid(), 9)", sessions, tmp_path)
    assert done.returncode == -signal.SIGKILL
    assert len(list(sessions.iterdir())) == 1


def test_a_program_that_becomes_another_is_traced_and_its_first_session_gone(
    sessions: Path, tmp_path: Path
) -> None:
    again = """
        if len(sys.argv) < 4:
            os.execv(sys.executable, [sys.executable, *sys.argv, "again"])
        from loopscope import _trace
        found = [(entry.pid == os.getpid(), entry.alive) for entry in _trace.list_sessions()]
        print(found, loop.session_path)
        loop.close()
    """
    done = run(textwrap.dedent(MAKE_A_LOOP) + textwrap.dedent(again), sessions, tmp_path)
    assert done.stderr == ""
    assert done.stdout.startswith("[(True, True)] /")
    assert list(sessions.iterdir()) == []


def test_a_program_that_becomes_one_without_a_loop_leaves_a_dead_session(
    sessions: Path, tmp_path: Path
) -> None:
    other = "from loopscope import _trace; print([e.alive for e in _trace.list_sessions()])"
    become = f"os.execv(sys.executable, [sys.executable, '-c', {other!r}])"
    done = run(textwrap.dedent(MAKE_A_LOOP) + become, sessions, tmp_path)
    assert (done.stdout, done.stderr) == ("[False]\n", "")
