"""Counts the tests of JUnit XML files and prints the one line that ./test ends with.

A file that is missing or broken means that its runner died, which counts as a failure.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree
from collections import Counter
from pathlib import Path


def outcome(case: xml.etree.ElementTree.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    skipped = case.find("skipped") is not None or case.get("status") in ("notrun", "disabled")
    return "skipped" if skipped else "passed"


def count(path: Path) -> Counter[str]:
    try:
        return Counter(outcome(case) for case in xml.etree.ElementTree.parse(path).iter("testcase"))
    except (OSError, xml.etree.ElementTree.ParseError) as error:
        print(f"{path.name}: its runner left no results: {error}", file=sys.stderr)
        return Counter(failed=1)


def main(paths: list[str]) -> int:
    total: Counter[str] = sum((count(Path(path)) for path in paths), Counter())
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
