"""A program that asks for another loop runs on this one under `loopscope run`, and one line says so."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from programs import PATIENCE_S

WHICH_LOOP = "\nimport loopscope\nasync def main(): print(type(asyncio.get_running_loop()).__mro__[0].__module__)\n"

PROGRAMS = {
    "installs uvloop": "uvloop.install(); asyncio.run(main())",
    "sets uvloop's policy": "asyncio.set_event_loop_policy(uvloop.EventLoopPolicy()); asyncio.run(main())",
    "makes a loop of uvloop's": """
        loop = uvloop.new_event_loop()
        loop.run_until_complete(main())
        loop.close()
        """,
    "gives uvloop to a runner": """
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main())
        """,
    "runs by uvloop": "uvloop.run(main())",
    "makes a uvloop.Loop": "loop = uvloop.Loop(); loop.run_until_complete(main()); loop.close()",
    "sets a policy of its own": """
        class MyPolicy(asyncio.DefaultEventLoopPolicy): pass
        asyncio.set_event_loop_policy(MyPolicy())
        asyncio.run(main())
        """,
}


def run_program(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    program = folder / "program.py"
    program.write_text(source)
    return subprocess.run(
        [sys.executable, "-m", "loopscope", "run", "--no-app", program],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


needs_uvloop = pytest.mark.skipif(
    importlib.util.find_spec("uvloop") is None, reason="uvloop is not installed"
)


@needs_uvloop
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_that(name: str, tmp_path: Path, sessions: Path) -> None:
    imports = "import asyncio, uvloop" + WHICH_LOOP
    done = run_program(tmp_path, imports + textwrap.dedent(PROGRAMS[name]))
    assert (done.returncode, done.stdout.split(".")[0].strip()) == (0, "loopscope"), done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("loopscope: the program asks for ")


@needs_uvloop
def test_merely_importing_uvloop_says_nothing(tmp_path: Path, sessions: Path) -> None:
    done = run_program(tmp_path, "import asyncio, uvloop" + WHICH_LOOP + "asyncio.run(main())")
    assert (done.returncode, done.stderr) == (0, "")


def test_going_back_to_the_default_policy_stays_here(tmp_path: Path, sessions: Path) -> None:
    source = (
        "import asyncio" + WHICH_LOOP + "asyncio.set_event_loop_policy(None); asyncio.run(main())"
    )
    done = run_program(tmp_path, source)
    assert done.stdout.startswith("loopscope") and done.stderr == ""


def test_uvloop_that_is_not_installed_stays_uninstalled(tmp_path: Path, sessions: Path) -> None:
    hidden = "import importlib.util; find = importlib.util.find_spec\n"
    hidden += "importlib.util.find_spec = lambda name, *rest: None if name == 'uvloop' else find(name, *rest)\n"
    hidden += "from loopscope.cli import other_loops; other_loops.guard()\n"
    hidden += "import sys; print([type(finder).__name__ for finder in sys.meta_path])"
    done = subprocess.run(
        [sys.executable, "-c", hidden], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert "StandInFinder" not in done.stdout and done.returncode == 0, done.stderr


def test_a_program_that_makes_asyncios_own_loop_gets_it_and_is_told(
    tmp_path: Path, sessions: Path
) -> None:
    source = "import asyncio" + WHICH_LOOP + "loop = asyncio.SelectorEventLoop()\n"
    source += "loop.run_until_complete(main()); loop.close(); loop = asyncio.SelectorEventLoop(); loop.close()"
    done = run_program(tmp_path, source)
    assert done.stdout.startswith("asyncio") and done.returncode == 0
    assert done.stderr.count("\n") == 1 and "is not traced" in done.stderr
