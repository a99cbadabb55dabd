"""An operation takes at most 15 % more instructions than when the bounds were last written.

A count is the same on an idle machine and on a busy one. `tests/bench/instructions.py --renew` writes new bounds.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BOUNDS = json.loads((HERE / "instruction_bounds.json").read_text())
OF_EACH = [(loop, operation) for loop in BOUNDS["at_most"] for operation in BOUNDS["at_most"][loop]]


def load(name: str):
    sys.path.insert(0, str(HERE))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(HERE))


@pytest.fixture(scope="module")
def counts(build_directory):
    instructions = load("instructions")
    here = instructions.made_for()
    if any(BOUNDS[what] != here[what] for what in here):
        pytest.skip(f"the bounds are for another Python or processor than {here}")
    return instructions.count(build_directory.resolve(), instructions.OURS)


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("loop", "operation"), OF_EACH)
def test_it_takes_no_more_instructions_than_it_did(counts, loop, operation):
    assert 0 < counts[loop][operation] <= BOUNDS["at_most"][loop][operation]
