"""event_costs.py measures every type of event that the loop's thread writes often."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import event_costs
import pytest

FORMAT = Path(__file__).resolve().parents[2] / "tracer" / "format.h"
ASK_THE_KERNEL = {"loop_start", "loop_stop", "level_changed", "clock_anchor"}
NOBODY_WRITES = {"pause_begin", "pause_end"}


def types_of_events() -> set[str]:
    source = FORMAT.read_text()
    enum = source[source.index("enum class EventType") :]
    types = set(re.findall(r"^  (\w+) =", enum[: enum.index("};")], re.M)) - {"none"}
    return {name for name in types if not name.startswith("stall_")}  # the watchdog's


def test_each_type_is_measured_and_counted(build_directory):
    if not shutil.which("valgrind"):
        pytest.skip("needs valgrind")
    program = build_directory / "bin" / "event_costs"
    measured, counted = event_costs.measure(program, 1), event_costs.count(program)
    rows = {"clock", "callback", "named callback"}
    assert set(measured) == types_of_events() - ASK_THE_KERNEL - NOBODY_WRITES | rows
    assert set(counted) == set(measured)
    assert all(5 < number < 500 for name, number in counted.items() if name != "clock"), counted
