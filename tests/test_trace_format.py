"""docs/trace_format.md has every field of tracer/format.h, at its place and with its size."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEADER = (ROOT / "tracer/format.h").read_text()
PAGE = (ROOT / "docs/trace_format.md").read_text()
SECTIONS = {
    "The header": "SessionHeader",
    "Present": "Present",
    "Counters": "Counters",
    "Control": "Lease",
    "A track": "TrackCounts",
    "Where a track lies": "TrackLayout",
    "Handles": "HandleSlot",
    "Tasks": "TaskSlot",
}
WIDTHS = {
    "char": 1,
    "std::uint8_t": 1,
    "std::uint32_t": 4,
    "std::int32_t": 4,
    "std::int64_t": 8,
    "TrackLayout": 40,
    "std::uint64_t": 8,
    "NameId": 4,
}
WIDTHS.update(dict.fromkeys(re.findall(r"enum class (\w+) : std::uint8_t", HEADER), 1))
ANCHOR_BYTES = 16  # two words
Row = tuple[int, int, str]


def fields(struct: str) -> list[Row]:
    """Offset, size and name of each field, as a compiler lays them out."""
    body = HEADER.partition(f"struct {struct} {{")[2].partition("\n};")[0]
    rows = []
    offset = 0
    for kind, name, count in re.findall(
        r"^  ([\w:]+) (\w+)(?:\[(\w+)\])?;", body.replace("kTrackCount", "2"), re.MULTILINE
    ):
        aligned_to = 8 if kind in ("ClockAnchor", "TrackLayout") else WIDTHS[kind]
        width = ANCHOR_BYTES if kind == "ClockAnchor" else WIDTHS[kind]
        offset += -offset % aligned_to
        size = width * int(count or 1)
        rows.append((offset, size, name))
        offset += size
    return rows


def is_padding(name: str) -> bool:
    return name == "pad" or name.startswith("reserved")


def rows_of(section: str) -> list[Row]:
    """What the table in this section of the page says."""
    text = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^\| (\d+) \| (\d+) \| `(\w+)` \|", text, re.MULTILINE)
    return [(int(offset), int(size), name) for offset, size, name in found]


@pytest.mark.parametrize("section", SECTIONS)
def test_a_table_has_the_fields_of_its_struct(section: str) -> None:
    expected = [row for row in fields(SECTIONS[section]) if not is_padding(row[2])]
    assert rows_of(section) == expected


def test_every_field_has_a_width_that_is_known() -> None:
    offset, size, _ = fields("SessionHeader")[-1]
    assert offset + size == 2048
