"""The house of docs/architecture.md, as data: which folder may include which, and who knows which library.

A folder is a room. ROOMS has them from the ground up: a room includes only rooms that stand before it in that list.
Libraries are followed through every header.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BOXES = ("tracer", "loop", "bindings", "gui")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)

# Room: the rooms that it includes. Each is used; an arrow that nobody needs any more is to be taken away.
ROOMS: dict[str, set[str]] = {
    "tracer": set(),
    "tracer/system": {"tracer"},
    "tracer/write": {"tracer", "tracer/system"},
    "tracer/read": {"tracer", "tracer/system"},
    "tracer/analysis": {"tracer", "tracer/read", "tracer/system"},
    "tracer/export": {"tracer", "tracer/read"},
    "loop": {"tracer", "tracer/system", "tracer/write"},
    "bindings/kit": set(),
    "bindings/naming": {"bindings/kit", "loop", "tracer", "tracer/write"},
    "bindings/stalls": {"bindings/kit", "tracer/write"},
    "bindings/eventloop": {
        "bindings/kit",
        "bindings/naming",
        "bindings/stalls",
        "loop",
        "tracer",
    },
    "bindings/stream": {"bindings/eventloop", "bindings/kit", "loop"},
    "bindings/datagram": {"bindings/eventloop", "bindings/kit", "loop"},
    "bindings/sock": {"bindings/eventloop", "bindings/kit", "loop"},
    "bindings/tls": {"bindings/eventloop", "bindings/kit", "bindings/stream"},
    "bindings/trace": {"tracer", "tracer/analysis", "tracer/export", "tracer/read"},
    "bindings": {
        "bindings/datagram",
        "bindings/eventloop",
        "bindings/kit",
        "bindings/sock",
        "bindings/stalls",
        "bindings/stream",
        "bindings/tls",
        "loop",
    },
    "gui/canvas": {"tracer/analysis", "tracer/read"},
    "gui/model": {"tracer", "tracer/analysis", "tracer/read", "tracer/system"},
    "gui/timeline": {"gui/canvas", "gui/model", "tracer/analysis", "tracer/read"},
    "gui/views": {"gui/canvas", "gui/model", "tracer/analysis", "tracer/read", "tracer/system"},
    "gui/screens": {"gui/canvas", "gui/model", "gui/timeline", "gui/views"},
    "gui": {"gui/canvas", "gui/model", "gui/screens", "gui/views", "tracer/read", "tracer/write"},
}

UV = r"uv\.h|uv/.*"
PYTHON = r"Python\.h|structmember\.h|pybind11/.*"
DRAWING = r"imgui.*|backends/imgui.*|GLFW/.*|GL/.*|EGL/.*|epoxy/.*"
WRITERS = r"tracer/write/(?!cost_calibration\.h).*"


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
        "format.h depends on nothing of ours", r"tracer/format\.h", r"(tracer|loop|bindings|gui)/.*"
    ),
    Rule("loop never includes Python, Dear ImGui or a window", r"loop/.*", f"{PYTHON}|{DRAWING}"),
    Rule("bindings never includes gui's libraries", r"bindings/.*", DRAWING),
    Rule("gui never includes libuv or Python", r"gui/.*", f"{UV}|{PYTHON}"),
    Rule(
        "viewers price recording by the calibration, and see nothing else of the writing side",
        r"gui/.*|tracer/write/cost_calibration\.h",
        WRITERS,
    ),
    Rule(
        "exports and analysis read a trace by EventSource, wherever it lies",
        r"tracer/(analysis|export)/.*|bindings/trace/(events|names|present)\..*",
        r"tracer/read/(session|ring_reader|viewer_lease)\.h",
    ),
    Rule(
        "the traced program never calibrates",
        r"(loop|bindings)/.*",
        r"tracer/write/cost_calibration\.h",
    ),
    Rule(
        "only the canvas draws with Dear ImGui and knows a window",
        r"gui/(model|timeline|views|screens)/.*"
        r"|gui/canvas/(font_files|geometry|labels|screen_scale|scripts|theme|window_geometry)\..*",
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


def room_of(file: str) -> str:
    return str(Path(file).parent)


def arrows() -> dict[tuple[str, str], list[str]]:
    """Room to room: the includes that make the arrow."""
    found: dict[tuple[str, str], list[str]] = {}
    for file in sources():
        for header in sorted(includes(file)):
            if (ROOT / header).is_file() and room_of(header) != room_of(file):
                found.setdefault((room_of(file), room_of(header)), []).append(
                    f"{file} includes {header}"
                )
    return found


def test_every_file_lies_in_a_room() -> None:
    homeless = [file for file in sources() if room_of(file) not in ROOMS]
    assert not homeless


def test_no_arrow_between_rooms_runs_up() -> None:
    floors = list(ROOMS)
    up = {
        (room, other)
        for room, rooms in ROOMS.items()
        for other in rooms
        if floors.index(other) >= floors.index(room)
    }
    assert not up


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_includes_the_rooms_that_are_drawn(room: str) -> None:
    there = {other: why for (from_room, other), why in arrows().items() if from_room == room}
    wrong = {other: why for other, why in there.items() if other not in ROOMS[room]}
    assert not wrong
    assert ROOMS[room] <= set(there), "an arrow is drawn that nobody uses"


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
