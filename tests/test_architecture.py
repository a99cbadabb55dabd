"""The arrows of docs/architecture.md, as data. An include breaks a rule, directly or through another header."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BOXES = ("tracer", "loop", "bindings", "gui")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)

UV = r"uv\.h|uv/.*"
PYTHON = r"Python\.h|structmember\.h|pybind11/.*"
DRAWING = r"imgui.*|backends/imgui.*|GLFW/.*|GL/.*|EGL/.*|epoxy/.*"
WRITERS = r"tracer/(ring_writer|recorder|writable_session|name_interner|object_slots)\.h"
READERS = r"tracer/(ring_reader|name_reader|session|session_list|trace_event)\.h|tracer/(analysis|export)/.*"


@dataclass(frozen=True)
class Rule:
    sentence: str
    files: str
    never: str


RULES = [
    Rule(
        "tracer never includes libuv, Python or Dear ImGui",
        r"tracer/.*",
        f"{UV}|{PYTHON}|{DRAWING}",
    ),
    Rule(
        "tracer is the foundation and includes no other box",
        r"tracer/.*",
        r"(loop|bindings|gui)/.*",
    ),
    Rule(
        "the writing side never includes the reading side",
        WRITERS.replace(r"\.h", r"\.(h|cpp)"),
        READERS,
    ),
    Rule(
        "the reading side never includes the writing side",
        READERS.replace(r"\.h", r"\.(h|cpp)"),
        WRITERS,
    ),
    Rule(
        "the calibration lets viewers price recording, and shows them nothing of the writing side",
        r"tracer/(cost_calibration|recording_costs)\.h",
        f"{WRITERS}|{READERS}",
    ),
    Rule("the calibration reads no trace", r"tracer/cost_calibration\.cpp", READERS),
    Rule(
        "the traced program never calibrates", r"(loop|bindings)/.*", r"tracer/cost_calibration\.h"
    ),
    Rule(
        "format.h depends on nothing of ours", r"tracer/format\.h", r"(tracer|loop|bindings|gui)/.*"
    ),
    Rule("loop never includes Python, Dear ImGui or a window", r"loop/.*", f"{PYTHON}|{DRAWING}"),
    Rule("loop never includes the reading side", r"loop/.*", READERS),
    Rule("loop never includes bindings or gui", r"loop/.*", r"(bindings|gui)/.*"),
    Rule("bindings never includes gui or its libraries", r"bindings/.*", rf"gui/.*|{DRAWING}"),
    Rule(
        "gui never includes loop, bindings, libuv or Python",
        r"gui/.*",
        rf"(loop|bindings)/.*|{UV}|{PYTHON}",
    ),
    Rule("gui needs only the reading side of tracer, and the calibration", r"gui/.*", WRITERS),
    Rule(
        "models and layouts of gui never include Dear ImGui or a window: only views, theme, window and main do",
        r"gui/.*(model|layout|viewport|axis|source|format)[^/]*",
        DRAWING,
    ),
]


def sources() -> list[str]:
    return sorted(
        str(path.relative_to(ROOT))
        for box in BOXES
        for path in (ROOT / box).rglob("*")
        if path.suffix in (".h", ".cpp")
    )


@cache
def includes(file: str) -> frozenset[str]:
    return frozenset(INCLUDE.findall((ROOT / file).read_text()))


@cache
def reached(file: str) -> dict[str, tuple[str, ...]]:
    """Every header that `file` includes, directly or not, with the path to it."""
    found: dict[str, tuple[str, ...]] = {}
    open_ways = [(file,)]
    while open_ways:
        way = open_ways.pop()
        for header in sorted(includes(way[-1])):
            if header not in found:
                found[header] = (*way, header)
                if (ROOT / header).is_file():
                    open_ways.append((*way, header))
    return found


def offences(rule: Rule) -> list[str]:
    return [
        " includes ".join(way)
        for file in sources()
        if re.fullmatch(rule.files, file)
        for header, way in reached(file).items()
        if re.fullmatch(rule.never, header)
    ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.sentence.replace(" ", "_"))
def test_arrow(rule: Rule) -> None:
    assert any(
        re.fullmatch(rule.files, file) for file in sources()
    ), "the rule is about no file at all"
    broken = offences(rule)
    assert not broken, f"{rule.sentence}, but " + "; ".join(broken)


def test_a_wrong_arrow_is_found() -> None:
    rule = Rule("bindings never reach format.h", r"bindings/.*\.cpp", r"tracer/format\.h")
    assert any(len(offence.split(" includes ")) > 2 for offence in offences(rule))


def test_includes_of_ours_are_written_from_the_root() -> None:
    for file in sources():
        beside = {
            header for header in includes(file) if (ROOT / file).parent.joinpath(header).is_file()
        }
        assert not {header for header in beside if not (ROOT / header).is_file()}, file
