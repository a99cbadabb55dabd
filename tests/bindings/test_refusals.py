"""loopscope refuses libraries with which it cannot work, at once and in a sentence."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest


def run(source):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)],
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("first", ["loopscope", "gevent"])
def test_a_process_that_gevent_has_patched(first):
    pytest.importorskip("gevent")
    imports = ["from gevent import monkey; monkey.patch_all()", "import loopscope"]
    if first == "loopscope":
        imports.reverse()
    done = run("\n".join([*imports, "loopscope.new_event_loop()"]))
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("RuntimeError: gevent.monkey has patched this process (select, socket")


def test_gevent_that_has_patched_nothing_does_no_harm():
    pytest.importorskip("gevent")
    done = run("import gevent.monkey, loopscope, asyncio; loopscope.run(asyncio.sleep(0))")
    assert (done.returncode, done.stderr) == (0, "")


def test_nest_asyncio_is_refused_before_it_changes_the_loop():
    pytest.importorskip("nest_asyncio")
    done = run(
        """
        import asyncio, loopscope, nest_asyncio
        loop = loopscope.new_event_loop()
        before = dict(vars(type(loop)))
        try:
            nest_asyncio.apply(loop)
        except ValueError as error:
            print(error)
        assert dict(vars(type(loop))) == before
        print(loop.run_until_complete(asyncio.sleep(0, "runs on")))
        loop.close()
        """
    )
    assert done.stderr == ""
    refusal, after = done.stdout.splitlines()
    assert refusal.startswith("nest_asyncio cannot patch a loopscope loop")
    assert after == "runs on"
