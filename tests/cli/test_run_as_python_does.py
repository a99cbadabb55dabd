"""`loopscope run` against `python3` itself: same output, same errors, same exit code, for every kind of program."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
import zipfile
from pathlib import Path

import pytest
from programs import PATIENCE_S

LOOPSCOPE = ["-m", "loopscope", "run", "--no-app"]

PROGRAMS = {
    "ends": "print('hello')",
    "sees its arguments": "import sys; print(sys.argv)",
    "sees its first path": "import sys; print(sys.path[0]); import neighbour; print(neighbour.__file__)",
    "sees its main": """
        import sys
        main = sys.modules['__main__']
        print(main.__dict__ is globals(), __name__, __file__, __cached__, __doc__)
        print(__spec__ and __spec__.name, __package__)
        print(sorted(key for key in globals()))
        print(type(__loader__).__name__, __builtins__.__name__)
        """,
    "raises": """
        def inner():
            raise ValueError('no good')
        def outer():
            try:
                inner()
            except ValueError as error:
                raise RuntimeError('outer') from error
        outer()
        """,
    "raises in a coroutine": """
        import sys
        async def main():
            raise ValueError('in a coroutine')
        coroutine = main()
        try:
            coroutine.send(None)
        except ValueError:
            raise
        """,
    "raises a group": "raise ExceptionGroup('several', [ValueError(1), TypeError(2)])",
    "exits with 7": "import sys; sys.exit(7)",
    "exits with nothing": "import sys; sys.exit()",
    "exits with a message": "import sys; sys.exit('so long')",
    "exits with SystemExit(True)": "raise SystemExit(True)",
    "exits at once": "import os; os._exit(9)",
    "is interrupted": "raise KeyboardInterrupt",
    "is interrupted by a signal": "import os, signal; os.kill(os.getpid(), signal.SIGINT); input()",
    "is killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "has a syntax error": "def f(:\n    pass",
    "has a bad indentation": "if True:\nprint(1)",
    "has an excepthook": """
        import sys, traceback
        def hook(kind, error, tb):
            print('hook', kind.__name__, error, len(traceback.extract_tb(tb)), error.__traceback__ is tb)
        sys.excepthook = hook
        raise ValueError('x')
        """,
    "looks at its last error at exit": """
        import atexit, sys, traceback
        def look():
            print(sys.last_type, [frame.name for frame in traceback.extract_tb(sys.last_traceback)])
        atexit.register(look)
        raise ValueError('x')
        """,
    "leaves a thread behind": """
        import atexit, threading, time
        atexit.register(print, 'at exit')
        threading.Thread(target=lambda: (time.sleep(0.1), print('thread'))).start()
        print('main ends')
        """,
    "fails in a thread": """
        import threading
        def hook(args):
            print('thread', args.exc_type.__name__, args.exc_traceback.tb_frame.f_code.co_name)
        threading.excepthook = hook
        threading.Thread(target=lambda: 1 / 0).start()
        """,
    "has latin-1 in it": b"# -*- coding: latin-1 -*-\nprint(ascii('\xe4'))",
    "pickles its own class": """
        import pickle
        class Thing: pass
        print(type(pickle.loads(pickle.dumps(Thing()))) is Thing)
        """,
    "starts processes of itself": """
        import multiprocessing
        def double(number):
            return 2 * number
        if __name__ == '__main__':
            with multiprocessing.get_context('spawn').Pool(1) as pool:
                print(pool.map(double, [1, 2, 3]))
        """,
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sessions: Path) -> Path:
    (tmp_path / "neighbour.py").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, source: str | bytes) -> Path:
    path.write_bytes(source if isinstance(source, bytes) else textwrap.dedent(source).encode())
    return path


def outcome(arguments: list[str], stdin: Path) -> tuple[int, str, str]:
    with stdin.open("rb") as file:
        done = subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            stdin=file,
            timeout=PATIENCE_S,
        )
    return done.returncode, done.stdout, done.stderr


def assert_same(program: list[str], stdin: Path = Path(os.devnull)) -> tuple[int, str, str]:
    python = outcome(program, stdin)
    assert outcome([*LOOPSCOPE, *program], stdin) == python
    return python


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_script_that(name: str, folder: Path) -> None:
    write(folder / "program.py", PROGRAMS[name])
    assert_same(["program.py", "one", "--two", "-m", "three"])


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_module_that(name: str, folder: Path) -> None:
    write(folder / "program.py", PROGRAMS[name])
    assert_same(["-m", "program", "one", "--two"])


# A spawned process finds no functions of a program without a file, so multiprocessing's pool would wait for ever.
WITHOUT_FILE = [name for name in PROGRAMS if name != "starts processes of itself"]


@pytest.mark.parametrize("name", [name for name in WITHOUT_FILE if isinstance(PROGRAMS[name], str)])
def test_code_on_the_command_line_that(name: str, folder: Path) -> None:
    code = textwrap.dedent(str(PROGRAMS[name]))
    assert_same(["-c", code, "one", "--two", "-m", "three", "-c", "four"])


@pytest.mark.parametrize("name", WITHOUT_FILE)
def test_a_program_on_stdin_that(name: str, folder: Path) -> None:
    source = write(folder / "source", PROGRAMS[name])
    assert_same(["-", "one", "--two", "-", "-m", "three"], source)


@pytest.mark.parametrize("code", ["", " ", "\n", "# nothing", "'a string'"])
def test_code_without_a_program(code: str, folder: Path) -> None:
    assert_same(["-"], write(folder / "source", code))
    assert_same(["-c", code])


def test_code_on_the_command_line_sees_stdin(folder: Path) -> None:
    stdin = write(folder / "stdin", "hello\n")
    assert assert_same(["-c", "print(input())"], stdin)[1] == "hello\n"


def test_code_that_runs_a_loop_runs_it_on_loopscope(folder: Path) -> None:
    code = (
        "import asyncio, sys\n"
        "async def main(): print(type(asyncio.get_running_loop()).__module__, sys.argv)\n"
        "asyncio.run(main())\n"
    )
    for arguments, stdin in ((["-c", code, "argument"], ""), (["-", "argument"], code)):
        done = subprocess.run(
            [sys.executable, *LOOPSCOPE, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        assert done.stdout == f"loopscope.loop {[arguments[0], 'argument']}\n", done.stderr


def test_a_module_whose_name_follows_at_once_keeps_its_arguments(folder: Path) -> None:
    write(folder / "program.py", "import sys; print(sys.argv)")
    assert_same(["-mprogram", "one", "--two"])


def test_code_and_a_program_on_stdin_are_refused_where_there_is_none(folder: Path) -> None:
    import pty

    terminal, end = pty.openpty()
    for arguments, stdin in ((["-c"], subprocess.DEVNULL), (["-"], end)):
        done = subprocess.run(
            [sys.executable, *LOOPSCOPE, *arguments],
            stdin=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        assert done.returncode == 2 and done.stderr.startswith("loopscope"), done.stderr
        assert done.stderr.count("\n") == 1, done.stderr
    os.close(terminal)
    os.close(end)


def test_the_comparison_can_fail(folder: Path) -> None:
    write(folder / "program.py", "import sys; print('loopscope' in sys.modules)")
    with pytest.raises(AssertionError):
        assert_same(["program.py"])


@pytest.mark.parametrize(
    "path", ["./program.py", "../{name}/program.py", "{folder}/program.py", "link.py"]
)
def test_a_script_named_as(path: str, folder: Path) -> None:
    (folder / "elsewhere").mkdir()
    write(folder / "elsewhere" / "target.py", "import sys; print(sys.path[0], __file__, sys.argv)")
    (folder / "link.py").symlink_to(folder / "elsewhere" / "target.py")
    write(
        folder / "program.py",
        "import sys; print(sys.path[0], __file__, sys.argv)\nraise ValueError",
    )
    assert_same([path.format(folder=folder, name=folder.name)])


def test_a_script_that_does_not_exist(folder: Path) -> None:
    code, _, stderr = assert_same(["nowhere.py"])
    assert code == 2
    assert "can't open file" in stderr and str(folder / "nowhere.py") in stderr


def test_a_module_that_does_not_exist(folder: Path) -> None:
    assert "No module named nowhere" in assert_same(["-m", "nowhere"])[2]


def test_a_package_without_a_main(folder: Path) -> None:
    (folder / "package").mkdir()
    write(folder / "package" / "__init__.py", "print('imported')")
    assert_same(["-m", "package"])


@pytest.mark.parametrize("program", [["package"], ["-m", "package"], ["-m", "package.inner"]])
def test_a_folder_with_a_main(program: list[str], folder: Path) -> None:
    (folder / "package").mkdir()
    write(folder / "package" / "inner.py", "print(__name__, __package__)\nraise ValueError")
    write(
        folder / "package" / "__main__.py", "import sys; print(sys.argv, sys.path[0], __package__)"
    )
    assert_same([*program, "argument"])


def test_a_folder_without_a_main(folder: Path) -> None:
    (folder / "package").mkdir()
    assert_same(["package"])


def test_a_zip_file(folder: Path) -> None:
    with zipfile.ZipFile(folder / "app.zip", "w") as archive:
        archive.writestr(
            "__main__.py", "import sys; print(sys.argv, sys.path[0])\nraise ValueError"
        )
    assert_same(["app.zip", "argument"])


def test_a_compiled_script(folder: Path) -> None:
    import py_compile

    write(folder / "program.py", "print(__file__)")
    py_compile.compile(str(folder / "program.py"), cfile=str(folder / "program.pyc"))
    assert_same(["program.pyc"])


def test_a_script_that_comes_through_a_pipe(folder: Path) -> None:
    source = "import sys; print(sys.argv, __file__)\nraise ValueError"
    ends = []
    for start in ([], LOOPSCOPE):
        done = subprocess.run(
            [sys.executable, *start, "/dev/stdin", "argument"],
            input=source,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        ends.append((done.stdout, done.stderr.splitlines()[-1], done.returncode))
    assert ends[0] == ends[1]


def test_ctrl_c_from_outside_ends_it_by_the_signal(folder: Path) -> None:
    write(folder / "program.py", "import time\nprint('ready', flush=True)\ntime.sleep(60)")
    ends = []
    for start in ([], LOOPSCOPE):
        child = subprocess.Popen(
            [sys.executable, *start, "program.py"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(0.3)  # it is asleep by then, on the line after
        os.kill(child.pid, signal.SIGINT)
        ends.append((child.communicate(timeout=PATIENCE_S), child.returncode))
    assert ends[0] == ends[1]
    assert ends[0][1] == -signal.SIGINT
