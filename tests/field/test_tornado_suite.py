"""tornado's own tests, which Debian ships with it. None fails on loopscope that passes on asyncio's loop.

They go through its servers, clients, streams, processes, signals and the ways to make, nest and close loops.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("tornado.test", reason="python3-tornado is not installed")

RUN = "import runpy; runpy.run_module('tornado.test', run_name='__main__', alter_sys=True)"
ON = {"stock": RUN, "loopscope": f"import loopscope; loopscope.install(); {RUN}"}
WHOLE_SUITE_SECONDS = 1500  # on a quiet machine it takes half a minute
RED = re.compile(r"^(?:ERROR|FAIL): (\w+) \(([\w.]+)\)", re.MULTILINE)
# Needs no loop: it compares a parser's time for few and for many bytes. Under a sanitizer it fails by chance.
MEASURES_THE_CPU = {
    "tornado.test.httputil_test.MultipartFormDataTest.test_disposition_param_linear_performance"
}
FEWEST = 1000  # tests that have to have run


def run_on(loop: str, folder: Path, *tests: str) -> str:
    """Its report."""
    command = [sys.executable, "-W", "ignore", "-c", ON[loop], *tests]
    environment = {
        **os.environ,
        "LOOPSCOPE_LEVEL": "tasks",
        "LOOPSCOPE_RING_EVENTS": "4096",
        "ASYNC_TEST_TIMEOUT": "60",  # of one of its tests; its own 5 s are short on a busy machine
    }
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=WHOLE_SUITE_SECONDS,
    )
    assert re.search(r"^Ran \d+ tests? in", done.stdout, re.MULTILINE), done.stdout[-3000:]
    return done.stdout


def red_of(report: str) -> list[str]:
    """The names as tornado.test takes them. Until Python 3.10 unittest's report lacks the method in parentheses."""
    return sorted(
        {
            path if path.endswith(f".{name}") else f"{path}.{name}"
            for name, path in RED.findall(report)
        }
    )


@pytest.mark.timeout(2 * WHOLE_SUITE_SECONDS)
def test_nothing_is_red_that_is_green_on_asyncio(sessions, tmp_path):
    report = run_on("loopscope", tmp_path)
    ran = re.search(r"^Ran (\d+) tests", report, re.MULTILINE)
    assert ran and int(ran[1]) >= FEWEST
    suspects = red_of(report)
    assert bool(suspects) == ("FAILED (" in report), report[-3000:]
    # Some tests measure time, or need a network. If one fails twice, asyncio's loop decides.
    again = suspects and set(red_of(run_on("loopscope", tmp_path, *suspects))) - MEASURES_THE_CPU
    assert not again or again <= set(red_of(run_on("stock", tmp_path, *again)))
