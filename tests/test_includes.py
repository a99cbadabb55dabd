"""Each file includes the standard headers of the names that it uses, and uses the names that it brings in.

A standard header may include another one by chance, and does not with the next compiler. Includes of our own headers
count, because they are part of what those headers offer.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BOXES = ("tracer", "loop", "bindings", "gui", "tests")
ALGORITHMS = (
    "adjacent_find|all_of|any_of|clamp|copy|count_if|count|equal|equal_range|fill|find|find_if|for_each|generate"
    "|is_sorted|lower_bound|max|max_element|min|min_element|minmax|none_of|nth_element|partition_point|remove_if"
    "|reverse|rotate|sort|stable_sort|transform|unique|upper_bound"
)
HEADERS = {
    "algorithm": rf"std::(ranges::)?({ALGORITHMS})\(",
    "array": r"std::array<",
    "atomic": r"std::(atomic|memory_order)",
    "bit": r"std::(bit_cast|bit_ceil|bit_width|countr_zero|has_single_bit|popcount)\b",
    "chrono": r"std::chrono",
    "cmath": r"std::(abs|ceil|exp|floor|fmod|llround|log10|log2|lround|pow|round|sqrt)\(",
    "cstdint": r"\bu?int(8|16|32|64|ptr)_t\b",
    "cstring": r"\bstd::(memchr|memcmp|memcpy|memmove|memset|strchr|strcmp|strerror|strlen|strncmp)\(",
    "deque": r"std::deque<",
    "functional": r"std::function<",
    "iterator": r"std::(advance|back_inserter|distance|next|prev|size)\(",
    "limits": r"std::numeric_limits",
    "map": r"std::map<",
    "memory": r"std::(addressof|make_unique|shared_ptr|unique_ptr)\b",
    "mutex": r"std::(lock_guard|mutex|unique_lock)\b",
    "numeric": r"std::(accumulate|gcd|iota|reduce)\(",
    "optional": r"std::(nullopt|optional)\b",
    "set": r"std::set<",
    "span": r"std::span<",
    "stdexcept": r"std::(invalid_argument|logic_error|out_of_range|runtime_error)\b",
    "string": r"std::(string|to_string)\b",
    "string_view": r"std::string_view\b",
    "system_error": r"std::(error_code|system_error)\b",
    "thread": r"std::(this_thread|thread)\b",
    "tuple": r"std::(tie|tuple)\b",
    "unordered_map": r"std::unordered_map<",
    "utility": r"std::(as_const|exchange|forward|move|pair|swap)\b",
    "variant": r"std::variant<",
    "vector": r"std::vector<",
}


@functools.cache
def offered(path: Path) -> frozenset[str]:
    """The standard headers that a file includes, itself or through our own headers."""
    names = re.findall(r'^#include (?:<(\w+)>|"([^"]+)")', path.read_text(), re.MULTILINE)
    ours = [ROOT / own for _, own in names if (ROOT / own).is_file() and own]
    return frozenset({system for system, _ in names if system}.union(*map(offered, ours)))


def named(path: Path) -> set[str]:
    code = re.sub(r'//.*|"(?:[^"\\]|\\.)*"|^#include .*', "", path.read_text(), flags=re.MULTILINE)
    return {header for header, pattern in HEADERS.items() if re.search(pattern, code)}


@pytest.mark.parametrize("box", BOXES)
def test_a_file_includes_the_standard_headers_of_what_it_names(box: str) -> None:
    files = [path for path in (ROOT / box).rglob("*") if path.suffix in (".cpp", ".h")]
    missing = {str(path.relative_to(ROOT)): named(path) - offered(path) for path in sorted(files)}
    assert {path: headers for path, headers in missing.items() if headers} == {}


USING = re.compile(r"^\s*(?:using [\w:]*::(\w+)|namespace (\w+) = [\w:]+);$", re.MULTILINE)


def unused(path: Path) -> set[str]:
    """What a file brings in by `using a::b;` or `namespace a = b;` and never names."""
    code = re.sub(r"//.*", "", path.read_text())
    names = {using or alias for using, alias in USING.findall(code)}
    rest = set(re.findall(r"\w+", USING.sub("", code)))
    return {name for name in names if name not in rest}


@pytest.mark.parametrize("box", BOXES)
def test_a_file_uses_the_names_that_it_brings_in(box: str) -> None:
    # clang-tidy cannot tell, because it sees the files of a room as one (tests/tidy.py).
    files = sorted((ROOT / box).rglob("*.cpp"))
    found = {str(path.relative_to(ROOT)): unused(path) for path in files}
    assert {path: names for path, names in found.items() if names} == {}
