"""docs/surface.md names tests that exist, and files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/surface.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| what | how |")
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].replace(" ", "_"))
def test_each_row_names_tests_that_exist(row: list[str]) -> None:
    what, how, tests = row
    assert what and how
    for part in tests.split("<br>"):
        if part.startswith("CPython's"):
            continue
        named = re.fullmatch(r"`(test_\w+\.py)`: (.+)", part)
        assert named, part
        source = (ROOT / "tests/bindings" / named[1]).read_text()
        for sentence in named[2].split("; "):
            assert f"def test_{sentence.replace(' ', '_')}(" in source, sentence


def test_the_files_of_the_code_exist() -> None:
    folder = ""
    for name in re.findall(
        r"`([\w/*]+/|[\w/*]+\.(?:py|cpp))`", re.sub(r"^\|.*", "", PAGE, flags=re.M)
    ):
        folder = name.rpartition("/")[0] or folder
        assert list(ROOT.glob(f"{folder}/{name.rpartition('/')[2] or '*'}")), name
