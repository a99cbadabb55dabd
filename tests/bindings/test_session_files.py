"""A session's file: its place, its memory, and what may happen to it while the program runs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

MiB = 1 << 20
RUN_A_LOOP = """
    import asyncio, os, sys
    import loopscope

    async def main():
        for _ in range(int(sys.argv[1])):
            await asyncio.sleep(0)
        print(asyncio.get_running_loop().session_path, flush=True)
        if sys.argv[2:] == ["wait"]:
            sys.stdin.read()
        elif sys.argv[2:] == ["kill"]:
            os.kill(os.getpid(), 9)

    loopscope.run(main())
"""


def environment(sessions: Path | str, **more: str) -> dict[str, str]:
    path = os.pathsep.join(filter(None, sys.path))
    return {**os.environ, "PYTHONPATH": path, "LOOPSCOPE_DIR": str(sessions), **more}


def python(source: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(source), *map(str, arguments)]


def finished(command: list[str], sessions: Path | str, **options: Any) -> Any:
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(sessions, LOOPSCOPE_LEVEL="callbacks"),
        **options,
    )


@pytest.fixture
def sessions() -> Iterator[Path]:
    folder = Path("/dev/shm") / f"loopscope-files-{os.getpid()}"
    folder.mkdir(0o700)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def small(sessions: Path) -> Iterator[Path]:
    """64 MB in memory, as containers have it by default."""
    command = ["mount", "-t", "tmpfs", "-o", "size=64m,mode=700", "tmpfs", str(sessions)]
    if subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("mounting a file system takes root")
    yield sessions
    subprocess.run(["umount", "-l", str(sessions)], check=True)


def taken(folder: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in folder.iterdir())


def test_killed_workers_do_not_fill_the_memory_of_a_container(small: Path) -> None:
    """Each fills its ring. Together they would take 80 MiB."""
    for _ in range(8):
        finished(python(RUN_A_LOOP, 160_000, "kill"), small)
    last = finished(python(RUN_A_LOOP, 160_000), small)
    assert last.returncode == 0 and last.stderr == ""
    assert last.stdout.startswith(str(small))
    assert 0 < taken(small) <= 16 * MiB, "a quarter of it"


def test_a_full_file_system_is_survived_and_told(small: Path) -> None:
    source = """
        import os
        import asyncio, loopscope
        from loopscope import _trace

        async def main():
            loop = asyncio.get_running_loop()
            with open(os.path.join(os.environ["LOOPSCOPE_DIR"], "filler"), "wb", 0) as file:
                try:
                    while True:
                        file.write(bytes(1 << 20))
                except OSError:
                    pass
            for _ in range(100_000):
                await asyncio.sleep(0)
            session = _trace.Session(loop.session_path)
            counters = session.counters()
            print(counters["memory_refused"] > 0, session.ring_length < 262144 == session.ring_events)
            text = []
            session.dump(text.append)
            print([line for line in b"".join(text).splitlines() if line.startswith(b"ring")])

        loopscope.run(main())
    """
    done = finished(python(source), small)
    assert done.returncode == 0 and done.stderr == ""
    told, ring = done.stdout.splitlines()
    assert told == "True True"
    assert "had no more memory" in ring and "of 262144 events" in ring


def test_thousands_of_loops_one_after_the_other_leave_nothing(sessions: Path) -> None:
    source = """
        import asyncio, os, resource
        import loopscope

        async def main(): pass
        loopscope.install()

        def grown(loops):
            for _ in range(loops):
                asyncio.run(main())
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        before = grown(500)
        print(grown(1500) - before < 500, len(os.listdir("/proc/self/fd")) < 10)
    """
    done = finished(python(source), sessions)
    assert (done.stdout, done.stderr) == ("True True\n", "")
    assert list(sessions.iterdir()) == []


def test_a_session_lies_where_it_was_made_however_the_program_moves(tmp_path: Path) -> None:
    source = """
        import asyncio, os
        import loopscope
        loop = loopscope.new_event_loop()
        path = loop.session_path
        os.chdir("/")
        print(os.path.isabs(path), os.path.exists(path))
        loop.close()
        print(os.path.exists(path))
    """
    done = finished(python(source), "sessions", cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("True True\nFalse\n", "")
    assert list((tmp_path / "sessions").iterdir()) == []


def test_a_link_in_place_of_the_directory_is_not_followed(sessions: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(sessions)
    done = finished(python(RUN_A_LOOP, 1), f"{link}/")
    assert done.returncode == 0
    assert "is a symbolic link, which is not followed" in done.stderr
    assert list(sessions.iterdir()) == []


@pytest.fixture
def contained(sessions: Path) -> Iterator[Any]:
    """A program in a PID namespace of its own, which shares the session directory."""
    command = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    if subprocess.run([*command, "true"], capture_output=True).returncode != 0:
        pytest.skip("a PID namespace cannot be had here")
    program = subprocess.Popen(
        [*command, *python(RUN_A_LOOP, 10, "wait")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(sessions),
    )
    with program:
        assert program.stdout is not None
        program.path = Path(program.stdout.readline().strip())  # type: ignore[attr-defined]
        yield program
        program.kill()


def states(sessions: Path) -> list[str]:
    listing = "from loopscope import _trace; print(*[e.alive for e in _trace.list_sessions()])"
    return list(finished(python(listing), sessions).stdout.split())


def test_a_program_in_a_container_lives_for_those_outside(contained: Any, sessions: Path) -> None:
    assert states(sessions) == ["True"]
    clean = [sys.executable, "-m", "loopscope", "clean"]
    assert finished(clean, sessions).stdout == "removed 0 dead sessions\n"
    new_loop = finished(python(RUN_A_LOOP, 10), sessions)
    assert new_loop.stderr == ""
    assert contained.path.exists()

    contained.stdin.close()
    assert contained.wait(20) == 0
    assert states(sessions) == []


def test_a_program_that_was_killed_in_a_container_is_dead(contained: Any, sessions: Path) -> None:
    contained.kill()
    contained.wait(20)
    assert states(sessions) == ["False"]


def test_viewers_survive_a_session_that_is_cut_short(sessions: Path) -> None:
    program = subprocess.Popen(
        python(RUN_A_LOOP, 5000, "wait"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(sessions, LOOPSCOPE_LEVEL="callbacks"),
    )
    viewer = """
        import os, sys
        from loopscope import _trace
        session = _trace.Session(sys.argv[1])
        events = session.events()
        first = next(events)
        alive = session.alive
        os.truncate(sys.argv[1], 0)
        session.dump(lambda text: None)
        session.export_jsonl(lambda text: None)
        read = len(list(events)), len(session.tasks()), len(session.handles())
        print(alive, session.alive, len(_trace.list_sessions()))
    """
    with program:
        assert program.stdout is not None
        path = program.stdout.readline().strip()
        done = finished(python(viewer, path), sessions)
        assert (done.stdout, done.stderr) == ("True False 1\n", "")
        for command in ("ls", "dump", "export"):
            done = finished([sys.executable, "-m", "loopscope", command], sessions)
            assert done.returncode >= 0 and "Traceback" not in done.stderr
        program.kill()


def test_a_program_survives_that_its_session_is_cut_short(sessions: Path) -> None:
    source = """
        import asyncio, os
        import loopscope

        async def main():
            loop = asyncio.get_running_loop()
            for size in (3_000_000, 5000, 0):
                os.truncate(loop.session_path, size)
                for _ in range(20_000):
                    await asyncio.sleep(0)

        loopscope.run(main())
        loopscope.run(asyncio.sleep(0))
        print("went on")
    """
    done = finished(python(source), sessions)
    assert (done.returncode, done.stdout, done.stderr) == (0, "went on\n", "")
    assert list(sessions.iterdir()) == []


SIGBUS = {
    "of its own": "signal.raise_signal(signal.SIGBUS)",
    "from a file of its own": """
import mmap, tempfile
file = tempfile.TemporaryFile()
file.truncate(4096)
memory = mmap.mmap(file.fileno(), 4096)
file.truncate(0)
memory[0] = 1
""",
}


@pytest.mark.parametrize("cause", SIGBUS)
def test_any_other_sigbus_ends_a_program_as_ever(cause: str, sessions: Path) -> None:
    source = "import signal, loopscope\nloop = loopscope.new_event_loop()\n" + SIGBUS[cause]
    assert finished([sys.executable, "-c", source], sessions).returncode == -signal.SIGBUS
